"""Losses: whether every event that emitters took is in the log, by the numbers they carry.

The topics of events are read in a thread of its own, from the first time that somebody asks.
Only the headers are looked at.
"""

import logging
import threading
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition

from ...schemas.kafka import kafka_client
from ...schemas.session import SessionClose, of_message
from ...schemas.topics import (
    DEAD_LETTERS,
    EVENTS,
    PROFILES,
    READER,
    SEQUENCE_HEADER,
    SESSION_HEADER,
    WORKER_GROUP,
)
from .counters import Count

log = logging.getLogger(__name__)

SESSIONS_MAX = 10_000
"""How many sessions are held, the latest."""

LISTED_MAX = 50
_TOPICS = (EVENTS.name, PROFILES.name)
_BATCH_MAX = 1_000
_POLL_TIMEOUT_S = 0.2
_METADATA_TIMEOUT_S = 10.0


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

    def add(self, number: int) -> None:
        """Add a number; one that is there already changes nothing."""
        place = bisect_right(self._starts, number)
        if place and number < self._ends[place - 1]:
            return
        self.count += 1
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


@dataclass(slots=True)
class _Session:
    numbers: Numbers = field(default_factory=Numbers)
    close: SessionClose | None = None


@dataclass(frozen=True, slots=True)
class SessionLoss:
    """What an emitter's session took for one topic, and what of it is in the log.

    Attributes:
        dropped: What the emitter gave up, by reason.
        lost: What nothing accounts for.
        closed: Whether the session has said how much there must be.
    """

    id: str
    topic: str
    emitted: int
    arrived: int
    dropped: dict[str, int]
    lost: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Losses:
    """What became of all events.

    Attributes:
        events: How many there ever were in the log.
        read: How many of these the worker has read.
        sessions: Those that lost or dropped something first, then the latest.
        caught_up: Whether the whole log has been looked at.
    """

    events: int
    read: int
    waiting: int
    dead_letters: int
    sessions: tuple[SessionLoss, ...]
    sessions_count: int
    lost: int
    caught_up: bool


class Accounting:
    """Follows the sessions of emitters through the log.

    Args:
        kafka_bootstrap: Where Kafka is.
    """

    def __init__(self, kafka_bootstrap: str) -> None:
        self._bootstrap = kafka_bootstrap
        self._sessions: dict[tuple[str, str], _Session] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._caught_up = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to read, unless that was done."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="accounting", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Stop reading."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def losses(self, count: Count | None) -> Losses:
        """Return what is known by now."""
        with self._lock:
            sessions = [_loss(*key, session) for key, session in self._sessions.items()]
        sessions.reverse()
        sessions.sort(key=lambda session: not (session.lost or session.dropped))
        ends = count.ends if count else {}
        events = sum(ends.get(topic, 0) for topic in _TOPICS)
        waiting = count.lags.get(WORKER_GROUP, 0) if count else 0
        return Losses(
            events,
            events - waiting,
            waiting,
            ends.get(DEAD_LETTERS.name, 0),
            tuple(sessions[:LISTED_MAX]),
            len(sessions),
            sum(session.lost for session in sessions),
            self._caught_up.is_set(),
        )

    def take(self, message: Message) -> None:
        """Note what a message says of its session."""
        close = of_message(message.value())
        stamp = _stamp(dict(message.headers() or ()))
        if close is None and stamp is None:
            return
        with self._lock:
            if close is not None:
                self._session(close.session, close.topic).close = close
            elif stamp is not None:
                self._session(stamp[0], str(message.topic())).numbers.add(stamp[1])

    def _session(self, session: str, topic: str) -> _Session:
        found = self._sessions.setdefault((session, topic), _Session())
        while len(self._sessions) > SESSIONS_MAX:
            del self._sessions[next(iter(self._sessions))]
        return found

    def _run(self) -> None:
        consumer = Consumer(
            {
                **kafka_client(self._bootstrap),
                "group.id": READER,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
        )
        try:
            ends = _assign(consumer)
            while not self._stop.is_set():
                for message in consumer.consume(_BATCH_MAX, _POLL_TIMEOUT_S):
                    if not message.error():
                        self.take(message)
                if not self._caught_up.is_set() and _at(consumer, ends):
                    self._caught_up.set()
        except KafkaException as error:
            log.error("the sessions of emitters are not followed any more: %s", error)
        finally:
            consumer.close()


def _assign(consumer: Consumer) -> dict[tuple[str, int], int]:
    """Assign all partitions from their beginning; return where they end now."""
    ends = {}
    for topic in _TOPICS:
        for partition in consumer.list_topics(topic, _METADATA_TIMEOUT_S).topics[topic].partitions:
            where = TopicPartition(topic, partition)
            first, end = consumer.get_watermark_offsets(where, _METADATA_TIMEOUT_S)
            ends[topic, partition] = end if end > first else 0
    consumer.assign([TopicPartition(*where, OFFSET_BEGINNING) for where in ends])
    return ends


def _at(consumer: Consumer, ends: Mapping[tuple[str, int], int]) -> bool:
    places = consumer.position([TopicPartition(*where) for where, end in ends.items() if end])
    return all(place.offset >= ends[place.topic, place.partition] for place in places)


def _loss(session_id: str, topic: str, session: _Session) -> SessionLoss:
    close = session.close
    emitted = max(session.numbers.end, close.emitted if close else 0)
    dropped = dict(close.dropped) if close else {}
    lost = max(0, emitted - session.numbers.count - sum(dropped.values()))
    return SessionLoss(
        session_id,
        topic,
        emitted,
        session.numbers.count,
        dropped,
        # Of a session that goes on, what is missing may still be on its way.
        lost if close else 0,
        close is not None,
    )


def _stamp(headers: Mapping[str, Any]) -> tuple[str, int] | None:
    """Return session and number; None for the event of another client."""
    session, number = headers.get(SESSION_HEADER), headers.get(SEQUENCE_HEADER)
    if not isinstance(session, bytes) or not isinstance(number, bytes) or not number.isdigit():
        return None
    return session.decode(errors="replace"), int(number)
