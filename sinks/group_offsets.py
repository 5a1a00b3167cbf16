"""How far a consumer group has come, asked without being a member of it.

The admin client's own question ends the process with a segmentation fault where the group's
coordinator is not ready yet, as on a Kafka that has just started: librdkafka then turns to the
group of a client that has none (2.16).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, TopicPartition


def group_reader(config: Mapping[str, Any], group: str) -> Consumer:
    """Return what asks for a group's offsets; `config` is how Kafka is reached."""
    return Consumer({**config, "group.id": group, "enable.auto.commit": False})


def committed_offsets(
    reader: Consumer, partitions: Sequence[TopicPartition], timeout_s: float
) -> dict[tuple[str, int], int]:
    """Return the next offset that a group will read, of each partition it committed in.

    Raises:
        confluent_kafka.KafkaException: Kafka does not answer.
    """
    found = reader.committed(list(partitions), timeout_s) if partitions else []
    return {(at.topic, at.partition): at.offset for at in found if at.offset >= 0}
