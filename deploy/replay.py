"""Replay: from the log of events to the records that today's worker would make of them.

Two passes: the first learns every schema in the log, so that the second resolves each event
once, as a worker would that had known everything from the start. What it makes goes to a
directory, partition by partition, with the offset reached; nothing else is written.
"""

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, field
from datetime import datetime
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import IO, Protocol

from ..processors.catalog import Catalog
from ..processors.decode import Decoded, RefusedError, decode
from ..processors.derive import Question, question
from ..processors.message import Message, Position
from ..processors.pipeline import Pipeline, Resolver, SchemaLookup
from ..processors.record import dataset_versions
from ..processors.resolve import RESOLVER, Answer
from ..processors.sessions import sets_scene
from ..processors.times import iso
from ..schemas.canonical import canonical
from ..schemas.errors import HeadwaterError
from ..schemas.records import Envelope
from ..schemas.records import decode as decode_record
from ..schemas.sealed import Seal, as_it_is
from ..schemas.topics import EVENTS, RECORDS
from ..schemas.vault import Vault
from ..sinks.ledger.leaf import Entry
from ..sinks.ledger.log import Log, Source, messages
from ..sinks.view import Converging, View

BATCH_EVENTS = 500


class ClosingResolver(Protocol):
    """What reads SQL, in processes of its own."""

    def __call__(self, questions: Sequence[tuple[Question, SchemaLookup]], /) -> Sequence[Answer]:
        """Answer a batch of questions."""

    def close(self) -> None:
        """End the processes."""


MakeResolver = Callable[[], ClosingResolver]

Progress = Callable[[str, int], None]
"""Told what is being done (`schemas`, `events`) and of how many more messages."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which events to replay; schemas are learnt from all.

    Attributes:
        start: The first offset, of each partition.
        since, until: Times of the log, the second one excluded.
    """

    start: int = 0
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, entry: Entry) -> bool:
        """Whether an event is to be replayed."""
        at_s = entry.timestamp_ms / 1000
        return (
            entry.offset >= self.start
            and (self.since is None or at_s >= self.since.timestamp())
            and (self.until is None or at_s < self.until.timestamp())
        )

    @property
    def whole(self) -> bool:
        """Whether it leaves nothing out."""
        return self == Span()


@dataclass(slots=True)
class Replayed:
    """What a replay made.

    Attributes:
        counts: Events and records by what became of them, since the replay was last begun.
    """

    converging: Converging = field(default_factory=Converging)
    counts: Counter[str] = field(default_factory=Counter)

    def view(self) -> View:
        """Return the converged view."""
        return self.converging.view()

    def add(self, other: "Replayed") -> None:
        """Take in what another partition made."""
        self.converging.merge(other.converging)
        self.counts += other.counts


def replay(
    source: Source,
    directory: Path,
    make_resolver: MakeResolver,
    *,
    span: Span = Span(),
    processes: int = 1,
    vault: Path | None = None,
    progress: Progress = lambda _what, _count: None,
) -> Replayed:
    """Replay a log into a directory; one that was begun is gone on with.

    Args:
        source: The log of events.
        directory: Takes a file of records for each partition.
        make_resolver: What reads SQL; made once in each process.
        span: Which events.
        processes: How many partitions are replayed at once.
        vault: The vault that the worker seals personal values with; None where it has none.
        progress: Told how it goes.

    Raises:
        HeadwaterError: If the directory holds a replay of other events or by another resolver.
    """
    _claim(directory, span)
    with source.open() as log, closing(make_resolver()) as resolver:
        ends = log.partitions(EVENTS.name)
        catalog = learn_schemas(log, ends, resolver, progress)
    tasks = [
        Task(source, directory / f"{number}.jsonl", make_resolver, vault, span, number, end)
        for number, end in ends.items()
    ]
    whole = Replayed()
    for made in _run(tasks, catalog, processes, progress):
        whole.add(made)
    return whole


def learn_schemas(
    log: Log, ends: dict[int, tuple[int, int]], resolver: Resolver, progress: Progress
) -> Catalog:
    """Return every schema that the events of a log state, or that its DDL makes."""
    pipeline = Pipeline(resolver)
    setting: list[tuple[datetime, Message]] = []
    for number, (low, high) in ends.items():
        for entry in log.entries(EVENTS.name, number, low, high):
            progress("schemas", 1)
            decoded = _decoded(entry)
            if decoded is not None:
                _learn(pipeline.catalog, decoded)
                asked = question(decoded.event)
                if asked is not None and sets_scene(asked.sql):
                    setting.append((decoded.event.event_time, _message(entry)))
    # In the order of their times each finds what those before it made.
    setting.sort(key=itemgetter(0))
    for start in range(0, len(setting), BATCH_EVENTS):
        pipeline.process(message for _, message in setting[start : start + BATCH_EVENTS])
    return pipeline.catalog


