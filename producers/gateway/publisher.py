"""Publisher: Kafka's acknowledgement of each event, awaited without blocking."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from ...schemas.kafka import kafka_client
from ...schemas.topics import EVENTS

_POLL_S = 0.1
_METADATA_TIMEOUT_S = 2.0

Headers = tuple[tuple[str, bytes], ...]
"""Of a Kafka message."""


class Outgoing(NamedTuple):
    """An event to write."""

    key: str | None
    value: bytes
    headers: Headers = ()


class FullError(Exception):
    """More events wait for Kafka's acknowledgement than may."""


class Publisher:
    """Writes events and says when the broker has them.

    Args:
        bootstrap: Kafka's `host:port`.
        in_flight_max: Events that may wait for their acknowledgement.
        timeout_s: After how long an event that is not acknowledged counts as failed.
    """

    def __init__(self, bootstrap: str, in_flight_max: int, timeout_s: float) -> None:
        self._producer = Producer(
            {
                **kafka_client(bootstrap),
                "acks": "all",
                "enable.idempotence": True,
                "compression.type": "lz4",
                "linger.ms": 5,
                "message.max.bytes": EVENTS.message_bytes_max,
                "message.timeout.ms": int(timeout_s * 1000),
                "queue.buffering.max.messages": in_flight_max,
            }
        )
        self._in_flight_max = in_flight_max
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="acknowledgements", daemon=True)
        self._thread.start()

    async def write(self, events: Sequence[Outgoing]) -> list[str | None]:
        """Write events; return for each None once the broker has it, or what went wrong.

        Raises:
            FullError: Before anything is written, if too many events wait already.
        """
        if len(self._producer) + len(events) > self._in_flight_max:
            raise FullError
        loop = asyncio.get_running_loop()
        return list(await asyncio.gather(*[self._write(event, loop) for event in events]))

    def ready(self) -> bool:
        """Whether the broker answers and has the topic. Blocks for two seconds at most."""
        try:
            found = self._producer.list_topics(EVENTS.name, _METADATA_TIMEOUT_S)
        except KafkaException:
            return False
        return found.topics[EVENTS.name].error is None

    def close(self, timeout_s: float) -> None:
        """Wait for the acknowledgements that are due."""
        self._producer.flush(timeout_s)
        self._closing.set()
        self._thread.join()

    def _write(self, event: Outgoing, loop: asyncio.AbstractEventLoop) -> "asyncio.Future[Any]":
        answer: asyncio.Future[str | None] = loop.create_future()

        def delivered(error: KafkaError | None, _: Message) -> None:
            loop.call_soon_threadsafe(_settle, answer, None if error is None else error.str())

        try:
            self._producer.produce(
                EVENTS.name,
                event.value,
                event.key,
                on_delivery=delivered,
                headers=list(event.headers),
            )
        except (BufferError, KafkaException) as error:
            answer.set_result(str(error))
        return answer

    def _poll(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(_POLL_S)


def _settle(answer: "asyncio.Future[str | None]", error: str | None) -> None:
    if not answer.done():
        answer.set_result(error)
