"""Shipping to Kafka through librdkafka."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from .transports import Message, UnreachableError

_LOG = logging.getLogger(__name__)

_SETTINGS: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "compression.type": "lz4",
    "linger.ms": 5,
    # A message stays queued for as long as its process lives: the spool holds it as well.
    "message.timeout.ms": 0,
    "queue.buffering.max.kbytes": 8 * 1024,
    "message.max.bytes": 10 * 1024 * 1024,
    "delivery.report.only.error": True,
    "log_level": 0,
}
_POLL_S = 0.1
# The broker's word on this one message; anything else may be otherwise tomorrow.
_FINAL_ERRORS = ("MSG_SIZE_TOO_LARGE", "INVALID_RECORD", "INVALID_MSG")


class KafkaTransport:
    """An idempotent producer that waits for all in-sync replicas.

    Args:
        settings: librdkafka's own, which win over the defaults here.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        from confluent_kafka import Producer

        self._failed: str | None = None
        own = {"error_cb": self._on_error, "logger": _LOG}
        self._producer: Any = Producer({**_SETTINGS, **settings, **own})

    def send(self, message: Message, refused: Callable[[str], None]) -> None:
        def on_delivery(error: Any, _message: Any) -> None:
            if error.name() in _FINAL_ERRORS:
                refused(error.name().lower())
            else:
                self._failed = str(error)

        while True:
            try:
                self._producer.produce(
                    message.topic,
                    value=message.value,
                    key=message.key,
                    headers=message.headers,
                    on_delivery=on_delivery,
                )
                return
            except BufferError:
                self._producer.poll(_POLL_S)
                self._check()

    def settle(self, give_up: Callable[[], bool]) -> None:
        while len(self._producer):
            self._producer.flush(_POLL_S)
            self._check()
            if give_up():
                raise UnreachableError("not acknowledged in time")
        self._check()

    def close(self) -> None:
        self._producer.purge()
        self._producer.flush(0)

    def _check(self) -> None:
        if self._failed:
            raise UnreachableError(self._failed)

    def _on_error(self, error: Any) -> None:
        if error.fatal():
            self._failed = str(error)
