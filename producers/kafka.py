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
    # `settle` sends what is there at once; until then messages gather into large batches.
    "linger.ms": 100,
    # A message stays queued for as long as its process lives; the spool holds it as well.
    "message.timeout.ms": 0,
    "queue.buffering.max.kbytes": 8 * 1024,
    "message.max.bytes": 10 * 1024 * 1024,
    # A report on each message would take the interpreter's lock from the job each time.
    "delivery.report.only.error": True,
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
        self._refused: list[Refusal] = []
        own = {"error_cb": self._on_error, "logger": _LOG}
        self._producer: Any = Producer({**_SETTINGS, **settings, **own})

    def send(self, session: str, batch: Sequence[Frame], give_up: GiveUp) -> None:
        produce = self._producer.produce
        session_header = (topics.SESSION_HEADER, session.encode())
        for frame in batch:
            headers = [session_header]
            if frame.sequence is not None:
                headers.append((topics.SEQUENCE_HEADER, b"%d" % frame.sequence))
            message = (frame.topic.decode(), frame.value, frame.key, _ANY_PARTITION, self._report)
            while True:
                try:
                    produce(*message, headers=headers)
                    break
                except BufferError:
                    self._producer.poll(_POLL_S)
                    self._check(give_up)
        self._producer.poll(0)

    def settle(self, give_up: GiveUp) -> list[Refusal]:
        while len(self._producer):
            self._producer.flush(_POLL_S)
            self._check(give_up)
        self.down = False
        refused, self._refused = self._refused, []
        return refused

    def close(self) -> None:
        self._producer.purge()
        self._producer.flush(0)

    def _check(self, give_up: GiveUp) -> None:
        if self._failed:
            raise UnreachableError(self._failed)
        if len(self._producer) and give_up():
            raise UnreachableError("not acknowledged in time")

    def _report(self, error: Any, message: Any) -> None:
        if error is None:
            return
        if error.name() in _FINAL_ERRORS:
            self._refused.append(Refusal(message.topic(), error.name().lower()))
        else:
            self._failed = str(error)

    def _on_error(self, error: Any) -> None:
        if error.fatal():
            self._failed = str(error)
        elif error.name() == "_ALL_BROKERS_DOWN":
            self.down = True
