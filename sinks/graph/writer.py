"""Records into the graph: merged in batches, never changed, never removed.

The only steps ever sent are `mergeV` and `mergeE` with what to do on creation. There is
no step here that could drop or overwrite, so immutability needs no discipline.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Direction, Merge, T

from ...schemas.records import Envelope
from .connection import Build, GraphConnection, GraphRefusalError
from .elements import Edge, Element, Elements, Vertex, elements
from .identity import Identity
from .recent import Recent
from .retry import FIRST_S, StoppedError, pause, until_answered

_E = TypeVar("_E", Vertex, Edge)

REQUEST_ELEMENTS_MAX = 500
"""Rates level off here: see `make bench-graph`."""

REQUEST_BYTES_MAX = 4 * 1024 * 1024
"""Well under the 10 MiB that the server and the driver take in one message."""

VALUE_LENGTH_MAX = 1024 * 1024
"""A property longer than this has no place in a graph; its record is refused."""

RECENT_RECORDS = 200_000
RECENT_ELEMENTS = 400_000

# How often to look whether to stop while an answer is awaited, and how long to wait on.
_STOP_CHECK_S = 0.2
_STOP_GRACE_S = 5.0

# What an element takes in a request besides its texts: ids, keys, types.
_ELEMENT_BYTES = 512

# How often a single record is tried before a refusal is taken as the record's fault.
_REFUSALS_MAX = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that the graph can never hold, and why.

    Attributes:
        reason: A word for counting: `invalid_value`, `too_large`, `refused_by_graph`.
    """

    envelope: Envelope
    reason: str
    error: str


@dataclass(frozen=True, slots=True)
class _Prepared:
    envelope: Envelope
    elements: Elements


class GraphWriter:
    """Writes records so that writing them again, in any order, changes nothing.

    Args:
        connection: Where the graph is.
        identity: How it knows vertices by their uids.
        stop: Ends waiting for a graph that gives no answer.
        on_wait: Called with the error before each wait for such a graph.
        on_written: Called with the numbers of vertices and edges that were sent.
    """

    def __init__(
        self,
        connection: GraphConnection,
        identity: Identity,
        *,
        stop: threading.Event,
        on_wait: Callable[[Exception], None],
        on_written: Callable[[int, int], None],
        request_elements_max: int = REQUEST_ELEMENTS_MAX,
    ) -> None:
        self._connection = connection
        self._identity = identity
        self._stop = stop
        self._on_wait = on_wait
        self._on_written = on_written
        self._request_elements_max = request_elements_max
        self._records: Recent[str, None] = Recent(RECENT_RECORDS)
        self._ids: Recent[str, Any] = Recent(RECENT_ELEMENTS)
        self._edges: Recent[str, None] = Recent(RECENT_ELEMENTS)

    def write(self, envelopes: Iterable[Envelope]) -> list[Refusal]:
        """Write records, waiting without limit for a graph that gives no answer.

        Args:
            envelopes: Records whose ids are those of their content.

        Returns:
            The records that were refused; all others are in the graph.

        Raises:
            StoppedError: If `stop` was set while waiting. Any part may be written by then.
        """
        new = {e.id: e for e in envelopes if e.id not in self._records}
        refusals: list[Refusal] = []
        batch: list[_Prepared] = []
        for envelope in new.values():
            match _prepare(envelope):
                case Refusal() as refusal:
                    refusals.append(refusal)
                case prepared:
                    batch.append(prepared)
        return refusals + self._store(batch)

    def _store(self, batch: Sequence[_Prepared]) -> list[Refusal]:
        """Store a batch; of one that is refused, each half by itself, down to the guilty."""
        if not batch:
            return []
        try:
            self._merge_until_answered(batch)
        except GraphRefusalError as refusal:
            self._forget()
            if len(batch) == 1:
                return self._insist(batch[0], refusal)
            half = len(batch) // 2
            return self._store(batch[:half]) + self._store(batch[half:])
        return []

    def _insist(self, prepared: _Prepared, refusal: GraphRefusalError) -> list[Refusal]:
        """Try a refused record again, for a graph in trouble may refuse anything."""
        for _ in range(1, _REFUSALS_MAX):
            pause(FIRST_S, self._stop)
            try:
                self._merge_until_answered([prepared])
            except GraphRefusalError as again:
                refusal = again
            else:
                return []
        return [Refusal(prepared.envelope, "refused_by_graph", refusal.message)]

    def _merge_until_answered(self, batch: Sequence[_Prepared]) -> None:
        """Merge a whole batch, from its start each time that the graph gives no answer."""

        def wait(error: Exception) -> None:
            self._forget()
            self._on_wait(error)

        until_answered(lambda: self._merge(batch), stop=self._stop, on_wait=wait)

    def _merge(self, batch: Sequence[_Prepared]) -> None:
        vertices = {v.uid: v for each in batch for v in each.elements.vertices}
        edges = {e.uid: e for each in batch for e in each.elements.edges}
        ids = self._merge_vertices(vertices)
        for chunk in self._chunks([e for e in edges.values() if e.uid not in self._edges]):
            self._answer(partial(_edges_merged, edges=chunk, ids=ids))
            self._edges.add((edge.uid, None) for edge in chunk)
            self._on_written(0, len(chunk))
        self._records.add((each.envelope.id, None) for each in batch)

    def _merge_vertices(self, vertices: dict[str, Vertex]) -> dict[str, Any]:
        """Return the graph's own ids of vertices, after making those that are new."""
        ids = {uid: self._ids.get(uid) for uid in vertices if uid in self._ids}
        for chunk in self._chunks([v for v in vertices.values() if v.uid not in ids]):
            rows = self._answer(partial(_vertices_merged, vertices=chunk, identity=self._identity))
            found = {row["uid"]: row["id"] for row in rows}
            self._ids.add(found.items())
            self._on_written(len(chunk), 0)
            ids |= found
        return ids

    def _answer(self, build: Build) -> list[Any]:
        """Return the answer to a request, unless it is time to stop."""
        answer = self._connection.start(build)
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                return answer.result(_STOP_CHECK_S)
        try:
            return answer.result(_STOP_GRACE_S)
        except TimeoutError:
            raise StoppedError from None

    def _forget(self) -> None:
        """Take nothing for written any more: the graph may have lost what it held."""
        self._records.clear()
        self._ids.clear()
        self._edges.clear()

    def _chunks(self, elements: Sequence[_E]) -> Iterator[list[_E]]:
        """Split elements into requests that are bounded in number and in bytes."""
        chunk: list[_E] = []
        size = 0
        for element in elements:
            weight = _weight(element)
            if chunk and (
                len(chunk) >= self._request_elements_max or size + weight > REQUEST_BYTES_MAX
            ):
                yield chunk
                chunk, size = [], 0
            chunk.append(element)
            size += weight
        if chunk:
            yield chunk


