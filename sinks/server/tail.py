"""A tail of topics: read from given places on, for as long as the server runs.

It belongs to no group and commits nothing. Kafka may be away, now or later: it is waited for.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from ...schemas.kafka import kafka_client
from ...schemas.topics import READER
from ..ledger.kafka_log import LogError, bounds

log = logging.getLogger(__name__)

Place = tuple[str, int]
"""A topic and a partition."""

T = TypeVar("T")

_BATCH_MAX = 1_000
_POLL_TIMEOUT_S = 0.2
_GATHER_S = 0.02
"""How long the first message of a batch waits for others: each batch wakes every client."""

_AGAIN_S = 1.0


class Tail:
    """Follows topics. To be used in one thread.

    Args:
        bootstrap: Where Kafka is.
        stop: Ends all waiting once it is set.
    """

    def __init__(self, bootstrap: str, stop: threading.Event) -> None:
        self._stop = stop
        self._behind: dict[Place, int] = {}
        self._complaint = ""
        self._consumer = Consumer(
            {
                **kafka_client(bootstrap),
                "group.id": READER,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "reconnect.backoff.max.ms": 1_000,
                "log_level": 2,
            }
        )

    def patiently(self, ask: Callable[[], T]) -> T | None:
        """Return what Kafka answers as soon as it does; None once all is to stop."""
        while not self._stop.is_set():
            try:
                return ask()
            except (KafkaException, LogError) as error:
                self._complain(str(error))
            self._stop.wait(_AGAIN_S)
        return None

    def bounds(self, topics: Sequence[str]) -> dict[Place, tuple[int, int]]:
        """Return the first and the next offset of each partition of some topics.

        Raises:
            LogError: If one is missing, or Kafka is.
        """
        return {
            (topic, partition): found
            for topic in topics
            for partition, found in bounds(self._consumer, topic).items()
        }

    def start(self, places: Mapping[Place, int], ends: Mapping[Place, int]) -> None:
        """Begin to read.

        Args:
            places: The first offset to read of each partition.
            ends: Up to where it has to be read to have caught up.
        """
        self._behind = {at: end for at, end in ends.items() if places[at] < end}
        self._consumer.assign([TopicPartition(*at, start) for at, start in places.items()])

    @property
    def behind(self) -> Mapping[Place, int]:
        """The partitions that have not caught up, each with where it has then."""
        return self._behind

    def batch(self) -> list[Message]:
        """Return what has come, after a moment without anything nothing."""
        first = self._consumer.poll(_POLL_TIMEOUT_S)
        if first is None:
            return []
        # More than the one is waited for only now: asked for many, the library always waits.
        found = [first, *self._consumer.consume(_BATCH_MAX, _GATHER_S)]
        return [message for message in found if self._is_message(message)]

    def close(self) -> None:
        """Let go of Kafka."""
        self._consumer.close()

    def _is_message(self, message: Message) -> bool:
        error = message.error()
        # The end is told, as the last offset of a partition may hold no message.
        if error is None or error.code() == KafkaError._PARTITION_EOF:
            self._reach(message, ended=error is not None)
        else:
            self._complain(f"{message.topic()}/{message.partition()}: {error.str()}")
        return error is None

    def _reach(self, message: Message, *, ended: bool) -> None:
        place = (str(message.topic()), int(message.partition() or 0))
        following = int(message.offset() or 0) + (not ended)
        if following >= self._behind.get(place, following + 1):
            del self._behind[place]
        self._complaint = ""

    def _complain(self, what: str) -> None:
        """Log what is wrong, once for as long as it stays so."""
        if what != self._complaint:
            log.warning("waiting for Kafka: %s", what)
        self._complaint = what
