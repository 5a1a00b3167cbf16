"""What the graph can never hold, kept byte for byte with the reason."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from ...schemas.kafka import kafka_client
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
from .retry import StoppedError, pause
from .settings import Settings

ERROR_LENGTH_MAX = 1000
RETRY_S = 1.0
FLUSH_S = 1.0


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
                **kafka_client(settings.kafka_bootstrap),
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

    def _unsent(self, letters: Sequence[_Letter]) -> list[_Letter]:
        """Send letters; return those to send again."""
        again: list[_Letter] = []

        def delivered(letter: _Letter, error: KafkaError | None, _: object = None) -> None:
            if error is not None:
                again.append(_fitting(letter, error))

        for letter in letters:
            try:
                self._producer.produce(
                    DEAD_LETTERS.name,
                    key=letter.key,
                    value=letter.value,
                    headers=list(letter.headers),
                    on_delivery=partial(delivered, letter),
                )
            except BufferError:
                again.append(letter)
            except KafkaException as error:
                delivered(letter, error.args[0])
        while self._producer.flush(FLUSH_S):
            if self._stop.is_set():
                raise StoppedError
        return again


def _fitting(letter: _Letter, error: KafkaError) -> _Letter:
    """Return what to send instead; one too large goes without its value.

    The original stays in its topic, and the headers say where.
    """
    if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        return replace(letter, value=None)
    return letter