def _prepare(envelope: Envelope) -> _Prepared | Refusal:
    try:
        found = elements(envelope)
    except ValueError as error:
        return Refusal(envelope, "invalid_value", str(error))
    all_: tuple[Element, ...] = (*found.vertices, *found.edges)
    for element in all_:
        for name, value in element.properties.items():
            if isinstance(value, str) and len(value) > VALUE_LENGTH_MAX:
                told = f"`{name}` of a {element.label} has {len(value)} characters"
                return Refusal(envelope, "too_large", told)
    return _Prepared(envelope, found)


def _weight(element: Element) -> int:
    """Return about how many bytes an element takes in a request."""
    texts = (value for value in element.properties.values() if isinstance(value, str))
    return _ELEMENT_BYTES + 4 * sum(map(len, texts))


def _vertices_merged(
    g: GraphTraversalSource, *, vertices: Sequence[Vertex], identity: Identity
) -> GraphTraversal:
    """Return the traversal that makes what is missing and yields each vertex's two ids."""
    wanted = [
        {"key": identity.key(v.uid), "new": {T.label: v.label, "uid": v.uid, **v.properties}}
        for v in vertices
    ]
    return (
        g.inject(wanted)
        .unfold()
        .as_("wanted")
        .merge_v(__.select("key"))
        .option(Merge.on_create, __.select("wanted").select("new"))
        .project("uid", "id")
        .by("uid")
        .by(T.id)
    )


def _edges_merged(
    g: GraphTraversalSource, *, edges: Sequence[Edge], ids: Mapping[str, Any]
) -> GraphTraversal:
    """Return the traversal that makes what is missing and yields how many it looked at."""
    wanted = [
        {
            "key": {
                T.label: e.label,
                Direction.OUT: ids[e.source],
                Direction.IN: ids[e.target],
                "uid": e.uid,
            },
            "new": e.properties,
        }
        for e in edges
    ]
    return (
        g.inject(wanted)
        .unfold()
        .as_("wanted")
        .merge_e(__.select("key"))
        .option(Merge.on_create, __.select("wanted").select("new"))
        .count()
    )
