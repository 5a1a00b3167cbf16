"""Shipping to a file, one event a line."""

import os
from collections.abc import Sequence
from pathlib import Path

from ..frames import Frame
from . import GiveUp, Refusal, UnreachableError


class FileTransport:
    """Appends events to a file, and keeps only what reads as JSON Lines.

    Args:
        path: The file, which is made if it is not there.
    """

    down = False

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, flags, 0o600)
        except OSError as error:
            raise UnreachableError(f"{path}: {error.strerror}") from error

    def send(self, _session: str, batch: Sequence[Frame], _give_up: GiveUp) -> None:
        lines = b"".join(frame.value + b"\n" for frame in batch)
        try:
            written = os.write(self._fd, lines)
        except OSError as error:
            raise UnreachableError(str(error.strerror)) from error
        if written < len(lines):
            raise UnreachableError("the file system is full")

    def settle(self, _give_up: GiveUp) -> list[Refusal]:
        return []

    def close(self) -> None:
        os.close(self._fd)
