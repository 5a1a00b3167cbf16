"""Along the links from a start, level by level, keeping each node's strongest path."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..ask import DEPTH_MAX, NODES_MAX, Way
from .elements import EXISTENCE, UNKNOWN_COLUMNS
from .lineage import LineageReader, Link, Node


@dataclass(frozen=True, slots=True)
class Reached:
    """A column or dataset and the strongest, then shortest path to it.

    Attributes:
        direct: Whether a value gets there: no filter, join or the like on the path.
        masked: Whether the path hides the value from whoever reads it.
        hops: How many derivations lie between; 0 at the start.
        link: The last link of the path; None at the start.
        before: The uid of the node before that link.
    """

    node: Node
    direct: bool = True
    masked: bool = False
    hops: int = 0
    link: Link | None = None
    before: str | None = None

    @property
    def strength(self) -> int:
        """Plain value (2), masked value (1), influence only (0)."""
        return int(self.direct) + int(self.direct and not self.masked)


@dataclass(frozen=True, slots=True)
class Walk:
    """All that was reached, the start included.

    Attributes:
        links: Every link in force that leads away from a node reached.
        cut: Why the walk ended early; None if it is complete.
    """

    reached: dict[str, Reached]
    links: frozenset[Link]
    cut: str | None


def walk(
    reader: LineageReader,
    starts: Iterable[Node],
    way: Way,
    *,
    depth_max: int = DEPTH_MAX,
    nodes_max: int = NODES_MAX,
) -> Walk:
    """Walk from the starts as far as links in force lead.

    A node is visited again only when a stronger path to it is found, which can happen
    twice at most: so it ends, whatever cycles there are.
    """
    reached = {node.uid: Reached(node) for node in starts}
    frontier = set(reached)
    links: set[Link] = set()
    for hops in range(1, depth_max + 1):
        steps = list(_steps(reader, [reached[uid] for uid in sorted(frontier)], way))
        links |= {link for _, link in steps}
        frontier = _improve(reader, reached, steps, way, hops)
        if not frontier:
            return Walk(reached, frozenset(links), None)
        if len(reached) > nodes_max:
            return Walk(reached, frozenset(links), f"more than {nodes_max} nodes")
    return Walk(reached, frozenset(links), f"deeper than {depth_max} hops")


def _steps(reader: LineageReader, at: list[Reached], way: Way) -> Iterator[tuple[Reached, Link]]:
    """Yield every link that leads on from these, a column's by way of its dataset too."""
    datasets = {each.node.dataset for each in at}
    found = reader.links({each.node.uid for each in at} | datasets, way)
    for each in at:
        for link in found[each.node.uid]:
            yield each, link
        if each.node.field is not None:
            for link in found[each.node.dataset]:
                if way is Way.UPSTREAM or link.subtype == UNKNOWN_COLUMNS:
                    yield each, link


def _improve(
    reader: LineageReader,
    reached: dict[str, Reached],
    steps: list[tuple[Reached, Link]],
    way: Way,
    hops: int,
) -> set[str]:
    """Take the steps; return the nodes that are new or got a stronger path."""
    ends = reader.nodes({link.end(way) for _, link in steps})
    whole = {
        end
        for _, link in steps
        if (end := link.end(way)) in ends and ends[end].field is None and _all_columns(link, way)
    }
    columns = reader.columns(whole)
    ends |= reader.nodes(uid for dataset in whole for uid in columns[dataset])
    improved: set[str] = set()
    for before, link in steps:
        end = link.end(way)
        held = columns.get(end, []) if _all_columns(link, way) else []
        for uid in (end, *held):
            if uid not in ends:
                continue
            after = _after(before, link, ends[uid], hops)
            if uid not in reached or after.strength > reached[uid].strength:
                reached[uid] = after
                improved.add(uid)
    return improved


def _all_columns(link: Link, way: Way) -> bool:
    """Whether a link to a dataset concerns each of its columns."""
    return way is Way.DOWNSTREAM or link.subtype != EXISTENCE


def _after(before: Reached, link: Link, node: Node, hops: int) -> Reached:
    return Reached(
        node,
        direct=before.direct and link.type == "DIRECT",
        masked=before.masked or link.masking,
        hops=hops,
        link=link,
        before=before.node.uid,
    )
