"""Sessions of emitters: what each took, and what became of it, by the numbers its events carry.

emitted = stored + dead-lettered + waiting + dropped (by reason) + lost. The log itself is read,
message by message; nothing is asked of the services.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice

from ..schemas.session import SessionClose, of_message
from ..schemas.topics import (
    SEQUENCE_HEADER,
    SESSION_HEADER,
    SOURCE_OFFSET_HEADER,
    SOURCE_PARTITION_HEADER,
    SOURCE_TOPIC_HEADER,
)
from .ledger.leaf import Entry

NAMED_MAX = 100
"""How many missing numbers are named; their count is always exact."""

_DIGITS_MAX = 18

Place = tuple[str, int]
"""A topic and a partition."""


@dataclass(frozen=True, slots=True)
class SessionAccount:
    """What became of what an emitter's session took for one topic.

    Attributes:
        emitted: How many events there must be: as the session closed, else as far as is seen.
        arrived: How many of them are in the log.
        stored: Those that the worker has turned into records.
        dead_lettered: Those that it refused.
        waiting: Those that it has not come to.
        dropped: What the emitter gave up, by reason.
        lost: What nothing accounts for. Of a session that goes on nothing is: it may still come,
            or have been dropped.
        missing: The first numbers that are not in the log.
        closed: When the session has said how much there must be; None while it has not.
    """

    id: str
    topic: str
    emitted: int
    arrived: int
    stored: int
    dead_lettered: int
    waiting: int
    dropped: dict[str, int]
    lost: int
    missing: tuple[int, ...]
    closed: str | None


class Sessions:
    """The account of all sessions, kept while the log is read. Not thread-safe.

    Args:
        sessions_max: How many sessions are held, the latest; None for all.
    """

    def __init__(self, sessions_max: int | None = None) -> None:
        self._sessions_max = sessions_max
        self._sessions: dict[tuple[str, str], _Session] = {}
        self._committed: Mapping[Place, int] = {}
        self._letters: dict[Place, Numbers] = {}

    def take(self, event: Entry) -> str | None:
        """Note a message of a topic of events; return the session that it is of, if of any."""
        close = of_message(event.value)
        if close is not None:
            self._session(close.session, close.topic).close = close
            return close.session
        stamp = _stamp(event)
        if stamp is None:
            return None
        session = self._session(stamp[0], event.topic)
        if session.numbers.add(stamp[1]):
            at = event[:3]
            if self._past(at):
                session.buried += self._buried(at)
            else:
                session.waiting[stamp[1]] = at
        return stamp[0]

    def bury(self, letter: Entry) -> None:
        """Note a dead letter."""
        topic, partition, offset = _source(letter)
        self._letters.setdefault((topic, partition), Numbers()).add(offset)

    def settle(self, committed: Mapping[Place, int]) -> None:
        """Note how far the worker has come.

        The dead letters must have been noted that there were when that was asked: they are
        written before it is.

        Args:
            committed: The next offset of each partition that it will read.
        """
        self._committed = committed
        for session in self._sessions.values():
            for number, at in list(session.waiting.items()):
                if self._past(at):
                    del session.waiting[number]
                    session.buried += self._buried(at)

    def accounts(self) -> list[SessionAccount]:
        """Return the account of every session, in the order in which they were first seen."""
        return [session.account(*key) for key, session in self._sessions.items()]

    def _session(self, session: str, topic: str) -> "_Session":
        found = self._sessions.setdefault((session, topic), _Session())
        while self._sessions_max is not None and len(self._sessions) > self._sessions_max:
            del self._sessions[next(iter(self._sessions))]
        return found

    def _buried(self, at: tuple[str, int, int]) -> bool:
        letters = self._letters.get(at[:2])
        return letters is not None and letters.has(at[2])

    def _past(self, at: tuple[str, int, int]) -> bool:
        return at[2] < self._committed.get(at[:2], 0)


class Numbers:
    """A set of numbers that mostly follow one another."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.count = 0

    @property
    def end(self) -> int:
        """One more than the greatest."""
        return self._ends[-1] if self._ends else 0

    def has(self, number: int) -> bool:
        """Whether a number is in the set."""
        place = bisect_right(self._starts, number)
        return place > 0 and number < self._ends[place - 1]

    def add(self, number: int) -> bool:
        """Add a number; return whether it was not there."""
        if self.has(number):
            return False
        self.count += 1
        place = bisect_right(self._starts, number)
        after_one = place > 0 and self._ends[place - 1] == number
        before_one = place < len(self._starts) and self._starts[place] == number + 1
        if after_one and before_one:
            self._ends[place - 1] = self._ends.pop(place)
            del self._starts[place]
        elif after_one:
            self._ends[place - 1] = number + 1
        elif before_one:
            self._starts[place] = number
        else:
            self._starts.insert(place, number)
            self._ends.insert(place, number + 1)
        return True

    def missing(self, end: int) -> Iterator[int]:
        """Yield the numbers below an end that are not in the set."""
        gaps = zip([0, *self._ends], [*self._starts, end], strict=True)
        return chain.from_iterable(range(start, min(stop, end)) for start, stop in gaps)


@dataclass(slots=True)
class _Session:
    """What is known of a session on one topic.

    Attributes:
        waiting: Where the events lie that the worker has not come to.
    """

    numbers: Numbers = field(default_factory=Numbers)
    waiting: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    buried: int = 0
    close: SessionClose | None = None

    def account(self, session: str, topic: str) -> SessionAccount:
        close, arrived = self.close, self.numbers.count
        emitted = max(self.numbers.end, close.emitted if close else 0)
        dropped = dict(close.dropped) if close else {}
        return SessionAccount(
            session,
            topic,
            emitted,
            arrived,
            arrived - len(self.waiting) - self.buried,
            self.buried,
            len(self.waiting),
            dropped,
            max(0, emitted - arrived - sum(dropped.values())) if close else 0,
            tuple(islice(self.numbers.missing(emitted), NAMED_MAX)),
            close.closed_at if close else None,
        )


def _stamp(event: Entry) -> tuple[str, int] | None:
    """Return session and number; None for the event of another client."""
    headers = _headers(event)
    session, number = headers.get(SESSION_HEADER), _number(headers.get(SEQUENCE_HEADER))
    return None if session is None or number is None else (session, number)


def _source(letter: Entry) -> tuple[str, int, int]:
    """Return where the message that was refused lies."""
    headers = _headers(letter)
    partition = _number(headers.get(SOURCE_PARTITION_HEADER))
    offset = _number(headers.get(SOURCE_OFFSET_HEADER))
    if partition is None or offset is None:
        return "", -1, -1
    return headers.get(SOURCE_TOPIC_HEADER, ""), partition, offset


def _headers(message: Entry) -> dict[str, str]:
    """Return the headers as text; a sender may put anything there."""
    return {name: (value or b"").decode(errors="replace") for name, value in message.headers}


def _number(text: str | None) -> int | None:
    if text is None or len(text) > _DIGITS_MAX or not (text.isascii() and text.isdigit()):
        return None
    return int(text)
