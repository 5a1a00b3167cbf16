"""What people type, and which vertex they mean by it."""

import difflib
import re
from collections.abc import Collection

from gremlin_python.process.traversal import P

from ..answers import AmbiguousSubjectError, UnknownSubjectError
from .connection import GraphConnection
from .elements import search_key
from .identity import Identity
from .lineage import LineageReader, Node, described, node_of

_UID = re.compile(r"(dataset|column|job|run|model):[a-z2-7]{40}|[0-9a-f]{64}")
_NEAR_SCAN_MAX = 5_000
_LISTED_MAX = 10
_NEAR_LISTED_MAX = 3


def find(
    connection: GraphConnection, identity: Identity, text: str, labels: Collection[str]
) -> Node:
    """Return the one vertex that a text names: an id, a full name, or the end of one.

    `dep_delay` of `main.flights` is found as `flights.dep_delay`, `main.flights.dep_delay`
    or with the namespace before it; upper and lower case count only where they tell two
    candidates apart.

    Raises:
        UnknownSubjectError: If nothing has that name; names near it are listed.
        AmbiguousSubjectError: If several things do; they are listed.
    """
    found = _candidates(connection, identity, text, labels)
    for narrower in (_is_exact, _ends_exactly):
        if len(found) > 1:
            found = [node for node in found if narrower(node, text)] or found
    if not found:
        raise _unknown(connection, text, labels)
    if len(found) > 1:
        raise _ambiguous(text, found)
    return found[0]


def full_name(node: Node) -> str:
    """Return a name that `find` takes and that nothing else has."""
    name = f"{node.namespace}/{node.name}"
    if node.field is not None:
        return f"{name}.{node.field}"
    return f"{name}@{node.version}" if node.label == "ModelVersion" else name


def _candidates(
    connection: GraphConnection, identity: Identity, text: str, labels: Collection[str]
) -> list[Node]:
    if _UID.fullmatch(text):
        rows = LineageReader(connection, identity).rows([text], described)
    else:
        keys = _search_keys(text)
        rows = connection.ask(lambda g: described(g.V().has("leaf", P.within(keys))))
    nodes = [node_of(row) for row in rows if row["label"] in labels]
    if _UID.fullmatch(text):
        return nodes
    return sorted((n for n in nodes if _ends(full_name(n).lower(), text.lower())), key=full_name)


def _search_keys(text: str) -> list[str]:
    """Return every ending of a text that may be what a name was indexed under."""
    starts = [0, *(match.end() for match in re.finditer(r"[./:]", text))]
    return sorted({search_key(text[start:]) for start in starts if text[start:]})


def _ends(name: str, text: str) -> bool:
    """Whether a name ends in a text, at the border of one of its parts."""
    before = name.removesuffix(text)
    return name.endswith(text) and (not before or before[-1] in "./:")


def _is_exact(node: Node, text: str) -> bool:
    return text in (full_name(node), full_name(node).removeprefix(f"{node.namespace}/"))


def _ends_exactly(node: Node, text: str) -> bool:
    return _ends(full_name(node), text)


def _ambiguous(text: str, found: list[Node]) -> AmbiguousSubjectError:
    listed = ", ".join(f"`{full_name(node)}`" for node in found[:_LISTED_MAX])
    more = len(found) - _LISTED_MAX
    return AmbiguousSubjectError(
        f"`{text}` may be any of {len(found)}: {listed}{f' and {more} more' if more > 0 else ''}",
        remedy="Give one of these names in full.",
    )


def _unknown(
    connection: GraphConnection, text: str, labels: Collection[str]
) -> UnknownSubjectError:
    near = _near(connection, text, labels)
    listed = ", ".join(f"`{name}`" for name in near)
    return UnknownSubjectError(
        f"nothing in the graph is named `{text}`",
        remedy=f"Did you mean {listed}?" if near else "See whether its events have arrived.",
    )


def _near(connection: GraphConnection, text: str, labels: Collection[str]) -> list[str]:
    """Return names like this: columns of the dataset that it begins with, else any."""
    leaves: set[str] = set()
    if "." in text and "Column" in labels:
        keys = _search_keys(text.rpartition(".")[0])
        leaves.update(
            connection.ask(
                lambda g: (
                    g.V()
                    .has("leaf", P.within(keys))
                    .has_label("Dataset")
                    .out("HAS_COLUMN")
                    .limit(_NEAR_SCAN_MAX)
                    .values("leaf")
                )
            )
        )
    return _close(text, leaves) or _close(text, _some_leaves(connection, labels))


def _some_leaves(connection: GraphConnection, labels: Collection[str]) -> Collection[str]:
    return connection.ask(lambda g: g.V().has_label(*labels).limit(_NEAR_SCAN_MAX).values("leaf"))


def _close(text: str, leaves: Collection[str]) -> list[str]:
    """Return the names that are like one of a text's endings, the longest ending first."""
    keys = sorted(_search_keys(text), key=len, reverse=True)
    ordered = sorted(set(leaves))
    found = [n for key in keys for n in difflib.get_close_matches(key, ordered, cutoff=0.6)]
    return list(dict.fromkeys(found))[:_NEAR_LISTED_MAX]
