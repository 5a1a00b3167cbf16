"""Pipeline: decode, deduplicate, resolve, record: the steps in order, without any Kafka.

A batch of messages goes in; the messages to send come out. The state (events seen,
schemas, events waiting for a schema, records sent) is bounded, and the truth never rests
on it: records are content-addressed, so whatever is said twice counts once.
"""

import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ..schemas import topics
from ..schemas.canonical import canonical, digest
from ..schemas.names import DatasetName
from ..schemas.openlineage import Event
from ..schemas.records import (
    Annotation,
    AnyRecord,
    Basis,
    DatasetVersion,
    Envelope,
    FieldType,
    Resolution,
    SchemaStatement,
    SchemaUsed,
    encode,
    record_id,
    subject,
    wrap,
)
from ..schemas.sealed import Seal, as_it_is
from ..schemas.session import SessionClose
from ..schemas.vault import VaultError
from .catalog import Catalog, Change, Observation
from .decode import Decoded, RefusedError, decode, decode_profile
from .deduplicate import Earliest, Seen, Sent, Sighting
from .derive import (
    Question,
    basis,
    derive,
    happened,
    job_of,
    question,
    session_of,
    statement_of,
    tables_made,
)
from .lifecycle import former_names
from .message import Message, Send
from .profile import training_profile
from .rank import rank
from .record import job_version, records
from .resolve import Answer
from .sessions import Sessions
from .times import iso
from .waiting import Resolved, Waiting

SchemaLookup = Callable[[DatasetName], tuple[FieldType, ...] | None]
Resolver = Callable[[Sequence[tuple[Question, SchemaLookup]]], Sequence[Answer]]
"""Answers a batch of questions, each with the schemas as of its event; may take seconds."""


@dataclass(slots=True)
class Outcome:
    """What a batch came to.

    Attributes:
        sends: The messages to send, all of which must be acknowledged before the batch is.
        counts: Events by what became of them (`first`, `duplicate`, `redelivered`, `profile`,
            `session_close`, `dead_letter`, `resolved_again`, `recalled`) and records by kind.
        records: The ids of the records among them.
        stated: Of those that hold since they were first stated, when that was.
        unresolved: What SQL could not be resolved, by reason.
    """

    sends: list[Send] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    records: set[str] = field(default_factory=set)
    stated: dict[str, str] = field(default_factory=dict)
    unresolved: Counter[str] = field(default_factory=Counter)


