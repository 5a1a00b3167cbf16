"""The sights of callers, one for each set of roles, and the index as each of them sees it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..index import LineageIndex
from ..index.sight import Sight
from .live import Arrival, LiveEvent
from .policy import Policy

SIGHTS_MAX = 32
"""How many are kept: each holds a verdict for every name, and the names it lets through."""

Roles = frozenset[str]


class Sights:
    """Makes sights, and keeps those used last."""

    def __init__(self, policy: Policy | None, key: bytes) -> None:
        self._policy = policy
        self._key = key
        self._kept: dict[Roles, Sight] = {}

    @contextmanager
    def seen(self, index: LineageIndex, roles: Roles | None) -> Iterator[LineageIndex]:
        """Hold an index as somebody with these roles sees it; None sees everything."""
        if roles is None:
            yield index
            return
        with index.seen(self._sight(roles)) as seen:
            yield seen

    def told(
        self, index: LineageIndex, roles: Roles, arrivals: Sequence[Arrival]
    ) -> list[LiveEvent | None]:
        """Return what has come as somebody with these roles may be told it; None for nothing."""
        assert self._policy is not None, "roles come from a policy"
        powers = self._policy.powers(roles)
        heard = index.heard(self._sight(roles), [each.record for each in arrivals])
        return [
            each.event()
            if each.needs in powers
            else None
            if said is None
            else each.event_saying(said)
            for each, said in zip(arrivals, heard, strict=True)
        ]

    def _sight(self, roles: Roles) -> Sight:
        assert self._policy is not None, "roles come from a policy"
        sight = self._kept.pop(roles, None) or Sight(self._policy.judge(roles), self._key)
        while len(self._kept) >= SIGHTS_MAX:
            self._kept.pop(next(iter(self._kept)))
        self._kept[roles] = sight
        return sight
