"""Waiting: events whose SQL may read otherwise once another schema or statement is known."""

import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from ..schemas.names import DatasetName
from ..schemas.records import SchemaUsed
from .decode import Decoded
from .message import Message


class Resolved(NamedTuple):
    """An event, and what its resolution so far rests on.

    Attributes:
        session: The session that its statement is of.
        earlier: How many statements of that session were known before it.
    """

    message: Message
    decoded: Decoded
    schemas: tuple[SchemaUsed, ...]
    session: str = ""
    earlier: int = 0


class Waiting:
    """The latest events with SQL, found by the datasets their statements read.

    Bounded by count and by age: the oldest is let go and counted in `evicted`, by reason; a
    schema that comes later still finds it in a replay.

    Args:
        size_max: How many events at most.
        age_s_max: How long one is kept after it was resolved last.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        size_max: int = 20_000,
        age_s_max: float = 7 * 86_400.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._events: OrderedDict[str, tuple[float, Resolved]] = OrderedDict()
        self._by_dataset: defaultdict[DatasetName, set[str]] = defaultdict(set)
        self._by_session: defaultdict[str, set[str]] = defaultdict(set)
        self._size_max = size_max
        self._age_s_max = age_s_max
        self._clock = clock
        self.evicted = Counter(count=0, age=0)

    def __len__(self) -> int:
        return len(self._events)

    def put(self, resolved: Resolved) -> None:
        """Keep an event, in place of what was kept of it before."""
        event_id = resolved.decoded.event_id
        self._drop(event_id)
        now = self._clock()
        self._events[event_id] = (now, resolved)
        for used in resolved.schemas:
            self._by_dataset[_dataset(used)].add(event_id)
        self._by_session[resolved.session].add(event_id)
        if len(self._events) > self._size_max:
            self._evict("count")
        while now - self._oldest() > self._age_s_max:
            self._evict("age")

    def touched(
        self, datasets: Iterable[DatasetName], sessions: Iterable[str] = ()
    ) -> list[Resolved]:
        """Return the events that read any of the datasets or are of any of the sessions."""
        ids = set[str]().union(
            *(self._by_dataset.get(d, ()) for d in datasets),
            *(self._by_session.get(s, ()) for s in sessions),
        )
        return [self._events[event_id][1] for event_id in sorted(ids)]

    def _oldest(self) -> float:
        """Return when the event that is kept for longest was put."""
        return next(iter(self._events.values()))[0]

    def _evict(self, reason: str) -> None:
        self._drop(next(iter(self._events)))
        self.evicted[reason] += 1

    def _drop(self, event_id: str) -> None:
        kept = self._events.pop(event_id, None)
        if kept is None:
            return
        _, resolved = kept
        for used in resolved.schemas:
            _discard(self._by_dataset, _dataset(used), event_id)
        _discard(self._by_session, resolved.session, event_id)


Key = TypeVar("Key")


def _discard(index: defaultdict[Key, set[str]], key: Key, event_id: str) -> None:
    index[key].discard(event_id)
    if not index[key]:
        del index[key]


def _dataset(used: SchemaUsed) -> DatasetName:
    return DatasetName(used.namespace, used.name)
