"""How far the topics reach, and how far behind them the consumer groups are."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient, OffsetSpec

_TIMEOUT_S = 10

Offsets = dict[tuple[str, int], int]
"""An offset of each (topic, partition)."""


@dataclass(frozen=True, slots=True)
class TopicSize:
    """How many messages a topic has taken, over all its partitions, and how many it holds yet.

    Transaction markers and what compaction removed count as messages here.
    """

    topic: str
    partitions: int
    end_offset: int
    kept: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How many messages of a topic a consumer group has not committed yet."""

    group: str
    topic: str
    lag: int


def topic_sizes(admin: "AdminClient") -> list[TopicSize]:
    """Return the size of every topic that is not Kafka's own.

    Raises:
        confluent_kafka.KafkaException: The broker does not answer.
    """
    from confluent_kafka.admin import OffsetSpec

    first = _offsets(admin, OffsetSpec.earliest())
    ends = end_offsets(admin)
    return [
        TopicSize(
            topic,
            partitions,
            sum(end for (t, _), end in ends.items() if t == topic),
            sum(end - first[t, p] for (t, p), end in ends.items() if t == topic),
        )
        for topic, partitions in sorted(Counter(topic for topic, _ in ends).items())
    ]


def end_offsets(admin: "AdminClient") -> Offsets:
    """Return the offset of the next message of each partition."""
    from confluent_kafka.admin import OffsetSpec

    return _offsets(admin, OffsetSpec.latest())


def consumer_lags(admin: "AdminClient") -> list[Lag]:
    """Return what waits for each consumer group, by topic; a group counts from its commits."""
    listed = admin.list_consumer_groups(request_timeout=_TIMEOUT_S).result(_TIMEOUT_S)
    ends = end_offsets(admin)
    lags: Counter[tuple[str, str]] = Counter()
    for group in sorted(group.group_id for group in listed.valid):
        for partition, committed in committed_offsets(admin, group).items():
            lags[group, partition[0]] += max(0, ends.get(partition, committed) - committed)
    return [Lag(group, topic, lag) for (group, topic), lag in lags.items()]


def committed_offsets(admin: "AdminClient", group: str) -> Offsets:
    """Return the next offset that a consumer group will read of each partition it committed."""
    from confluent_kafka import ConsumerGroupTopicPartitions

    asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
    answer = asked[group].result(_TIMEOUT_S)
    return {(p.topic, p.partition): p.offset for p in answer.topic_partitions if p.offset >= 0}


def _offsets(admin: "AdminClient", spec: "OffsetSpec") -> Offsets:
    from confluent_kafka import TopicPartition

    topics = admin.list_topics(timeout=_TIMEOUT_S).topics
    wanted = {
        TopicPartition(name, partition): spec
        for name, topic in topics.items()
        for partition in topic.partitions
        if not name.startswith("__")
    }
    found = admin.list_offsets(wanted, request_timeout=_TIMEOUT_S) if wanted else {}
    return {(p.topic, p.partition): future.result(_TIMEOUT_S).offset for p, future in found.items()}
