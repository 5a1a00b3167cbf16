"""An archive and the log that goes on from it, read as one: no message twice, none left out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ...schemas.errors import HeadwaterError
from ..ledger.leaf import Entry
from ..ledger.log import Log, Source
from .archive import Archive


class GapError(HeadwaterError):
    """The archive and the log do not meet."""


@dataclass(frozen=True, slots=True)
class Joined:
    """An archive, and where the log goes on that it was made from."""

    archive: Archive
    source: Source

    @contextmanager
    def open(self) -> Iterator["JoinedLog"]:
        """Open both."""
        with self.source.open() as log:
            yield JoinedLog(self.archive, log)


@dataclass(frozen=True, slots=True)
class JoinedLog:
    """Both, opened: what the archive holds is read from there, the rest from the log."""

    archive: Archive
    log: Log

    def partitions(self, topic: str) -> dict[int, tuple[int, int]]:
        """Return the first and the next offset of each partition.

        Raises:
            GapError: If there are offsets that neither of the two holds.
        """
        archived = self.archive.partitions(topic)
        return {
            number: _joined(f"{topic}/{number}", archived.get(number), bounds)
            for number, bounds in self.log.partitions(topic).items()
        }

    def entries(self, topic: str, partition: int, start: int, end: int) -> Iterator[Entry]:
        """Yield the messages from an offset up to another."""
        _, archived = self.archive.partitions(topic).get(partition, (0, 0))
        if start < archived:
            yield from self.archive.entries(topic, partition, start, min(end, archived))
        if archived < end:
            yield from self.log.entries(topic, partition, max(start, archived), end)


def _joined(
    place: str, archived: tuple[int, int] | None, bounds: tuple[int, int]
) -> tuple[int, int]:
    if archived is None:
        return bounds
    low, high = bounds
    if low > archived[1]:
        raise GapError(
            f"{place}: the archive ends at offset {archived[1]}, Kafka begins at {low}",
            remedy="What lies between is lost unless another archive holds it. Archive more "
            "often than Kafka's retention, or replay with --from what the archive holds.",
        )
    if high < archived[1]:
        raise GapError(
            f"{place}: Kafka ends at offset {high}, before the archive does ({archived[1]})",
            remedy="The topic was made anew: its messages are not those that follow the archive.",
        )
    return archived[0], high
