"""The outbox: one session from its first event to its close, with what counts it."""

import errno
import threading
import time
from collections.abc import Callable
from pathlib import Path

from . import frames
from .ledger import Tally
from .shipper import Shipper
from .spool import Session, Writer
from .transports import Transport

_REOPEN_S = 1.0


class Outbox:
    """Numbers events, appends them to the spool and has them shipped.

    Args:
        destination: The spool directory of what `connect` leads to.
        connect: Makes the transport.
        spool_bytes_max: What all sessions of the destination may take on disk.
        segment_bytes: Size from which a segment is sealed.
        linger_s: How long a first event waits for others to travel with it.
    """

    def __init__(
        self,
        destination: Path,
        connect: Callable[[], Transport],
        *,
        spool_bytes_max: int,
        segment_bytes: int,
        linger_s: float,
    ) -> None:
        self.tallies: dict[str, Tally] = {}
        self._destination = destination
        self._connect = connect
        self._spool_bytes_max = spool_bytes_max
        self._segment_bytes = segment_bytes
        self._linger_s = linger_s
        self._lock = threading.Lock()
        self._writer: Writer | None = None
        self._shipper: Shipper | None = None
        self._reopen_at = 0.0

    @property
    def acknowledged(self) -> int:
        return self._shipper.acknowledged if self._shipper else 0

    def append(self, topic: str, key: bytes | None, value: bytes) -> str | None:
        """Number an event and append it.

        Returns:
            Why it was dropped; None if it lies in the spool.
        """
        with self._lock:
            tally = self.tallies.get(topic) or self.tallies.setdefault(topic, Tally())
            sequence = tally.emitted
            tally.emitted += 1
            reason = self._spool(frames.encode(sequence, topic.encode(), key, value))
            if reason:
                tally.drop(reason)
        if self._shipper:
            self._shipper.wake()
        return reason

    def drop(self, topic: str, reason: str) -> None:
        """Count an event that could not even be framed. It takes a number, too."""
        with self._lock:
            tally = self.tallies.setdefault(topic, Tally())
            tally.emitted += 1
            tally.drop(reason)

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was accepted so far is acknowledged."""
        with self._lock:
            accepted = sum(t.emitted - sum(t.dropped.values()) for t in self.tallies.values())
            shipper = self._shipper
        return shipper.wait_for(accepted, timeout_s) if shipper else accepted == 0

    def close(self, timeout_s: float) -> None:
        """Ship what can be shipped in time, and leave the rest in the spool."""
        with self._lock:
            if self._shipper:
                self._shipper.close(timeout_s)

    def _spool(self, frame: bytes) -> str | None:
        try:
            writer, shipper = self._opened()
            used_bytes = writer.appended_bytes - shipper.freed_bytes + shipper.others_bytes
            if used_bytes + len(frame) > self._spool_bytes_max:
                return "spool_full"
            writer.append(frame)
        except OSError as error:
            return "disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "spool_unusable"
        return None

    def _opened(self) -> tuple[Writer, Shipper]:
        if self._writer and self._shipper:
            return self._writer, self._shipper
        if time.monotonic() < self._reopen_at:
            raise OSError("the spool could not be opened a moment ago")
        self._reopen_at = time.monotonic() + _REOPEN_S
        session = Session.create(self._destination)
        session.ledger.state.tallies = self.tallies
        self._writer = Writer(session, segment_bytes=self._segment_bytes)
        self._shipper = Shipper(self._writer, self._connect, self._linger_s)
        return self._writer, self._shipper
