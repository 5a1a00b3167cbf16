"""Shipping a spooled session: what goes out, what is deleted when, and the thread that does it."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue

import orjson

from ..schemas import topics
from .frames import Frame
from .ledger import Tally
from .spool import Session, Writer, read_frames, size_bytes
from .transports import Message, Transport, UnreachableError

_LOG = logging.getLogger(__name__)

# How many messages are handed over before the thread lets go of the interpreter, and for how
# long: the host's threads get their turn after about 0.1 ms instead of Python's 5 ms.
_BURST = 16
_PAUSE_S = 0.0001
_RETRY_S_MIN = 0.5
_RETRY_S_MAX = 30.0
_ADOPT_EVERY_S = 30.0


def ship(session: Session, transport: Transport, give_up: Callable[[], bool]) -> int:
    """Ship a session that nobody appends to any more, and remove it.

    Returns:
        How many messages were acknowledged.

    Raises:
        UnreachableError: If the destination does not take them; what it did take is noted.
    """
    acknowledged = 0
    for number in session.segments():
        acknowledged += ship_segment(session, number, transport, give_up, sealed=True)
    close_session(session, transport, give_up)
    return acknowledged


def ship_segment(
    session: Session,
    number: int,
    transport: Transport,
    give_up: Callable[[], bool],
    *,
    sealed: bool,
) -> int:
    """Ship what a segment holds beyond the ledger, note it, and delete the segment if sealed.

    The ledger is written before the segment is deleted. A crash between the two leaves a
    segment that the ledger calls done: it is deleted without being shipped again.
    """
    ledger = session.ledger
    done = number < ledger.state.segment
    offset = ledger.state.offset if number == ledger.state.segment else 0
    count = 0
    if not done:
        count, offset = _send_frames(session, number, offset, transport)
        transport.settle(give_up)
        ledger.state.segment, ledger.state.offset = (number + 1, 0) if sealed else (number, offset)
        if sealed or count:
            ledger.write()
    if sealed:
        session.remove_segment(number)
    return count


def close_session(session: Session, transport: Transport, give_up: Callable[[], bool]) -> None:
    """Send what a session counted, on each of its topics, and remove the session."""
    for topic, tally in session.ledger.state.tallies.items():
        transport.send(_closing_message(session.id, topic, tally), _ignore)
    transport.settle(give_up)
    session.remove()


def _send_frames(
    session: Session, number: int, offset: int, transport: Transport
) -> tuple[int, int]:
    count = 0
    for frame, end in read_frames(session.segment_path(number), offset):
        tally = session.ledger.state.tallies.setdefault(frame.topic.decode(), Tally())
        tally.emitted = max(tally.emitted, frame.sequence + 1)
        transport.send(_message(session.id, frame), tally.drop)
        offset = end
        count += 1
        if count % _BURST == 0:
            time.sleep(_PAUSE_S)
    return count, offset


def _message(session_id: str, frame: Frame) -> Message:
    headers = [
        (topics.SESSION_HEADER, session_id.encode()),
        (topics.SEQUENCE_HEADER, b"%d" % frame.sequence),
    ]
    return Message(frame.topic.decode(), frame.key, frame.value, headers)


def _closing_message(session_id: str, topic: str, tally: Tally) -> Message:
    value = {
        "headwater": "session-close",
        "session": session_id,
        "topic": topic,
        "closedAt": datetime.now(UTC).isoformat(),
        "counts": {"emitted": tally.emitted, "dropped": tally.dropped},
    }
    headers = [(topics.SESSION_HEADER, session_id.encode())]
    return Message(topic, f"session:{session_id}".encode(), orjson.dumps(value), headers)


def _ignore(_reason: str) -> None:
    """A closing event that the broker refuses is not counted: nothing could carry the count."""


class Shipper:
    """The thread that ships what one writer appends, and then what orphans left.

    It sleeps in a blocking `get` while there is nothing to ship.

    Args:
        writer: Appends to the session that is shipped.
        connect: Makes the transport; called in the thread, again after each failure.
        linger_s: How long a first event waits for others to travel with.
    """

    def __init__(self, writer: Writer, connect: Callable[[], Transport], linger_s: float) -> None:
        self.acknowledged = 0
        self.freed_bytes = 0
        self.others_bytes = size_bytes(writer.session.path.parent, beside=writer.session)
        self._writer = writer
        self._connect = connect
        self._linger_s = linger_s
        self._inbox: SimpleQueue[bool] = SimpleQueue()
        self._awake = False
        self._deadline: float | None = None
        self._progress = threading.Condition()
        self._adopted_at = 0.0
        self._thread = threading.Thread(target=self._run, name="headwater-shipper", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something to ship."""
        if not self._awake:
            self._awake = True
            self._inbox.put(False)

    def wait_for(self, acknowledged: int, timeout_s: float) -> bool:
        """Wait until so many messages of this session are acknowledged."""
        self._inbox.put(True)
        with self._progress:
            return self._progress.wait_for(lambda: self.acknowledged >= acknowledged, timeout_s)

    def close(self, timeout_s: float) -> None:
        """Ship what is there until the time is up, and end the thread."""
        self._deadline = time.monotonic() + timeout_s
        self._inbox.put(True)
        self._thread.join(timeout_s)

    def _give_up(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline

    def _run(self) -> None:
        transport: Transport | None = None
        failures = 0
        while True:
            self._wait(failures)
            closing = self._deadline is not None
            try:
                transport = transport or self._connect()
                self._ship_own(transport, closing)
                if closing:
                    close_session(self._writer.session, transport, self._give_up)
                    return
                self._adopt(transport)
                failures = 0
            except UnreachableError as error:
                failures += 1
                _LOG.warning("events wait in %s: %s", self._writer.session.path, error)
                if transport:
                    transport.close()
                transport = None
                if self._give_up():
                    return

    def _wait(self, failures: int) -> None:
        """Wait for something to ship, then for others to travel with it, or for a retry."""
        if failures:
            pause_s = random.uniform(0, min(_RETRY_S_MAX, _RETRY_S_MIN * 2**failures))  # noqa: S311
        else:
            pause_s = 0.0 if self._inbox.get() else self._linger_s
        try:
            while pause_s and not self._inbox.get(timeout=pause_s):
                pass
        except Empty:
            pass
        self._awake = False

    def _ship_own(self, transport: Transport, closing: bool) -> None:
        session, writer = self._writer.session, self._writer
        for number in session.segments():
            sealed = closing or number < writer.current
            count = ship_segment(session, number, transport, self._give_up, sealed=sealed)
            with self._progress:
                self.acknowledged += count
                self._progress.notify_all()

    def _adopt(self, transport: Transport) -> None:
        """Ship what processes that are gone have left, at most every so often."""
        if self._adopted_at and time.monotonic() < self._adopted_at + _ADOPT_EVERY_S:
            return
        self._adopted_at = time.monotonic()
        for orphan in orphans(self._writer.session.path.parent):
            ship(orphan, transport, self._give_up)


def orphans(destination: Path) -> Iterator[Session]:
    """Adopt the sessions whose processes are gone, one after the other."""
    for path in sorted(destination.iterdir()):
        try:
            session = Session.adopt(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        if session:
            try:
                yield session
            finally:
                session.release()
