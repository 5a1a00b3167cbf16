"""A store as a sight lets it be seen: every question goes through here, and needs no filter.

Each part takes over the type of what it stands for and none of its state. What a part does
not state it cannot tell: a method that nobody thought of here finds nothing to answer with,
and fails.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...schemas.names import ColumnName, DatasetName, JobName
from ...schemas.records import Change, Environment, JobVersion, Unresolved
from ..answers import Named, Passport
from . import living
from .annotations import Annotations, Standings, Target
from .causes import Cause
from .changes import Changes, Turn
from .edges import Columns, Edges, Segment, Statements
from .names import Ids, Names
from .schemas import Observed, Schemas
from .search import Text
from .seen_models import SeenModels
from .seen_runs import SeenProfiles, SeenRuns
from .sight import MASK, Sight, Verdict
from .store import Store, full_name, model_name
from .tenure import UNKNOWN, Flags, Resolutions, Tenures, Times

K = TypeVar("K")
T = TypeVar("T")


class SeenStore(Store):
    """A store through a sight. Nothing is added to it."""

    limited = "told only of what your roles let you see"
    names: "SeenNames"
    models: SeenModels
    runs: SeenRuns
    resolutions: "SeenResolutions"
    annotations: "SeenAnnotations"

    def __init__(self, base: Store, sight: Sight) -> None:
        sight.look(base)
        self._base = base
        self.sight = sight
        hidden = sight.hidden_derivations(base)
        self.names = SeenNames(base.names, sight)
        self.edges = SeenEdges(base.edges, sight.hidden(), hidden)
        self.runs = SeenRuns(base.runs, sight)
        self.resolutions = SeenResolutions(base, sight, hidden, self.runs)
        self.models = SeenModels(base, sight, self.names)
        self.profiles = SeenProfiles(base.profiles, self.runs, self.models)
        self.schemas = SeenSchemas(base.schemas, base.names, self.names, sight)
        self.changes = SeenChanges(base.changes, sight, self.runs)
        self.annotations = SeenAnnotations(base.annotations, base.names, sight)
        # Numbers, of which none is told.
        self.kinds, self.slots = base.kinds, base.slots
        # That something came is told to all, not what.
        self.offsets, self.version = base.offsets, base.version

    def unsolved(self, flags: Flags) -> dict[int, tuple[Unresolved, ...]]:
        """Return what could not be resolved, without the words of the statement."""
        found = self._base.unsolved(flags & ~self.resolutions.hidden)
        told = {number: self._parts(number, parts) for number, parts in found.items()}
        return {number: parts for number, parts in told.items() if parts}

    def code(self, record_id: str | None) -> JobVersion | None:
        """Return a version of a seen job's code; no other tells its statement."""
        code = self._base.code(record_id)
        seen = code and self.sight.verdict("job", code.namespace, code.name) is Verdict.SEEN
        return code if seen else None

    def environment(self, record_id: str | None) -> Environment | None:
        """Return what a run ran in: its id is told by open models only."""
        return self._base.environment(record_id)

    def job_names(self) -> Sequence[JobName]:
        """Return every job as it is told; a hidden one has no name to tell."""
        return _Names(self._jobs, self._job_name, self.sight.jobs)

    def record_ids(self) -> Sequence[str]:
        """Return ids that tell nothing: a record's own can be guessed from its content.

        They are of the job and what it makes, so that nothing hidden in a record moves them.
        """
        numbers = range(self._base.resolutions.derivations_count)
        return _Names(numbers, self._derivation_id, self.sight.derivations)

    def texts(self) -> tuple[Text, Text, Text]:
        """Return the names of what is there, as they are told, for search."""
        sight, hold = self.sight, self.sight.texts_hold
        nodes, jobs, models = sight.texts
        nodes.extend((node, full_name(name)) for node, name in self.names.named(hold[0]))
        real = self._base.job_names()
        told = ((number, sight.job(real[number])) for number in range(hold[1], len(real)))
        jobs.extend((number, full_name(job)) for number, job in told if job is not None)
        numbers = (n for n in range(hold[2], len(self._base.models)) if self.models.verdict(n))
        models.extend((n, model_name(self.models.get(n))) for n in numbers)
        sight.texts_hold = [len(self.names), len(real), len(self._base.models)]
        return sight.texts

    def hidden(self) -> Flags | None:
        """Return which ids are as if they were not there."""
        return self.sight.hidden()

    def masked(self) -> Ids:
        """Return the columns and datasets that are masked."""
        nodes = np.array(self.sight.masked_nodes(), np.int32)
        named: Ids = nodes[[self.names.is_named(node) for node in nodes.tolist()]]
        return named

    def in_force(self, as_of: int | None, known_at: int | None) -> Flags:
        """Return which derivations count as of two times, by what is seen."""
        return living.in_force(self, as_of, known_at)

    def passport(self, number: int) -> Passport:
        """Return a model; with what made it where all that it rests on is seen."""
        told = super().passport(number)
        return told if self.models.open(number) else replace(told, made_at=None)

    @cached_property
    def _jobs(self) -> Sequence[JobName]:
        return self._base.job_names()

    @cached_property
    def _slot_list(self) -> list[tuple[int, int]]:
        return list(self.slots)

    def training_jobs(self, models: Iterable[str]) -> Iterator[JobName]:
        """Yield the jobs whose runs made some versions of models: a masked one has its place."""
        base = self._base
        for number in map(self.models.number, models):
            told = map(self.sight.job, base.training_jobs([base.models.id(number)]))
            yield from (job for job in told if job is not None)

    def _job_name(self, job: JobName) -> JobName:
        told = self.sight.job(job)
        assert told is not None, "a hidden job is asked for"
        return told

    def _derivation_id(self, number: int) -> str:
        job, output = self._slot_list[self.resolutions.slot_of(number)]
        real = self._jobs[job], self._base.names.dataset_name(output)
        return self.sight.masked("derivation", *real[0], *real[1])

    def _parts(self, number: int, parts: tuple[Unresolved, ...]) -> tuple[Unresolved, ...]:
        _, output = self._slot_list[self.resolutions.slot_of(number)]
        columns = self._base.names.columns(output)
        found = []
        for part in parts:
            node = columns.get(part.field) if part.field is not None else None
            if node is not None and not self.sight.node(node):
                continue
            told = None if node is None else self.names.name(node)
            field = told.field if isinstance(told, ColumnName) else None
            found.append(Unresolved(field=field, reason=part.reason))
        return tuple(dict.fromkeys(found))


