"""What people type, and which column, dataset or model they mean by it."""

import difflib
from collections.abc import Callable, Sequence
from itertools import islice
from typing import TypeVar

from ...schemas.names import ColumnName, DatasetName
from ...schemas.records import ModelVersion
from ..answers import AmbiguousSubjectError, Named, UnknownSubjectError
from ..ask import NOW, Ask
from .annotations import Target
from .search import BORDERS
from .store import Store, full_name
from .times import as_numbers

Subject = str | Named
T = TypeVar("T")

Base = tuple[str, str, str | None]
"""A model by namespace, name and, where it matters, version."""

_LISTED_MAX = 10
_NEAR_SCAN_MAX = 5_000


def find_node(store: Store, subject: Subject) -> int:
    """Return the one column or dataset that a name, or the end of one, means.

    `dep_delay` of `main.flights` is found as `flights.dep_delay`, `main.flights.dep_delay`
    or with the namespace before it; upper and lower case count only where they tell two
    candidates apart.

    Raises:
        UnknownSubjectError: If nothing has that name; names near it are listed.
        AmbiguousSubjectError: If several things do; they are listed.
    """
    if not isinstance(subject, str):
        node = store.names.find(subject)
        if node is None:
            raise _unknown(store, full_name(subject))
        return node
    nodes = list(store.texts()[0].ending(subject))
    return _one(store, subject, nodes, lambda node: full_name(store.names.name(node)))


def find_model(store: Store, text: str, ask: Ask = NOW) -> int | None:
    """Return the version of a model that a text means, of several the latest; None if none.

    Raises:
        AmbiguousSubjectError: If several models have that name.
        UnknownSubjectError: If none of its versions was there as of then.
    """
    models = store.texts()[2]
    versions = list(models.ending(text)) or [
        number
        for number, _ in models.containing(f"{text}@")
        if _ends(_unversioned(store.models.get(number)).lower(), text.lower())
    ]
    if not versions:
        return None
    names = {_unversioned(store.models.get(number)): number for number in versions}
    chosen = _one(store, text, list(names.values()), lambda n: _unversioned(store.models.get(n)))
    name = _unversioned(store.models.get(chosen))
    there = store.models.there(*as_numbers(ask))
    same = [n for n in versions if there[n] and _unversioned(store.models.get(n)) == name]
    if not same:
        raise UnknownSubjectError(
            f"there was no version of `{name}` then", remedy="Ask as of a later time."
        )
    return max(same, key=lambda n: (store.models.at(n), store.models.id(n)))


def find_target(store: Store, subject: Subject, on: str | None = None) -> Target:
    """Return the dataset, column, job or model that a name means.

    Args:
        store: The facts.
        subject: The name, or the end of it.
        on: `dataset`, `job` or `model`, where more than one of them may go by it; a column
            or dataset before a model before a job if None.

    Raises:
        UnknownSubjectError: If nothing has that name.
        AmbiguousSubjectError: If several things of a kind do.
    """
    if on in (None, "dataset"):
        try:
            return _target(store.names.name(find_node(store, subject)))
        except UnknownSubjectError:
            if on is not None or not isinstance(subject, str):
                raise
    text = subject if isinstance(subject, str) else full_name(subject)
    if on in (None, "model") and (model := find_model(store, text)) is not None:
        version = store.models.get(model)
        return Target("model", version.namespace, version.name)
    if on == "model":
        raise _unknown(store, text)
    jobs = store.job_names()
    found = list(store.texts()[1].ending(text))
    return Target("job", *jobs[_one(store, text, found, lambda job: full_name(jobs[job]))])


def _target(name: Named) -> Target:
    return Target("column" if isinstance(name, ColumnName) else "dataset", *name)


def find_base(store: Store, text: str) -> Base | None:
    """Return the model that a text means, also one that others were made from and that is not
    recorded itself; None if no model has that name, or a column or dataset has it too.

    Raises:
        AmbiguousSubjectError: If several models have that name.
    """
    if any(store.texts()[0].ending(text)):
        return None
    models = map(store.models.get, store.models.numbers())
    bases = store.models.bases() | {(m.namespace, m.name, m.version) for m in models}
    # Of all versions, or of the one that is named.
    found: set[Base] = {(b[0], b[1], None) for b in bases if _ends(f"{b[0]}/{b[1]}", text)}
    found = found or {b for b in bases if b[2] and _ends(f"{b[0]}/{b[1]}@{b[2]}", text)}
    return _one(store, text, list(found), lambda b: f"{b[0]}/{b[1]}") if found else None


def called(model: ModelVersion, name: str) -> bool:
    """Whether a name means a version of a model; names may themselves hold an `@`."""
    for own in (model.name, _unversioned(model)):
        if name == own:
            return True
        if name.startswith(f"{own}@") and model.version.startswith(name[len(own) + 1 :]):
            return True
    return False


def _unversioned(model: ModelVersion) -> str:
    return full_name(DatasetName(model.namespace, model.name))


def _one(store: Store, text: str, found: list[T], name: Callable[[T], str]) -> T:
    for narrower in (_is_exact, _ends):
        if len(found) > 1:
            found = [each for each in found if narrower(name(each), text)] or found
    if not found:
        raise _unknown(store, text)
    if len(found) > 1:
        raise _ambiguous(text, sorted(map(name, found)))
    return found[0]


def _is_exact(name: str, text: str) -> bool:
    return name == text or name.endswith(f"/{text}")


def _ends(name: str, text: str) -> bool:
    """Whether a name ends in a text, at the border of one of its parts."""
    before = name.removesuffix(text)
    return name.endswith(text) and (not before or before[-1] in BORDERS)


def _ambiguous(text: str, names: Sequence[str]) -> AmbiguousSubjectError:
    listed = ", ".join(f"`{name}`" for name in names[:_LISTED_MAX])
    more = len(names) - _LISTED_MAX
    return AmbiguousSubjectError(
        f"`{text}` may be any of {len(names)}: {listed}{f' and {more} more' if more > 0 else ''}",
        remedy="Give one of these names in full.",
    )


def _unknown(store: Store, text: str) -> UnknownSubjectError:
    leaf = text.rpartition(".")[2]
    near = islice(store.texts()[0].containing(leaf), _NEAR_SCAN_MAX)
    names = [full_name(store.names.name(node)) for node, _ in near]
    close = difflib.get_close_matches(text, names, cutoff=0.3)
    listed = ", ".join(f"`{name}`" for name in close)
    return UnknownSubjectError(
        f"nothing in the index is named `{text}`",
        remedy=f"Did you mean {listed}?" if close else "See whether its events have arrived.",
    )
