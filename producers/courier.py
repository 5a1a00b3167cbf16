"""The thread that ships what a process emits, and then what orphans left."""

import logging
import random
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue

from .frames import Frame
from .shipper import AT_ONCE, Shipper
from .spool import Writer, orphans, size_bytes
from .transports import Transport, UnreachableError

_LOG = logging.getLogger(__name__)

_RETRY_S_MIN = 0.5
_RETRY_S_MAX = 30.0
_LOOK_AROUND_S = 30.0
_LOOK_AT_SPOOL_S = 1.0
_LOSS_TIMEOUT_S = 2.0
# A lone event waits for the linger time. Of a stream, what has come is shipped this many times
# less often: each time takes the interpreter from the job for a moment.
_PACE = 10
# So much is not left to wait: it keeps a burst from growing into one.
_CROWD_BYTES = 1024 * 1024
# Where the host computes in Python, each wait of this thread ends by taking the interpreter
# from it. So many events are handed over without one: that is a fifth of a millisecond.
_UNNOTICED = 64
# Beyond, while the host emits, it gets a turn after so many events, for so long: the
# interpreter would let this thread run for 5 ms.
_BURST = 32
_TURN_S = 0.0001


class Courier:
    """Ships one writer's session in a thread of its own.

    While there is nothing to ship the thread waits in a queue, without a timeout: an idle
    emitter costs nothing.

    Args:
        writer: Appends to the session that is shipped.
        connect: Makes the transport; called in the thread, again after each failure.
        linger_s: How long a first event waits for others to travel with it.
        fsync_every_s: How often what was appended is made to outlive a loss of power; None
            leaves that to the system.
    """

    def __init__(
        self,
        writer: Writer,
        connect: Callable[[], Transport],
        *,
        linger_s: float,
        fsync_every_s: float | None,
    ) -> None:
        self.acknowledged = 0
        self.refused = 0
        self.freed_bytes = 0
        # Whether somebody removed the session's files: what was in them is gone.
        self.lost = False
        self.others_bytes = size_bytes(writer.session.path.parent, beside=writer.session)
        self._writer = writer
        self._connect = connect
        self._linger_s = linger_s
        self._fsync_every_s = fsync_every_s
        self._synced_at = time.monotonic()
        self._sync_fails = False
        self._looked_around_at = -_LOOK_AROUND_S
        self._looked_at_spool_at = -_LOOK_AT_SPOOL_S
        self._seen = writer.end
        self._crowded_at_bytes = _CROWD_BYTES
        self._failures = 0
        self._deadline: float | None = None
        self._hurried = False
        self._awake = False
        self._inbox: SimpleQueue[None] = SimpleQueue()
        self._progress = threading.Condition()
        # Only the thread's own frame holds the transport. A forked child has neither, and so
        # never ends a librdkafka producer whose threads stayed with the parent: that hangs.
        self._transport: weakref.ref[Transport] | None = None
        self._thread = threading.Thread(target=self._run, name="headwater-courier", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something to ship. Safe in a signal handler."""
        if not self._awake:
            self._awake = True
            self._inbox.put(None)
        elif self._writer.appended_bytes > self._crowded_at_bytes and not self._hurried:
            self._hurry()

    def flush(self, accepted: int, timeout_s: float) -> bool:
        """Wait until so many more events than are refused by now are acknowledged or refused."""
        target = accepted + self.refused
        self._hurry()
        with self._progress:
            return self._progress.wait_for(
                lambda: self.acknowledged + self.refused >= target, timeout_s
            )

    def close(self, timeout_s: float) -> bool:
        """Ship what is there until the time is up; return whether the thread has ended.

        A destination that is known to be down is not waited for.
        """
        transport = self._transport() if self._transport else None
        down = transport is not None and transport.down
        self._deadline = time.monotonic() + (0 if down else timeout_s)
        self._hurry()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def retire(self, timeout_s: float) -> None:
        """Ship what is there until the time is up, while nobody waits for it."""
        self._deadline = time.monotonic() + timeout_s
        self._hurry()

    def _hurry(self) -> None:
        self._hurried = True
        self._inbox.put(None)

    def _run(self) -> None:
        transport: Transport | None = None
        while True:
            self._wait()
            hurried, self._hurried = self._hurried, False
            if self._give_up():
                break
            try:
                if transport is None:
                    transport = self._connect()
                    self._transport = weakref.ref(transport)
                if self._deliver(transport, hurried):
                    break
                self._failures = 0
            except UnreachableError as error:
                self._failures += 1
                _LOG.info("events wait in %s: %s", self._writer.session.path, error)
                if transport:
                    transport.close()
                transport = None
            except Exception:
                self._failures += 1
                if self._writer.present:
                    _LOG.exception("events wait in %s", self._writer.session.path)
        if self.lost:
            with suppress(UnreachableError):
                transport = transport or self._connect()
                self._tell_of_loss(transport)
        # Released first: ending a producer may take longer than the process is still there.
        self._writer.session.release()
        if transport:
            transport.close()

    def _wait(self) -> None:
        """Wait for something to ship, then for others to travel with it, or for a retry."""
        if self._failures:
            ceiling_s = min(_RETRY_S_MAX, _RETRY_S_MIN * 2**self._failures)
            self._pause(random.uniform(ceiling_s / 2, ceiling_s))  # noqa: S311
            return
        self._awake = False
        # What is appended, or hurries, after this look puts something into the inbox.
        if self._writer.end == self._seen and not self._hurried:
            self._inbox.get()
            self._pause(self._linger_s)
        self._awake = True

    def _pause(self, duration_s: float) -> None:
        ends_at = time.monotonic() + duration_s
        while not self._hurried and (left_s := ends_at - time.monotonic()) > 0:
            self._sync_if_due()
            with suppress(Empty):
                self._inbox.get(timeout=min(left_s, self._fsync_every_s or left_s))

    def _deliver(self, transport: Transport, hurried: bool) -> bool:
        """Ship what there is; return whether the session is closed and out."""
        closing = self._deadline is not None
        shipper = Shipper(transport, self._give_up)
        self._sync_if_due()
        self._ship_own(shipper, closing=closing, hurried=hurried)
        if closing:
            shipper.close(self._writer.session)
        else:
            self._look_around(shipper)
        return closing

    def _ship_own(self, shipper: Shipper, *, closing: bool, hurried: bool) -> None:
        session, writer = self._writer.session, self._writer
        self._seen = writer.end
        self._crowded_at_bytes = writer.appended_bytes + _CROWD_BYTES
        writer.prepare()
        last = writer.current
        # An event that interrupted the last one before the close may lie in a segment apart.
        numbers = [*range(max(1, session.ledger.state.segment), last + 1 + closing)]
        unsealed = None if closing else last
        for start in range(0, len(numbers), AT_ONCE):
            claimed = numbers[start : start + AT_ONCE]
            # Nothing hurries: what is acknowledged is looked at when the next is shipped.
            idle = last in claimed and not closing and not hurried
            with writer.claim(claimed):
                shipped = shipper.ship_segments(
                    session,
                    claimed,
                    self._frames,
                    unsealed=unsealed,
                    meanwhile=self._keep_pace if idle else None,
                )
            self.freed_bytes += shipped.freed_bytes
            with self._progress:
                self.acknowledged += shipped.acknowledged
                self.refused += shipped.refused
                self._progress.notify_all()

    def _frames(self, number: int, offset: int, *, sealed: bool) -> Iterator[Frame]:
        """Yield the frames of a segment, and let the host have its turns meanwhile."""
        emitted = self._writer.end
        for count, frame in enumerate(self._writer.frames(number, offset, sealed=sealed)):
            if count >= _UNNOTICED and count % _BURST == 0 and self._writer.end != emitted:
                emitted = self._writer.end
                time.sleep(_TURN_S)
            yield frame

    def _keep_pace(self) -> None:
        self._pause(_PACE * self._linger_s)

    def _tell_of_loss(self, transport: Transport) -> None:
        """Send what the session counted, so that the numbers that never came are missed."""
        ends_at = time.monotonic() + _LOSS_TIMEOUT_S
        Shipper(transport, lambda: time.monotonic() >= ends_at).tell(self._writer.session)

    def _look_around(self, shipper: Shipper) -> None:
        """Ship what processes that are gone have left, and see how full the spool is."""
        if time.monotonic() < self._looked_around_at + _LOOK_AROUND_S:
            return
        self._looked_around_at = time.monotonic()
        own = self._writer.session
        for orphan in orphans(own.path.parent):
            shipper.ship(orphan)
        self.others_bytes = size_bytes(own.path.parent, beside=own)

    def _give_up(self) -> bool:
        self._look_at_spool()
        if self.lost:
            return True
        self._sync_if_due()
        return self._deadline is not None and time.monotonic() >= self._deadline

    def _look_at_spool(self) -> None:
        """See, once in a while, whether somebody has removed what is appended to."""
        if time.monotonic() < self._looked_at_spool_at + _LOOK_AT_SPOOL_S:
            return
        self._looked_at_spool_at = time.monotonic()
        if not self.lost and not self._writer.present:
            self.lost = True
            _LOG.error("somebody removed %s; what waited there is lost", self._writer.session.path)

    def _sync_if_due(self) -> None:
        if self._fsync_every_s is None:
            return
        if time.monotonic() >= self._synced_at + self._fsync_every_s:
            try:
                self._writer.session.sync(self._writer.current)
                self._sync_fails = False
            except OSError as error:
                if not self._sync_fails:
                    path = self._writer.session.path
                    _LOG.error("a loss of power would take what is in %s: %s", path, error)
                self._sync_fails = True
            self._synced_at = time.monotonic()
