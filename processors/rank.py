"""Rank: the total order over the resolutions of one event.

The greatest is in force: the most of its session known, then the most schemas, then the newer
resolver, then the schemas nearest before the event, then the same of the statements that made
those schemas. Each further schema that becomes known raises the rank, so what a worker that
knew everything would have said outranks all that was said before, in whatever order the
schemas came in.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from ..schemas.records import Basis, SchemaUsed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS_MAX = 10**18
"""Wider than the microseconds between the years 1 and 9999."""
_ID_SPAN = 16**8
_DIGITS = 36
_LEVELS_MAX = 4
"""How far back from statement to statement a rank looks; beyond it the id decides."""


def rank(basis: Basis) -> str:
    """Return a string whose order is the order of bases."""
    known = sum(used.version is not None for used in basis.schemas)
    nearness = sum(map(_nearness, basis.schemas))
    own = f"{basis.earlier:05d}.{known:05d}.{_revision(basis.resolver):05d}.{nearness:0{_DIGITS}d}"
    return own + "".join(f"/{level:0{_LEVEL_DIGITS}d}" for level in _levels(basis))


_LEVEL_DIGITS = _DIGITS + 10


def _levels(basis: Basis) -> list[int]:
    """Return, level by level, what the statements knew that made the schemas used."""
    made = [_level_values(used.rank) for used in basis.schemas if used.rank]
    return [sum(of_one) for of_one in zip_longest(*made, fillvalue=0)][: _LEVELS_MAX - 1]


def _level_values(rank_: str) -> Iterator[int]:
    own, *deeper = rank_.split("/")
    earlier, known, _, nearness = own.split(".")
    yield int(f"{earlier}{known}{nearness}")
    yield from map(int, deeper)


def _revision(resolver: str) -> int:
    """The number behind the slash of a resolver's name."""
    return int(resolver.rpartition("/")[2])


def _nearness(used: SchemaUsed) -> int:
    """A number that grows as the schema used gets nearer to the one that held.

    Unknown is least; of those seen after the event, the earlier is nearer; of those that
    held before it, the later. Equal times are told apart as the catalog does: one that was
    stated is nearer than one that a statement made, then the id decides.
    """
    if used.version is None or used.valid_from is None:
        return 0
    since = datetime.fromisoformat(used.valid_from) - _EPOCH
    microseconds = since // timedelta(microseconds=1) + _MICROSECONDS_MAX // 2
    stated = used.statement is None
    tie = stated * _ID_SPAN + int((used.version if stated else used.statement or "0")[:8], 16)
    place = microseconds * 2 * _ID_SPAN + tie
    span = _MICROSECONDS_MAX * 2 * _ID_SPAN
    return 1 + span - place if used.late else 1 + span + place
