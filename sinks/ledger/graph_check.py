"""Graph check: whether the graph holds what the records in the log say, and nothing else.

What every record adds is worked out again and compared with the graph, element by element
with all properties. In memory are the ids and a short hash of each, about 300 bytes an
element.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from gremlin_python.process.graph_traversal import GraphTraversal, __
from gremlin_python.process.traversal import T

from ...schemas.canonical import canonical
from ...schemas.records import decode, record_id
from ..graph.connection import GraphConnection
from ..graph.elements import Element, Elements, elements
from ..graph.identity import Identity
from ..graph.lineage import LineageReader, described
from .leaf import Entry

Row = dict[str, Any]


@dataclass(slots=True)
class Expected:
    """The elements that records add to a graph.

    Attributes:
        required: Ids of those that must be there by now; the others may be.
        records: How many records were read.
        refused: How many of them the graph sink refuses too, into the dead letters.
    """

    vertices: dict[str, bytes] = field(default_factory=dict)
    edges: dict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))
    required: set[str] = field(default_factory=set)
    records: int = 0
    refused: int = 0

    def add(self, entry: Entry, *, required: bool) -> None:
        """Add what a message of `lineage.records` says."""
        self.records += 1
        found = _elements(entry)
        if found is None:
            self.refused += 1
            return
        for vertex in found.vertices:
            self.vertices[vertex.uid] = _short(vertex.label, vertex.uid, vertex.properties)
        for edge in found.edges:
            said = _short(edge.label, edge.uid, edge.properties, edge.target)
            self.edges[edge.source][edge.uid] = said
        if required:
            both: tuple[Element, ...] = (*found.vertices, *found.edges)
            self.required.update(element.uid for element in both)


class GraphCopy(Protocol):
    """What a graph holds: rows with `label`, `said` (the properties), of edges also the ends."""

    def vertices(self, uids: Collection[str]) -> Iterable[Row]:
        """Yield the vertices of these ids."""

    def edges(self, uids: Collection[str]) -> Iterable[Row]:
        """Yield the edges that go out of the vertices of these ids."""

    def uids(self) -> Iterable[tuple[str, str | None]]:
        """Yield label and id of every vertex; None for one without an id."""


@dataclass(frozen=True, slots=True)
class LiveGraph:
    """A graph that a Gremlin server holds."""

    connection: GraphConnection
    identity: Identity

    def vertices(self, uids: Collection[str]) -> Iterable[Row]:
        """Yield the vertices of these ids."""
        return LineageReader(self.connection, self.identity).rows(uids, described)

    def edges(self, uids: Collection[str]) -> Iterable[Row]:
        """Yield the edges that go out of the vertices of these ids."""
        return LineageReader(self.connection, self.identity).rows(uids, _edges_of)

    def uids(self) -> Iterator[tuple[str, str | None]]:
        """Yield label and id of every vertex; None for one without an id."""
        for label in self.connection.ask(lambda g: g.V().label().dedup()):
            named = self.connection.ask(
                lambda g, label=label: g.V().has_label(label).values("uid")  # type: ignore[misc]
            )
            yield from ((label, uid) for uid in named)
        for label in self.connection.ask(lambda g: g.V().has_not("uid").label()):
            yield label, None


def graph_faults(graph: GraphCopy, expected: Expected) -> Iterator[str]:
    """Yield what a graph lacks, has otherwise or has besides."""
    yield from _vertex_faults(graph.vertices(expected.vertices), expected)
    yield from _edge_faults(graph.edges(expected.vertices), expected)
    yield from _surplus(graph.uids(), expected)


def _vertex_faults(rows: Iterable[Row], expected: Expected) -> Iterator[str]:
    seen: set[str] = set()
    for row in rows:
        uid = row["said"]["uid"]
        if uid in seen:
            yield f"the graph holds the {row['label']} {uid} twice"
        seen.add(uid)
        if _short_of(row) != expected.vertices[uid]:
            yield f"the {row['label']} {uid} of the graph is not as its records state it"
    missing = (expected.vertices.keys() & expected.required) - seen
    yield from (f"the graph lacks the vertex {uid}" for uid in sorted(missing))


def _edge_faults(rows: Iterable[Row], expected: Expected) -> Iterator[str]:
    seen: set[str] = set()
    for row in rows:
        uid = row["said"].get("uid", "without an id")
        stated = expected.edges.get(row["source"], {}).get(uid)
        if stated is None:
            yield f"no record states the {row['label']} edge {uid} from {row['source']}"
        elif uid in seen:
            yield f"the graph holds the {row['label']} edge {uid} twice"
        elif _short_of(row, row["target"]) != stated:
            yield f"the {row['label']} edge {uid} of the graph is not as its records state it"
        seen.add(uid)
    edges = {uid for by_source in expected.edges.values() for uid in by_source}
    missing = (edges & expected.required) - seen
    yield from (f"the graph lacks the edge {uid}" for uid in sorted(missing))


def _surplus(uids: Iterable[tuple[str, str | None]], expected: Expected) -> Iterator[str]:
    """Name the vertices that no record states."""
    for label, uid in uids:
        if uid is None:
            yield f"no record states a {label} without an id"
        elif uid not in expected.vertices:
            yield f"no record states the {label} {uid}"


def _edges_of(found: GraphTraversal) -> GraphTraversal:
    return (
        found.out_e()
        .project("label", "source", "target", "said")
        .by(T.label)
        .by(__.out_v().values("uid"))
        .by(__.in_v().coalesce(__.values("uid"), __.constant("")))
        .by(__.value_map())
    )


def _elements(entry: Entry) -> Elements | None:
    """Return what a message adds, None for one that the graph sink refuses."""
    try:
        envelope = decode(entry.value or b"")
        return elements(envelope) if record_id(envelope.record) == envelope.id else None
    except ValueError:
        return None


def _short_of(row: dict[str, Any], target: str = "") -> bytes:
    said = dict(row["said"])
    return _short(row["label"], said.pop("uid", ""), said, target)


def _short(label: str, uid: str, properties: dict[str, Any], target: str = "") -> bytes:
    return hashlib.sha256(canonical([label, uid, properties, target])).digest()[:16]
