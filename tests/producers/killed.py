"""Processes that emit, ship and are killed between two system calls, one after the other.

Run as `python -m tests.producers.killed SEED KILLS DIRECTORY`. It forks from a process
without threads, and each child shares the spool, so that each also adopts what those before
it left. Leaves the files `accepted`, `log` and `places`, and prints what the spool still holds.
"""

import itertools
import json
import os
import random
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from headwater.producers import faults
from headwater.producers.config import EmitterConfig
from headwater.producers.frames import Frame
from headwater.producers.outbox import Outbox
from headwater.producers.shipper import Shipper
from headwater.producers.spool import orphans
from headwater.producers.transports import GiveUp, Refusal

_EVENTS = 40
# An undisturbed process passes about so many places; some of those drawn lie beyond its end.
_PLACES = 45


class Log:
    """A destination that is a file: what is written there is there, as in Kafka's log."""

    down = False

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def send(self, session: str, batch: Sequence[Frame], _give_up: GiveUp) -> None:
        for frame in batch:
            line = json.dumps([session, frame.sequence, json.loads(frame.value)])
            os.write(self._fd, line.encode() + b"\n")

    def settle(self, _give_up: GiveUp) -> list[Refusal]:
        return []

    def close(self) -> None:
        os.close(self._fd)


def emit_and_die(directory: Path, name: str, place: int, accepted_fd: int, places_fd: int) -> None:
    """Emit some events in a process that ends at the given place, if it comes that far."""
    passed = itertools.count(1)

    def hook(place_name: str) -> None:
        if next(passed) == place:
            os.write(places_fd, f"{place_name}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    faults.hook = hook
    config = EmitterConfig(
        spool_dir=directory, segment_bytes=400, spool_bytes_max=1 << 26, linger_s=0
    )
    outbox = Outbox(directory / "spool", lambda: Log(directory / "log"), config)
    for number in range(_EVENTS):
        event = f"{name}-{number}"
        if outbox.append("events", None, json.dumps(event).encode()) is None:
            os.write(accepted_fd, event.encode() + b"\n")
    outbox.close(5)


def main(seed: int, kills: int, directory: Path) -> None:
    """Run processes until so many were killed, then ship what they left."""
    draw = random.Random(seed)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    accepted_fd, places_fd = (os.open(directory / name, flags) for name in ("accepted", "places"))
    names = itertools.count()
    while kills:
        place = draw.randint(1, _PLACES)
        child = os.fork()
        if not child:
            emit_and_die(directory, str(next(names)), place, accepted_fd, places_fd)
            os._exit(0)
        next(names)
        kills -= os.WIFSIGNALED(os.waitpid(child, 0)[1])
    log = Log(directory / "log")
    for orphan in orphans(directory / "spool"):
        Shipper(log, lambda: False).ship(orphan)
    sys.stdout.write("".join(f"{path}\n" for path in (directory / "spool").iterdir()))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
