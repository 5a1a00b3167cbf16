"""Where an event names people, and how those names are sealed before anything else is done.

| facet | what is personal |
|---|---|
| `ownership`, of a job or dataset | `owners[].name` |
| any of ours (`headwater_…`) | `user`, `users`, `by`, `owner`, `owners` |
| any of ours, and `tags` | `value` beside `key: owner` |
| any of ours, `executionParameters` | the name of a home directory in any text |

Names of datasets, columns, jobs and branches are what lineage is about and stay as they are.
"""

import re
from collections.abc import Iterator
from typing import Any

from .sealed import Seal

_OWN = "headwater_"
_PERSONAL = frozenset({"user", "users", "by", "owner", "owners"})
_HOME = re.compile(r"(?<=/home/)[^/\s:'\"]+|(?<=/Users/)[^/\s:'\"]+|(?<=\\Users\\)[^\\\s:'\"]+")


def seal_event(event: Any, seal: Seal) -> None:
    """Seal what is personal in an event, in place; what is sealed already stays as it is.

    Args:
        event: An OpenLineage event as parsed from JSON; anything else is left alone.
        seal: Seals one value.
    """
    for facets in _facets(event):
        for key, facet in facets.items():
            if key == "ownership":
                _seal_owners(facet, seal)
            elif key == "executionParameters":
                facets[key] = _without_homes(facet, seal)
            elif key == "tags":
                facets[key] = _with_owners(facet, seal)
            elif key.startswith(_OWN):
                facets[key] = _sealed(facet, seal)


def _facets(event: Any) -> Iterator[dict[str, Any]]:
    """Yield all facets of an event; clients are known to send anything in their place."""
    if not isinstance(event, dict):
        return
    described = [event.get("run"), event.get("job"), event.get("dataset")]
    for listed in (event.get("inputs"), event.get("outputs")):
        described += listed if isinstance(listed, list) else []
    for each in described:
        facets = each.get("facets") if isinstance(each, dict) else None
        if isinstance(facets, dict):
            yield facets


def _seal_owners(facet: Any, seal: Seal) -> None:
    owners = facet.get("owners") if isinstance(facet, dict) else None
    for owner in owners if isinstance(owners, list) else ():
        if isinstance(owner, dict) and isinstance(owner.get("name"), str):
            owner["name"] = seal(owner["name"])


def _with_owners(facet: Any, seal: Seal) -> Any:
    """Return a facet of tags with those sealed that name an owner."""
    tags = facet.get("tags") if isinstance(facet, dict) else None
    if not isinstance(tags, list):
        return facet
    return {**facet, "tags": [_sealed(t, seal) if _of_owner(t) else t for t in tags]}


def _of_owner(value: Any) -> bool:
    """Whether something with a key and a value names an owner."""
    key = value.get("key") if isinstance(value, dict) else None
    return isinstance(key, str) and key.lower() == "owner"


def _sealed(value: Any, seal: Seal) -> Any:
    """Return a facet of ours with its personal members sealed."""
    if isinstance(value, dict):
        personal = _PERSONAL | {"value"} if _of_owner(value) else _PERSONAL
        return {
            name: _whole(member, seal) if name in personal else _sealed(member, seal)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [_sealed(each, seal) for each in value]
    return _without_homes(value, seal)


def _whole(value: Any, seal: Seal) -> Any:
    if isinstance(value, str):
        return seal(value)
    return [_whole(each, seal) for each in value] if isinstance(value, list) else value


def _without_homes(value: Any, seal: Seal) -> Any:
    """Return JSON values with the names of home directories sealed."""
    if isinstance(value, str):
        return _HOME.sub(lambda match: seal(match[0]), value)
    if isinstance(value, dict):
        return {name: _without_homes(each, seal) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_homes(each, seal) for each in value]
    return value