class Pipeline:
    """The steps and their state, for one worker. Not thread-safe.

    Args:
        resolver: What reads SQL.
        seal: Seals personal values, before anything else is done with an event.
    """

    def __init__(self, resolver: Resolver, seal: Seal = as_it_is) -> None:
        self._resolver = resolver
        self._seal = seal
        self.catalog = Catalog()
        self._seen = Seen()
        self._sent = Sent()
        self._stated = Earliest()
        self.waiting = Waiting()
        self._sessions = Sessions()

    def process(self, messages: Iterable[Message]) -> Outcome:
        """Turn a batch of messages into what is to be sent. Never raises for a bad message."""
        outcome = Outcome()
        accepted = [pair for m in messages if (pair := self._accept(m, outcome)) is not None]
        news = _News()
        for accept in accepted:
            with _guard("record", accept.message, outcome):
                news.datasets.update(self._record(accept.decoded, outcome))
                news.sessions.update(self._note(accept.decoded))
        news.add(self._resolve(accepted, outcome))
        self._settle(news, outcome)
        return outcome

    def confirm(self, outcome: Outcome) -> None:
        """Note that everything of a batch was acknowledged, so that it is not sent again.

        Called after the acknowledgements: a record noted earlier would be lost with them.
        """
        for record in outcome.records:
            self._sent.add(record)
        for record, at in outcome.stated.items():
            self._stated.add(record, at)

    def remember(self, record_ids: Iterable[str]) -> None:
        """Note the ids of records that this worker, or one before it, has sent."""
        for sent in record_ids:
            self._sent.add(sent)

    def recall(self, messages: Iterable[Message]) -> Outcome:
        """Take up again events that a worker now gone was done with.

        Only what reads otherwise today is sent: after a schema came while nobody waited.
        """
        outcome = Outcome()
        decoded = ((message, _decoded(message, self._seal)) for message in messages)
        accepted = [_Accepted(m, d) for m, d in decoded if d and _waits(d.event)]
        for accept in accepted:
            self._seen.sight(accept.decoded.event_id, accept.message.position)
            self._note(accept.decoded)
        self._settle(self._resolve(accepted, outcome), outcome)
        # What no step could take was buried then.
        outcome.sends = [s for s in outcome.sends if s.topic != topics.DEAD_LETTERS.name]
        outcome.counts = Counter(recalled=len(accepted))
        return outcome

    def learn(self, envelopes: Iterable[Envelope]) -> Outcome:
        """Take in schemas that other workers, or this one in an earlier life, observed."""
        outcome = Outcome()
        news = _News()
        for envelope in envelopes:
            if isinstance(envelope.record, DatasetVersion):
                news.datasets.update(self._observe(envelope.record, envelope, outcome, told=True))
            elif isinstance(envelope.record, SchemaStatement):
                news.datasets.update(self._make(envelope.record, envelope, outcome, told=True))
        self._settle(news, outcome)
        return outcome

    def _accept(self, message: Message, outcome: Outcome) -> "_Accepted | None":
        """Decode and deduplicate; None for what needs no further step."""
        with _guard("decode", message, outcome):
            if message.position.topic == topics.PROFILES.name:
                self._profile(message, outcome)
                return None
            decoded = decode(message.value, self._seal)
            if isinstance(decoded, SessionClose):
                outcome.counts["session_close"] += 1
                return None
            sighting = self._seen.sight(decoded.event_id, message.position)
            outcome.counts[sighting] += 1
            if sighting is not Sighting.DUPLICATE:
                return _Accepted(message, decoded)
        return None

    def _profile(self, message: Message, outcome: Outcome) -> None:
        """Fold a window of training steps into its record."""
        event = decode_profile(message.value)
        if isinstance(event, SessionClose):
            outcome.counts["session_close"] += 1
            return
        outcome.counts["profile"] += 1
        self._emit(
            wrap(
                training_profile(event),
                observed_at=iso(event.event_time),
                event_id=digest(message.value or b""),
            ),
            outcome,
        )

    def _record(self, decoded: Decoded, outcome: Outcome) -> set[DatasetName]:
        """Emit an event's own facts; return the datasets whose schema is now another."""
        changed: set[DatasetName] = set()
        for record in records(decoded.event):
            envelope = _envelope(record, decoded)
            self._emit(envelope, outcome)
            if isinstance(record, DatasetVersion):
                changed.update(self._observe(record, envelope, outcome))
        return changed

    def _observe(
        self, version: DatasetVersion, envelope: Envelope, outcome: Outcome, *, told: bool = False
    ) -> set[DatasetName]:
        """Note a dataset's schema, and tell the other workers what they need to agree.

        With `told`, it was they who told it, and they need only what follows from it.
        """
        if version.fields is None:
            return set()
        schema = version.model_copy(update={"version": None})
        news = self.catalog.observe(schema, envelope.observed_at)
        outcome.sends.extend(self._schema_message(o, envelope) for o in news[told:])
        return {DatasetName(schema.namespace, schema.name)} if news else set()

    def _make(
        self, made: SchemaStatement, envelope: Envelope, outcome: Outcome, *, told: bool = False
    ) -> set[DatasetName]:
        """Note what a statement did to a dataset's columns, and tell the other workers."""
        schema = DatasetVersion(namespace=made.namespace, name=made.name, fields=made.fields)
        dataset = DatasetName(made.namespace, made.name)
        change = Change(envelope.observed_at, made.statement)
        if not self.catalog.make(schema, change, made.rank):
            return set()
        if not told:
            key = canonical([made.namespace, made.name, *change])
            outcome.sends.append(Send(topics.SCHEMAS.name, key, encode(envelope)))
        for observation in self.catalog.following(dataset, change.at):
            outcome.sends.append(self._schema_message(observation, envelope))
        return {dataset}

    def _note(self, decoded: Decoded) -> set[str]:
        """Note a statement that leaves state behind; return its session, if that is news."""
        asks = question(decoded.event)
        session = session_of(decoded.event)
        if asks is None or not happened(decoded.event):
            return set()
        at = iso(decoded.event.event_time)
        return {session} if self._sessions.note(session, at, decoded.event_id, asks.sql) else set()

    def _resolve(self, accepted: Sequence["_Accepted"], outcome: Outcome) -> "_News":
        """Emit the derivations of each event, its SQL read with the schemas as of then."""
        asked = [self._question(accept.decoded.event) for accept in accepted]
        answers = self._ask([(a.decoded, q) for a, q in zip(accepted, asked, strict=True) if q])
        news = _News()
        for accept, asks in zip(accepted, asked, strict=True):
            with _guard("resolve", accept.message, outcome):
                answer, schemas = next(answers) if asks else (None, self._renamed(accept.decoded))
                news.datasets.update(self._read(accept, asks, answer, schemas, outcome))
        return news

    def _settle(self, news: "_News", outcome: Outcome) -> None:
        """Resolve once more what a schema or statement that came late may change.

        What a statement makes may be news to later ones in its turn; it never is to earlier
        ones, so this ends.
        """
        while news:
            stale = [
                _Accepted(resolved.message, resolved.decoded)
                for resolved in self.waiting.touched(news.datasets, news.sessions)
                if self._outdated(resolved)
            ]
            outcome.counts["resolved_again"] += len(stale)
            news = self._resolve(stale, outcome)

    def _outdated(self, resolved: Resolved) -> bool:
        event = resolved.decoded.event
        asks = self._question(event)
        if _earlier(asks) != resolved.earlier:
            return True
        view = _View(self.catalog, event, asks)
        return any(
            view.as_of(DatasetName(u.namespace, u.name)).version != u.version
            for u in resolved.schemas
        )

    def _question(self, event: Event) -> Question | None:
        """Return what to ask of the resolver, with what its session said before."""
        asks = question(event)
        if asks is None:
            return None
        at = iso(event.event_time)
        return replace(asks, earlier=self._sessions.before(session_of(event), at, asks.sql))

    def _ask(
        self, asked: Sequence[tuple[Decoded, Question]]
    ) -> Iterator[tuple[Answer, tuple[SchemaUsed, ...]]]:
        """Ask the resolver all at once, so that it can spread the work over its processes.

        The schemas that the answers rest on are told before any answer changes them.
        """
        views = [_View(self.catalog, decoded.event, q) for decoded, q in asked]
        questions = [(q, view.fields) for (_, q), view in zip(asked, views, strict=True)]
        answers = self._resolver(questions) if questions else ()
        return iter(
            [
                (answer, view.used({*answer.consulted, *former_names(decoded.event)}))
                for (decoded, _), answer, view in zip(asked, answers, views, strict=True)
            ]
        )

    def _renamed(self, decoded: Decoded) -> tuple[SchemaUsed, ...]:
        """Return the schemas that an event without SQL rests on."""
        return _View(self.catalog, decoded.event, None).used(former_names(decoded.event))

    def _read(
        self,
        accept: "_Accepted",
        asks: Question | None,
        answer: Answer | None,
        schemas: tuple[SchemaUsed, ...],
        outcome: Outcome,
    ) -> set[DatasetName]:
        """Take in what the resolver said; return the datasets that the statement changed."""
        decoded, event = accept.decoded, accept.decoded.event
        rests_on = self._derive(accept, answer, schemas, outcome, _earlier(asks))
        if schemas:
            session = session_of(event)
            self.waiting.put(Resolved(accept.message, decoded, schemas, session, _earlier(asks)))
        changed: set[DatasetName] = set()
        if asks is None or answer is None:
            return changed
        for left in tables_made(event, answer):
            record = SchemaStatement(
                namespace=left.dataset.namespace,
                name=left.dataset.name,
                fields=left.fields,
                statement=statement_of(event, asks.sql),
                rank=rank(rests_on),
            )
            changed |= self._make(record, _envelope(record, decoded), outcome)
        return changed

    def _derive(
        self,
        accept: "_Accepted",
        answer: Answer | None,
        schemas: tuple[SchemaUsed, ...],
        outcome: Outcome,
        earlier: int,
    ) -> Basis:
        """Emit what an event derives, and on which basis."""
        decoded, event = accept.decoded, accept.decoded.event
        known = {DatasetName(used.namespace, used.name): used for used in schemas}
        derivations = derive(event, answer, lambda dataset: self.catalog.fields(known[dataset]))
        outcome.unresolved.update(part.reason for d in derivations for part in d.unresolved)
        rests_on = basis(answer, schemas, earlier)
        if not derivations:
            return rests_on
        envelopes = [_envelope(derivation, decoded) for derivation in derivations]
        version = job_version(event)
        resolution = Resolution(
            event=decoded.event_id,
            job=job_of(event),
            job_version=None if version is None else record_id(version),
            run_id=event.run.run_id if event.run else None,
            at=iso(event.event_time),
            derivations=tuple(sorted(envelope.id for envelope in envelopes)),
            basis=rests_on,
            rank=rank(rests_on),
        )
        for envelope in (*envelopes, _envelope(resolution, decoded)):
            self._emit(envelope, outcome)
        return rests_on

    def _emit(self, envelope: Envelope, outcome: Outcome) -> None:
        """Send a record, unless it was sent before or stands in this batch already.

        What holds since it was first stated is sent again where it was stated earlier still.
        """
        if isinstance(envelope.record, Annotation) and envelope.record.at is None:
            known = outcome.stated.get(envelope.id) or self._stated.get(envelope.id)
            if known is not None and known <= envelope.observed_at:
                return
            outcome.stated[envelope.id] = envelope.observed_at
        elif envelope.id in self._sent or envelope.id in outcome.records:
            return
        outcome.records.add(envelope.id)
        outcome.counts[envelope.record.kind] += 1
        key = subject(envelope.record).encode()
        outcome.sends.append(Send(topics.RECORDS.name, key, encode(envelope)))

    def _schema_message(self, observation: Observation, envelope: Envelope) -> Send:
        """A schema and from when it holds; the key keeps each such pair through compaction."""
        schema = self.catalog.schema(observation)
        told = wrap(
            schema,
            observed_at=observation.at,
            event_id=envelope.event_id,
            producer=envelope.producer,
        )
        key = canonical([schema.namespace, schema.name, *observation])
        return Send(topics.SCHEMAS.name, key, encode(told))


