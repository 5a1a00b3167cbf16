"""Showing events on standard error, for whoever tries things out."""

import sys
from collections.abc import Sequence

from ..frames import Frame
from . import GiveUp, Refusal


class ConsoleTransport:
    """Writes each event as a line to standard error."""

    down = False

    def send(self, _session: str, batch: Sequence[Frame], _give_up: GiveUp) -> None:
        for frame in batch:
            sys.stderr.write(frame.value.decode(errors="replace") + "\n")

    def settle(self, _give_up: GiveUp) -> list[Refusal]:
        return []

    def close(self) -> None:
        sys.stderr.flush()
