"""Liveness: whether a consumer that says it runs really advances.

Faust's consumer has been seen to stop fetching while the worker reports Ready
(faust-streaming issues 175, 523, 532, 602), so what is asked is the broker.
"""

import time
from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaException, TopicPartition

from ..schemas.kafka import kafka_client

_TIMEOUT_S = 10.0


class Liveness:
    """Compares what the broker holds with what the group has committed.

    Args:
        bootstrap: Kafka's `host:port`.
        group: The consumer group.
        stall_s: Without any commit for so long, with messages waiting, it is dead.
    """

    def __init__(self, bootstrap: str, group: str, stall_s: float) -> None:
        self._consumer = Consumer(
            {**kafka_client(bootstrap), "group.id": group, "enable.auto.commit": False}
        )
        self._stall_s = stall_s
        self._committed: dict[tuple[str, int], int] = {}
        self._moved_at = time.monotonic()

    def stalled(self, assigned: Iterable[tuple[str, int]]) -> bool:
        """Whether messages wait in the partitions given, and none was committed for long.

        Blocks for as long as the broker takes to answer. A broker that does not answer is
        waited for: ending the process would not bring it back.
        """
        try:
            committed, waiting = self._look([TopicPartition(*place) for place in assigned])
        except KafkaException:
            return False
        if committed != self._committed or not waiting:
            self._committed, self._moved_at = committed, time.monotonic()
        return time.monotonic() - self._moved_at > self._stall_s

    def _look(self, assigned: list[TopicPartition]) -> tuple[dict[tuple[str, int], int], bool]:
        """Return the offset committed in each partition, and whether any has more."""
        found = self._consumer.committed(assigned, _TIMEOUT_S) if assigned else []
        committed = {(at.topic, at.partition): max(at.offset, 0) for at in found}
        ends = {place: self._end(*place) for place in committed}
        return committed, any(ends[place] > offset for place, offset in committed.items())

    def _end(self, topic: str, partition: int) -> int:
        _, end = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), _TIMEOUT_S)
        return int(end)