class SeenNames(Names):
    """Names as they are told."""

    def __init__(self, base: Names, sight: Sight) -> None:
        self._base = base
        self._sight = sight
        # Bytes are read one by one far quicker than an array.
        self._verdicts = sight.verdicts

    def __len__(self) -> int:
        return len(self._base)

    def name(self, node: int) -> Named:
        verdict = self._verdicts[node]
        if verdict == Verdict.SEEN:
            return self._base.name(node)
        assert verdict, "what is hidden is asked for"
        told = self._sight.told.get(node)
        if told is None:
            told = self._sight.told[node] = self._masked_name(node)
        return told

    def dataset_name(self, node: int) -> DatasetName:
        dataset = self._base.dataset_at(node)
        if self._verdicts[dataset] == Verdict.SEEN:
            return self._base.dataset_name(node)
        told = self.name(dataset)
        return DatasetName(told.namespace, told.name)

    def dataset_at(self, node: int) -> int:
        return self._base.dataset_at(node)

    def is_column(self, node: int) -> bool:
        return self._base.is_column(node)

    def dataset_of(self) -> Ids:
        return self._base.dataset_of()

    def known(self) -> NDArray[np.int64]:
        return self._base.known()

    def find(self, name: Named) -> int | None:
        node = self._base.find(name)
        if node is not None and self._verdicts[node] == Verdict.SEEN:
            return node
        return self._masked.get(name)

    def columns(self, dataset: int) -> dict[str, int]:
        held = self._base.columns(dataset)
        return {
            field if self._verdicts[node] == Verdict.SEEN else self.name(node)[-1]: node
            for field, node in held.items()
            if self._verdicts[node]
        }

    def named(self, start: int = 0) -> Iterator[tuple[int, Named]]:
        for node in range(start, len(self)):
            if self.is_named(node) and self._verdicts[node]:
                yield node, self.name(node)

    @cached_property
    def _masked(self) -> dict[Named, int]:
        masked = filter(self.is_named, self._sight.masked_nodes())
        return {self.name(each): each for each in masked}

    def _masked_name(self, node: int) -> Named:
        if not self._base.is_column(node):
            name = self._base.dataset_name(node)
            return DatasetName(MASK, self._sight.masked("dataset", *name))
        field = self._sight.masked("column", *self._base.name(node))
        return ColumnName(*self.dataset_name(node), field)

    def is_named(self, node: int) -> bool:
        """Whether an id is that of a column or dataset, and not of a gate."""
        return self._base.is_column(node) or self._base.dataset_at(node) == node


