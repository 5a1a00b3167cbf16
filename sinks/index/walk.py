"""Along the edges from a start, level by level in arrays, keeping each node's strongest path.

A node is visited again only when a stronger path to it is found, which can happen twice at
most: so a walk ends, whatever cycles there are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..ask import DEPTH_MAX, NODES_MAX, Way
from .edges import Adjacency, Segment, Statements
from .names import MADE, READ, Ids

Strengths = NDArray[np.int8]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

PLAIN = 2
"""The strength of a path that carries a value as it is; 1 is a masked value, 0 influence."""

_UNREACHED = -1
_CLOSED = 127
_SHARE = 40
"""Of so many nodes more than one: it is quicker to look at all there are than at these."""


@dataclass(frozen=True)
class Field:
    """What a walk goes over, as of one moment.

    Attributes:
        statements: What is said of the edges.
        starts, members: Where each dataset's columns begin, and all columns by dataset.
        in_force: Which derivations count.
        strengths: The strength of each kind of edge; -1 for kinds that are not followed.
        visible: Which nodes are known; None for all.
        hidden: Which ids are as if they were not there; None for none.
        onward: The strength at most with which a path goes on from each node; None for any.
    """

    segments: Sequence[Segment]
    statements: Statements
    dataset_of: Ids
    starts: Ids
    members: Ids
    in_force: Flags
    strengths: Strengths
    visible: Flags | None = None
    onward: Strengths | None = None
    hidden: Flags | None = None

    @cached_property
    def carried(self) -> Strengths:
        """The strength of the edges of each statement; -1 for those that do not count."""
        carried: Strengths = self.strengths.take(self.statements.kind)
        carried[~self.in_force.take(self.statements.derivation)] = _UNREACHED
        return carried

    def derivations(self, edges: Adjacency, places: Places) -> Ids:
        """Return who states these links."""
        return self.statements.derivation.take(edges.stated.take(places))

    def kinds(self, edges: Adjacency, places: Places) -> NDArray[np.uint16]:
        """Return of which kind these links are."""
        return self.statements.kind.take(edges.stated.take(places))

    def columns(self, datasets: Ids) -> tuple[Places, Ids]:
        """Return the known columns of datasets, and whose they are, as places in `datasets`."""
        counts, places = _spread(self.starts, datasets)
        owner = np.repeat(np.arange(len(datasets)), counts)
        columns = self.members[places]
        if self.visible is None:
            return owner, columns
        visible = self.visible[columns]
        return owner[visible], columns[visible]

    def going_on(self, nodes: Ids, strengths: Strengths) -> Strengths:
        """Return how strongly paths go on that reached nodes so strongly."""
        if self.onward is None:
            return strengths
        return np.minimum(strengths, self.onward.take(nodes))

    def followed(self, edges: Adjacency, places: Places) -> Flags:
        """Return which of these links count."""
        kept: Flags = self.carried[edges.stated[places]] >= 0
        if self.hidden is not None:
            kept &= ~self.hidden[edges.ends[places]]
        return kept

    def adjacencies(self, way: Way) -> list[Adjacency]:
        """Return the edges by the node that the way leads away from."""
        if way is Way.DOWNSTREAM:
            return [each.forward for each in self.segments]
        return [each.backward for each in self.segments]


@dataclass(frozen=True, slots=True)
class Closure:
    """All that was reached, the start included.

    Attributes:
        levels: The nodes that were new, or got a stronger path, with each hop.
        strengths: Of the paths to them.
        best: The strength of the best path to every id there is, gates too; -1 without any.
        cut: Why the walk ended early; None if it is complete.
    """

    levels: tuple[Ids, ...]
    strengths: tuple[Strengths, ...]
    best: Strengths
    cut: str | None

    def nodes(self) -> Ids:
        """Return the columns and datasets reached."""
        return _distinct(self.levels, len(self.best))

    def hops(self) -> NDArray[np.int16]:
        """Return for every id the hops of its best path; what was not reached holds noise."""
        hops = np.empty(len(self.best), np.int16)
        for number, level in enumerate(self.levels):
            hops[level] = number
        return hops

    def walked(self) -> Ids:
        """Return the nodes whose links were followed."""
        followed = self.levels[:-1] if self.cut else self.levels
        return _distinct(followed, len(self.best))


def walk(
    field: Field,
    starts: Ids,
    way: Way,
    *,
    depth_max: int = DEPTH_MAX,
    nodes_max: int = NODES_MAX,
    strength: int = PLAIN,
) -> Closure:
    """Walk from the starts as far as links in force lead, with a strength to begin with."""
    step = _Walker(field, way)
    reached = step.reach(starts, np.full(len(starts), strength, np.int8))
    levels, strengths = [reached], [step.best[reached]]
    count = len(reached)
    for _ in range(depth_max):
        before = step.new
        reached = step.follow(reached)
        if not len(reached):
            return step.closure(levels, strengths, None)
        levels.append(reached)
        strengths.append(step.best[reached])
        count += step.new - before
        if count > nodes_max:
            cut = f"more than {nodes_max} nodes"
            return step.closure(levels, strengths, cut)
    return step.closure(levels, strengths, f"deeper than {depth_max} hops")


def links_from(field: Field, nodes: Ids, way: Way) -> Iterator[tuple[Ids, Adjacency, Places]]:
    """Yield the links in force that lead away from nodes, by way of their datasets too.

    Yields:
        For each segment: the place of each link's node or gate among those asked of, the
        edges, and the places of the links among the edges.
    """
    datasets = _distinct((field.dataset_of[nodes],), len(field.dataset_of))
    asked = np.concatenate((nodes, datasets + (READ if way is Way.DOWNSTREAM else MADE)))
    for edges in field.adjacencies(way):
        counts, places = _spread(edges.starts, asked)
        kept = field.followed(edges, places)
        yield np.repeat(asked, counts)[kept], edges, places[kept]


def links_to(field: Field, node: int, way: Way) -> Iterator[tuple[int, Adjacency, Places]]:
    """Yield the links in force that lead to a node, by way of its dataset's gate too.

    Yields:
        For each segment and for the node and the gate: which it is, the edges by their ends,
        and the places of the links among them.
    """
    gate = int(field.dataset_of[node]) + (MADE if way is Way.DOWNSTREAM else READ)
    back = Way.UPSTREAM if way is Way.DOWNSTREAM else Way.DOWNSTREAM
    for edges in field.adjacencies(back):
        for target in (node, gate):
            places = np.arange(edges.starts[target], edges.starts[target + 1])
            kept = field.followed(edges, places)
            yield target, edges, places[kept]


class _Walker:
    """The state of one walk; `take` is twice as quick as an index in brackets."""

    def __init__(self, field: Field, way: Way) -> None:
        self._field = field
        self._adjacencies = field.adjacencies(way)
        self._entry, self._exit = (MADE, READ) if way is Way.DOWNSTREAM else (READ, MADE)
        ids = len(field.dataset_of)
        self.best = np.full(ids, _UNREACHED, np.int8)
        if field.hidden is not None:
            # No path is strong enough to reach what is hidden.
            self.best[field.hidden] = _CLOSED
        self.new = 0
        self._passed = np.zeros(ids, np.bool_)
        self._place = np.empty(ids, np.int32)

    def closure(
        self, levels: Sequence[Ids], strengths: Sequence[Strengths], cut: str | None
    ) -> Closure:
        """Return what was reached."""
        if self._field.hidden is not None:
            self.best[self._field.hidden] = _UNREACHED
        return Closure(tuple(levels), tuple(strengths), self.best, cut)

    def reach(self, nodes: Ids, strengths: Strengths) -> Ids:
        """Note nodes that are new or reached better; return them, each once."""
        better = np.flatnonzero(strengths > self.best.take(nodes))
        return self._note(nodes.take(better), strengths.take(better))

    def _note(self, nodes: Ids, strengths: Strengths) -> Ids:
        """Note nodes all of which are new or reached better; return them, each once."""
        if not len(nodes):
            return nodes
        if len(nodes) * _SHARE > len(self.best):
            before = self.best.copy()
            self._write(nodes, strengths)
            once = np.flatnonzero(before != self.best).astype(np.int32)
            self.new += int(np.count_nonzero(before.take(once) == _UNREACHED))
            return once
        once = self._once(nodes)
        self.new += int(np.count_nonzero(self.best.take(once) == _UNREACHED))
        self._write(nodes, strengths)
        return once

    def _write(self, nodes: Ids, strengths: Strengths) -> None:
        # Of a node's several strengths any may be written last: write the greater ones again.
        while len(nodes):
            self.best[nodes] = strengths
            less = np.flatnonzero(self.best.take(nodes) < strengths)
            nodes, strengths = nodes.take(less), strengths.take(less)

    def follow(self, nodes: Ids) -> Ids:
        """Follow the links of nodes just reached; return what they newly lead to."""
        gates = self._field.dataset_of.take(nodes) + self._exit
        exits = self.reach_gates(gates, self._field.going_on(nodes, self.best.take(nodes)))
        asked = np.concatenate((nodes, exits)) if len(exits) else nodes
        strength = self._field.going_on(asked, self.best.take(asked))
        found = [self._followed(edges, asked, strength) for edges in self._adjacencies]
        ends = [ends for ends, _ in found]
        return self._enter(
            np.concatenate(ends) if len(ends) > 1 else ends[0],
            np.concatenate([s for _, s in found]) if len(found) > 1 else found[0][1],
        )

    def reach_gates(self, gates: Ids, strengths: Strengths) -> Ids:
        """Note gates passed; return those through which a stronger path leads than before."""
        counted = self.new
        reached = self.reach(gates, strengths)
        self.new = counted
        return reached

    def _followed(
        self, edges: Adjacency, nodes: Ids, strengths: Strengths
    ) -> tuple[Ids, Strengths]:
        """Return what links in force newly or better reach, and how strongly."""
        counts, places = _spread(edges.starts, nodes)
        ends, before = edges.ends.take(places), np.repeat(strengths, counts)
        held = self.best.take(ends)
        # Many ends of a large walk were reached as well already: what is left is looked at.
        worth = np.flatnonzero(before > held)
        carried = self._field.carried.take(edges.stated.take(places.take(worth)))
        after = np.minimum(before.take(worth), carried)
        better = np.flatnonzero(after > held.take(worth))
        return ends.take(worth.take(better)), after.take(better)

    def _enter(self, ends: Ids, strengths: Strengths) -> Ids:
        """Note the ends of links, new or reached better: with a gate all that lies behind it."""
        field, reached = self._field, self._note(ends, strengths)
        gate = reached == field.dataset_of.take(reached) + self._entry
        if not gate.any():
            return reached
        gates, reached = reached[gate], reached[~gate]
        self.new -= len(gates) - int(np.count_nonzero(self._passed.take(gates)))
        self._passed[gates] = True
        datasets, passed = field.dataset_of.take(gates), self.best.take(gates)
        owner, columns = field.columns(datasets)
        behind = self.reach(
            np.concatenate((datasets, columns)), np.concatenate((passed, passed.take(owner)))
        )
        return self._once(np.concatenate((reached, behind)))

    def _once(self, nodes: Ids) -> Ids:
        place = np.arange(len(nodes), dtype=np.int32)
        self._place[nodes] = place
        first: Ids = nodes[self._place.take(nodes) == place]
        return first


def _spread(starts: Ids, nodes: Ids) -> tuple[Ids, Places]:
    """Return how many links each node has, and the places of all of them in turn."""
    first = starts.take(nodes)
    counts = starts.take(nodes + 1) - first
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    places = np.arange(total)
    places += np.repeat(first - (ends - counts), counts)
    return counts, places


def _distinct(parts: Sequence[Ids], ids: int) -> Ids:
    """Return the ids that occur, in order; with so many of them flags beat sorting."""
    flags = np.zeros(ids, np.bool_)
    for part in parts:
        flags[part] = True
    return np.flatnonzero(flags).astype(np.int32)
