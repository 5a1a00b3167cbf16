"""Two ways in which a vertex is known by its uid.

Both write the uid as a property too, so that it is read in the same way everywhere.
Edges have one way: the uid is a property, looked for among their source's edges.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource
from gremlin_python.process.traversal import P, T


class Identity(Protocol):
    """How to find a vertex by its uid, and how to make one that is found so."""

    def find(self, g: GraphTraversalSource, uids: Iterable[str]) -> GraphTraversal:
        """Return a traversal over the vertices with these uids."""

    def key(self, uid: str) -> dict[Any, str]:
        """Return what `mergeV` looks for, and sets on a vertex that it creates."""


class PropertyIdentity:
    """By a uniquely indexed property: JanusGraph on BerkeleyJE, which takes no ids of ours."""

    def find(self, g: GraphTraversalSource, uids: Iterable[str]) -> GraphTraversal:
        return g.V().has("uid", P.within(list(uids)))

    def key(self, uid: str) -> dict[Any, str]:
        return {"uid": uid}


class VertexIdentity:
    """By the vertex id itself: Neptune, and JanusGraph with `graph.allow-custom-vid-types`."""

    def find(self, g: GraphTraversalSource, uids: Iterable[str]) -> GraphTraversal:
        return g.V(list(uids))

    def key(self, uid: str) -> dict[Any, str]:
        return {T.id: uid}


IDENTITIES: dict[str, type[Identity]] = {"property": PropertyIdentity, "vertex": VertexIdentity}
