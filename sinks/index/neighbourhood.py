"""Neighbourhood: the datasets around one and how they hang together, as a picture needs it.

Their columns are folded, and links between columns are counted by the datasets they join.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...schemas.names import ColumnName, JobName
from ..answers import DatasetLink, DatasetNode, ModelNode, Neighbourhood, TrainedOn
from ..ask import Way
from .edges import Kind
from .names import Ids
from .store import Store
from .times import EVER, moment
from .walk import Field, links_from

COLUMNS_MAX = 200
"""How many columns of a dataset are named; their count is always exact."""

JOBS_MAX = 5
"""How many jobs of a link are named."""

CHANGES_MAX = 200
"""How many times of change are named: the latest."""

Bundle = list[tuple[int, int, int]]
"""The links from one dataset to another: kind and derivation, and how many are alike."""


@dataclass(frozen=True, slots=True)
class Around:
    """What lies around a dataset, and what names it.

    Attributes:
        subject: The dataset, or the column of it that was asked of.
        hops: Dataset to hops, upstream negative, None where it is neither up- nor downstream;
            the order is that of the picture's nodes.
        as_of, known_at: As of when, for the models.
    """

    store: Store
    field: Field
    subject: int
    hops: dict[int, int | None]
    cut: str | None
    as_of: int | None
    known_at: int | None

    def neighbourhood(self) -> Neighbourhood:
        """Return the datasets, the links between them, and the models trained on them."""
        place = {node: n for n, node in enumerate(self.hops)}
        models, trained = self._models(place)
        return Neighbourhood(
            self.store.names.name(self.subject),
            self._nodes(place),
            self._links(place),
            models,
            trained,
            self._changes(),
            self.cut,
            self.store.positions(),
        )

    def _nodes(self, place: dict[int, int]) -> tuple[DatasetNode, ...]:
        after = self._hidden(place, Way.DOWNSTREAM)
        before = self._hidden(place, Way.UPSTREAM)
        owner, columns = self.field.columns(self._view())
        ends = np.searchsorted(owner, np.arange(len(self.hops)), side="right").tolist()
        nodes = []
        for (node, hops), start, end in zip(self.hops.items(), [0, *ends], ends, strict=False):
            first = columns[start : min(end, start + COLUMNS_MAX)].tolist()
            named = (self.store.names.name(column) for column in first)
            nodes.append(
                DatasetNode(
                    self.store.names.dataset_name(node),
                    hops,
                    tuple(name.field for name in named if isinstance(name, ColumnName)),
                    end - start,
                    before[node],
                    after[node],
                )
            )
        return tuple(nodes)

    def _hidden(self, place: dict[int, int], way: Way) -> dict[int, int]:
        """Return how many datasets that are not shown lie next to each that is."""
        hidden: dict[int, set[int]] = defaultdict(set)
        for near, far, _, _ in _leaving(self.field, self._view(), way):
            pairs = np.unique(np.stack((near, far)), axis=1)
            for one, other in zip(*pairs.tolist(), strict=True):
                if other not in place:
                    hidden[one].add(other)
        return {node: len(hidden[node]) for node in place}

    def _links(self, place: dict[int, int]) -> tuple[DatasetLink, ...]:
        """Return the links between the datasets shown, those of columns bundled."""
        bundles: dict[tuple[int, int], Bundle] = defaultdict(list)
        for source, target, kinds, derivations in _leaving(
            self.field, self._view(), Way.DOWNSTREAM
        ):
            alike, counts = np.unique(
                np.stack((source, target, kinds, derivations)), axis=1, return_counts=True
            )
            for (a, b, kind, derivation), count in zip(
                alike.T.tolist(), counts.tolist(), strict=True
            ):
                if b in place:
                    bundles[place[a], place[b]].append((kind, derivation, count))
        # Once for all links: either takes as long as there are jobs or kinds.
        job_of = self.store.jobs_of({each for bundle in bundles.values() for _, each, _ in bundle})
        all_kinds = self.store.kinds.all()
        return tuple(
            _link(*ends, bundle, all_kinds, job_of) for ends, bundle in sorted(bundles.items())
        )

    def _models(self, place: dict[int, int]) -> tuple[tuple[ModelNode, ...], tuple[TrainedOn, ...]]:
        """Return the models trained on what is shown, each with its latest version."""
        found = self._versions()
        models: list[ModelNode] = []
        trained: list[TrainedOn] = []
        for (namespace, name), numbers in sorted(found.items()):
            latest = max(numbers, key=self._made_at)
            used = self.store.models.trained_on(latest)
            datasets, counts = np.unique(self.field.dataset_of[used], return_counts=True)
            shown = [
                TrainedOn(place[dataset], len(models), count)
                for dataset, count in zip(datasets.tolist(), counts.tolist(), strict=True)
                if dataset in place
            ]
            if shown:
                version = self.store.models.get(latest).version
                models.append(
                    ModelNode(namespace, name, version, self.store.models.id(latest), len(numbers))
                )
                trained += shown
        return tuple(models), tuple(trained)

    def _versions(self) -> dict[tuple[str, str], list[int]]:
        """Return the numbers of the versions of each model."""
        models = self.store.models
        there = models.there(self.as_of, self.known_at)
        found: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number in models.ordered():
            if there[number]:
                model = models.get(number)
                found[model.namespace, model.name].append(number)
        return found

    def _made_at(self, model: int) -> tuple[int, str]:
        return self.store.models.at(model), self.store.models.id(model)

    def _changes(self) -> tuple[str, ...]:
        """Return when what is shown changed, for whoever looks for a time to ask about."""
        resolutions, jobs = self.store.resolutions, self.store.job_names()
        # Of a job that is hidden nothing is told, not even its name.
        slots = [
            number
            for number, (job, made) in enumerate(self.store.slots)
            if made in self.hops and jobs[job].name
        ]
        tenures = resolutions.tenures(self.known_at)
        ours = np.isin(resolutions.slots()[tenures.derivation], slots)
        times = np.concatenate((tenures.since[ours], tenures.until[ours]))
        found = np.unique(times[times < EVER])[-CHANGES_MAX:].tolist()
        return tuple(moment(time).isoformat() for time in found)

    def _view(self) -> Ids:
        return np.array(list(self.hops), np.int32)


def around(
    store: Store,
    field: Field,
    subject: int,
    ways: Iterable[Way],
    *,
    beyond: Collection[tuple[Way, int]],
    depth_max: int,
    nodes_max: int,
    as_of: int | None,
    known_at: int | None,
) -> Around:
    """Return what lies around a dataset, nearest first.

    Args:
        store: All facts.
        field: What to go over.
        subject: The dataset, or a column of it.
        ways: Downstream, upstream or both.
        beyond: Datasets from which to go one hop more, and which way.
        depth_max: How many hops to go.
        nodes_max: How many datasets to name; of a hop that would be too much, the first.
        as_of, known_at: As of when, for the models.
    """
    shown = _Shown(store, field, int(field.dataset_of[subject]), nodes_max)
    frontiers = {way: list(shown.hops) for way in ways}
    for hop in range(1, depth_max + 1):
        for way, frontier in frontiers.items():
            frontiers[way] = shown.add(frontier, way, hop * _sign(way))
    shown.add_beyond([(way, int(field.dataset_of[node])) for way, node in beyond])
    return Around(store, field, subject, shown.hops, shown.cut, as_of, known_at)


class _Shown:
    """The datasets of a picture that grows hop by hop."""

    def __init__(self, store: Store, field: Field, root: int, nodes_max: int) -> None:
        self.hops: dict[int, int | None] = {root: 0}
        self.cut: str | None = None
        self._store = store
        self._field = field
        self._nodes_max = nodes_max

    def add(self, frontier: list[int], way: Way, hops: int | None) -> list[int]:
        """Add what is next to datasets; return what is new, as far as there is room for it."""
        found = _next(self._field, np.array(frontier, np.int32), way)
        found = [n for n in found if n not in self.hops]
        found.sort(key=self._store.names.dataset_name)
        kept = found[: self._nodes_max - len(self.hops)]
        if len(kept) < len(found):
            self.cut = f"more than {self._nodes_max} datasets"
        self.hops |= dict.fromkeys(kept, hops)
        return kept

    def add_beyond(self, beyond: Collection[tuple[Way, int]]) -> None:
        """Go one hop more from datasets, in whatever order they come into the picture."""
        waiting = list(beyond)
        while ready := [each for each in waiting if each[1] in self.hops]:
            waiting = [each for each in waiting if each not in ready]
            for way, dataset in ready:
                self.add([dataset], way, _onward(self.hops[dataset], way))


def _onward(hops: int | None, way: Way) -> int | None:
    """Return the hops of what is next to a dataset; there and back again is on no way."""
    if hops is None or hops * _sign(way) < 0:
        return None
    return hops + _sign(way)


def _sign(way: Way) -> int:
    return 1 if way is Way.DOWNSTREAM else -1


def _link(
    source: int, target: int, bundle: Bundle, kinds: Sequence[Kind], job_of: Mapping[int, JobName]
) -> DatasetLink:
    jobs = sorted({job_of[derivation] for _, derivation, _ in bundle})
    direct = sum(count for kind, _, count in bundle if kinds[kind].direct)
    return DatasetLink(
        source,
        target,
        direct,
        sum(count for _, _, count in bundle) - direct,
        masked=bool(direct)
        and all(kinds[kind].masking for kind, _, _ in bundle if kinds[kind].direct),
        subtypes=tuple(sorted({kinds[kind].subtype for kind, _, _ in bundle})),
        jobs=tuple(jobs[:JOBS_MAX]),
        jobs_count=len(jobs),
    )


def _next(field: Field, datasets: Ids, way: Way) -> list[int]:
    ends = [far for _, far, _, _ in _leaving(field, datasets, way)]
    found: list[int] = np.unique(np.concatenate(ends)).tolist()
    return found


def _leaving(field: Field, datasets: Ids, way: Way) -> Iterator[tuple[Ids, Ids, Ids, Ids]]:
    """Yield near and far dataset, kind and derivation of the links that lead away."""
    nodes = np.concatenate((datasets, field.columns(datasets)[1]))
    for near, edges, places in links_from(field, nodes, way):
        ends = edges.ends[places]
        kinds = field.kinds(edges, places).astype(np.int32)
        derivations = field.derivations(edges, places)
        yield field.dataset_of[near], field.dataset_of[ends], kinds, derivations
