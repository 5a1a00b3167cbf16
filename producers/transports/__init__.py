"""What a transport is, the one error it may answer with, and the one that the settings name."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from ..config import EmitterConfig
from ..frames import Frame

GiveUp = Callable[[], bool]
"""Asked a few times a second, while a transport waits, whether to stop."""


class UnreachableError(Exception):
    """The destination does not answer, or not now. What was sent has to be sent again."""


class Refusal(NamedTuple):
    """An event that the destination will never take."""

    topic: str
    reason: str


class Transport(Protocol):
    """Ships events. Called from one thread only."""

    down: bool
    """Whether the destination is known not to answer, so that waiting for it is idle."""

    def send(self, session: str, batch: Sequence[Frame], give_up: GiveUp, /) -> None:
        """Hand over events; they may not be out before `settle` has returned.

        Raises:
            UnreachableError: If they cannot be handed over, or `give_up` answered True.
        """

    def settle(self, give_up: GiveUp, /) -> list[Refusal]:
        """Wait until everything handed over is acknowledged or refused.

        Returns:
            What was refused since the last call.

        Raises:
            UnreachableError: If it failed, or `give_up` answered True.
        """

    def close(self) -> None:
        """Let go of everything, at once; what is not settled is forgotten."""


def connect(config: EmitterConfig) -> Transport:
    """Return the transport that the settings name. Only it is imported, and only now."""
    match config.transport:
        case "kafka":
            from .kafka import KafkaTransport

            return KafkaTransport({**config.kafka, "bootstrap.servers": config.bootstrap})
        case "http":
            from .http import HttpTransport

            return HttpTransport(config.url, config.api_key)
        case "file":
            from .file import FileTransport

            return FileTransport(Path(config.file))
        case "console":
            from .console import ConsoleTransport

            return ConsoleTransport()
    raise ValueError(f"nothing is shipped by {config.transport}")
