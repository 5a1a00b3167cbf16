"""Evidence: the answer to a question, and the records that it follows from.

The records are those that the answer needs: of each job and output the resolutions of the run
in force, the derivations they stand for, the datasets, models and their runs, and what was
said of them. That they suffice is not assumed: the answer is derived from them again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from ..schemas.canonical import canonical
from ..schemas.errors import HeadwaterError
from ..schemas.names import ColumnName, DatasetName, JobName
from ..schemas.records import (
    Annotation,
    DatasetChange,
    DatasetVersion,
    Derivation,
    Envelope,
    ModelVersion,
    Resolution,
    RunState,
    decode,
    record_id,
)
from ..sinks.answers import Impact, PiiReport, Trace, plain
from ..sinks.ask import Ask
from ..sinks.compliance.exposure import pii
from ..sinks.compliance.policy import DEFAULT, parse_policy
from ..sinks.index import LineageIndex
from ..sinks.ledger.leaf import Entry

_NAMES_MAX = 1_000_000

Entries = Callable[[], Iterable[Entry]]
"""Reads the messages of `lineage.records` from their start, as often as it is called."""

Answer = Impact | Trace | PiiReport


class EvidenceError(HeadwaterError):
    """An answer does not follow from the records beside it."""


class Question(StrEnum):
    """What may be asked."""

    IMPACT = "impact"
    TRACE = "trace"
    PII = "pii"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a subject, by what was true and what was known at some time.

    Attributes:
        policy: Of what is classified, and what of it a report may show, as YAML.
    """

    question: Question
    subject: str
    as_of: datetime | None = None
    known_at: datetime | None = None
    policy: str | None = None

    def answer(self, index: LineageIndex) -> Answer:
        """Return what an index answers."""
        if self.question is not Question.PII:
            return self.walk(index)
        policy = DEFAULT if self.policy is None else parse_policy(self.policy)
        return pii(index, self.subject, policy, self._ask)

    def walk(self, index: LineageIndex) -> Impact | Trace:
        """Return what an answer is found among."""
        if self.question is Question.IMPACT:
            return index.impact(self.subject, self._ask)
        return index.trace(self.subject, self._ask)

    @property
    def _ask(self) -> Ask:
        return Ask(self.as_of, self.known_at, limit=_NAMES_MAX)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A statement and the records that it follows from."""

    statement: dict[str, Any]
    entries: list[Entry]


def gather(entries: Entries, asked: Asked) -> Evidence:
    """Answer a question, and choose the records that show why.

    Raises:
        HeadwaterError: If nothing has the subject's name.
    """
    index = _index(entries())
    answer = asked.answer(index)
    found = _first_of_each(entries(), _needed(entries, asked, asked.walk(index)))
    if not _follows(asked, answer, found):
        # What was known when may rest on any record, and on each time that it was stated.
        found = [entry for entry, _ in _records(entries())]
    return Evidence(_statement(asked, answer, found), found)


def _follows(asked: Asked, answer: Answer, entries: Iterable[Entry]) -> bool:
    try:
        return _plain(asked.answer(_index(entries))) == _plain(answer)
    except HeadwaterError:
        return False  # Without the rest, nothing has the subject's name.


def check(statement: Any, entries: Iterable[Entry]) -> Asked:
    """Derive the answer of a statement again from the records beside it.

    Raises:
        EvidenceError: If a record is missing, or the answer is another.
    """
    entries = list(entries)
    try:
        asked = _asked(statement)
        stated, named = statement["answer"], set(statement["records"])
    except (KeyError, TypeError, ValueError) as error:
        raise EvidenceError("the bundle states no question and answer") from error
    envelopes = [envelope for _, envelope in _records(entries)]
    _check_records(named, envelopes)
    if _plain(asked.answer(_index(entries))) != canonical(stated):
        raise EvidenceError("the answer is not what follows from the records")
    if statement != _statement_of(asked, stated, envelopes):
        raise EvidenceError("the bundle says of its records what they do not say")
    return asked


def check_log(statement: Any, asked: Asked, entries: Iterable[Entry]) -> None:
    """Derive the answer of a checked statement from the whole log, which may hold more.

    Raises:
        EvidenceError: If the log has another answer: records of it were withheld.
    """
    if _plain(asked.answer(_index(entries))) != canonical(statement["answer"]):
        raise EvidenceError(
            "the answer is not what follows from the whole log",
            remedy="Ask for a new bundle: this one lacks what the log held, or was made before.",
        )


def _check_records(named: set[str], envelopes: list[Envelope]) -> None:
    """Refuse a set of records that is not the one stated, or not closed in itself."""
    held = {envelope.id for envelope in envelopes}
    needed = {
        derivation
        for envelope in envelopes
        if isinstance(envelope.record, Resolution)
        for derivation in envelope.record.derivations
    }
    derivations = {e.id for e in envelopes if isinstance(e.record, Derivation)}
    for what, ids in (
        ("lacks the record", (named | needed) - held),
        ("holds, besides what it states, the record", held - named),
        ("holds no event that stands for the derivation", derivations - needed),
    ):
        if ids:
            raise EvidenceError(f"the bundle {what} {min(ids)}")


def _statement(asked: Asked, answer: Answer, entries: Iterable[Entry]) -> dict[str, Any]:
    envelopes = [envelope for _, envelope in _records(entries)]
    return _statement_of(asked, _without_offsets(plain(answer)), envelopes)


def _statement_of(asked: Asked, answer: Any, envelopes: list[Envelope]) -> dict[str, Any]:
    resolutions = [e.record for e in envelopes if isinstance(e.record, Resolution)]
    return {
        "question": asked.question.value,
        "subject": asked.subject,
        "as_of": asked.as_of and asked.as_of.isoformat(),
        "known_at": asked.known_at and asked.known_at.isoformat(),
        "policy": asked.policy,
        "answer": answer,
        "resolvers": sorted({resolution.basis.resolver for resolution in resolutions}),
        "records": sorted({envelope.id for envelope in envelopes}),
    }


def _asked(statement: Any) -> Asked:
    as_of, known_at = statement["as_of"], statement["known_at"]
    return Asked(
        Question(statement["question"]),
        statement["subject"],
        as_of and datetime.fromisoformat(as_of),
        known_at and datetime.fromisoformat(known_at),
        statement["policy"],
    )


def _plain(answer: Answer) -> bytes:
    return canonical(_without_offsets(plain(answer)))


def _without_offsets(answer: Any) -> Any:
    """Leave out up to where an index had read: the heads say that, and better."""
    if isinstance(answer, dict):
        return {k: _without_offsets(v) for k, v in answer.items() if k != "offsets"}
    return [_without_offsets(each) for each in answer] if isinstance(answer, list) else answer


def _index(entries: Iterable[Entry]) -> LineageIndex:
    """Return the index of records, each known since the log's own time."""
    index = LineageIndex()
    for entry, envelope in _records(entries):
        index.add(envelope, known_at=_time(entry))
    return index


