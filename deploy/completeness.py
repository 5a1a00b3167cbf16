"""Completeness: whether all that emitters took is accounted for, by session.

emitted = stored + dead-lettered + dropped (by reason) + waiting, or the missing numbers are
named. The log itself is read: the numbers are in the headers that an emitter of ours adds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..schemas import topics
from ..schemas.session import SessionClose, of_message
from ..sinks.ledger.leaf import Entry
from .offsets import Offsets

NAMED_MAX = 100
"""How many missing numbers are named; their count is always exact."""


@dataclass
class Session:
    """What is known of one emitter's session on one topic.

    Attributes:
        arrived: Numbers that are in the log, with whether each is past the worker.
        buried: Numbers that the worker sent to the dead letters.
        close: The closing event; None while the session goes on, or where it was lost.
        jobs: The keys of its events: the jobs it told of.
    """

    id: str
    topic: str
    arrived: dict[int, bool] = field(default_factory=dict)
    buried: set[int] = field(default_factory=set)
    close: SessionClose | None = None
    jobs: set[str] = field(default_factory=set)

    @property
    def emitted(self) -> int:
        """How many events there must be: as the session closed, else as far as is seen."""
        seen = max(self.arrived, default=-1) + 1
        return max(seen, self.close.emitted) if self.close else seen

    @property
    def dropped(self) -> dict[str, int]:
        """Events given up by the emitter, by reason."""
        return self.close.dropped if self.close else {}

    @property
    def stored(self) -> int:
        """Events that the worker has turned into records."""
        return sum(past for past in self.arrived.values()) - len(self.buried)

    @property
    def waiting(self) -> int:
        """Events in the log that the worker has not come to."""
        return sum(not past for past in self.arrived.values())

    @property
    def missing(self) -> list[int]:
        """Numbers that are not in the log."""
        return [number for number in range(self.emitted) if number not in self.arrived]

    @property
    def lost(self) -> int:
        """Events that nothing accounts for."""
        return max(0, len(self.missing) - sum(self.dropped.values()))


def sessions(
    events: Iterable[Entry], dead_letters: Iterable[Entry], committed: Offsets
) -> list[Session]:
    """Return every session that the log tells of.

    Args:
        events: All messages of the event and profile topics.
        dead_letters: All dead letters.
        committed: How far the worker has come.
    """
    buried = {_source(letter) for letter in dead_letters}
    found: dict[tuple[str, str], Session] = {}
    for message in events:
        close = of_message(message.value)
        stamp = (close.session, close.topic, None) if close else _stamp(message)
        if stamp is None:
            continue
        session = found.setdefault(stamp[:2], Session(*stamp[:2]))
        if close is not None:
            session.close = close
        elif stamp[2] is not None:
            _note(session, stamp[2], message, buried, committed)
    return sorted(found.values(), key=lambda session: (session.topic, session.id))


def _note(
    session: Session,
    number: int,
    message: Entry,
    buried: set[tuple[str, int, int]],
    committed: Offsets,
) -> None:
    place = (message.topic, message.partition)
    past = message.offset < committed.get(place, 0)
    session.arrived[number] = session.arrived.get(number, False) or past
    session.jobs.add((message.key or b"").decode(errors="replace"))
    if (*place, message.offset) in buried:
        session.buried.add(number)


def _stamp(message: Entry) -> tuple[str, str, int] | None:
    """Return session, topic and number; None for the event of another client."""
    headers = _headers(message)
    session, number = headers.get(topics.SESSION_HEADER), headers.get(topics.SEQUENCE_HEADER)
    if session is None or number is None or not number.isdigit():
        return None
    return session, message.topic, int(number)


def _source(letter: Entry) -> tuple[str, int, int]:
    """Return where the message that was refused lies."""
    headers = _headers(letter)
    partition = headers.get(topics.SOURCE_PARTITION_HEADER, "")
    offset = headers.get(topics.SOURCE_OFFSET_HEADER, "")
    return (
        headers.get(topics.SOURCE_TOPIC_HEADER, ""),
        int(partition) if partition.isdigit() else -1,
        int(offset) if offset.isdigit() else -1,
    )


def _headers(message: Entry) -> dict[str, str]:
    """Return the headers as text; a sender may put anything there."""
    return {name: (value or b"").decode(errors="replace") for name, value in message.headers}