def _decoded(entry: Entry) -> Decoded | None:
    """Return the event of an entry; None for what is none, which the second pass counts."""
    try:
        decoded = decode(entry.value)
    except RefusedError:
        return None
    return decoded if isinstance(decoded, Decoded) else None


def _learn(catalog: Catalog, decoded: Decoded) -> None:
    for stated in dataset_versions(decoded.event):
        if stated.fields is not None:
            schema = stated.model_copy(update={"version": None})
            catalog.observe(schema, iso(decoded.event.event_time))


def recorded(directory: Path) -> Iterator[Envelope]:
    """Yield the records that a replay made."""
    for path in sorted(directory.glob("*.jsonl")):
        with path.open("rb") as file:
            yield from (decode_record(line) for line in file if not line.startswith(_MARK))


def live_records(log: Log) -> Iterator[Envelope]:
    """Yield the records of a log; what is none, its sinks have refused too."""
    for entry in messages(log, RECORDS.name):
        try:
            yield decode_record(entry.value or b"")
        except ValueError:
            continue


@dataclass(frozen=True, slots=True)
class Task:
    """A partition to replay."""

    source: Source
    path: Path
    make_resolver: MakeResolver
    vault: Path | None
    span: Span
    partition: int
    ends: tuple[int, int]


def _claim(directory: Path, span: Span) -> None:
    """Note what a directory is a replay of."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "replay.json"
    asked = canonical({"resolver": RESOLVER, "span": [str(each) for each in astuple(span)]})
    if path.exists() and path.read_bytes() != asked:
        raise HeadwaterError(
            f"{directory} holds a replay of other events, or by another resolver",
            remedy="Give another directory, or remove this one.",
        )
    path.write_bytes(asked)


def _run(
    tasks: list[Task], catalog: Catalog, processes: int, progress: Progress
) -> Iterator[Replayed]:
    if processes == 1:
        for task in tasks:
            yield _replay(task, catalog, progress)
        return
    # Kafka's client does not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context) as pool:
        for task, made in zip(tasks, pool.map(_replay, tasks, [catalog] * len(tasks)), strict=True):
            progress("events", task.ends[1] - task.ends[0])
            yield made


def _replay(
    task: Task, catalog: Catalog, progress: Progress = lambda _what, _count: None
) -> Replayed:
    made = Replayed()
    with (
        closing(task.make_resolver()) as resolver,
        _sealing(task.vault) as seal,
        task.path.open("ab+") as file,
        task.source.open() as log,
    ):
        pipeline = Pipeline(resolver, seal)
        pipeline.catalog = catalog
        reached = _resume(file, made)
        start = max(task.ends[0], task.span.start, reached)
        entries = log.entries(EVENTS.name, task.partition, start, task.ends[1])
        while batch := list(islice(entries, BATCH_EVENTS)):
            events = [entry for entry in batch if task.span.holds(entry)]
            _process(pipeline, events, file, made)
            _mark(file, batch[-1].offset + 1)
            progress("events", len(batch))
    return made


@contextmanager
def _sealing(vault: Path | None) -> Iterator[Seal]:
    if vault is None:
        yield as_it_is
        return
    with closing(Vault(vault)) as opened:
        yield opened.seal


def _process(pipeline: Pipeline, events: list[Entry], file: IO[bytes], made: Replayed) -> None:
    outcome = pipeline.process(map(_message, events))
    pipeline.confirm(outcome)
    made.counts += outcome.counts
    for send in outcome.sends:
        if send.topic == RECORDS.name:
            file.write(send.value + b"\n")
            made.converging.add(decode_record(send.value))


_MARK = b'{"next":'


def _mark(file: IO[bytes], offset: int) -> None:
    """Note that everything before an offset is in the file, and bring it to the disk."""
    file.write(_MARK + str(offset).encode() + b"}\n")
    file.flush()
    os.fsync(file.fileno())


def _resume(file: IO[bytes], made: Replayed) -> int:
    """Take in what a file holds up to its last mark, cut off the rest; return the offset."""
    file.seek(0)
    reached = kept = 0
    pending: list[bytes] = []
    for line in file:
        if not line.startswith(_MARK):
            pending.append(line)
        elif line.endswith(b"\n"):
            for record in pending:
                made.converging.add(decode_record(record))
            pending.clear()
            reached = int(line[len(_MARK) : -2])
            kept = file.tell()
    file.truncate(kept)
    file.seek(0, os.SEEK_END)
    return reached


def _message(entry: Entry) -> Message:
    return Message(Position(entry.topic, entry.partition, entry.offset), entry.key, entry.value)
