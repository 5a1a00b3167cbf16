"""Schema feed: what `lineage.schemas` says, read whole at the start and followed after.

Every worker needs every schema, so this reads all partitions without a consumer group.
"""

import threading
import time
from queue import SimpleQueue

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition
from pydantic import ValidationError

from ..schemas import topics
from ..schemas.errors import HeadwaterError
from ..schemas.kafka import kafka_client
from ..schemas.records import Envelope, decode

_POLL_S = 0.2
_REQUEST_TIMEOUT_S = 10.0


class SchemaFeed:
    """Reads the schemas topic in a thread of its own.

    Args:
        bootstrap: Kafka's `host:port`.
    """

    def __init__(self, bootstrap: str) -> None:
        self._consumer = Consumer(
            {
                **kafka_client(bootstrap),
                "group.id": topics.READER,
                "enable.auto.commit": False,
                "enable.partition.eof": False,
            }
        )
        self._queue: SimpleQueue[Envelope] = SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="schema-feed", daemon=True)

    def start(self, timeout_s: float = 60.0) -> list[Envelope]:
        """Return all that the topic holds, then follow it.

        Raises:
            HeadwaterError: If the topic cannot be read within the time.
        """
        deadline = time.monotonic() + timeout_s
        try:
            ends = self._ends()
        except KafkaException as error:
            raise HeadwaterError(
                f"cannot read the topic {topics.SCHEMAS.name}: {error}",
                remedy="Check that Kafka is up and its topics exist: headwater doctor.",
            ) from error
        self._consumer.assign(
            [TopicPartition(t.topic, t.partition, OFFSET_BEGINNING) for t in ends]
        )
        envelopes = self._read_to(ends, deadline)
        self._thread.start()
        return envelopes

    def drain(self) -> list[Envelope]:
        """Return what came in since the last call."""
        return [self._queue.get() for _ in range(self._queue.qsize())]

    def close(self) -> None:
        """Stop following."""
        self._stopping.set()
        self._thread.join()
        self._consumer.close()

    def _ends(self) -> list[TopicPartition]:
        name = topics.SCHEMAS.name
        found = self._consumer.list_topics(name, _REQUEST_TIMEOUT_S).topics[name]
        if found.error is not None:
            raise KafkaException(found.error)
        ends = []
        for partition in found.partitions:
            _, high = self._consumer.get_watermark_offsets(
                TopicPartition(name, partition), _REQUEST_TIMEOUT_S
            )
            ends.append(TopicPartition(name, partition, high))
        return ends

    def _read_to(self, ends: list[TopicPartition], deadline: float) -> list[Envelope]:
        envelopes: list[Envelope] = []
        while not self._reached(ends):
            if time.monotonic() > deadline:
                raise HeadwaterError(
                    f"the topic {topics.SCHEMAS.name} was not read in time",
                    remedy="Check the broker's load and log.",
                )
            envelopes.extend(self._poll())
        return envelopes

    def _reached(self, ends: list[TopicPartition]) -> bool:
        positions = self._consumer.position(ends)
        return all(
            at.offset >= end.offset or end.offset == 0
            for at, end in zip(positions, ends, strict=True)
        )

    def _poll(self) -> list[Envelope]:
        message = self._consumer.poll(_POLL_S)
        value = message.value() if message is not None and message.error() is None else None
        if value is None:
            return []
        try:
            return [decode(value)]
        except ValidationError:
            # Workers alone write here; a foreign message says nothing about any schema.
            return []

    def _follow(self) -> None:
        while not self._stopping.is_set():
            for envelope in self._poll():
                self._queue.put(envelope)
