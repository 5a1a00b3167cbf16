"""Reading a whole topic."""

from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, TopicPartition

_TIMEOUT_S = 10


@dataclass(frozen=True)
class Read:
    """A message as it was read."""

    key: str | None
    value: bytes
    headers: dict[str, bytes]


def read_topic(bootstrap: str, topic: str) -> list[Read]:
    """Return every message that is in a topic now."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "reading", "enable.auto.commit": False}
    )
    try:
        found = []
        for partition in consumer.list_topics(topic, _TIMEOUT_S).topics[topic].partitions:
            first, end = consumer.get_watermark_offsets(TopicPartition(topic, partition))
            consumer.assign([TopicPartition(topic, partition, first)])
            offset = first
            while offset < end:
                message = consumer.poll(_TIMEOUT_S)
                assert message is not None, f"{topic} ended at {offset} of {end}"
                assert message.error() is None, message.error()
                offset = (message.offset() or 0) + 1
                found.append(_read(message))
        return found
    finally:
        consumer.close()


def _read(message: Any) -> Read:
    key = message.key()
    return Read(key and key.decode(), message.value() or b"", dict(message.headers() or []))