class SeenEdges(Edges):
    """Edges between what is there. A walk over the segments leaves out the others by itself."""

    def __init__(self, base: Edges, hidden: Flags, derivations: Flags) -> None:
        self._base = base
        self._hidden = hidden
        self._derivations = derivations

    def segments(self, nodes: int) -> tuple[Segment, ...]:
        return self._base.segments(nodes)

    def statements(self) -> Statements:
        return self._base.statements()

    def columns(self) -> Columns:
        edges, derivations = self._base.columns(), self._base.statements().derivation
        kept = ~(self._hidden[edges.source] | self._hidden[edges.target])
        kept &= ~self._derivations[derivations][edges.stated]
        return Columns(edges.source[kept], edges.target[kept], edges.stated[kept])


class SeenResolutions(Resolutions):
    """Resolutions of what is there, by runs as they are told."""

    def __init__(self, store: Store, sight: Sight, hidden: Flags, runs: SeenRuns) -> None:
        self._base = store.resolutions
        self._sight = sight
        self._runs = runs
        self.hidden = hidden
        self.derivations_known = self._base.derivations_known

    @property
    def derivations_count(self) -> int:
        return self._base.derivations_count

    def slot_of(self, derivation: int) -> int:
        return self._base.slot_of(derivation)

    def slots(self) -> Ids:
        return self._base.slots()

    def is_inferred(self, derivation: int) -> bool:
        return self._base.is_inferred(derivation)

    def last_stated(self) -> Times:
        return np.where(self.hidden, 0, self._base.last_stated())

    def in_force(self, as_of: int | None = None, known_at: int | None = None) -> Flags:
        flags: Flags = self._base.in_force(as_of, known_at) & ~self.hidden
        return flags

    def tenures(self, known_at: int | None) -> Tenures:
        all_ = self._base.tenures(known_at)
        kept = ~self.hidden[all_.derivation]
        return Tenures(all_.derivation[kept], all_.since[kept], all_.until[kept])

    def stood(self, slots: Collection[int]) -> Iterator[tuple[int, int, Cause]]:
        for slot, at, by in self._base.stood(self._there(slots)):
            yield slot, at, self._told(by)

    def last_at(self, slots: Collection[int], as_of: int, known_at: int) -> dict[int, int]:
        return self._base.last_at(self._there(slots), as_of, known_at)

    def cause(self, event: bytes) -> Cause | None:
        by = self._base.cause(event)
        told = None if by is None else self._told(by)
        return told if told and told.run_id else None

    def _there(self, slots: Collection[int]) -> list[int]:
        return [slot for slot in slots if slot == UNKNOWN or not self._sight.slot_hidden(slot)]

    def _told(self, by: Cause) -> Cause:
        """Return by whom, as it is told: a version of code is looked up among those seen."""
        return Cause(self._runs.told(by.run_id), by.code)


