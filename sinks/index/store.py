"""The facts that answers are made from, as arrays: names, edges, tenures, models, runs."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter

import numpy as np
import orjson
from numpy.typing import NDArray

from ...schemas.names import ColumnName, DatasetName, JobName
from ...schemas.records import (
    Annotation,
    DatasetChange,
    DatasetVersion,
    Derivation,
    Envelope,
    Environment,
    InputField,
    JobVersion,
    Method,
    ModelVersion,
    Resolution,
    RunState,
    TrainingProfile,
    Unresolved,
    content,
)
from ..answers import Named, Passport, Position
from . import living
from .annotations import Annotations, Target
from .changes import Changes
from .edges import EXISTENCE, UNKNOWN_COLUMNS, Edges, Kind, Kinds
from .models import Models
from .names import MADE, READ, Ids, Names
from .profiles import Profiles
from .runs import Runs
from .schemas import Schemas
from .search import Text
from .tenure import UNKNOWN, Flags, Resolutions, short_id
from .times import microseconds, moment, parsed

# Reasons that concern columns by themselves: the edges that are there name every candidate.
_COLUMN_REASONS = frozenset({"ambiguous_column", "unknown_column"})

# Of an input field; what they return is what it is looked up by.
_DATASET = attrgetter("namespace", "name")
_FIELD = attrgetter("field")
_KIND = attrgetter("type", "subtype", "masking", "known_by")

Slot = tuple[int, int]


class Store:
    """Takes records in any order and any number of times; the outcome is the same."""

    def __init__(self) -> None:
        self.names = Names()
        self.edges = Edges()
        self.resolutions = Resolutions()
        self.models = Models()
        self.runs = Runs()
        self.profiles = Profiles()
        self.codes: dict[str, bytes] = {}
        self.environments: dict[str, bytes] = {}
        self.source: str | None = None
        self.offsets: dict[tuple[str, int], int] = {}
        self.kinds = Kinds()
        self.jobs: dict[JobName, int] = {}
        self.slots: dict[Slot, int] = {}
        self.derivations: dict[str, int] = {}
        self.schemas = Schemas()
        self.changes = Changes()
        self.annotations = Annotations()
        self.unresolved: dict[int, tuple[Unresolved, ...]] = {}
        self.version = 0
        self._texts = (Text(), Text(), Text())
        self._texts_hold = [0, 0, 0]

    def add(self, envelope: Envelope, known_at: datetime | None, position: Position | None) -> None:
        """Take in a record; kinds of records that no answer needs leave only their position."""
        self.version += 1
        known = parsed(envelope.observed_at) if known_at is None else microseconds(known_at)
        match envelope.record:
            case Derivation() as record:
                self._add_derivation(envelope.id, record, known)
            case Resolution() as record:
                self._add_resolution(envelope.id, record, known)
            case DatasetVersion() as record:
                self._add_schema(envelope, record, known)
            case DatasetChange() as record:
                self._add_change(envelope, record, known)
            case ModelVersion() as record:
                at = parsed(envelope.observed_at)
                self.models.add(envelope, record, self.names, at=at, known=known)
            case RunState() as record:
                self.runs.add(envelope, record)
            case TrainingProfile() as record:
                self.profiles.add(envelope, record)
            case JobVersion() as record:
                self.codes[envelope.id] = orjson.dumps(content(record))
            case Environment() as record:
                self.environments[envelope.id] = orjson.dumps(content(record))
            case Annotation() as record:
                self._add_target(record, known)
                self.annotations.add(envelope, record, known)
        if position is not None:
            partition = (position.topic, position.partition)
            self.offsets[partition] = max(self.offsets.get(partition, -1), position.offset)

    def positions(self) -> tuple[Position, ...]:
        """Return up to where in each partition the records are held."""
        return tuple(Position(*where, at) for where, at in sorted(self.offsets.items()))

    def texts(self) -> tuple[Text, Text, Text]:
        """Return the names of columns and datasets, of jobs and of models, for search."""
        nodes, jobs, models = self._texts
        nodes.extend(
            (node, full_name(name)) for node, name in self.names.named(self._texts_hold[0])
        )
        named_jobs = list(self.jobs)[self._texts_hold[1] :]
        jobs.extend(enumerate(map(full_name, named_jobs), self._texts_hold[1]))
        versions = range(self._texts_hold[2], len(self.models))
        models.extend((n, model_name(self.models.get(n))) for n in versions)
        self._texts_hold = [len(self.names), len(self.jobs), len(self.models)]
        return self._texts

    def nodes_known(self) -> NDArray[np.int64]:
        """Return since when each node is known, by what derivations say of it too."""
        known = self.names.known()
        edges = self.edges.columns()
        of_edge = self.derivations_known()[self.edges.statements().derivation][edges.stated]
        np.minimum.at(known, edges.source, of_edge)
        np.minimum.at(known, edges.target, of_edge)
        return known

    def derivations_known(self) -> NDArray[np.int64]:
        """Return since when each derivation is known."""
        return np.array(self.resolutions.derivations_known, np.int64)

    def passport(self, number: int) -> Passport:
        """Return a version of a model with what made it, as far as it is known."""
        model = self.models.get(number)
        code = self.codes.get(model.job_version or self.runs.job_version(model.run_id) or "")
        environment = self.environments.get(model.environment or "")
        return Passport(
            self.models.id(number),
            model,
            None if code is None else JobVersion.model_validate_json(code),
            None if environment is None else Environment.model_validate_json(environment),
            moment(self.models.at(number)),
        )

    def training_jobs(self, models: Iterable[str]) -> Iterator[JobName]:
        """Yield the jobs whose runs made some versions of models, by their ids."""
        for record_id in models:
            model = self.models.get(self.models.number(record_id))
            if job := self.runs.job(model.run_id) or (model.job.key if model.job else None):
                yield job

    def hidden(self) -> Flags | None:
        """Return which ids are as if they were not there; None for none."""
        return None

    def in_force(self, as_of: int | None, known_at: int | None) -> Flags:
        """Return which derivations count as of two times."""
        return living.in_force(self, as_of, known_at)

    def labelled(self, words: Collection[str], as_of: int | None, known_at: int | None) -> Ids:
        """Return the datasets and columns that one of these words stands on as a label."""
        targets = self.annotations.labelled(words, as_of, known_at)
        nodes = (self.names.find(name) for name in map(_named, targets) if name is not None)
        return np.array([node for node in nodes if node is not None], np.int32)

    def job_names(self) -> Sequence[JobName]:
        """Return the jobs by their numbers."""
        return list(self.jobs)

    def record_ids(self) -> Sequence[str]:
        """Return the ids of the records of derivations by their numbers."""
        return list(self.derivations)

    def jobs_of(self, derivations: Iterable[int]) -> dict[int, JobName]:
        """Return the job of each of these derivations."""
        slots, jobs = list(self.slots), self.job_names()
        slot_of = self.resolutions.slot_of
        return {each: jobs[slots[slot_of(each)][0]] for each in derivations}

    def _add_resolution(self, record_id: str, record: Resolution, known: int) -> None:
        self._job(record.job.key)
        self.resolutions.add(
            record_id,
            record.event,
            record.run_id,
            [self._derivation(each) for each in record.derivations],
            at=parsed(record.at),
            rank=record.rank,
            known=known,
            code=record.job_version,
        )

    def _add_schema(self, envelope: Envelope, record: DatasetVersion, known: int) -> None:
        dataset = self.names.dataset(record.namespace, record.name, known)
        if record.fields is None:
            return
        self.names.name_columns(dataset, [part.name for part in record.fields], known)
        at, event = parsed(envelope.observed_at), short_id(envelope.event_id)
        self.schemas.add(dataset, record.fields, at=at, known=known, event=event)

    def _add_change(self, envelope: Envelope, record: DatasetChange, known: int) -> None:
        self.changes.add(envelope, record, known)
        self.names.dataset(record.namespace, record.name, known)
        if record.previous is not None:
            self.names.dataset(*record.previous.key, known)

    def _add_target(self, record: Annotation, known: int) -> None:
        """Note that the dataset or column exists that something is said of."""
        if record.target_kind in ("dataset", "column"):
            dataset = self.names.dataset(record.namespace, record.name, known)
            if record.target_kind == "column":
                self.names.column(dataset, record.field or "", known)

    def _add_derivation(self, record_id: str, record: Derivation, known: int) -> None:
        number = self._derivation(record_id)
        output = self.names.dataset(*record.output.key, known)
        if known < self.resolutions.derivations_known[number]:
            made = self.names.name_columns(output, [each.field for each in record.fields], known)
            if self.resolutions.slot_of(number) == UNKNOWN:
                self._add_edges(record, number, [*made, output + MADE], known)
        slot = self.slots.setdefault((self._job(record.job.key), output), len(self.slots))
        inferred = record.method is Method.INFERRED
        self.resolutions.state_derivation(number, slot, known, inferred=inferred)

    def _add_edges(self, record: Derivation, number: int, targets: list[int], known: int) -> None:
        """Note the edges to each column made, and to the gate for what acts on all of them."""
        of_targets = [*(made.inputs for made in record.fields), record.dataset]
        inputs = list(chain.from_iterable(of_targets))
        counts = list(map(len, of_targets))
        stating = self.edges.stating(number, self.kinds)
        stated = list(map(stating.__getitem__, map(_KIND, inputs)))
        sources, with_columns = self._sources(inputs, known)
        for source, kind in self._whole_inputs(record, with_columns, known):
            sources.append(source)
            stated.append(stating[kind])
            counts[-1] += 1
        self.edges.extend(targets, counts, sources, stated)
        if record.unresolved:
            self.unresolved[number] = record.unresolved

    def _sources(self, inputs: Sequence[InputField], known: int) -> tuple[list[int], set[int]]:
        """Return the columns that edges start from, a million a second, and their datasets."""
        names, sources = self.names, []
        columns_of: dict[tuple[str, str], dict[str, int]] = {}
        for dataset, field in zip(map(_DATASET, inputs), map(_FIELD, inputs), strict=True):
            columns = columns_of.get(dataset)
            if columns is None:
                columns = columns_of[dataset] = names.columns(names.dataset(*dataset, known))
            node = columns.get(field)
            if node is None:
                node = names.column(names.dataset(*dataset, known), field, known)
            sources.append(node)
        return sources, {names.dataset(*dataset, known) for dataset in columns_of}

    def _whole_inputs(
        self, record: Derivation, with_columns: Collection[int], known: int
    ) -> Iterator[tuple[int, Kind]]:
        """Yield an edge for each input of which columns are not known, or none is used."""
        unknown = record.method is Method.INFERRED or any(
            part.reason not in _COLUMN_REASONS for part in record.unresolved
        )
        for ref in record.inputs:
            dataset = self.names.dataset(*ref.key, known)
            if unknown:
                yield dataset + READ, Kind("INDIRECT", UNKNOWN_COLUMNS, False, None)
            elif dataset not in with_columns:
                yield dataset, Kind("INDIRECT", EXISTENCE, False, None)

    def _job(self, job: JobName) -> int:
        return self.jobs.setdefault(job, len(self.jobs))

    def _derivation(self, record_id: str) -> int:
        number = self.derivations.get(record_id)
        if number is None:
            number = self.derivations[record_id] = self.resolutions.name_derivation()
        return number


def _named(target: Target) -> Named | None:
    """Return the name of a dataset or column; None for what is neither."""
    match target.kind:
        case "dataset":
            return DatasetName(target.namespace, target.name)
        case "column":
            return ColumnName(target.namespace, target.name, target.field or "")
    return None


def full_name(name: tuple[str, ...]) -> str:
    """Return a dataset's, column's or job's name with its namespace before it."""
    return f"{name[0]}/{'.'.join(name[1:])}"


def model_name(model: ModelVersion) -> str:
    """Return the full name of a version of a model."""
    return f"{model.namespace}/{model.name}@{model.version}"
