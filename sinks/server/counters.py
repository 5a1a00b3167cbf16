"""Counters: how far each topic reaches and how far behind its readers are, once a second."""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from ...schemas import topics

log = logging.getLogger(__name__)

EVERY_S = 1.0
KEPT = 180
"""How many counts are held, for whoever opens the page now."""

_TOPICS = (topics.EVENTS, topics.PROFILES, topics.RECORDS, topics.DEAD_LETTERS)
_GROUPS = (topics.WORKER_GROUP, topics.GRAPH_SINK_GROUP)
_TIMEOUT_S = 5.0

Offsets = dict[tuple[str, int], int]


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

    Args:
        kafka_bootstrap: Where Kafka is.
        publish: Called in that thread with each count.
    """

    def __init__(self, kafka_bootstrap: str, publish: Callable[[Count], None]) -> None:
        self._bootstrap = kafka_bootstrap
        self._publish = publish
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
        admin = AdminClient({"bootstrap.servers": self._bootstrap})
        failing = False
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                count = _count(admin)
                self._counts.append(count)
                self._publish(count)
                failing = False
            except KafkaException as error:
                if not failing:
                    log.warning("the topics cannot be counted: %s", error)
                failing = True
            self._stop.wait(max(0.0, EVERY_S - (time.monotonic() - began)))


def _count(admin: AdminClient) -> Count:
    known = admin.list_topics(timeout=_TIMEOUT_S).topics
    partitions = [
        TopicPartition(topic.name, partition)
        for topic in _TOPICS
        if topic.name in known
        for partition in known[topic.name].partitions
    ]
    ends = _offsets(admin, partitions, OffsetSpec.latest())
    starts = _offsets(admin, partitions, OffsetSpec.earliest())
    kept: Counter[str] = Counter()
    for where, end in ends.items():
        kept[where[0]] += end - starts[where]
    return Count(
        datetime.now(UTC).isoformat(),
        dict(kept),
        {t.name: sum(end for (topic, _), end in ends.items() if topic == t.name) for t in _TOPICS},
        {group: _lag(admin, group, ends) for group in _GROUPS},
    )


def _offsets(admin: AdminClient, partitions: list[TopicPartition], spec: OffsetSpec) -> Offsets:
    if not partitions:
        return {}
    found = admin.list_offsets(dict.fromkeys(partitions, spec), request_timeout=_TIMEOUT_S)
    return {(p.topic, p.partition): future.result(_TIMEOUT_S).offset for p, future in found.items()}


def _lag(admin: AdminClient, group: str, ends: Offsets) -> int:
    asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
    committed = asked[group].result(_TIMEOUT_S).topic_partitions
    return sum(
        max(0, ends.get((p.topic, p.partition), p.offset) - p.offset)
        for p in committed
        if p.offset >= 0
    )
