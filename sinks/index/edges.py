"""Edges in arrays, by their source and by their target.

What is new goes into a small segment of the same form, which is folded into the large one
when it has grown. An edge never changes; whether it counts is up to its derivation.
"""

from array import array
from dataclasses import dataclass
from mmap import mmap
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .names import Ids

UNKNOWN_COLUMNS = "UNKNOWN_COLUMNS"
"""Subtype of an edge from a dataset any column of which may feed the target."""

EXISTENCE = "EXISTENCE"
"""Subtype of an edge from a dataset whose rows are read, but no column's value."""

RECENT_EDGES_MIN = 50_000
RECENT_SHARE = 8
"""The recent segment is folded in beyond this many edges and this part of the others."""


class Kind(NamedTuple):
    """How an edge's source acts on its target."""

    type: str
    subtype: str
    masking: bool
    known_by: str | None

    @property
    def direct(self) -> bool:
        """Whether a value gets there."""
        return self.type == "DIRECT"

    @property
    def of_columns(self) -> bool:
        """Whether the source is a column."""
        return self.subtype not in (UNKNOWN_COLUMNS, EXISTENCE)

    @property
    def strength(self) -> int:
        """Plain value (2), masked value (1), influence only (0)."""
        return int(self.direct) + int(self.direct and not self.masking)


class Kinds(dict[tuple[str, str, bool, str | None], int]):
    """Numbers kinds of edges in the order in which they are first asked for."""

    def __missing__(self, key: tuple[str, str, bool, str | None]) -> int:
        self[key] = len(self)
        return self[key]

    def all(self) -> list[Kind]:
        """Return the kinds in order of their numbers."""
        return [Kind(*key) for key in self]