class _View:
    """The schemas as the statement of an event finds them."""

    def __init__(self, catalog: Catalog, event: Event, asks: Question | None) -> None:
        self._catalog = catalog
        self._at = iso(event.event_time)
        self._statement = statement_of(event, asks.sql) if asks else None

    def as_of(self, dataset: DatasetName) -> SchemaUsed:
        """Return which schema of a dataset holds."""
        return self._catalog.as_of(dataset, self._at, self._statement)

    def fields(self, dataset: DatasetName) -> tuple[FieldType, ...] | None:
        """Return the columns of a dataset."""
        return self._catalog.fields(self.as_of(dataset))

    def used(self, datasets: Iterable[DatasetName]) -> tuple[SchemaUsed, ...]:
        """Return which schemas of some datasets hold, in the order of their names."""
        return tuple(map(self.as_of, sorted(datasets)))


@dataclass(slots=True)
class _News:
    """What became known that events read before may depend on."""

    datasets: set[DatasetName] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.datasets or self.sessions)

    def add(self, other: "_News") -> None:
        """Take in other news."""
        self.datasets |= other.datasets
        self.sessions |= other.sessions


class _Accepted(NamedTuple):
    """A message and the event that it holds."""

    message: Message
    decoded: Decoded


def _decoded(message: Message, seal: Seal) -> Decoded | None:
    """Return the event that a message holds; None if there is none."""
    try:
        decoded = decode(message.value, seal)
    except RefusedError:
        return None
    return decoded if isinstance(decoded, Decoded) else None