class SeenSchemas(Schemas):
    """Schemas of the datasets that are there, with the columns that are."""

    def __init__(self, base: Schemas, real: Names, names: SeenNames, sight: Sight) -> None:
        self._base = base
        self._real = real
        self._names = names
        self._sight = sight

    def in_force(self, as_of: int | None, known_at: int | None) -> Mapping[int, Observed]:
        return _Observations(self._base.in_force(as_of, known_at), self._there, self._told)

    def between(self, dataset: int, after: int, until: int, known_at: int | None) -> list[Observed]:
        observed = self._base.between(dataset, after, until, known_at)
        return [self._told(dataset, each) for each in observed if self._there(dataset)]

    def _there(self, dataset: int) -> bool:
        return self._sight.node(dataset) > Verdict.HIDDEN

    def _told(self, dataset: int, observed: Observed) -> Observed:
        nodes = self._real.columns(dataset)
        verdicts = (
            (self._sight.node(nodes[field]), field, type_) for field, type_ in observed.fields
        )
        fields = tuple(
            (field, type_)
            if verdict is Verdict.SEEN
            else (self._names.name(nodes[field])[-1], None)
            for verdict, field, type_ in verdicts
            if verdict
        )
        return replace(observed, fields=fields)


class SeenChanges(Changes):
    """What became of the datasets that are there."""

    def __init__(self, base: Changes, sight: Sight, runs: SeenRuns) -> None:
        self._base = base
        self._sight = sight
        self._runs = runs

    @cached_property
    def _real(self) -> dict[DatasetName, DatasetName]:
        """Every name as it is told, with the name itself."""
        told = ((self._sight.dataset(name), name) for name in self._base.names())
        return {name: real for name, real in told if name is not None}

    def names(self) -> tuple[DatasetName, ...]:
        return tuple(self._real)

    def turns(self, dataset: DatasetName, as_of: int | None, known_at: int | None) -> list[Turn]:
        real = self._real.get(dataset)
        turns = [] if real is None else self._base.turns(real, as_of, known_at)
        return [self._told(turn) for turn in turns]

    def _told(self, turn: Turn) -> Turn:
        """Return a change of a dataset of which at least one name is there."""
        name, job = self._sight.dataset(turn.name), turn.job and self._sight.job(turn.job)
        previous = turn.previous and self._sight.dataset(turn.previous)
        change = turn.change
        if name is None:
            # What got a name that is hidden is gone.
            assert previous is not None, "one of the names is there"
            name, previous, change = previous, None, Change.DROP
        cause = Cause(self._runs.told(turn.cause.run_id), turn.cause.code)
        return replace(turn, name=name, previous=previous, change=change, job=job, cause=cause)


class SeenAnnotations(Annotations):
    """What is said of what is seen: of what is masked not even that."""

    def __init__(self, base: Annotations, names: Names, sight: Sight) -> None:
        self._base = base
        self._names = names
        self._sight = sight

    def in_force(self, as_of: int | None, known_at: int | None) -> Standings:
        standings = self._base.in_force(as_of, known_at)
        return {
            target: tuple(
                replace(each, id=self._sight.masked("annotation", each.id)) for each in held
            )
            for target, held in standings.items()
            if self.seen(target)
        }

    def seen(self, target: Target) -> bool:
        """Whether a thing is told of by its name."""
        if target.kind != "column":
            return self._sight.verdict(target.kind, target.namespace, target.name) == Verdict.SEEN
        node = self._names.find(ColumnName(target.namespace, target.name, target.field or ""))
        return node is not None and self._sight.node(node) is Verdict.SEEN


class _Observations(Mapping[int, Observed]):
    """Schemas of datasets, each told when it is asked for."""

    def __init__(
        self,
        observed: Mapping[int, Observed],
        there: Callable[[int], bool],
        told: Callable[[int, Observed], Observed],
    ) -> None:
        self._observed = observed
        self._there = there
        self._told = told

    def __getitem__(self, dataset: int) -> Observed:
        if not self._there(dataset):
            raise KeyError(dataset)
        return self._told(dataset, self._observed[dataset])

    def __iter__(self) -> Iterator[int]:
        return filter(self._there, self._observed)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Names(Sequence[T]):
    """A list of which each item is told in other words, when it is first asked for."""

    def __init__(self, items: Sequence[K], tell: Callable[[K], T], told: dict[int, T]) -> None:
        self._items = items
        self._tell = tell
        self._told = told

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, place: Any) -> Any:
        told = self._told.get(place)
        if told is None:
            told = self._told[place] = self._tell(self._items[place])
        return told
