"""Waiting: events whose SQL may read otherwise once another schema becomes known."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from ..schemas.names import DatasetName
from ..schemas.records import SchemaUsed
from .decode import Decoded
from .message import Message


class Resolved(NamedTuple):
    """An event, and the schemas that its resolution so far rests on."""

    message: Message
    decoded: Decoded
    schemas: tuple[SchemaUsed, ...]


class Waiting:
    """The latest events with SQL, found by the datasets their statements read.

    Bounded by count: the oldest is let go and counted in `evicted`; a schema that comes
    later still finds it in a replay.
    """

    def __init__(self, size_max: int = 20_000) -> None:
        self._events: OrderedDict[str, Resolved] = OrderedDict()
        self._by_dataset: defaultdict[DatasetName, set[str]] = defaultdict(set)
        self._size_max = size_max
        self.evicted = 0

    def put(self, resolved: Resolved) -> None:
        """Keep an event, in place of what was kept of it before."""
        event_id = resolved.decoded.event_id
        self._drop(event_id)
        self._events[event_id] = resolved
        for used in resolved.schemas:
            self._by_dataset[_dataset(used)].add(event_id)
        if len(self._events) > self._size_max:
            self._drop(next(iter(self._events)))
            self.evicted += 1

    def reading(self, datasets: Iterable[DatasetName]) -> list[Resolved]:
        """Return the events that read any of the datasets."""
        ids = set[str]().union(*(self._by_dataset.get(d, ()) for d in datasets))
        return [self._events[event_id] for event_id in sorted(ids)]

    def _drop(self, event_id: str) -> None:
        resolved = self._events.pop(event_id, None)
        for used in resolved.schemas if resolved else ():
            dataset = _dataset(used)
            self._by_dataset[dataset].discard(event_id)
            if not self._by_dataset[dataset]:
                del self._by_dataset[dataset]


def _dataset(used: SchemaUsed) -> DatasetName:
    return DatasetName(used.namespace, used.name)
