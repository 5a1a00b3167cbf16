"""Where a log can be replayed from: Kafka, or an archive of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..sinks.ledger.kafka_log import KafkaLog


@dataclass(frozen=True, slots=True)
class KafkaSource:
    """The topics of a cluster.

    Attributes:
        bootstrap: Kafka's `host:port`.
    """

    bootstrap: str

    @contextmanager
    def open(self) -> Iterator[KafkaLog]:
        """Open it."""
        log = KafkaLog(self.bootstrap)
        try:
            yield log
        finally:
            log.close()
