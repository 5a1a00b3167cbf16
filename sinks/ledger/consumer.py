"""From Kafka into the ledger, and its heads back to Kafka."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from ...schemas.kafka import kafka_client
from ...schemas.topics import HEADS
from . import metrics
from .chain import ChainError
from .checkpoint import Signed
from .heads import read_heads
from .kafka_log import BATCH_MESSAGES_MAX, KafkaLog, LogError, bounds, entry_of, reading
from .leaf import entry_hash
from .ledger import Ledger, LedgerError, heads_path
from .note import split
from .settings import Settings

log = logging.getLogger(__name__)

_POLL_S = 0.2
_SEND_TIMEOUT_S = 60.0


def run(settings: Settings, stop: threading.Event) -> None:
    """Build the trees until `stop` is set, then sign what was read.

    The position in the log is the size of the tree: nothing is committed to Kafka, and
    nothing is taken twice.

    Raises:
        HeadwaterError: If the log is no longer the one that was signed, or Kafka is away.
    """
    with Ledger(settings.directory) as ledger, _consumer(settings, ledger) as consumer:
        _check_continued(settings, ledger)
        heads = HeadsTopic(settings.kafka_bootstrap)
        heads.catch_up(read_heads(heads_path(settings.directory)))
        sink = _Sink(settings, ledger, heads)
        metrics.READY.set(1)
        try:
            while not stop.is_set():
                sink.take(consumer.consume(BATCH_MESSAGES_MAX, _POLL_S))
        finally:
            metrics.READY.set(0)
        sink.sign()


class _Sink:
    def __init__(self, settings: Settings, ledger: Ledger, heads: "HeadsTopic") -> None:
        self._settings = settings
        self._ledger = ledger
        self._heads = heads
        self._unsigned = 0
        self._signed_at = time.monotonic()

    def take(self, messages: Sequence[Message]) -> None:
        """Add messages to the trees, and sign their heads when it is time."""
        for message in messages:
            entry = entry_of(message)
            gap = self._ledger.append(entry)
            if gap:
                _report_gap(entry.topic, entry.partition, entry.offset, gap)
            metrics.LEAVES.labels(entry.topic).inc()
        self._unsigned += len(messages)
        since_s = time.monotonic() - self._signed_at
        full = self._unsigned >= self._settings.checkpoint_entries
        if full or (self._unsigned and since_s >= self._settings.checkpoint_s):
            self.sign()

    def sign(self) -> None:
        """Sign the heads of the trees that grew, and send them."""
        notes = self._ledger.checkpoint()
        self._heads.send(notes)
        metrics.HEADS.inc(len(notes))
        self._unsigned = 0
        self._signed_at = time.monotonic()


class HeadsTopic:
    """The topic of heads: a copy of the chain, that consumers can follow.

    Args:
        bootstrap: Kafka's `host:port`.
    """

    def __init__(self, bootstrap: str, topic: str = HEADS.name) -> None:
        self._bootstrap = bootstrap
        self._topic = topic

    @cached_property
    def _producer(self) -> Producer:
        """What sends; whoever only reads makes none."""
        return Producer({**kafka_client(self._bootstrap), "enable.idempotence": True})

    def read(self) -> list[str]:
        """Return the notes of the topic; one that was sent again counts once."""
        notes: dict[str, None] = {}
        with closing(KafkaLog(self._bootstrap)) as kafka:
            start, end = kafka.partitions(self._topic)[0]
            for entry in kafka.entries(self._topic, 0, start, end):
                notes[(entry.value or b"").decode(errors="replace")] = None
        return list(notes)

    def catch_up(self, notes: Sequence[str]) -> None:
        """Send what of a ledger's notes the topic lacks.

        Raises:
            ChainError: If the topic holds the heads of another ledger, or other ones of this.
        """
        sent = self.read()
        if sent != list(notes[: len(sent)]):
            raise ChainError(
                f"the topic {self._topic} holds heads that this ledger did not sign",
                remedy="See whether another ledger writes to this cluster, or whether the "
                "ledger's directory was put back to an earlier state.",
            )
        self.send(notes[len(sent) :])

    def send(self, notes: Sequence[str]) -> None:
        """Send notes and wait until Kafka has them.

        Raises:
            LogError: If it does not take them.
        """
        errors: list[KafkaError] = []

        def told(error: KafkaError | None, _message: Message) -> None:
            if error is not None:
                errors.append(error)

        for note in notes:
            key = Signed.parse(split(note)[0]).origin.encode()
            self._producer.produce(self._topic, note.encode(), key, on_delivery=told)
        if self._producer.flush(_SEND_TIMEOUT_S) or errors:
            raise LogError(
                f"Kafka did not take {len(notes)} heads",
                remedy="They are in the ledger's directory and go out at the next start.",
            )


@contextmanager
def _consumer(settings: Settings, ledger: Ledger) -> Iterator[Consumer]:
    """Open a consumer where the trees end.

    Raises:
        LedgerError: If the log ends before that.
    """
    consumer = Consumer(reading(settings.kafka_bootstrap))
    try:
        places = []
        for topic in settings.topics:
            for partition, (low, high) in bounds(consumer, topic).items():
                size = ledger.size(topic, partition)
                if high < size:
                    raise LedgerError(
                        f"{topic}/{partition} ends at offset {high}; the ledger has seen {size}",
                        remedy="Messages were lost or the topic was made anew: "
                        "`headwater audit verify` tells which.",
                    )
                places.append(TopicPartition(topic, partition, max(size, low)))
        consumer.assign(places)
        yield consumer
    finally:
        consumer.close()


def _check_continued(settings: Settings, ledger: Ledger) -> None:
    """Refuse a log whose last message is not the one that was seen there.

    A topic that was deleted and made anew may have grown past its tree meanwhile.

    Raises:
        LedgerError: If any is another.
    """
    with closing(KafkaLog(settings.kafka_bootstrap)) as kafka:
        for topic in settings.topics:
            for partition, (low, _) in kafka.partitions(topic).items():
                last = ledger.size(topic, partition) - 1
                for entry in kafka.entries(topic, partition, max(last, low), last + 1):
                    if entry_hash(entry) != ledger.leaf(topic, partition, last):
                        raise LedgerError(
                            f"{topic}/{partition} holds another message at offset {last} than "
                            "the ledger has seen there",
                            remedy="The topic was made anew or altered: "
                            "`headwater audit verify` tells which offsets differ.",
                        )


def _report_gap(topic: str, partition: int, offset: int, gap: int) -> None:
    metrics.LOG_GAP.labels(topic).inc(gap)
    log.error(
        "%s/%d: %d offsets before %d hold no message; `headwater audit verify` will say so",
        topic,
        partition,
        gap,
        offset,
    )
