"""Losses: whether every event that emitters took is in the log, as long as the server runs.

The topics of events are read in a thread of its own, from the first time that somebody asks.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from ...schemas.topics import DEAD_LETTERS, EVENTS, PROFILES, WORKER_GROUP
from ..ledger.kafka_log import KafkaLog, LogError, entry_of
from ..sessions import Place, SessionAccount, Sessions
from .counters import Count
from .tail import Tail

log = logging.getLogger(__name__)

SESSIONS_MAX = 10_000
"""How many sessions are held, the latest."""

LISTED_MAX = 50
_TOPICS = (EVENTS.name, PROFILES.name)
_SETTLE_EVERY_S = 5.0


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
    sessions: tuple[SessionAccount, ...]
    sessions_count: int
    lost: int
    caught_up: bool


class Accounting:
    """Follows the sessions of emitters through the log.

    Args:
        kafka_bootstrap: Where Kafka is.
        committed: Returns how far the worker has come.
    """

    def __init__(self, kafka_bootstrap: str, committed: Callable[[], Mapping[Place, int]]) -> None:
        self._bootstrap = kafka_bootstrap
        self._committed = committed
        self._sessions = Sessions(SESSIONS_MAX)
        self._letters_read: dict[int, int] = {}
        self._settled_at = -_SETTLE_EVERY_S
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
            sessions = self._sessions.accounts()
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

    def _run(self) -> None:
        try:
            with closing(Tail(self._bootstrap, self._stop)) as tail:
                self._follow(tail)
        except Exception:
            log.critical("the sessions of emitters are not followed any more", exc_info=True)

    def _follow(self, tail: Tail) -> None:
        bounds = tail.patiently(lambda: tail.bounds(_TOPICS))
        if bounds is None:
            return
        tail.start(
            {where: first for where, (first, _) in bounds.items()},
            {where: end for where, (_, end) in bounds.items()},
        )
        while not self._stop.is_set():
            self._settle_if_due()
            messages = tail.batch()
            with self._lock:
                for message in messages:
                    self._sessions.take(entry_of(message))
            if not tail.behind:
                self._caught_up.set()

    def _settle_if_due(self) -> None:
        if time.monotonic() < self._settled_at + _SETTLE_EVERY_S:
            return
        self._settled_at = time.monotonic()
        committed = self._committed()
        try:
            self._bury()
        except LogError as error:
            log.warning("the dead letters cannot be counted yet: %s", error.message)
            return
        with self._lock:
            self._sessions.settle(committed)

    def _bury(self) -> None:
        """Note the dead letters that came in since the last time."""
        with closing(KafkaLog(self._bootstrap)) as kafka:
            for partition, (first, end) in kafka.partitions(DEAD_LETTERS.name).items():
                start = max(first, self._letters_read.get(partition, 0))
                for letter in kafka.entries(DEAD_LETTERS.name, partition, start, end):
                    with self._lock:
                        self._sessions.bury(letter)
                self._letters_read[partition] = end
