"""LineageIndex: the records' lineage in memory, and the questions asked of it."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from ...schemas.names import DatasetName
from ...schemas.records import Envelope, TrainingProfile
from ..answers import (
    Annotated,
    Diff,
    Hit,
    Impact,
    Link,
    ModelName,
    ModelsAtRisk,
    ModelUse,
    Neighbourhood,
    Page,
    Passport,
    Path,
    Position,
    Reach,
    RunSummary,
    Search,
    Trace,
    page,
)
from ..ask import LIMIT, NOW, Ask, Filter, Way
from . import snapshot
from .annotations import Target, annotated
from .diff import Near, diff
from .health import Health, health
from .links import link_order, links_of, strengths
from .names import Ids, Names
from .neighbourhood import around
from .risk import at_risk
from .run import Run, run_of
from .sight import Sight, Verdict
from .store import Store
from .subject import Base, Subject, called, find_base, find_model, find_node, find_target
from .times import as_numbers
from .training import Training, training
from .walk import Closure, Field, Flags, walk
from .walked import Walked

if TYPE_CHECKING:
    import networkx
    import pandas


On = Literal["dataset", "job", "model"]

_Asked = tuple[tuple[int | None, int | None], Filter]
_FIELDS_MAX = 16


class LineageIndex:
    """Lineage in memory. Records are added in any order; every method is thread-safe."""

    def __init__(self) -> None:
        self._store = Store()
        self._lock = threading.RLock()
        self._fixed: _Fixed | None = None
        self._fields: dict[_Asked, Field] = {}
        self._fields_version = 0

    @classmethod
    def from_records(cls, envelopes: Iterable[Envelope]) -> "LineageIndex":
        """Return the index of these records; each counts as known since its event."""
        index = cls()
        for envelope in envelopes:
            index._store.add(envelope, None, None)
        return index

    @classmethod
    def load(cls, path: FilePath) -> "LineageIndex":
        """Return the index that was saved there.

        Raises:
            SnapshotError: If it is damaged or of another version: build it from the topic.
        """
        index = cls()
        index._store = snapshot.load(path)
        return index

    def save(self, path: FilePath) -> None:
        """Write the index and the offsets it holds to a file, all or nothing."""
        with self._lock:
            data = snapshot.dump(self._store)
        snapshot.write(path, data)

    def add(
        self,
        envelope: Envelope,
        *,
        known_at: datetime | None = None,
        position: Position | None = None,
    ) -> None:
        """Take in a record.

        Args:
            envelope: The record; one added before changes nothing.
            known_at: Since when it is known, such as Kafka's timestamp of it; None for the
                time of its event.
            position: Where in Kafka it stood.

        Raises:
            ValueError: If a time of the record cannot be read.
        """
        with self._lock:
            self._store.add(envelope, known_at, position)

    @property
    def offsets(self) -> tuple[Position, ...]:
        """The position of the last record of each partition."""
        with self._lock:
            return self._store.positions()

    @property
    def source(self) -> str | None:
        """Which log the offsets are of; None where nobody has said."""
        return self._store.source

    @source.setter
    def source(self, name: str) -> None:
        self._store.source = name

    @property
    def sizes(self) -> dict[str, int]:
        """How much the index holds."""
        store = self._store
        return {
            "columns": store.names.columns_count,
            "datasets": store.names.datasets_count,
            "edges": len(store.edges),
            "derivations": len(store.derivations),
            "resolutions": len(store.resolutions),
            "jobs": len(store.jobs),
            "models": len(store.models),
            "runs": len(store.runs),
        }

    @contextmanager
    def seen(self, sight: Sight) -> Iterator["LineageIndex"]:
        """Hold still an index of what a sight lets through, for as long as a `with` block lasts."""
        with self._lock:
            view = LineageIndex()
            view._lock = self._lock
            view._fixed = self._arranged()
            view._store = sight.of(self._store)
            yield view

    def judged(self, sight: Sight, targets: Iterable[Target | None]) -> list[Verdict]:
        """Return what a sight lets see of things as a whole; what has no name is hidden."""
        with self._lock:
            sight.of(self._store)
            return [
                Verdict.HIDDEN
                if each is None
                else sight.verdict(each.kind, each.namespace, each.name)
                for each in targets
            ]

    def closure(self, subject: Subject, way: Way, ask: Ask = NOW) -> Closure:
        """Return what lies downstream or upstream, as numbers."""
        with self._lock:
            field = self._field(ask)
            starts = self._with_columns(field, find_node(self._store, subject))
            return walk(field, starts, way, depth_max=ask.depth_max, nodes_max=ask.nodes_max)

    def downstream(self, subject: Subject, ask: Ask = NOW) -> Reach:
        """Return what depends on a column or dataset.

        Raises:
            UnknownSubjectError: If nothing has that name.
            AmbiguousSubjectError: If several things do.
        """
        with self._lock:
            return self._walk(find_node(self._store, subject), Way.DOWNSTREAM, ask).reach()

    def upstream(self, subject: Subject, ask: Ask = NOW) -> Reach:
        """Return what a column or dataset depends on.

        Raises:
            UnknownSubjectError: If nothing has that name.
            AmbiguousSubjectError: If several things do.
        """
        with self._lock:
            return self._walk(find_node(self._store, subject), Way.UPSTREAM, ask).reach()

    def impact(self, subject: Subject, ask: Ask = NOW) -> Impact:
        """Return what breaks if a column, dataset or model is dropped, with jobs and models.

        Raises:
            UnknownSubjectError: If nothing has that name.
            AmbiguousSubjectError: If several things do.
        """
        with self._lock:
            base = find_base(self._store, subject) if isinstance(subject, str) else None
            if base is not None:
                return self._impact_of_model(base, ask)
            walked = self._walk(find_node(self._store, subject), Way.DOWNSTREAM, ask)
            models = walked.models()
            training = self._store.training_jobs(use.id for use in models)
            jobs = tuple(sorted({*walked.jobs(), *training}))
            return Impact(walked.reach(), jobs, models)

    def trace(self, subject: Subject, ask: Ask = NOW) -> Trace:
        """Return where a model, column or dataset comes from; of a model, its latest version.

        Raises:
            UnknownSubjectError: If nothing has that name.
            AmbiguousSubjectError: If several things do.
        """
        with self._lock:
            model = find_model(self._store, subject, ask) if isinstance(subject, str) else None
            if model is None:
                walked = self._walk(find_node(self._store, subject), Way.UPSTREAM, ask)
            else:
                walked = self._walk_model(model, ask)
            passport = None if model is None else self._store.passport(model)
            return Trace(walked.reach(), walked.sources(), walked.jobs(), passport)

    def readers(self, subject: Subject, ask: Ask = NOW) -> tuple[ModelUse, ...]:
        """Return the versions of models that read a column or dataset, or what is made of it.

        Raises:
            UnknownSubjectError: If nothing has that name.
            AmbiguousSubjectError: If several things do.
        """
        with self._lock:
            return self._walk(find_node(self._store, subject), Way.DOWNSTREAM, ask).models()

    def models_at_risk(self, subject: Subject, ask: Ask = NOW) -> ModelsAtRisk:
        """Return the versions of models that break if a column or dataset is dropped.

        Raises:
            UnknownSubjectError: If nothing has that name.
            AmbiguousSubjectError: If several things do.
        """
        with self._lock:
            walked = self._walk(find_node(self._store, subject), Way.DOWNSTREAM, ask)
            return at_risk(self._store, walked, ask)

    def annotated(
        self, subject: Subject | None = None, ask: Ask = NOW, *, on: On | None = None
    ) -> Page[Annotated]:
        """Return what is said of things.

        Args:
            subject: Of this one only; of all of which anything is said if None.
            ask: As of when, and which part of the list.
            on: Whether the name is that of a dataset, job or model; of whichever has it if None.

        Raises:
            UnknownSubjectError: If nothing has that name.
            AmbiguousSubjectError: If several things do.
        """
        with self._lock:
            standings = self._store.annotations.in_force(*as_numbers(ask))
            if subject is not None:
                target = find_target(self._store, subject, on)
                found = [annotated(target, standings.get(target, ()))]
                return page(found, 1, 0, self._store.positions())
            things = sorted(standings, key=lambda t: tuple(part or "" for part in t))
            some = things[ask.start : ask.start + ask.limit]
            return page(
                [annotated(target, standings[target]) for target in some],
                len(things),
                ask.start,
                self._store.positions(),
            )

    @contextmanager
    def held(self, ask: Ask) -> Iterator[tuple[Store, Field]]:
        """Hold the index still, and yield its facts and what a walk goes over."""
        with self._lock:
            yield self._store, self._field(ask)

    def path(self, source: Subject, target: Subject, ask: Ask = NOW) -> Path:
        """Return the strongest, then shortest way from one column or dataset to another.

        Raises:
            UnknownSubjectError: If nothing has one of the names.
            AmbiguousSubjectError: If several things do.
        """
        with self._lock:
            start, end = (find_node(self._store, each) for each in (source, target))
            walked = self._walk(start, Way.DOWNSTREAM, ask)
            name = self._store.names.name
            return Path(
                name(start),
                name(end),
                walked.path_to(end),
                walked.closure.cut,
                self._store.positions(),
            )

    def neighbourhood(
        self,
        subject: Subject,
        ask: Ask = NOW,
        *,
        ways: Collection[Way] = tuple(Way),
        beyond: Collection[tuple[Way, Subject]] = (),
    ) -> Neighbourhood:
        """Return the datasets around one, or around a column's: what a picture is made of.

        Args:
            subject: A column or dataset.
            ask: How many hops and datasets, as of when, and which links are followed.
            ways: Downstream, upstream or both.
            beyond: Datasets from which to go one hop more, and which way.

        Raises:
            UnknownSubjectError: If nothing has that name.
            AmbiguousSubjectError: If several things do.
        """
        with self._lock:
            field = self._field(ask)
            return around(
                self._store,
                field,
                find_node(self._store, subject),
                ways,
                beyond=[(way, find_node(self._store, each)) for way, each in beyond],
                depth_max=ask.depth_max,
                nodes_max=ask.nodes_max,
                as_of=as_numbers(ask)[0],
                known_at=as_numbers(ask)[1],
            ).neighbourhood()

    def diff(
        self,
        before: datetime,
        after: datetime,
        subject: Subject | None = None,
        ask: Ask = NOW,
    ) -> Diff:
        """Return what changed between two times, and by which run and commit.

        Args:
            before: The one time.
            after: The other.
            subject: Only what lies up- and downstream of this column or dataset.
            ask: What is known, which links are looked at, and how many are listed.

        Raises:
            UnknownSubjectError: If nothing has that name.
            AmbiguousSubjectError: If several things do.
        """
        with self._lock:
            near, cut = None, None
            if subject is not None:
                near, cut = self._near(subject, (before, after), ask)
            return diff(self._store, before, after, ask, near=near, cut=cut)

    def search(
        self, text: str, *, mode: Literal["prefix", "substring"] = "substring", limit: int = 20
    ) -> Search:
        """Return what is named so, upper or lower case alike.

        Args:
            text: What to look for.
            mode: `prefix` for names with a part that begins so, where parts end at `.`, `/`,
                `:` and `@`; `substring` for these and then all names that contain it.
            limit: How many to return.
        """
        with self._lock:
            hits = self._hits(text, mode == "prefix", limit + 1)
            cut = f"more than {limit} hits" if len(hits) > limit else None
            return Search(tuple(hits[:limit]), cut, self._store.positions())

    def runs(self, *, limit: int = LIMIT, start: int = 0) -> Page[RunSummary]:
        """Return the runs, those heard of last first."""
        with self._lock:
            runs = self._store.runs.latest(limit, start)
            return page(runs, len(self._store.runs), start, self._store.positions())

    def run(self, run_id: str) -> Run | None:
        """Return a run with what is known of it: states, code, models, whether it was profiled."""
        with self._lock:
            return run_of(self._store, run_id)

    def training(self, run_id: str) -> Training:
        """Return the training profile of a run, as series over its steps."""
        with self._lock:
            windows = self._store.profiles.of(run_id)
        return training(run_id, windows)

    def profiles(self, run_id: str, *, limit: int = LIMIT, start: int = 0) -> Page[TrainingProfile]:
        """Return the windows of a run's training as they were recorded, by rank, in order.

        None where the run is not known or was not profiled.
        """
        with self._lock:
            windows = self._store.profiles.of(run_id)
            some = windows[start : start + limit]
            return page(some, len(windows), start, self._store.positions())

    def health(
        self,
        now: datetime,
        *,
        quiet: timedelta = timedelta(hours=1),
        stale: timedelta = timedelta(days=30),
    ) -> Health:
        """Return what is not as it should be.

        Args:
            now: The time to reckon from.
            quiet: How long nothing may be heard of a run that has not ended.
            stale: How long a derivation may go without a run.
        """
        with self._lock:
            return health(self._store, now, quiet, stale)

    def models(
        self, name: str | None = None, *, limit: int = LIMIT, start: int = 0
    ) -> Page[Passport]:
        """Return versions of models by name, with what made them.

        Args:
            name: `NAME`, `NAME@VERSION`, or either after `NAMESPACE/`; a version may be cut
                short. All versions of all models if None.
            limit: How many to return.
            start: How many to leave out first.
        """
        with self._lock:
            models = self._store.models
            numbers = [n for n in models.ordered() if name is None or called(models.get(n), name)]
            passports = [self._store.passport(n) for n in numbers[start : start + limit]]
            return page(passports, len(numbers), start, self._store.positions())

    def links(self, ask: Ask = NOW) -> list[Link]:
        """Return all links in force."""
        with self._lock:
            found = links_of(self._store, self._field(ask).in_force, ask.filter)
            return sorted(found, key=link_order)

    def to_networkx(self, ask: Ask = NOW) -> "networkx.MultiDiGraph[tuple[str, ...]]":
        """Return all links in force as a graph of names.

        Raises:
            HeadwaterError: If networkx is not installed.
        """
        from .export import to_networkx

        return to_networkx(self.links(ask))

    def to_pandas(self, ask: Ask = NOW) -> "pandas.DataFrame":
        """Return all links in force as a table.

        Raises:
            HeadwaterError: If pandas is not installed.
        """
        from .export import to_pandas

        return to_pandas(self.links(ask))

    def _walk(self, node: int, way: Way, ask: Ask) -> Walked:
        field = self._field(ask)
        starts = self._with_columns(field, node)
        closure = walk(field, starts, way, depth_max=ask.depth_max, nodes_max=ask.nodes_max)
        return Walked(self._store, field, closure, way, ask, self._store.names.name(node), starts)

    def _walk_model(self, number: int, ask: Ask) -> Walked:
        field, model = self._field(ask), self._store.models.get(number)
        none = np.empty(0, np.int32)
        models = self._store.models
        used = [node for each in models.ancestors(number) for node in models.trained_on(each)]
        starts = np.unique(np.concatenate([none, *(self._with_columns(field, n) for n in used)]))
        closure = walk(
            field, starts, Way.UPSTREAM, depth_max=ask.depth_max, nodes_max=ask.nodes_max
        )
        name = DatasetName(model.namespace, model.name)
        return Walked(self._store, field, closure, Way.UPSTREAM, ask, name, none)

    def _impact_of_model(self, base: Base, ask: Ask) -> Impact:
        """Return what was made from a model: no column or dataset, but models and their jobs."""
        store = self._store
        there = store.models.there(*as_numbers(ask))
        models = store.models.descendants(base[:2], base[2], there)
        jobs = tuple(sorted(set(store.training_jobs(use.id for use in models))))
        subject = DatasetName(base[0], base[1])
        return Impact(Reach(subject, (), (), 0, 0, 0, None, store.positions()), jobs, models)

    def _with_columns(self, field: Field, node: int) -> Ids:
        """Return a node and, of a dataset, its columns."""
        starts = np.array([node], np.int32)
        if field.dataset_of[node] != node:
            return starts
        return np.concatenate((starts, field.columns(starts)[1]))

    def _field(self, ask: Ask) -> Field:
        """Return what a walk goes over, the same one for the same question until it changes."""
        if self._fields_version != self._store.version:
            self._fields_version = self._store.version
            self._fields.clear()
        asked = (as_numbers(ask), ask.filter)
        field = self._fields.get(asked)
        if field is None:
            if len(self._fields) >= _FIELDS_MAX:
                del self._fields[next(iter(self._fields))]
            field = self._fields[asked] = self._new_field(ask)
        return field

    def _new_field(self, ask: Ask) -> Field:
        store = self._store
        as_of, known_at = as_numbers(ask)
        fixed = self._arranged()
        return Field(
            store.edges.segments(len(store.names)),
            store.edges.statements(),
            fixed.dataset_of,
            fixed.starts,
            fixed.members,
            store.in_force(as_of, known_at),
            strengths(store, ask.filter),
            _visible(store, known_at),
            hidden=store.hidden(),
        )

    def _arranged(self) -> "_Fixed":
        names = self._store.names
        if self._fixed is None or len(self._fixed.dataset_of) != len(names):
            self._fixed = _Fixed.of(names)
        return self._fixed

    def _near(
        self, subject: Subject, times: Iterable[datetime], ask: Ask
    ) -> tuple[tuple[Near, Near], str | None]:
        """Return what tells whether a name lies downstream, and upstream, at one of the times."""
        names = self._store.names
        down: set[int] = set()
        up: set[int] = set()
        cut = None
        node = find_node(self._store, subject)
        for time in times:
            for way, reached in ((Way.DOWNSTREAM, down), (Way.UPSTREAM, up)):
                at = Ask(time, ask.known_at, ask.filter, ask.depth_max, ask.nodes_max)
                closure = self._walk(node, way, at).closure
                nodes = closure.nodes()
                reached.update(nodes.tolist())
                reached.update(self._fixed.dataset_of[nodes].tolist() if self._fixed else ())
                cut = cut or closure.cut

        def among(reached: set[int]) -> Near:
            return lambda name: names.find(name) in reached

        return (among(down), among(up)), cut

    def _hits(self, text: str, prefix: bool, limit: int) -> list[Hit]:
        """Return names with a part that begins so, then, unless only these, all others."""
        begun: list[Hit] = []
        others: list[Hit] = []
        for names, hit in zip(self._store.texts(), self._as_hits(), strict=True):
            for entry, begins in names.containing(text):
                if len(begun) >= limit:
                    break
                if begins:
                    begun.append(hit(entry))
                elif not prefix and len(others) < limit:
                    others.append(hit(entry))
        return (begun + others)[:limit]

    def _as_hits(self) -> tuple[Callable[[int], Hit], ...]:
        """Return what makes a hit of a node, of a job and of a model."""
        store = self._store
        jobs = store.job_names()

        def node_hit(node: int) -> Hit:
            kind: Literal["column", "dataset"] = (
                "column" if store.names.is_column(node) else "dataset"
            )
            return Hit(kind, store.names.name(node))

        def model_hit(number: int) -> Hit:
            model = store.models.get(number)
            return Hit("model", ModelName(model.namespace, model.name, model.version))

        return node_hit, lambda job: Hit("job", jobs[job]), model_hit


class _Fixed(NamedTuple):
    """What a walk needs of the names, until there are more of them."""

    dataset_of: Ids
    starts: Ids
    members: Ids

    @classmethod
    def of(cls, names: Names) -> "_Fixed":
        return cls(names.dataset_of(), *names.members())


def _visible(store: Store, known_at: int | None) -> Flags | None:
    """Return which ids are known by then and not hidden; None for all."""
    hidden = store.hidden()
    if known_at is None:
        return None if hidden is None else ~hidden
    known = store.nodes_known() <= known_at
    return known if hidden is None else known & ~hidden
