"""Reads back what a graph holds of an estate."""

from collections.abc import Iterable
from typing import Any

from gremlin_python.process.graph_traversal import __
from gremlin_python.process.traversal import T

from headwater.schemas.canonical import canonical, digest
from headwater.schemas.records import Envelope
from headwater.sinks.graph.connection import GraphConnection
from headwater.sinks.graph.elements import elements
from headwater.sinks.graph.identity import Identity

Content = list[tuple[str, ...]]


def stated(envelopes: Iterable[Envelope]) -> Content:
    """Return what records state, each element once."""
    all_ = [elements(envelope) for envelope in envelopes]
    vertices = {
        v.uid: _row(v.label, {"uid": v.uid, **v.properties}) for e in all_ for v in e.vertices
    }
    edges = {
        e.uid: _row(e.label, {"uid": e.uid, **e.properties}, e.source, e.target)
        for each in all_
        for e in each.edges
    }
    return sorted([*vertices.values(), *edges.values()])


def held(connection: GraphConnection, identity: Identity, envelopes: Iterable[Envelope]) -> Content:
    """Return every vertex that records name, and every edge that leads away from one."""
    uids = {v.uid for envelope in envelopes for v in elements(envelope).vertices}
    vertices = connection.ask(
        lambda g: (
            identity.find(g, uids)
            .project("label", "said")
            .by(T.label)
            .by(__.value_map().by(__.unfold()))
        )
    )
    edges = connection.ask(
        lambda g: (
            identity.find(g, uids)
            .out_e()
            .project("label", "said", "source", "target")
            .by(T.label)
            .by(__.value_map())
            .by(__.out_v().values("uid"))
            .by(__.in_v().values("uid"))
        )
    )
    return sorted(
        [_row(row["label"], row["said"]) for row in vertices]
        + [_row(row["label"], row["said"], row["source"], row["target"]) for row in edges]
    )


def content_digest(content: Content) -> str:
    """Return one hash for all of it."""
    return digest(canonical(content))


def _row(label: str, said: dict[str, Any], *ends: str) -> tuple[str, ...]:
    return (label, *ends, canonical(said).decode())
