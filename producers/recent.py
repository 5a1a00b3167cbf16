"""The newest frames of a session, kept in memory so that shipping need not read them back."""

from collections import deque
from collections.abc import Iterator

from .frames import Frame

# More than comes in between two shipments of a steady stream. A burst is read back: fresh
# memory for each event would cost its `emit` more than reading costs the shipping thread.
_BYTES_MAX = 256 * 1024

Fields = tuple[int, bytes, bytes | None, bytes, int]
"""Those of a `Frame`, which is only made of what is taken."""


class Recent:
    """Frames by their place. One thread adds, another takes, and neither waits for the other.

    What does not fit is not kept: the spool holds it as well, and whoever takes finds a gap.
    """

    def __init__(self) -> None:
        self._kept: deque[tuple[int, int, Fields]] = deque()
        # Each is written by one thread alone.
        self._added_bytes = 0
        self._taken_bytes = 0

    def add(self, segment: int, start: int, fields: Fields) -> None:
        """Keep the fields of the frame that lies at `start` in a segment, if there is room."""
        added_bytes = self._added_bytes + len(fields[3])
        if added_bytes - self._taken_bytes <= _BYTES_MAX:
            self._added_bytes = added_bytes
            self._kept.append((segment, start, fields))

    def take(self, segment: int, start: int) -> Iterator[Frame]:
        """Yield the frames that lie one after the other from a place on.

        What lies before the place is dropped: it was read back already.
        """
        while self._kept and self._kept[0][:2] <= (segment, start):
            *place, fields = self._kept.popleft()
            frame = Frame._make(fields)
            self._taken_bytes += len(frame.value)
            if place == [segment, start]:
                start = frame.end
                yield frame
