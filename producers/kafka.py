"""Shipping to Kafka through librdkafka."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from ..schemas import topics
from .frames import Frame
from .transports import GiveUp, Refusal, UnreachableError

_LOG = logging.getLogger(__name__)

_SETTINGS: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "compression.type": "lz4",
    # Enough for what is handed over at once to travel together.
    "linger.ms": 5,
    # A message stays queued for as long as its process lives; the spool holds it as well.
    "message.timeout.ms": 0,
    "queue.buffering.max.kbytes": 8 * 1024,
    # The broker's word counts, and an event is never larger.
    "message.max.bytes": 16 * 1024 * 1024,
    # A report on each message would take the interpreter's lock from the job each time.
    "delivery.report.only.error": True,
    "reconnect.backoff.ms": 250,
    # What there is to say is said once for each outage, not for each attempt.
    "log_level": 2,
}
_POLL_S = 0.2
_ANY_PARTITION = -1
# The broker's word on this one message; any other error may be gone tomorrow.
_FINAL_ERRORS = frozenset(("MSG_SIZE_TOO_LARGE", "INVALID_RECORD", "INVALID_MSG"))


class KafkaTransport:
    """An idempotent producer that waits for all in-sync replicas.

    Args:
        settings: librdkafka's own, which win over the defaults here.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        # Not on the way of `import headwater.producers`: it takes 40 ms.
        from confluent_kafka import Producer

        self.down = False
        self._failed: str | None = None
        self._returned: list[Any] = []
        own = {"error_cb": self._on_error, "logger": _LOG}
        self._producer: Any = Producer({**_SETTINGS, **settings, **own})

    def send(self, session: str, batch: Sequence[Frame], give_up: GiveUp) -> None:
        session_header = (topics.SESSION_HEADER, session.encode())
        for frame in batch:
            headers = [session_header]
            if frame.sequence is not None:
                headers.append((topics.SEQUENCE_HEADER, b"%d" % frame.sequence))
            self._produce(frame.topic.decode(), frame.value, frame.key, headers, give_up)

    def settle(self, give_up: GiveUp) -> list[Refusal]:
        self._wait(give_up)
        # A broker refuses a whole batch for one message in it: each has to be tried alone.
        returned, self._returned = self._returned, []
        for message in returned:
            key, headers = message.key(), message.headers()
            self._produce(message.topic(), message.value(), key, headers, give_up)
            self._wait(give_up)
        self.down = False
        refused, self._returned = self._returned, []
        return [Refusal(message.topic(), message.error().name().lower()) for message in refused]

    def close(self) -> None:
        self._producer.purge()
        self._producer.flush(0)

    def _produce(
        self, topic: str, value: bytes, key: bytes | None, headers: list[Any], give_up: GiveUp
    ) -> None:
        while True:
            try:
                self._producer.produce(
                    topic, value, key, _ANY_PARTITION, self._report, headers=headers
                )
            except BufferError:
                self._producer.poll(_POLL_S)
                self._check(give_up)
            else:
                return

    def _wait(self, give_up: GiveUp) -> None:
        # `flush` has messages leave without lingering, but wakes a hundred times a second.
        wait = self._producer.flush
        while len(self._producer):
            wait(_POLL_S)
            self._check(give_up)
            wait = self._producer.poll

    def _check(self, give_up: GiveUp) -> None:
        if self._failed:
            raise UnreachableError(self._failed)
        if len(self._producer) and give_up():
            raise UnreachableError("not acknowledged in time")

    def _report(self, error: Any, message: Any) -> None:
        if error is not None and error.name() in _FINAL_ERRORS:
            self._returned.append(message)
        elif error is not None:
            self._failed = str(error)

    def _on_error(self, error: Any) -> None:
        if error.fatal():
            self._failed = str(error)
        elif error.name() == "_ALL_BROKERS_DOWN" and not self.down:
            self.down = True
            _LOG.warning("no Kafka broker answers; events wait in the spool")
