"""Deduplicate: tell an event seen for the first time from a duplicate and from a redelivery.

Records are content-addressed, so a duplicate that slips through changes nothing; this
step saves the work. The first position of an event is kept with its id: the same event at
the same position is a redelivery, whose outputs may never have been acknowledged, and is
processed again. Keeping ids alone loses events when a worker is killed.
"""

from collections import OrderedDict
from enum import StrEnum

from .message import Position


class Sighting(StrEnum):
    """What an event is to those before it."""

    FIRST = "first"
    DUPLICATE = "duplicate"
    REDELIVERED = "redelivered"


class Seen:
    """The events seen of late, bounded by count; the oldest are forgotten first."""

    def __init__(self, size_max: int = 500_000) -> None:
        self._first: OrderedDict[str, Position] = OrderedDict()
        self._size_max = size_max

    def sight(self, event_id: str, position: Position) -> Sighting:
        """Note an event and say what it is."""
        first = self._first.get(event_id)
        if first is not None:
            return Sighting.REDELIVERED if first == position else Sighting.DUPLICATE
        self._first[event_id] = position
        if len(self._first) > self._size_max:
            self._first.popitem(last=False)
        return Sighting.FIRST


class Sent:
    """The records sent and acknowledged of late, bounded by count."""

    def __init__(self, size_max: int = 500_000) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._size_max = size_max

    def __contains__(self, record_id: str) -> bool:
        if record_id not in self._ids:
            return False
        self._ids.move_to_end(record_id)
        return True

    def add(self, record_id: str) -> None:
        """Note a record; the one used longest ago is forgotten first."""
        self._ids[record_id] = None
        if len(self._ids) > self._size_max:
            self._ids.popitem(last=False)


class Earliest:
    """Since when some records were stated, as far as was sent, bounded by count."""

    def __init__(self, size_max: int = 500_000) -> None:
        self._at: OrderedDict[str, str] = OrderedDict()
        self._size_max = size_max

    def get(self, record_id: str) -> str | None:
        """Return the earliest time sent for a record."""
        return self._at.get(record_id)

    def add(self, record_id: str, at: str) -> None:
        """Note a time; of the records the one noted longest ago is forgotten first."""
        self._at[record_id] = min(at, self._at.pop(record_id, at))
        if len(self._at) > self._size_max:
            self._at.popitem(last=False)
