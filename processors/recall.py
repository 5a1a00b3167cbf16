"""Recall: what lies before a worker's place in the log, read again when it starts.

A worker that ends takes with it which events wait for a schema and which records it has
sent. Both are functions of the log, so the next one reads its tail: the records, to know what
need not be said again; the events, so that a schema that comes later still finds them.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as KafkaMessage

from ..schemas import topics
from ..schemas.kafka import kafka_client
from .message import Message, Position

EVENTS_MAX = 5_000
"""Over all partitions that a worker is given; what lies before them, a replay settles."""
RECORDS_MAX = 100_000

_TIMEOUT_S = 10.0
_BATCH = 100


class Span(NamedTuple):
    """Offsets of a partition: from `start` up to, without, `end`."""

    topic: str
    partition: int
    start: int
    end: int


class Recall:
    """Reads the tails of topics, beside the worker's own consumer.

    Args:
        bootstrap: Kafka's `host:port`.
        group: The workers' consumer group, for how far it has come. Nothing is committed.

    All methods block, and raise KafkaException while Kafka does not answer.
    """

    def __init__(self, bootstrap: str, group: str) -> None:
        self._config = {
            **kafka_client(bootstrap),
            "group.id": group,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }

    def record_ids(self) -> Iterator[str]:
        """Yield the ids of the latest records, oldest first within a partition."""
        for message in self._read(self._to_the_end(topics.RECORDS.name), RECORDS_MAX):
            try:
                yield str(orjson.loads(message.value() or b"")["id"])
            except (orjson.JSONDecodeError, KeyError, TypeError):
                continue  # no record: the sinks bury it

    def events(self, assigned: Iterable[tuple[str, int]]) -> Iterator[list[Message]]:
        """Yield, in batches, the latest events that the group is done with.

        Args:
            assigned: Topics and partitions that the worker was given.
        """
        batch: list[Message] = []
        for message in self._read(self._done(assigned), EVENTS_MAX):
            position = Position(
                str(message.topic()), message.partition() or 0, message.offset() or 0
            )
            batch.append(Message(position, message.key(), message.value()))
            if len(batch) == _BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def _to_the_end(self, topic: str) -> list[Span]:
        consumer = Consumer(self._config)
        try:
            partitions = consumer.list_topics(topic, _TIMEOUT_S).topics[topic].partitions
            return [_span(consumer, topic, partition) for partition in partitions]
        finally:
            consumer.close()

    def _done(self, assigned: Iterable[tuple[str, int]]) -> list[Span]:
        places = [TopicPartition(*place) for place in assigned if place[0] == topics.EVENTS.name]
        if not places:
            return []
        consumer = Consumer(self._config)
        try:
            committed = consumer.committed(places, _TIMEOUT_S)
            spans = [_span(consumer, at.topic, at.partition) for at in committed]
        finally:
            consumer.close()
        return [
            span._replace(end=max(at.offset, span.start))
            for span, at in zip(spans, committed, strict=True)
        ]

    def _read(self, spans: list[Span], count_max: int) -> Iterator[KafkaMessage]:
        """Yield the last messages of some spans, the same share of each."""
        share = count_max // max(1, len(spans))
        tails = [span._replace(start=max(span.start, span.end - share)) for span in spans]
        open_ = {(s.topic, s.partition): s.end for s in tails if s.start < s.end}
        consumer = Consumer(self._config)
        try:
            consumer.assign(
                [TopicPartition(s.topic, s.partition, s.start) for s in tails if s.start < s.end]
            )
            while open_:
                yield from self._some(consumer, open_)
        finally:
            consumer.close()

    @staticmethod
    def _some(consumer: Consumer, open_: dict[tuple[str, int], int]) -> Iterator[KafkaMessage]:
        """Yield what one poll brings; take off the list each partition that is read."""
        found = consumer.consume(_BATCH, _TIMEOUT_S)
        if not found:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        for message in found:
            place = (str(message.topic()), message.partition() or 0)
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                open_.pop(place, None)
            elif error is not None:
                raise KafkaException(error)
            elif (offset := message.offset() or 0) < open_.get(place, 0):
                yield message
                if offset + 1 == open_[place]:
                    del open_[place]


def _span(consumer: Consumer, topic: str, partition: int) -> Span:
    start, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), _TIMEOUT_S)
    return Span(topic, partition, start, end)
