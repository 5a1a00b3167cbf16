"""From the topic of records into the graph: write, then commit."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message

from ...schemas.kafka import kafka_client
from ...schemas.records import Envelope, decode, record_id
from ...schemas.topics import RECORDS
from . import metrics
from .connection import GraphConnection
from .dead_letters import DeadLetters
from .identity import IDENTITIES
from .retry import StoppedError, until_answered
from .settings import Settings
from .writer import GraphWriter

log = logging.getLogger(__name__)

BATCH_RECORDS_MAX = 500
POLL_TIMEOUT_S = 0.2


def run(settings: Settings, stop: threading.Event) -> None:
    """Write records to the graph until `stop` is set.

    What was written when it is set is committed; a batch that is not wholly written is
    not, and comes again.
    """
    connection = GraphConnection(settings.gremlin_url)
    consumer = Consumer(_config(settings))
    consumer.subscribe([RECORDS.name])
    sink = _Sink(settings, connection, consumer, stop)
    try:
        until_answered(lambda: connection.ask(lambda g: g.inject(1)), stop=stop, on_wait=_waiting)
        while not stop.is_set():
            sink.step()
    except StoppedError:
        log.info("stopped while waiting; the batch in hand comes again")
    finally:
        metrics.READY.set(0)
        consumer.close()
        connection.close()


class _Sink:
    def __init__(
        self,
        settings: Settings,
        connection: GraphConnection,
        consumer: Consumer,
        stop: threading.Event,
    ) -> None:
        self._consumer = consumer
        self._dead_letters = DeadLetters(settings, stop)
        self._writer = GraphWriter(
            connection,
            IDENTITIES[settings.gremlin_identity](),
            stop=stop,
            on_wait=_waiting,
            on_written=_count_elements,
        )

    def step(self) -> None:
        """Read a batch, write it, and only then commit it."""
        messages = self._messages()
        if messages:
            self._write(messages)
            self._commit()
        if self._consumer.assignment():
            metrics.READY.set(1)
            metrics.DEGRADED.set(0)

    def _messages(self) -> list[Message]:
        found = self._consumer.consume(BATCH_RECORDS_MAX, POLL_TIMEOUT_S)
        for message in found:
            if message.error():
                _waiting(KafkaException(message.error()))
        messages = [message for message in found if not message.error()]
        metrics.RECEIVED.inc(len(messages))
        return messages

    def _write(self, messages: Sequence[Message]) -> None:
        """Put every message into the graph, or else into the dead letters."""
        read = [(message, _read(message)) for message in messages]
        envelopes = [each for _, each in read if isinstance(each, Envelope)]
        refused = {each.envelope.id: each for each in self._writer.write(envelopes)}
        for message, each in read:
            refusal = refused.get(each.id) if isinstance(each, Envelope) else each
            if refusal is None:
                metrics.RECORDS.labels("written").inc()
            else:
                self._dead_letters.add(message, refusal.reason, refusal.error)
        self._dead_letters.flush()

    def _commit(self) -> None:
        """Commit all that was read: every message of it was dealt with."""
        try:
            self._consumer.commit(asynchronous=False)
        except KafkaException as error:
            # Another member may own the partition by now, or Kafka is away. Either way
            # the records come again, and writing them again changes nothing.
            metrics.COMMITS_FAILED.inc()
            log.warning("offsets were not committed: %s", error)


@dataclass(frozen=True, slots=True)
class _Unreadable:
    reason: str
    error: str


def _read(message: Message) -> Envelope | _Unreadable:
    try:
        envelope = decode(message.value() or b"")
        if record_id(envelope.record) == envelope.id:
            return envelope
    except ValueError as error:
        return _Unreadable("not_a_record", str(error))
    return _Unreadable("id_mismatch", "the id is not that of the record's content")


def _waiting(error: Exception) -> None:
    metrics.READY.set(0)
    metrics.DEGRADED.set(1)
    log.warning("waiting: %s", error)


def _count_elements(vertices: int, edges: int) -> None:
    metrics.ELEMENTS.labels("vertex").inc(vertices)
    metrics.ELEMENTS.labels("edge").inc(edges)


def _config(settings: Settings) -> dict[str, Any]:
    instance = {"group.instance.id": settings.instance} if settings.instance else {}
    return {
        **instance,
        **kafka_client(settings.kafka_bootstrap),
        "group.id": settings.consumer_group,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        # Reads on where others stopped when a member leaves without moving every partition.
        "partition.assignment.strategy": "cooperative-sticky",
        "error_cb": lambda error: log.warning("kafka: %s", error),
    }