def _records(entries: Iterable[Entry]) -> Iterator[tuple[Entry, Envelope]]:
    """Yield the messages that are records; the sinks have refused the others too."""
    for entry in entries:
        try:
            envelope = decode(entry.value or b"")
        except ValueError:
            continue
        if record_id(envelope.record) == envelope.id:
            yield entry, envelope


def _time(entry: Entry) -> datetime:
    return datetime.fromtimestamp(entry.timestamp_ms / 1000, UTC)


def _first_of_each(entries: Iterable[Entry], ids: set[str]) -> list[Entry]:
    """Return the messages that state these records first: since then they are known."""
    found: dict[str, Entry] = {}
    for entry, envelope in _records(entries):
        if envelope.id in ids:
            known = found.setdefault(envelope.id, entry)
            if entry.timestamp_ms < known.timestamp_ms:
                found[envelope.id] = entry
    return sorted(found.values(), key=lambda entry: entry[:3])


def _needed(entries: Entries, asked: Asked, walked: Impact | Trace) -> set[str]:
    """Choose what tells of the datasets, jobs and models that were come by."""
    datasets = set(_datasets(walked))
    resolutions = _Resolutions(asked, datasets)
    models: dict[str, ModelVersion] = {}
    about: set[str] = set()
    for entry, envelope in _records(entries()):
        record = envelope.record
        if isinstance(record, Resolution | Derivation):
            resolutions.add(envelope.id, record, _time(entry))
        elif isinstance(record, ModelVersion) and _is_of(envelope, record, walked):
            models[envelope.id] = record
        elif _is_about(record, datasets, set(walked.jobs)):
            about.add(envelope.id)
    told = {told for m in models.values() for told in (m.job_version, m.environment) if told}
    runs = {model.run_id for model in models.values()}
    about.update(
        envelope.id
        for _, envelope in _records(entries())
        if envelope.id in told
        or (isinstance(envelope.record, RunState) and envelope.record.run_id in runs)
    )
    return about | models.keys() | resolutions.in_force()


