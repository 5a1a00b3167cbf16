"""What the graph can never hold, kept byte for byte with the reason."""

import threading
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from ...schemas.topics import (
    DEAD_LETTERS,
    ERROR_HEADER,
    REASON_HEADER,
    SOURCE_OFFSET_HEADER,
    SOURCE_PARTITION_HEADER,
    SOURCE_TOPIC_HEADER,
    STAGE_HEADER,
)
from . import metrics
from .retry import pause
from .settings import Settings

ERROR_LENGTH_MAX = 1000
RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class _Letter:
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class DeadLetters:
    """Sends refused messages to the topic for them, and waits until Kafka has them."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._stop = stop
        self._waiting: list[_Letter] = []
        self._producer = Producer(
            {
                "bootstrap.servers": settings.kafka_bootstrap,
                "acks": "all",
                "enable.idempotence": True,
                "message.max.bytes": DEAD_LETTERS.message_bytes_max,
            }
        )

    def add(self, message: Message, reason: str, error: str) -> None:
        """Take a message to be sent by the next `flush`."""
        headers = (
            *(message.headers() or ()),
            (REASON_HEADER, reason.encode()),
            (STAGE_HEADER, b"graph"),
            (ERROR_HEADER, error[:ERROR_LENGTH_MAX].encode(errors="replace")),
            (SOURCE_TOPIC_HEADER, str(message.topic()).encode()),
            (SOURCE_PARTITION_HEADER, str(message.partition()).encode()),
            (SOURCE_OFFSET_HEADER, str(message.offset()).encode()),
        )
        self._waiting.append(_Letter(message.key(), message.value(), headers))
        metrics.RECORDS.labels("dead_letter").inc()
        metrics.DEAD_LETTERS.labels(reason).inc()

    def flush(self) -> None:
        """Send what was taken, again and again until Kafka has acknowledged all of it.

        Raises:
            StoppedError: If it is time to stop before that.
        """
        while self._waiting:
            self._waiting = self._unsent(self._waiting)
            if self._waiting:
                pause(RETRY_S, self._stop)

    def _unsent(self, letters: list[_Letter]) -> list[_Letter]:
        unsent: list[_Letter] = []
        for letter in letters:
            unsent += self._send(letter)
        return unsent

    def _send(self, letter: _Letter) -> list[_Letter]:
        """Send one letter; return what to send instead, or again."""
        errors: list[KafkaError | None] = []
        try:
            self._producer.produce(
                DEAD_LETTERS.name,
                key=letter.key,
                value=letter.value,
                headers=list(letter.headers),
                on_delivery=lambda error, _: errors.append(error),
            )
            while not errors:
                self._producer.poll(0.1)
        except KafkaException as error:
            errors = [error.args[0]]
        if errors[0] is None:
            return []
        if errors[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
            # The original stays in its topic, and the headers say where.
            return [_Letter(letter.key, None, letter.headers)]
        return [letter]
