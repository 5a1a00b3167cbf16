"""Neighbourhood: the datasets around one and how they hang together, as a picture needs it.

Their columns are folded, and links between columns are counted by the datasets they join.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ...schemas.names import ColumnName
from ..answers import DatasetLink, DatasetNode, ModelNode, Neighbourhood, TrainedOn
from ..ask import Way
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


@dataclass(frozen=True, slots=True)
class Around:
    """What lies around a dataset, and what names it.

    Attributes:
        subject: The dataset, or the column of it that was asked of.
        hops: Dataset to hops, upstream negative; the order is that of the picture's nodes.
        as_of, known_at: As of when, for the models.
    """

    store: Store
    field: Field
    subject: int
    hops: dict[int, int]
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
        nodes = []
        for node, hops in self.hops.items():
            _, columns = self.field.columns(np.array([node], np.int32))
            named = (self.store.names.name(column) for column in columns[:COLUMNS_MAX].tolist())
            nodes.append(
                DatasetNode(
                    self.store.names.dataset_name(node),
                    hops,
                    tuple(name.field for name in named if isinstance(name, ColumnName)),
                    len(columns),
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
        bundles: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
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
        return tuple(self._link(*ends, bundle) for ends, bundle in sorted(bundles.items()))

    def _link(self, source: int, target: int, bundle: list[tuple[int, int, int]]) -> DatasetLink:
        kinds = self.store.kinds.all()
        jobs = sorted(self.store.jobs_of(np.unique([each for _, each, _ in bundle])))
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
        resolutions = self.store.resolutions
        slots = [n for n, (_, made) in enumerate(self.store.slots) if made in self.hops]
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
        depth_max: How many hops to go.
        nodes_max: How many datasets to name; of a hop that would be too much, the first.
        as_of, known_at: As of when, for the models.
    """
    root = int(field.dataset_of[subject])
    hops, cut = {root: 0}, None
    frontiers = {way: np.array([root], np.int32) for way in ways}
    for hop in range(1, depth_max + 1):
        for way, frontier in frontiers.items():
            found = [n for n in _next(field, frontier, way) if n not in hops]
            found.sort(key=store.names.dataset_name)
            kept = found[: nodes_max - len(hops)]
            if len(kept) < len(found):
                cut = f"more than {nodes_max} datasets"
            hops |= dict.fromkeys(kept, hop if way is Way.DOWNSTREAM else -hop)
            frontiers[way] = np.array(kept, np.int32)
    return Around(store, field, subject, hops, cut, as_of, known_at)


def _next(field: Field, datasets: Ids, way: Way) -> list[int]:
    ends = [far for _, far, _, _ in _leaving(field, datasets, way)]
    found: list[int] = np.unique(np.concatenate(ends)).tolist()
    return found


def _leaving(field: Field, datasets: Ids, way: Way) -> Iterator[tuple[Ids, Ids, Ids, Ids]]:
    """Yield near and far dataset, kind and derivation of the links that lead away."""
    nodes = np.concatenate((datasets, field.columns(datasets)[1]))
    for near, edges, places in links_from(field, nodes, way):
        ends = edges.ends[places]
        kinds = edges.kind[places].astype(np.int32)
        yield field.dataset_of[near], field.dataset_of[ends], kinds, edges.derivation[places]
