"""Shipping spooled sessions: what goes out, and what may be deleted when."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple, Protocol

import orjson

from ..schemas.session import SessionClose, to_event
from .faults import faultpoint
from .frames import Frame
from .ledger import Tally
from .spool import Session
from .transports import GiveUp, Transport

_BATCH = 16

AT_ONCE = 4
"""How many segments are shipped before all of them are waited for."""


class Shipped(NamedTuple):
    """What came of shipping some segments."""

    acknowledged: int
    refused: int
    freed_bytes: int


class Frames(Protocol):
    """Yields the whole frames of a segment from an offset on."""

    def __call__(self, number: int, offset: int, /, *, sealed: bool) -> Iterator[Frame]: ...


class Shipper:
    """Ships sessions over a transport.

    Args:
        transport: Where to.
        give_up: Asked a few times a second whether to stop.
    """

    def __init__(self, transport: Transport, give_up: GiveUp) -> None:
        self._transport = transport
        self._give_up = give_up

    def ship(self, session: Session) -> int:
        """Ship a session that nobody appends to any more, and remove it.

        Returns:
            How many events were acknowledged.

        Raises:
            UnreachableError: If the destination does not take them; the ledger holds what it took.
        """
        _tally(session)
        acknowledged = 0
        while numbers := session.segments():
            claimed = numbers[:AT_ONCE]
            acknowledged += self.ship_segments(session, claimed, session.frames).acknowledged
        self.close(session)
        return acknowledged

    def ship_segments(
        self,
        session: Session,
        numbers: Sequence[int],
        frames: Frames,
        *,
        unsealed: int | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Shipped:
        """Ship what segments hold beyond the ledger, note it, and delete those that are sealed.

        The ledger is written before a segment is deleted. A crash between the two leaves a
        segment that the ledger calls done, which is deleted without being shipped again.

        Args:
            session: Whose segments.
            numbers: Which, oldest first.
            frames: Reads them.
            unsealed: The last of them, if it is still being appended to.
            meanwhile: Called once, while what is handed over is on its way.
        """
        state = session.ledger.state
        before = (state.segment, state.offset)
        sent, place = 0, before
        for number in numbers:
            if number >= state.segment:
                offset, sealed = state.start_of(number), number != unsealed
                count, end = self._send(session, frames(number, offset, sealed=sealed), offset)
                sent += count
                place = (number + 1, 0) if sealed else (number, end)
        faultpoint("segments sent")
        if meanwhile:
            meanwhile()
        refused = self._settle(session)
        faultpoint("segments settled")
        if place != before:
            state.segment, state.offset = place
            session.ledger.write()
            faultpoint("ledger written")
        sealed_numbers = [number for number in numbers if number != unsealed]
        freed_bytes = sum(map(session.remove_segment, sealed_numbers))
        return Shipped(sent - refused, refused, freed_bytes)

    def close(self, session: Session) -> None:
        """Send what a session counted, and remove it."""
        self.tell(session)
        faultpoint("closing settled")
        session.remove()

    def tell(self, session: Session) -> None:
        """Send what a session counted, on each of its topics."""
        tallies = session.ledger.state.tallies
        closing = [_closing(session.id, topic, tally) for topic, tally in tallies.items()]
        self._transport.send(session.id, closing, self._give_up)
        # A refusal of a closing event is not counted: nothing could carry the count.
        self._transport.settle(self._give_up)

    def _send(self, session: Session, frames: Iterator[Frame], offset: int) -> tuple[int, int]:
        sent = 0
        while batch := list(islice(frames, _BATCH)):
            self._transport.send(session.id, batch, self._give_up)
            sent, offset = sent + len(batch), batch[-1].end
            faultpoint("batch sent")
        return sent, offset

    def _settle(self, session: Session) -> int:
        refused = self._transport.settle(self._give_up)
        for topic, reason in refused:
            session.ledger.state.tallies.setdefault(topic, Tally()).drop(reason)
        return len(refused)


def _tally(session: Session) -> None:
    """Have an orphan's tallies cover its segments: its process may have noted fewer."""
    tallies = session.ledger.state.tallies
    for number in session.segments():
        for frame in session.frames(number, 0):
            tally = tallies.setdefault(frame.topic.decode(), Tally())
            if frame.sequence is not None:
                tally.emitted = max(tally.emitted, frame.sequence + 1)


def _closing(session_id: str, topic: str, tally: Tally) -> Frame:
    closed_at = datetime.now(UTC).isoformat()
    close = SessionClose(session_id, topic, closed_at, tally.emitted, tally.dropped)
    value = orjson.dumps(to_event(close))
    return Frame(None, topic.encode(), f"session:{session_id}".encode(), value)
