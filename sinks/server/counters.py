"""Counters: how far each topic reaches and how far behind its readers are, once a second."""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition

from ...schemas import topics
from ...schemas.kafka import kafka_client
from ...schemas.topics import GRAPH_SINK_GROUP, WORKER_GROUP
from ..group_offsets import committed_offsets, group_reader
from .tail import Place

log = logging.getLogger(__name__)

EVERY_S = 1.0
KEPT = 180
"""How many counts are held, for whoever opens the page now."""

_TOPICS = (topics.EVENTS, topics.PROFILES, topics.RECORDS, topics.DEAD_LETTERS)
_GROUPS = (WORKER_GROUP, GRAPH_SINK_GROUP)
_TIMEOUT_S = 5.0

Offsets = dict[Place, int]


class Count(NamedTuple):
    """The state of the log at a time.

    Attributes:
        kept: How many messages each topic holds.
        ends: How many it has ever taken.
        lags: What each consumer group has not committed yet.
    """

    at: str
    kept: dict[str, int]
    ends: dict[str, int]
    lags: dict[str, int]


class Counters:
    """Counts in a thread of its own.

    Attributes:
        reachable: Whether Kafka answered the last time.
        committed: How far the worker had come the last time.

    Args:
        kafka_bootstrap: Where Kafka is.
        publish: Called in that thread with each count.
        stand: Called in that thread with whether Kafka answers, when that has changed.
    """

    def __init__(
        self,
        kafka_bootstrap: str,
        publish: Callable[[Count], None],
        stand: Callable[[bool], None],
    ) -> None:
        self.reachable = True
        self.committed: Offsets = {}
        self._bootstrap = kafka_bootstrap
        self._publish = publish
        self._stand = stand
        self._counts: deque[Count] = deque(maxlen=KEPT)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counters", daemon=True)

    def start(self) -> None:
        """Begin to count."""
        self._thread.start()

    def stop(self) -> None:
        """Stop counting."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def counts(self) -> list[Count]:
        """Return the latest counts, oldest first."""
        return list(self._counts.copy())

    def _run(self) -> None:
        readers = {group: _reader(self._bootstrap, group) for group in _GROUPS}
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                partitions = _partitions(readers[WORKER_GROUP])
                reach = _reach(readers[WORKER_GROUP], partitions)
                committed = {
                    group: committed_offsets(reader, partitions, _TIMEOUT_S)
                    for group, reader in readers.items()
                }
                count = _count(reach, committed)
                self.committed = committed[WORKER_GROUP]
                self._counts.append(count)
                self._publish(count)
                self._note(reachable=True)
            except KafkaException as error:
                # What the broker itself refuses it has answered; the client's own errors are less
                # than nothing. A Kafka that has just started is not ready to be asked for offsets.
                answered = error.args[0].code() > 0
                if self.reachable and not answered:
                    log.warning("Kafka does not answer: %s", error)
                self._note(reachable=answered)
            self._stop.wait(max(0.0, EVERY_S - (time.monotonic() - began)))
        for reader in readers.values():
            reader.close()

    def _note(self, *, reachable: bool) -> None:
        if reachable != self.reachable:
            self.reachable = reachable
            self._stand(reachable)


def _reader(bootstrap: str, group: str) -> Consumer:
    """Return what counts for a group: asked each second, it must not wait long to reconnect."""
    reaching = {**kafka_client(bootstrap), "reconnect.backoff.max.ms": 1_000, "log_level": 2}
    return group_reader(reaching, group)


def _count(reach: Mapping[Place, tuple[int, int]], committed: Mapping[str, Offsets]) -> Count:
    kept: Counter[str] = Counter()
    ends: Counter[str] = Counter({topic.name: 0 for topic in _TOPICS})
    for (topic, _), (start, end) in reach.items():
        kept[topic] += end - start
        ends[topic] += end
    # Of the partitions that a group never committed in nothing is known.
    lags = {
        group: sum(max(0, reach[place][1] - offset) for place, offset in offsets.items())
        for group, offsets in committed.items()
    }
    return Count(datetime.now(UTC).isoformat(), dict(kept), dict(ends), lags)


def _partitions(reader: Consumer) -> list[TopicPartition]:
    known = reader.list_topics(timeout=_TIMEOUT_S).topics
    return [
        TopicPartition(topic.name, partition)
        for topic in _TOPICS
        if topic.name in known
        for partition in known[topic.name].partitions
    ]


def _reach(reader: Consumer, partitions: list[TopicPartition]) -> dict[Place, tuple[int, int]]:
    """Return the first offset that each partition holds, and the one after its last."""
    return {
        (at.topic, at.partition): reader.get_watermark_offsets(at, _TIMEOUT_S) for at in partitions
    }