class Statements(NamedTuple):
    """What is said of edges: the derivation that states them, and of which kind they are."""

    derivation: Ids
    kind: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Columns:
    """Edges as parallel arrays; `stated` is the place of their statement among all."""

    source: Ids
    target: Ids
    stated: Ids


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Edges in order of the node they lead away from.

    Attributes:
        starts: For each node where its edges begin; one more than there are nodes.
        ends: Where the edges lead.
        stated: The place of their statement among all.
    """

    starts: Ids
    ends: Ids
    stated: Ids

    def padded(self, nodes: int) -> "Adjacency":
        """Return the same for more nodes, the new ones without edges."""
        missing = nodes + 1 - len(self.starts)
        if missing <= 0:
            return self
        more = np.full(missing, self.starts[-1], np.int32)
        return Adjacency(np.concatenate((self.starts, more)), self.ends, self.stated)


@dataclass(frozen=True, slots=True)
class Segment:
    """The same edges twice: by source and by target."""

    forward: Adjacency
    backward: Adjacency

    def columns(self) -> Columns:
        """Return the edges in order of their sources."""
        by = self.forward
        source = np.repeat(np.arange(len(by.starts) - 1, dtype=np.int32), np.diff(by.starts))
        return Columns(source, by.ends, by.stated)

    def padded(self, nodes: int) -> "Segment":
        """Return the same for more nodes."""
        return Segment(self.forward.padded(nodes), self.backward.padded(nodes))


class Edges:
    """All edges ever stated, those of derivations no longer in force too."""

    def __init__(self) -> None:
        # Of a derivation's edges many are of one kind: one statement for all of these.
        self._derivation, self._kind = array("i"), array("H")
        # What waits for a segment, by target.
        self._source, self._stated = array("i"), array("i")
        self._target, self._count = array("i"), array("i")
        self._folded = segment(_no_edges(), 0)
        self._recent: Segment | None = None

    def __len__(self) -> int:
        return len(self._folded.forward.ends) + len(self._source)

    def stating(self, derivation: int, kinds: Kinds) -> "Stating":
        """Return what numbers the statements of a derivation, by kind."""
        return Stating(derivation, kinds, self._derivation, self._kind)

    def extend(
        self, targets: list[int], counts: list[int], sources: list[int], stated: list[int]
    ) -> None:
        """Add the edges of a derivation.

        Args:
            targets: Where they lead.
            counts: How many lead to each of these.
            sources: Where they start, target by target.
            stated: Their statements, in the same order.
        """
        self._target.fromlist(targets)
        self._count.fromlist(counts)
        self._source.fromlist(sources)
        self._stated.fromlist(stated)
        self._recent = None

    def statements(self) -> Statements:
        """Return what is said of edges, by the places of statements."""
        return Statements(np.array(self._derivation, np.int32), np.array(self._kind, np.uint16))

    def segments(self, nodes: int) -> tuple[Segment, ...]:
        """Return the edges between so many nodes."""
        if len(self._source) > max(
            RECENT_EDGES_MIN, len(self._folded.forward.ends) // RECENT_SHARE
        ):
            self._fold(nodes)
        self._folded = self._folded.padded(nodes)
        if not self._source:
            return (self._folded,)
        if self._recent is None:
            self._recent = segment(self._waiting(), nodes)
        self._recent = self._recent.padded(nodes)
        return (self._folded, self._recent)

    def columns(self) -> Columns:
        """Return all edges."""
        return _joined(self._folded.columns(), self._waiting())

    @classmethod
    def restore(cls, columns: Columns, statements: Statements, nodes: int) -> "Edges":
        """Return these edges."""
        edges = cls()
        edges._derivation.frombytes(statements.derivation.astype("i").tobytes())
        edges._kind.frombytes(statements.kind.astype("H").tobytes())
        edges._folded = segment(columns, nodes)
        return edges

    def _fold(self, nodes: int) -> None:
        old = len(self._folded.forward.ends)
        self._folded = segment(self.columns() if old else self._waiting(), nodes)
        self._recent = None
        for waiting in (self._source, self._stated, self._target, self._count):
            del waiting[:]

    def _waiting(self) -> Columns:
        """Return what waits, as views that must be gone before more is added."""
        return Columns(
            np.frombuffer(self._source, np.int32),
            np.repeat(np.frombuffer(self._target, np.int32), self._count),
            np.frombuffer(self._stated, np.int32),
        )


class Stating(dict[tuple[str, str, bool, str | None], int]):
    """Numbers the statements of one derivation, by the kind of the edges."""

    def __init__(
        self, derivation: int, kinds: Kinds, derivations: "array[int]", of_kinds: "array[int]"
    ) -> None:
        self._derivation, self._kinds = derivation, kinds
        self._derivations, self._of_kinds = derivations, of_kinds

    def __missing__(self, key: tuple[str, str, bool, str | None]) -> int:
        number = self[key] = len(self._derivations)
        self._derivations.append(self._derivation)
        self._of_kinds.append(self._kinds[key])
        return number


def segment(columns: Columns, nodes: int) -> Segment:
    """Return edges in both orders."""
    return Segment(
        _adjacency(columns.source, columns.target, columns.stated, nodes),
        _adjacency(columns.target, columns.source, columns.stated, nodes),
    )


def _adjacency(starts: Ids, ends: Ids, stated: Ids, nodes: int) -> Adjacency:
    # Sorting (node, place) packed into one integer is several times quicker than argsort.
    packed = _passing(len(starts))
    packed[:] = starts
    first = np.zeros(nodes + 1, np.int32)
    np.cumsum(np.bincount(packed, minlength=nodes), out=first[1:])
    packed <<= 32
    packed |= np.arange(len(starts), dtype=np.int32)
    packed.sort()
    packed &= 0xFFFFFFFF
    return Adjacency(first, ends.take(packed), stated.take(packed))


def _passing(count: int) -> NDArray[np.int64]:
    """Return an array whose memory goes back to the system with it; an allocator would keep it."""
    return np.frombuffer(mmap(-1, max(1, count) * 8), np.int64, count)


def _joined(one: Columns, other: Columns) -> Columns:
    return Columns(
        np.concatenate((one.source, other.source)),
        np.concatenate((one.target, other.target)),
        np.concatenate((one.stated, other.stated)),
    )


def _no_edges() -> Columns:
    none = np.empty(0, np.int32)
    return Columns(none, none, none)
