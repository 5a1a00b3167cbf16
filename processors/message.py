"""Messages: what lies in Kafka, and what is to be sent there."""

from typing import NamedTuple


class Position(NamedTuple):
    """Where a message lies in the log."""

    topic: str
    partition: int
    offset: int


class Message(NamedTuple):
    """A message that was read."""

    position: Position
    key: bytes | None
    value: bytes | None


class Send(NamedTuple):
    """A message to send."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, str], ...] = ()
