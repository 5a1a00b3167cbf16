"""The one consumer of the process: records into the index, and all that comes to the live feed.

Nothing is committed to Kafka: the index itself knows up to where it has read.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime

from confluent_kafka import Message, TopicCollection
from confluent_kafka.admin import AdminClient

from ...schemas.kafka import kafka_client
from ...schemas.records import (
    AnyRecord,
    DatasetVersion,
    Derivation,
    Envelope,
    JobVersion,
    ModelVersion,
    Resolution,
    RunState,
    decode,
    record_id,
    subject,
)
from ...schemas.topics import (
    DEAD_LETTERS,
    ERROR_HEADER,
    REASON_HEADER,
    RECORDS,
    SCHEMAS,
    SOURCE_OFFSET_HEADER,
    SOURCE_PARTITION_HEADER,
    SOURCE_TOPIC_HEADER,
    STAGE_HEADER,
)
from ..answers import DeadLetter, Position
from ..index import LineageIndex
from ..index.annotations import Target
from ..index.snapshot import SnapshotError
from . import metrics
from .live import LiveEvent, live_event
from .settings import Settings
from .tail import Place, Tail

log = logging.getLogger(__name__)

LETTERS_MAX = 1_000
"""How many of the latest dead letters are held."""

_TAKEN = (RECORDS.name, SCHEMAS.name)
"""Schemas come as records once each; only their own topic says when one was there again."""

_SNAPSHOT_EVERY_S = 300.0
_METADATA_TIMEOUT_S = 15.0


class Feed:
    """Reads Kafka in a thread of its own.

    Args:
        settings: Where Kafka and the snapshot are.
        publish: Called in that thread with what is to go to the live feed.
    """

    def __init__(self, settings: Settings, publish: Callable[[Sequence[LiveEvent]], None]) -> None:
        self.settings = settings
        self._publish = publish
        self._stop = threading.Event()
        self._letters: deque[DeadLetter] = deque(maxlen=LETTERS_MAX)
        # Where each topic ended when the server started: what lies before that is no news.
        self._ends: dict[Place, int] = {}
        self._read: dict[Place, int] = {}
        self._saved_at = time.monotonic()
        self._saved: tuple[Position, ...] = ()
        self._failure: str | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self.index = self._loaded()

    @property
    def ready(self) -> bool:
        """Whether the index has all that stood in the topic when the server started."""
        return self._ready.is_set() and self._thread.is_alive()

    @property
    def failure(self) -> str | None:
        """Why nothing is read any more; None while it is."""
        return self._failure

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Stop reading, and save what was read."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
            self._save()

    def dead_letters(self) -> list[DeadLetter]:
        """Return the latest dead letters, the newest first."""
        return sorted(self._letters.copy(), key=lambda letter: (letter.at, letter.position))[::-1]

    def offsets(self) -> tuple[Position, ...]:
        """Return up to where all topics are read."""
        return tuple(Position(*where, at) for where, at in sorted(self._read.copy().items()))

    def _loaded(self) -> LineageIndex:
        path = self.settings.snapshot
        if path is None or not path.exists():
            return LineageIndex()
        try:
            return LineageIndex.load(path)
        except (SnapshotError, OSError) as error:
            log.warning("%s; the index is built anew", error)
            return LineageIndex()

    def _run(self) -> None:
        try:
            with closing(Tail(self.settings.kafka_bootstrap, self._stop)) as tail:
                self._follow(tail)
        except Exception as error:
            # Whatever it is: that nothing is read any more must not go unnoticed.
            self._failure = f"{type(error).__name__}: {error}"
            log.critical("nothing is read any more", exc_info=True)
        finally:
            metrics.READY.set(0)

    def _follow(self, tail: Tail) -> None:
        found = tail.patiently(lambda: self._look(tail))
        if found is None:
            return
        source, bounds = found
        held = self._held(source, {where: end for where, (_, end) in bounds.items()})
        self._ends = {where: end for where, (_, end) in bounds.items()}
        self._read = dict(held)
        taken = {where: end for where, end in self._ends.items() if where[0] in _TAKEN}
        tail.start({where: _start(where, *at, held) for where, at in bounds.items()}, taken)
        while not self._stop.is_set():
            self._step(tail)

    def _look(self, tail: Tail) -> tuple[str, dict[Place, tuple[int, int]]]:
        """Return which log there is, and where its topics begin and end."""
        bounds = tail.bounds((*_TAKEN, DEAD_LETTERS.name))
        return _log_name(self.settings.kafka_bootstrap), bounds

    def _held(self, source: str, ends: Mapping[Place, int]) -> dict[Place, int]:
        """Return the last offset that the index has of each partition, if it is of this log."""
        held = {(at.topic, at.partition): at.offset for at in self.index.offsets}
        shorter = any(offset >= ends.get(where, 0) for where, offset in held.items())
        if held and (self.index.source != source or shorter):
            log.warning("the snapshot is of another log; the index is built anew")
            self.index, held = LineageIndex(), {}
        self.index.source = source
        return held

    def _step(self, tail: Tail) -> None:
        """Take in what has come, and tell the live feed."""
        events = [event for m in tail.batch() if (event := self._take(m)) is not None]
        if events:
            self._publish(events)
        metrics.LAG.set(sum(end - 1 - self._read.get(at, -1) for at, end in tail.behind.items()))
        if not tail.behind and not self._ready.is_set():
            self._ready.set()
            metrics.READY.set(1)
        if time.monotonic() - self._saved_at > _SNAPSHOT_EVERY_S:
            self._save()

    def _take(self, message: Message) -> LiveEvent | None:
        position = Position(
            str(message.topic()), int(message.partition() or 0), int(message.offset() or 0)
        )
        at = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
        take = self._take_record if position.topic in _TAKEN else self._take_letter
        event = take(message, position, at)
        where = (position.topic, position.partition)
        # Only now: an ETag must not speak of what no answer holds yet.
        self._read[where] = position.offset
        return event if position.offset >= self._ends[where] else None

    def _take_letter(self, message: Message, position: Position, at: datetime) -> LiveEvent:
        letter = _dead_letter(message, position, at)
        self._letters.append(letter)
        told: dict[str, object] = {
            "at": at.isoformat(),
            "reason": letter.reason,
            "stage": letter.stage,
        }
        return live_event(position, "dead_letter", told)

    def _take_record(self, message: Message, position: Position, at: datetime) -> LiveEvent | None:
        """Add a record; one that is none was refused by the graph sink, and is counted here."""
        try:
            envelope = _checked(message)
            self.index.add(envelope, known_at=at, position=position)
        except ValueError:
            metrics.RECORDS.labels("refused").inc()
            return None
        metrics.RECORDS.labels("added").inc()
        if position.topic == SCHEMAS.name:
            return None
        told: dict[str, object] = {
            "kind": envelope.record.kind,
            "id": envelope.id,
            "subject": subject(envelope.record),
            "observed_at": envelope.observed_at,
            "at": at.isoformat(),
        }
        if isinstance(envelope.record, RunState):
            # Enough for a list of runs to go on without asking anew.
            told |= envelope.record.model_dump(include={"run_id", "job", "state", "parent"})
        return live_event(position, "record", told, self._about(envelope.record))

    def _about(self, record: AnyRecord) -> Target | None:
        """Return what a record names; what names nothing is for those who see everything."""
        match record:
            case Derivation() | Resolution() | RunState():
                return Target("job", *record.job.key)
            case JobVersion():
                return Target("job", record.namespace, record.name)
            case ModelVersion():
                return Target("model", record.namespace, record.name)
            case DatasetVersion():
                return Target("dataset", record.namespace, record.name)
        return None

    def _save(self) -> None:
        self._saved_at = time.monotonic()
        path, offsets = self.settings.snapshot, self.index.offsets
        if path is None or offsets == self._saved:
            return
        try:
            self.index.save(path)
            self._saved = offsets
            metrics.SNAPSHOTS.labels("written").inc()
        except OSError as error:
            # The one before is still there, and the topic has it all.
            log.warning("the index cannot be kept in %s: %s", path, error.strerror)
            metrics.SNAPSHOTS.labels("failed").inc()


def _log_name(bootstrap: str) -> str:
    """Return what tells this log from that of another cluster, and of a topic made anew."""
    admin = AdminClient({**kafka_client(bootstrap), "log_level": 2})
    cluster = admin.list_topics(timeout=_METADATA_TIMEOUT_S).cluster_id
    asked = TopicCollection([RECORDS.name])
    described = admin.describe_topics(asked, request_timeout=_METADATA_TIMEOUT_S)
    return f"{cluster}/{described[RECORDS.name].result().topic_id}"


def _start(where: Place, first: int, end: int, held: Mapping[Place, int]) -> int:
    """Return where to begin: after what is held; of dead letters with the latest."""
    if where[0] == DEAD_LETTERS.name:
        return max(first, end - LETTERS_MAX)
    return held[where] + 1 if where in held else first


def _checked(message: Message) -> Envelope:
    """Return the record of a message.

    Raises:
        ValueError: If it is none, or its id is not that of its content.
    """
    envelope = decode(message.value() or b"")
    if record_id(envelope.record) != envelope.id:
        raise ValueError("the id is not that of the record's content")
    return envelope


def _dead_letter(message: Message, position: Position, at: datetime) -> DeadLetter:
    headers = {name: _text(value) for name, value in dict(message.headers() or ()).items()}
    place = (SOURCE_TOPIC_HEADER, SOURCE_PARTITION_HEADER, SOURCE_OFFSET_HEADER)
    return DeadLetter(
        position,
        at,
        headers.get(REASON_HEADER, ""),
        headers.get(STAGE_HEADER, ""),
        headers.get(ERROR_HEADER, ""),
        ":".join(headers.get(name, "") for name in place),
        len(message.value() or b""),
    )


def _text(value: str | bytes | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""
