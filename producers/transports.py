"""What a transport is, and the errors it may answer with."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol


class Message(NamedTuple):
    """What is handed to a transport: what Kafka calls a message."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes]]


class UnreachableError(Exception):
    """The destination does not answer, or not now. What was sent has to be sent again."""


class Transport(Protocol):
    """Ships messages. Called from one thread only."""

    def send(self, message: Message, refused: Callable[[str], None]) -> None:
        """Hand over one message; it may not be out before `settle` has returned.

        Args:
            message: The message.
            refused: Called with a reason, at the latest within `settle`, if the
                destination will never take this message.

        Raises:
            UnreachableError: If it cannot be handed over now.
        """

    def settle(self, give_up: Callable[[], bool]) -> None:
        """Wait until everything handed over is acknowledged or refused.

        Raises:
            UnreachableError: If that failed, or `give_up` answered True before.
        """

    def close(self) -> None:
        """Let go of everything, at once; what is not settled is forgotten."""
