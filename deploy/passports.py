"""Model passports as commands ask for them: by a name that somebody typed."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from ..schemas.errors import HeadwaterError
from ..schemas.facets import DIRTY_DIFF
from ..schemas.records import content
from ..schemas.topics import EVENTS
from ..sinks.answers import Passport
from ..sinks.index import Client, LineageIndex
from .accounting import Log
from .asking import LISTED_MAX


def find(asked: Client | LineageIndex, name: str) -> Passport:
    """Return the newest version of a model.

    Args:
        asked: Whoever knows the models.
        name: `NAME`, `NAME@VERSION`, or either after `NAMESPACE/`. A version may be cut short.

    Raises:
        HeadwaterError: There is none, or several models have that name.
    """
    found = asked.models(name, limit=LISTED_MAX).items
    if not found:
        near = asked.search(name.partition("@")[0], limit=20).hits
        names = ", ".join(sorted({hit.name[1] for hit in near if hit.kind == "model"}))
        remedy = f"Did you mean {names}?" if names else "See `headwater models` for all there are."
        raise HeadwaterError(f"no model is called {name!r}", remedy=remedy)
    places = sorted({passport.model.namespace for passport in found})
    if len(places) > 1:
        raise HeadwaterError(
            f"several models are called {name!r}, in {', '.join(places)}",
            remedy="Name one with its namespace before it: NAMESPACE/NAME.",
        )
    return max(found, key=lambda each: (each.made_at is not None, each.made_at, each.id))


def flat(passport: Passport) -> dict[str, Any]:
    """Return all that a passport states as dotted keys and plain values."""
    stated: dict[str, Any] = {"model": content(passport.model)}
    for name, part in (("code", passport.code), ("environment", passport.environment)):
        stated[name] = content(part) if part is not None else {}
    inputs = stated["model"].pop("inputs", [])
    stated["inputs"] = {_input_key(item): item for item in inputs}
    return dict(_flat("", stated))


def uncommitted(log: Log, run_id: str) -> Mapping[str, Any] | None:
    """Return the diff that a run was started with, from its events; None where there is none."""
    sought = run_id.encode()
    for entry in log.read(EVENTS.name):
        value = entry.value or b""
        if sought in value and DIRTY_DIFF.encode() in value:
            facet = orjson.loads(value).get("job", {}).get("facets", {}).get(DIRTY_DIFF)
            if isinstance(facet, dict):
                return facet
    return None


def _input_key(item: Mapping[str, Any]) -> str:
    """Name an input; one dataset may be read as training data and as test data."""
    name = f"{item['namespace']}/{item['name']}"
    return f"{name} ({item['role']})" if item.get("role") else name


def _flat(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _flat(f"{key}.{name}" if key else name, member)
    else:
        yield key, value
