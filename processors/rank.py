"""Rank: the total order over the resolutions of one event.

The greatest is in force: the most schemas known, then the newer resolver, then the schemas
nearest before the event. Each further schema that becomes known raises the rank, so what
a worker that knew everything would have said outranks all that was said before, in
whatever order the schemas came in.
"""

from datetime import UTC, datetime, timedelta

from ..schemas.records import Basis, SchemaUsed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS_MAX = 10**18
"""Wider than the microseconds between the years 1 and 9999."""
_ID_SPAN = 16**8
_DIGITS = 36


def rank(basis: Basis) -> str:
    """Return a string whose order is the order of bases."""
    known = sum(used.version is not None for used in basis.schemas)
    nearness = sum(map(_nearness, basis.schemas))
    return f"{known:05d}.{_revision(basis.resolver):05d}.{nearness:0{_DIGITS}d}"


def _revision(resolver: str) -> int:
    """The number behind the slash of a resolver's name."""
    return int(resolver.rpartition("/")[2])


def _nearness(used: SchemaUsed) -> int:
    """A number that grows as the schema used gets nearer to the one that held.

    Unknown is least; of those seen after the event, the earlier is nearer; of those seen
    before it, the later. Equal times are told apart by the id, as the catalog does.
    """
    if used.version is None or used.valid_from is None:
        return 0
    since = datetime.fromisoformat(used.valid_from) - _EPOCH
    microseconds = since // timedelta(microseconds=1) + _MICROSECONDS_MAX // 2
    place = microseconds * _ID_SPAN + int(used.version[:8], 16)
    span = _MICROSECONDS_MAX * _ID_SPAN
    return 1 + span - place if used.late else 1 + span + place
