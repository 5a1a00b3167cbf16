"""The outbox: one session from its first event to its close, and its counts."""

import errno
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from .config import EmitterConfig
from .courier import Courier
from .ledger import Tally
from .spool import Session, Writer
from .transports import Transport

_REOPEN_S = 1.0
_RETIRE_S = 30.0
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of events: emitted = acknowledged + dropped + pending."""

    emitted: int = 0
    acknowledged: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    pending: int = 0

    def plus(self, tallies: Collection[Tally], acknowledged: int) -> "Counts":
        """Return these counts and a session's."""
        dropped = Counter(self.dropped)
        for tally in list(tallies):
            dropped.update(tally.dropped)
        emitted = self.emitted + sum(tally.emitted for tally in tallies)
        acknowledged += self.acknowledged
        pending = emitted - acknowledged - dropped.total()
        return Counts(emitted, acknowledged, dict(dropped), pending)

    def lose(self, events: int, reason: str) -> "Counts":
        """Return these counts with some events that were pending dropped."""
        dropped = Counter(self.dropped) + Counter({reason: events})
        return replace(self, dropped=dict(dropped), pending=self.pending - events)


class Outbox:
    """Numbers events, appends them to the spool and has them shipped.

    It opens the spool with the first event. An event that interrupts another, from a signal
    handler or a finaliser, goes a way of its own that touches nothing the other holds.

    Args:
        destination: The spool directory of what `connect` leads to.
        connect: Makes the transport.
        config: Sizes, times and policies.
    """

    def __init__(
        self, destination: Path, connect: Callable[[], Transport], config: EmitterConfig
    ) -> None:
        self.tallies: dict[str, Tally] = {}
        self._destination = destination
        self._connect = connect
        self._config = config
        self._counters: dict[str, Iterator[int]] = {}
        self._past = Counts()
        self._lock = threading.RLock()
        self._appending = False
        # Events that interrupt the opening of the spool, until it is open.
        self._early: deque[tuple[str, bytes | None, bytes]] = deque()
        self._writer: Writer | None = None
        self._courier: Courier | None = None
        self._reopen_at = 0.0

    @property
    def counts(self) -> "Counts":
        """What became of the events so far, over all sessions."""
        acknowledged = self._courier.acknowledged if self._courier else 0
        return self._past.plus(self.tallies.values(), acknowledged)

    def append(self, topic: str, key: bytes | None, value: bytes) -> str | None:
        """Number an event and append it.

        Returns:
            Why it was dropped; None if it lies in the spool.
        """
        with self._lock:
            interrupted, self._appending = self._appending, True
            if self._courier and self._courier.lost and not interrupted:
                self.close(0)
            if interrupted and not self._writer:
                self._early.append((topic, key, value))
                return None
            try:
                reason = self._number_and_spool(topic, key, value, interrupted)
            finally:
                self._appending = interrupted
        if self._courier:
            self._courier.wake()
        while self._early and not interrupted:
            self.append(*self._early.popleft())
        return reason

    def drop(self, topic: str, reason: str) -> None:
        """Count an event that cannot even be framed. It takes a number, too."""
        with self._lock:
            tally = self.tallies.setdefault(topic, Tally())
            tally.drop(reason)
            tally.count(next(self._numbers(topic)))

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was accepted so far is acknowledged."""
        accepted = sum(tally.accepted for tally in self.tallies.values())
        return self._courier.flush(accepted, timeout_s) if self._courier else not accepted

    def close(self, timeout_s: float) -> None:
        """End the session: ship what can be shipped in time, leave the rest in the spool."""
        with self._lock:
            writer, courier, tallies = self._writer, self._courier, self.tallies
            self._writer, self._courier, self.tallies, self._counters = None, None, {}, {}
        if writer and courier:
            writer.close()
            courier.close(timeout_s)
        past = self._past.plus(tallies.values(), courier.acknowledged if courier else 0)
        if courier and courier.lost:
            past = past.lose(past.pending - self._past.pending, "spool_removed")
        self._past = past

    def retire(self) -> None:
        """End the session of an emitter that nobody holds any more; wait for nothing."""
        if self._writer and self._courier:
            self._writer.close()
            self._courier.retire(_RETIRE_S)

    def abandon(self) -> None:
        """Let go of the parent's files in a forked child."""
        if self._writer:
            self._writer.close()

    def _numbers(self, topic: str) -> Iterator[int]:
        """Return what gives each event of a topic its number, and none twice."""
        return self._counters.get(topic) or self._counters.setdefault(topic, count())

    def _number_and_spool(
        self, topic: str, key: bytes | None, value: bytes, interrupted: bool
    ) -> str | None:
        tally = self.tallies.get(topic) or self.tallies.setdefault(topic, Tally())
        sequence = next(self._numbers(topic))
        reason = self._spool(tally, sequence, topic.encode(), key, value, interrupted)
        if reason:
            tally.drop(reason)
        # Only now: what a kill cuts short was never emitted, and is not missing.
        tally.count(sequence)
        return reason

    def _spool(
        self,
        tally: Tally,
        sequence: int,
        topic: bytes,
        key: bytes | None,
        value: bytes,
        interrupted: bool,
    ) -> str | None:
        try:
            writer, courier = self._opened()
            if interrupted:
                writer.append_apart(sequence, topic, key, value)
            elif self._has_room(writer, courier, len(value)):
                writer.append(tally, sequence, topic, key, value)
            else:
                return "spool_full"
        except OSError as error:
            return "disk_full" if error.errno in _FULL else "spool_unusable"
        return None

    def _has_room(self, writer: Writer, courier: Courier, event_bytes: int) -> bool:
        used_bytes = writer.appended_bytes - courier.freed_bytes + courier.others_bytes
        while used_bytes + event_bytes > self._config.spool_bytes_max:
            if self._config.when_full == "drop_newest":
                return False
            before_bytes = writer.appended_bytes
            dropped = writer.drop_oldest()
            if dropped is None:
                return False
            for topic, events in dropped.items():
                self.tallies[topic].drop("spool_full", events)
            used_bytes -= before_bytes - writer.appended_bytes
        return True

    def _opened(self) -> tuple[Writer, Courier]:
        if self._writer and self._courier:
            return self._writer, self._courier
        if time.monotonic() < self._reopen_at:
            raise OSError(errno.EAGAIN, "the spool could not be opened a moment ago")
        try:
            self._writer, self._courier = self._open()
        except OSError:
            self._reopen_at = time.monotonic() + _REOPEN_S
            raise
        return self._writer, self._courier

    def _open(self) -> tuple[Writer, Courier]:
        config = self._config
        session = Session.create(self._destination)
        session.ledger.state.tallies = self.tallies
        segment_bytes = min(config.segment_bytes, config.spool_bytes_max // 8)
        fsync_every_s = config.fsync_interval_s if config.fsync == "interval" else None
        writer = None
        try:
            writer = Writer(session, segment_bytes=segment_bytes, fsync=config.fsync == "every")
            courier = Courier(
                writer, self._connect, linger_s=config.linger_s, fsync_every_s=fsync_every_s
            )
        except (OSError, RuntimeError) as error:
            # No descriptor or no thread is left: whoever adopts it finds it empty.
            if writer:
                writer.close()
            session.release()
            raise OSError(errno.EAGAIN, "no thread can ship it") from error
        return writer, courier
