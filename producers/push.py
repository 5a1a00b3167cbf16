"""What lies in a spool, and shipping what no process ships any more."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .config import EmitterConfig
from .destinations import connect
from .shipper import Shipper
from .spool import Session, orphans, size_bytes
from .transports import UnreachableError


@dataclass(frozen=True, slots=True)
class Spooled:
    """What lies in the spool for one destination.

    Attributes:
        destination: The name of its directory.
        sessions: How many sessions lie there.
        orphans: How many of them no process ships any more.
        waiting: How many events of these are still to be shipped.
        size_bytes: What all sessions take on disk.
    """

    destination: str
    sessions: int
    orphans: int
    waiting: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did.

    Attributes:
        sessions: How many orphaned sessions are shipped and removed.
        acknowledged: How many events the destination acknowledged.
        error: Why it ended early; None if nothing is left.
    """

    sessions: int
    acknowledged: int
    error: str | None


def spooled(spool_dir: Path) -> Iterator[Spooled]:
    """Yield what lies in a spool, by destination."""
    for path in sorted(spool_dir.iterdir()) if spool_dir.is_dir() else ():
        sessions = sum(child.is_dir() for child in path.iterdir())
        waiting = [_waiting(session) for session in orphans(path)]
        yield Spooled(path.name, sessions, len(waiting), sum(waiting), size_bytes(path))


def push(config: EmitterConfig, timeout_s: float) -> Pushed:
    """Ship every orphaned session of the destination that the settings lead to."""
    sessions, acknowledged, deadline = 0, 0, time.monotonic() + timeout_s
    if not config.destination.is_dir():
        return Pushed(0, 0, None)
    try:
        transport = connect(config)
        shipper = Shipper(transport, lambda: time.monotonic() >= deadline)
        for session in orphans(config.destination):
            acknowledged += shipper.ship(session)
            sessions += 1
        transport.close()
    except UnreachableError as error:
        return Pushed(sessions, acknowledged, str(error))
    return Pushed(sessions, acknowledged, None)


def _waiting(session: Session) -> int:
    state = session.ledger.state
    return sum(
        1
        for number in session.segments()
        if number >= state.segment
        for _ in session.frames(number, state.start_of(number))
    )
