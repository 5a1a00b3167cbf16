"""A log to read: the topics of Kafka, an archive of them, or both joined."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from .leaf import Entry


class Log(Protocol):
    """An open log."""

    def partitions(self, topic: str) -> dict[int, tuple[int, int]]:
        """Return the first and the next offset of each partition."""

    def entries(self, topic: str, partition: int, start: int, end: int) -> Iterator[Entry]:
        """Yield the messages from an offset up to another."""


def messages(log: Log, *topics: str) -> Iterator[Entry]:
    """Yield every message that some topics hold now, partition by partition."""
    for topic in topics:
        for partition, (first, end) in log.partitions(topic).items():
            yield from log.entries(topic, partition, first, end)


class Source(Protocol):
    """Where a log is; other processes open it by themselves."""

    def open(self) -> AbstractContextManager[Log]:
        """Open it."""
