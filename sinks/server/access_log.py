"""Who asked what and was shown how much: an event for each request, in a topic of its own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
from confluent_kafka import KafkaError, Message, Producer

from ...schemas.kafka import kafka_client
from ...schemas.topics import ACCESS
from . import metrics

WAITING_MAX = 10_000
"""How many events may wait for Kafka; more are dropped, and counted."""

_FLUSH_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Access:
    """A request and what was decided.

    Attributes:
        who: Whose token it came with; None if with none that is valid.
        roles: What decided; None for whoever sees everything.
        asked: The parameters, as they were sent.
        status: The HTTP status of the answer.
        bytes: How much was told.
    """

    at: datetime
    who: str | None
    roles: tuple[str, ...] | None
    path: str
    asked: Mapping[str, list[str]]
    status: int
    bytes: int = 0


class AccessLog:
    """Writes what was decided to Kafka, without ever holding up an answer."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: Producer | None = None

    def start(self) -> None:
        """Begin to take events."""
        settings = {
            **kafka_client(self._bootstrap),
            "queue.buffering.max.messages": WAITING_MAX,
            "enable.idempotence": True,
            "linger.ms": 100,
            "log_level": 0,
        }
        self._producer = Producer(settings)

    def stop(self) -> None:
        """Send what waits, for a moment; what is left is dropped, and counted."""
        if self._producer is not None:
            left = self._producer.flush(_FLUSH_TIMEOUT_S)
            metrics.ACCESS.labels("dropped").inc(left)

    def write(self, access: Access) -> None:
        """Take an event; never waits, never raises."""
        if self._producer is None:
            return
        value = orjson.dumps(asdict(access), option=orjson.OPT_UTC_Z)
        try:
            self._producer.produce(ACCESS.name, value, key=access.who or "", on_delivery=_delivered)
            self._producer.poll(0)
        except BufferError:
            metrics.ACCESS.labels("dropped").inc()


def _delivered(error: KafkaError | None, _message: Message) -> None:
    metrics.ACCESS.labels("dropped" if error else "written").inc()