def _earlier(asks: Question | None) -> int:
    """How many statements of its session were known before that of a question."""
    return len(asks.earlier) if asks else 0


def _waits(event: Event) -> bool:
    """Whether what an event says may rest on schemas."""
    return question(event) is not None or bool(former_names(event))


def _envelope(record: AnyRecord, decoded: Decoded) -> Envelope:
    return wrap(
        record,
        observed_at=iso(decoded.event.event_time),
        event_id=decoded.event_id,
        producer=decoded.event.producer,
    )


@contextmanager
def _guard(stage: str, message: Message, outcome: Outcome) -> Iterator[None]:
    """Send a message that a step cannot take to the dead letters, and go on."""
    try:
        yield
    except RefusedError as error:
        _bury(message, outcome, stage, error.reason, error.detail)
    except VaultError:
        raise  # The event is sound: without its keys it may be neither recorded nor buried.
    except Exception as error:  # whatever it is, the next event must not suffer
        _bury(message, outcome, stage, "unexpected", _fingerprint(error))


def _bury(message: Message, outcome: Outcome, stage: str, reason: str, detail: str) -> None:
    outcome.counts["dead_letter"] += 1
    position = message.position
    headers = (
        (topics.REASON_HEADER, reason),
        (topics.STAGE_HEADER, stage),
        (topics.ERROR_HEADER, detail),
        (topics.SOURCE_TOPIC_HEADER, position.topic),
        (topics.SOURCE_PARTITION_HEADER, str(position.partition)),
        (topics.SOURCE_OFFSET_HEADER, str(position.offset)),
    )
    value = message.value or b""
    outcome.sends.append(Send(topics.DEAD_LETTERS.name, message.key, value, headers))


def _fingerprint(error: Exception) -> str:
    """Name an error and where it arose, without the values in its text."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, line {frame.lineno}"
