"""Messages of a partition, from Kafka, in order."""

import time
from collections.abc import Iterator
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from ...schemas.errors import HeadwaterError
from ...schemas.kafka import kafka_client
from ...schemas.topics import READER
from .leaf import Entry

BATCH_MESSAGES_MAX = 1000
_POLL_S = 0.2
_REQUEST_TIMEOUT_S = 10.0
_SILENT_S = 30.0
_NO_LEADER = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)


class LogError(HeadwaterError):
    """A topic cannot be read."""


class KafkaLog:
    """Reads whole partitions, without a consumer group.

    Args:
        bootstrap: Kafka's `host:port`.
    """

    def __init__(self, bootstrap: str) -> None:
        self._consumer = Consumer(
            reading(bootstrap)
            # At the end of a partition the broker would hold the last request back for new
            # messages, and the next partition with it.
            | {"enable.partition.eof": True, "fetch.wait.max.ms": 10}
        )

    def close(self) -> None:
        """Let go of Kafka."""
        self._consumer.close()

    def partitions(self, topic: str) -> dict[int, tuple[int, int]]:
        """Return the first and the next offset of each partition of a topic.

        Raises:
            LogError: If there is no such topic, or no Kafka.
        """
        return bounds(self._consumer, topic)

    def entries(self, topic: str, partition: int, start: int, end: int) -> Iterator[Entry]:
        """Yield the messages from an offset up to another.

        Raises:
            LogError: If Kafka stops answering.
        """
        self._consumer.assign([TopicPartition(topic, partition, start)])
        silent_since = time.monotonic()
        while start < end:
            # Kafka's client waits for as many as are asked for, so no more than there are.
            messages = self._consumer.consume(min(BATCH_MESSAGES_MAX, end - start), _POLL_S)
            if messages:
                silent_since = time.monotonic()
            elif time.monotonic() - silent_since > _SILENT_S:
                raise LogError(f"Kafka no longer answers for {topic}/{partition}")
            for message in messages:
                if _ended(message):
                    return
                entry = entry_of(message)
                start = entry.offset + 1
                if entry.offset < end:
                    yield entry


def reading(bootstrap: str) -> dict[str, Any]:
    """Return the settings of a consumer that never jumps over anything by itself."""
    return {
        **kafka_client(bootstrap),
        "group.id": READER,
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
    }


def bounds(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    """Return the first and the next offset of each partition of a topic.

    Raises:
        LogError: If there is no such topic, or no Kafka.
    """
    try:
        found = consumer.list_topics(topic, _REQUEST_TIMEOUT_S).topics[topic]
        if found.error is not None:
            raise KafkaException(found.error)
        return {
            number: _watermarks(consumer, TopicPartition(topic, number))
            for number in sorted(found.partitions)
        }
    except KafkaException as error:
        raise LogError(
            f"cannot read the topic {topic}: {error.args[0]}",
            remedy="See whether Kafka is up and the topic exists: headwater doctor.",
        ) from error


def _watermarks(consumer: Consumer, where: TopicPartition) -> tuple[int, int]:
    """Return the first and the next offset; waits for a topic just made to have its leaders."""
    deadline = time.monotonic() + _REQUEST_TIMEOUT_S
    while True:
        try:
            return consumer.get_watermark_offsets(where, _REQUEST_TIMEOUT_S)
        except KafkaException as error:
            if error.args[0].code() not in _NO_LEADER or time.monotonic() > deadline:
                raise
            time.sleep(_POLL_S)


def entry_of(message: Message) -> Entry:
    """Return a message as an entry of the log.

    Raises:
        LogError: If it is an error in place of a message.
    """
    error = message.error()
    if error is not None:
        raise LogError(
            f"{message.topic()}/{message.partition()} cannot be read on: {error.str()}",
            remedy="If the topic was deleted, made anew or cut, the log is no longer the one "
            "that was signed: compare it with `headwater audit verify`.",
        )
    known, at = message.timestamp()
    headers: Any = message.headers() or ()
    return Entry(
        str(message.topic()),
        int(message.partition() or 0),
        int(message.offset() or 0),
        at if known else -1,
        message.key(),
        message.value(),
        tuple(headers),
    )


def _ended(message: Message) -> bool:
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF
