"""From a closure's numbers to names: nearest first, each with the link that led there."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from ..answers import Evidence, Named, Related
from ..ask import Way
from .names import MADE, READ, Ids
from .store import Store
from .walk import Closure, Field, links_to

MASKED = 1


class Listing:
    """Names what a closure reached."""

    def __init__(self, store: Store, field: Field, closure: Closure, way: Way) -> None:
        self._store = store
        self._field = field
        self._closure = closure
        self._way = way
        self._hops = closure.hops()
        self._levels: dict[int, dict[int, int]] = {}
        self._kinds = store.kinds.all()
        self._jobs = store.job_names()
        self._slots = list(store.slots)
        self._records = store.record_ids()

    def nearest(self, nodes: Ids, key: Callable[[int], Named], limit: int, start: int) -> list[int]:
        """Return a page of nodes by hops, then by their names."""
        hops = self._hops[nodes]
        order = np.argsort(hops, kind="stable")
        nodes, hops = nodes[order], hops[order]
        page: list[int] = []
        first, last = start, min(start + limit, len(nodes))
        while first < last:
            low = int(np.searchsorted(hops, hops[first], "left"))
            high = int(np.searchsorted(hops, hops[first], "right"))
            level = sorted(nodes[low:high].tolist(), key=key)
            page += level[first - low : last - low]
            first = high
        return page

    def datasets(self, nodes: Ids) -> Ids:
        """Return for each dataset of these nodes one that was reached best."""
        dataset = self._field.dataset_of[nodes]
        order = np.lexsort((self._hops[nodes], -self._closure.best[nodes], dataset))
        first = np.append(True, dataset[order][1:] != dataset[order][:-1])[: len(order)]
        best: Ids = nodes[order][first]
        return best

    def first_by_name(self, node: int) -> int:
        """Return of a dataset's nodes that were reached as well as this one the first by name."""
        dataset = int(self._field.dataset_of[node])
        strength, hops = self._closure.best[node], self._hops[node]
        alike = (
            each
            for each in (dataset, *self._store.names.columns(dataset).values())
            if self._closure.best[each] == strength and self._hops[each] == hops
        )
        return min(alike, key=self._store.names.name)

    def related(self, node: int, name: Named, *, evidence: bool) -> Related:
        """Return a node that was reached, under a name: its own or its dataset's."""
        strength, hops = int(self._closure.best[node]), int(self._hops[node])
        if evidence:
            return self._related(node, name, strength, hops)[0]
        return Related(name, strength >= MASKED, strength == MASKED, hops, None, None)

    def path(self, node: int) -> list[Related]:
        """Return the steps from the start to a node."""
        steps: list[Related] = []
        at: int | None = node
        strength = int(self._closure.best[node])
        for hops in range(int(self._hops[node]), 0, -1):
            assert at is not None, "only the start has nothing before it"
            related, at = self._related(at, self._store.names.name(at), strength, hops)
            steps.append(related)
            strength = self._level(hops - 1)[at] if at is not None else 0
        return steps[::-1]

    def _related(
        self, node: int, name: Named, strength: int, hops: int
    ) -> tuple[Related, int | None]:
        before, evidence = self._step(node, strength, hops)
        related = Related(
            name,
            direct=strength >= MASKED,
            masked=strength == MASKED,
            hops=hops,
            before=None if before is None else self._store.names.name(before),
            evidence=evidence,
        )
        return related, before

    def _step(self, node: int, strength: int, hops: int) -> tuple[int | None, Evidence | None]:
        """Return the node before one that was reached so strongly with so many hops."""
        if not hops:
            return None, None
        return min(
            self._steps(node, strength, hops),
            key=lambda step: (self._store.names.name(step[0]), _order(step[1])),
        )

    def _steps(self, node: int, strength: int, hops: int) -> Iterator[tuple[int, Evidence]]:
        level = self._level(hops - 1)
        for target, edges, places in links_to(self._field, node, self._way):
            for place in places.tolist():
                stated = edges.stated[place]
                carried = int(self._field.carried[stated])
                for source in self._origins(int(edges.ends[place])):
                    if min(self._onward(source, level.get(source, -1)), carried) == strength:
                        yield source, self._evidence(target, int(edges.ends[place]), stated)

    def _onward(self, node: int, strength: int) -> int:
        onward = self._field.onward
        return strength if onward is None else min(strength, int(onward[node]))

    def _origins(self, end: int) -> Iterable[int]:
        """Return the nodes that a link may have been followed from: all behind a gate."""
        dataset = int(self._field.dataset_of[end])
        if end - dataset != (READ if self._way is Way.DOWNSTREAM else MADE):
            return (end,)
        return (dataset, *self._store.names.columns(dataset).values())

    def _evidence(self, target: int, end: int, stated: int) -> Evidence:
        name, statements = self._store.names.name, self._field.statements
        derivation = int(statements.derivation[stated])
        kind = self._kinds[statements.kind[stated]]
        source, made = (end, target) if self._way is Way.DOWNSTREAM else (target, end)
        slot = self._slots[self._store.resolutions.slot_of(derivation)]
        return Evidence(
            name(source),
            name(made),
            self._jobs[slot[0]],
            kind.type,
            kind.subtype,
            kind.masking,
            kind.known_by,
            self._records[derivation],
        )

    def _level(self, hops: int) -> dict[int, int]:
        if hops not in self._levels:
            nodes, strengths = self._closure.levels[hops], self._closure.strengths[hops]
            self._levels[hops] = dict(zip(nodes.tolist(), strengths.tolist(), strict=True))
        return self._levels[hops]


def _order(evidence: Evidence) -> tuple[object, ...]:
    """Return what tells any two pieces of evidence apart, so that the first is always the same."""
    known_by = evidence.known_by or ""
    said = (evidence.type, evidence.subtype, evidence.masking, known_by)
    return evidence.derivation, said, evidence.source, evidence.target
