"""Reads lineage from the graph: named things, and the links that are in force."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversal, __
from gremlin_python.process.traversal import Order, T

from ...schemas.names import ColumnName, DatasetName, JobName
from ...schemas.records import Method
from ..ask import Way
from .connection import GraphConnection
from .elements import dataset_uid
from .force import Making, Resolved, in_force
from .identity import Identity

REQUEST_UIDS_MAX = 500


@dataclass(frozen=True, slots=True)
class Node:
    """A vertex that has a name."""

    uid: str
    label: str
    namespace: str
    name: str
    field: str | None = None
    version: str | None = None

    @property
    def key(self) -> ColumnName | DatasetName | JobName:
        """The name as a plain tuple."""
        if self.field is not None:
            return ColumnName(self.namespace, self.name, self.field)
        if self.label == "Job":
            return JobName(self.namespace, self.name)
        return DatasetName(self.namespace, self.name)

    @property
    def dataset(self) -> str:
        """The uid of the dataset that this is, or that holds this column."""
        return dataset_uid(self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class Link:
    """A DERIVES or INFLUENCES edge of a derivation in force."""

    source: str
    target: str
    job: str
    derivation: str
    type: str
    subtype: str
    masking: bool = False
    known_by: str | None = None

    def end(self, way: Way) -> str:
        """Where the link leads."""
        return self.target if way is Way.DOWNSTREAM else self.source


class LineageReader:
    """Reads with few requests for many things at once, and remembers what it read.

    It is made for one question: what arrives in the graph later is not seen. An edge that
    two sinks made at once may be there twice, and counts once.
    """

    def __init__(self, connection: GraphConnection, identity: Identity) -> None:
        self._connection = connection
        self._identity = identity
        self._nodes: dict[str, Node] = {}
        self._links: dict[tuple[Way, str], list[Link]] = {}
        self._jobs_in_force: dict[str, str | None] = {}
        self._columns: dict[str, list[str]] = {}

    def rows(
        self, uids: Iterable[str], steps: Callable[[GraphTraversal], GraphTraversal]
    ) -> list[Any]:
        """Return what these steps yield from the vertices with these uids."""
        return [
            row
            for some in _parts(uids)
            for row in self._connection.ask(
                lambda g, some=some: steps(self._identity.find(g, some))  # type: ignore[misc]
            )
        ]

    def nodes(self, uids: Iterable[str]) -> dict[str, Node]:
        """Return the named vertices with these uids."""
        wanted = set(uids)
        for row in self.rows(wanted - self._nodes.keys(), described):
            node = node_of(row)
            self._nodes[node.uid] = node
        return {uid: self._nodes[uid] for uid in wanted if uid in self._nodes}

    def columns(self, datasets: Iterable[str]) -> dict[str, list[str]]:
        """Return the columns of each dataset, as uids."""
        wanted = set(datasets)
        new = wanted - self._columns.keys()
        self._columns |= {uid: [] for uid in new}
        for row in self.rows(
            new,
            lambda found: (
                found.project("dataset", "columns")
                .by("uid")
                .by(__.out("HAS_COLUMN").values("uid").dedup().fold())
            ),
        ):
            self._columns[row["dataset"]] = sorted(row["columns"])
        return {uid: self._columns[uid] for uid in wanted}

    def links(self, uids: Iterable[str], way: Way) -> dict[str, list[Link]]:
        """Return the links in force that lead away from each column or dataset."""
        wanted = set(uids)
        new = {uid for uid in wanted if (way, uid) not in self._links}
        self._links |= {(way, uid): [] for uid in new}
        rows = self.rows(new, _linked(way))
        self._resolve({row["said"]["derivation"] for row in rows})
        links = {
            _link(row, job)
            for row in rows
            if (job := self._jobs_in_force[row["said"]["derivation"]])
        }
        for link in sorted(links, key=_link_order):
            start = link.source if way is Way.DOWNSTREAM else link.target
            self._links[way, start].append(link)
        return {uid: self._links[way, uid] for uid in wanted}

    def _resolve(self, derivations: Collection[str]) -> None:
        """Learn of derivations by which job they are in force, if by any."""
        new = set(derivations) - self._jobs_in_force.keys()
        outputs = {making.output for making in self._makings(new, __.out_e("MAKES"))}
        rivals = self._makings(outputs, __.in_e("MAKES"))
        found = in_force(rivals, self._last_resolutions({each.derivation for each in rivals}))
        self._jobs_in_force |= dict.fromkeys(new)
        for making in rivals:
            self._jobs_in_force[making.derivation] = making.job if making in found else None

    def _makings(self, uids: Collection[str], edges: GraphTraversal) -> list[Making]:
        rows = self.rows(
            uids,
            lambda found: (
                found.flat_map(edges)
                .project("derivation", "job", "output", "method")
                .by(__.out_v().values("uid"))
                .by("job")
                .by(__.in_v().values("uid"))
                .by("method")
            ),
        )
        return [
            Making(row["derivation"], row["job"], row["output"], row["method"] == Method.INFERRED)
            for row in rows
        ]

    def _last_resolutions(self, derivations: Collection[str]) -> list[Resolved]:
        """Return the last resolution to each of these, and all others of the same runs.

        The last is found by an index, so it costs the same after ten thousand runs.
        """
        last = self.rows(
            derivations,
            lambda found: _resolved(
                found.local(__.in_e("RESOLVED_TO").order().by("order", Order.desc).limit(1))
            ),
        )
        runs = {row["by"] for row in last if row["label"] == "Run"}
        others = self.rows(runs, lambda found: _resolved(found.out_e("RESOLVED_TO")))
        return [
            # Without a run, an event stands for itself.
            Resolved(
                row["derivation"],
                by=row["by"] if row["label"] == "Run" else row["event"],
                event=row["event"],
                order=row["order"],
            )
            for row in (*last, *others)
        ]


def _resolved(edges: GraphTraversal) -> GraphTraversal:
    return (
        edges.project("derivation", "by", "label", "event", "order")
        .by(__.in_v().values("uid"))
        .by(__.out_v().values("uid"))
        .by(__.out_v().label())
        .by("event")
        .by("order")
    )


def described(found: GraphTraversal) -> GraphTraversal:
    """Yield a label and the properties of vertices, for `node_of`."""
    return found.project("label", "said").by(T.label).by(__.value_map().by(__.unfold()))


def node_of(row: dict[str, Any]) -> Node:
    """Return the node of a row that `described` yields."""
    said = row["said"]
    return Node(
        uid=said["uid"],
        label=row["label"],
        namespace=said.get("namespace", ""),
        name=said.get("name", ""),
        field=said.get("field"),
        version=said.get("version"),
    )


def _linked(way: Way) -> Callable[[GraphTraversal], GraphTraversal]:
    labels = ("DERIVES", "INFLUENCES")
    return lambda found: (
        (found.out_e(*labels) if way is Way.DOWNSTREAM else found.in_e(*labels))
        .project("said", "source", "target")
        .by(__.value_map("derivation", "type", "subtype", "masking", "known_by"))
        .by(__.out_v().values("uid"))
        .by(__.in_v().values("uid"))
    )


def _link(row: dict[str, Any], job: str) -> Link:
    return Link(source=row["source"], target=row["target"], job=job, **row["said"])


def _link_order(link: Link) -> tuple[str, ...]:
    return (link.source, link.target, link.derivation, link.type, link.subtype)


def _parts(uids: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(uids)
    for start in range(0, len(ordered), REQUEST_UIDS_MAX):
        yield ordered[start : start + REQUEST_UIDS_MAX]
