"""How far the topics reach, and how far behind them the consumer groups are."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..schemas.kafka import kafka_client

if TYPE_CHECKING:
    from confluent_kafka import Consumer
    from confluent_kafka.admin import OffsetSpec

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


class KafkaOffsets:
    """Asks Kafka for offsets of its topics and groups.

    Args:
        bootstrap: Kafka's `host:port`.

    All methods raise KafkaException where Kafka does not answer.
    """

    def __init__(self, bootstrap: str) -> None:
        from confluent_kafka.admin import AdminClient

        self._config: dict[str, Any] = {**kafka_client(bootstrap), "log_level": 0}
        self._admin = AdminClient(self._config)
        self._readers: dict[str, Consumer] = {}

    def sizes(self) -> list[TopicSize]:
        """Return the size of every topic that is not Kafka's own."""
        from confluent_kafka.admin import OffsetSpec

        first, ends = self._offsets(OffsetSpec.earliest()), self.ends()
        return [
            TopicSize(
                topic,
                partitions,
                sum(end for (t, _), end in ends.items() if t == topic),
                sum(end - first[t, p] for (t, p), end in ends.items() if t == topic),
            )
            for topic, partitions in sorted(Counter(topic for topic, _ in ends).items())
        ]

    def ends(self) -> Offsets:
        """Return the offset of the next message of each partition."""
        from confluent_kafka.admin import OffsetSpec

        return self._offsets(OffsetSpec.latest())

    def lags(self) -> list[Lag]:
        """Return what waits for each consumer group, by topic; a group counts from its commits."""
        listed = self._admin.list_consumer_groups(request_timeout=_TIMEOUT_S).result(_TIMEOUT_S)
        ends = self.ends()
        lags: Counter[tuple[str, str]] = Counter()
        for group in sorted(group.group_id for group in listed.valid):
            for place, committed in self._committed(group, ends).items():
                lags[group, place[0]] += max(0, ends[place] - committed)
        return [Lag(group, topic, lag) for (group, topic), lag in lags.items()]

    def committed(self, group: str) -> Offsets:
        """Return the next offset that a group will read of each partition it committed."""
        return self._committed(group, self.ends())

    def _committed(self, group: str, places: Offsets) -> Offsets:
        from confluent_kafka import TopicPartition

        from ..sinks.group_offsets import committed_offsets, group_reader

        if group not in self._readers:
            self._readers[group] = group_reader(self._config, group)
        asked = [TopicPartition(*place) for place in places]
        return committed_offsets(self._readers[group], asked, _TIMEOUT_S)

    def _offsets(self, spec: "OffsetSpec") -> Offsets:
        from confluent_kafka import TopicPartition

        topics = self._admin.list_topics(timeout=_TIMEOUT_S).topics
        wanted = {
            TopicPartition(name, partition): spec
            for name, topic in topics.items()
            for partition in topic.partitions
            if not name.startswith("__")
        }
        if not wanted:
            return {}
        found = self._admin.list_offsets(wanted, request_timeout=_TIMEOUT_S)
        return {
            (p.topic, p.partition): future.result(_TIMEOUT_S).offset for p, future in found.items()
        }