class _Resolutions:
    """Finds the resolutions of the run that was last heard of, for each job and output."""

    def __init__(self, asked: Asked, datasets: set[DatasetName]) -> None:
        self._asked = asked
        self._datasets = datasets
        self._slots: dict[str, tuple[JobName, DatasetName]] = {}
        self._seen: list[tuple[str, Resolution]] = []

    def add(self, record_id: str, record: Resolution | Derivation, known: datetime) -> None:
        asked = self._asked
        if isinstance(record, Derivation):
            if record.output.key in self._datasets:
                self._slots[record_id] = (record.job.key, record.output.key)
        elif not (asked.as_of and datetime.fromisoformat(record.at) > asked.as_of) and not (
            asked.known_at and known > asked.known_at
        ):
            # Only what is looked at again is held.
            self._seen.append((record_id, record.model_copy(update={"rank": ""})))

    def in_force(self) -> set[str]:
        """Return the ids of these resolutions, and of all that they stand for."""
        last: dict[tuple[JobName, DatasetName], tuple[str, str]] = {}
        by_run: dict[str, list[tuple[str, Resolution]]] = defaultdict(list)
        for each in self._seen:
            resolution = each[1]
            run = resolution.run_id or resolution.event
            by_run[run].append(each)
            for slot in {self._slots[d] for d in resolution.derivations if d in self._slots}:
                last[slot] = max(last.get(slot, ("", "")), (resolution.at, run))
        kept = [each for _, run in set(last.values()) for each in by_run[run]]
        return {record_id for record_id, _ in kept} | {
            derivation for _, resolution in kept for derivation in resolution.derivations
        }


def _datasets(walked: Impact | Trace) -> Iterator[DatasetName]:
    reach = walked.reach
    for name in (reach.subject, *(each.name for each in (*reach.columns, *reach.datasets))):
        yield name.dataset if isinstance(name, ColumnName) else name
    if isinstance(walked, Trace):
        for used in walked.passport.model.inputs if walked.passport else ():
            yield DatasetName(used.namespace, used.name)


def _is_of(envelope: Envelope, record: ModelVersion, walked: Impact | Trace) -> bool:
    if isinstance(walked, Impact):
        return envelope.id in {use.id for use in walked.models}
    # Which version is the latest is told by all of them.
    stated = walked.passport.model if walked.passport else None
    return stated is not None and (record.namespace, record.name) == (stated.namespace, stated.name)


def _is_about(record: object, datasets: set[DatasetName], jobs: set[JobName]) -> bool:
    if isinstance(record, DatasetVersion | DatasetChange):
        return DatasetName(record.namespace, record.name) in datasets
    if isinstance(record, Annotation):
        name = (record.namespace, record.name)
        return DatasetName(*name) in datasets or JobName(*name) in jobs
    return False
