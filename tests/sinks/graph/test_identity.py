"""Both ways of identity make, and find, the same graph."""

import threading
from collections.abc import Iterator

import pytest

from headwater.deploy import janusgraph, jars
from headwater.deploy.ports import choose_ports
from headwater.deploy.supervisor import Child, Supervisor
from headwater.sinks.graph.connection import GraphConnection
from headwater.sinks.graph.identity import Identity, PropertyIdentity, VertexIdentity
from headwater.sinks.graph.questions import Questions
from headwater.sinks.graph.writer import GraphWriter

from .content import held, stated
from .estate import Estate

pytestmark = pytest.mark.stack

TINKERGRAPH = """
gremlin.graph=org.apache.tinkerpop.gremlin.tinkergraph.structure.TinkerGraph
gremlin.tinkergraph.vertexIdManager=ANY
"""


@pytest.fixture(scope="module")
def custom_ids_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """TinkerPop's own graph, which takes vertex ids of ours as Neptune does."""
    directory = tmp_path_factory.mktemp("custom-ids")
    port = choose_ports(["janusgraph"], {})["janusgraph"]
    config = janusgraph.write_config(directory / "janusgraph", port)
    (directory / "janusgraph" / "graph.properties").write_text(TINKERGRAPH)
    jvm = janusgraph.server(config, jars.class_path(jars.JANUSGRAPH, jars.no_progress))
    log_path = directory / "log"
    ready = janusgraph.server_ready(port)
    supervisor = Supervisor(
        [Child("custom-ids", jvm.argv, jvm.env, log_path, ready)], lambda _statuses: None
    )
    supervisor.start()
    yield janusgraph.gremlin_url(port)
    supervisor.stop()


@pytest.fixture(params=["property", "vertex"])
def graph(
    request: pytest.FixtureRequest,
) -> Iterator[tuple[GraphConnection, Identity]]:
    """A graph of each way, with that way."""
    vertex = request.param == "vertex"
    found = request.getfixturevalue("custom_ids_url" if vertex else "stack")
    url = found if vertex else found.gremlin_url
    connection = GraphConnection(url)
    yield connection, VertexIdentity() if vertex else PropertyIdentity()
    connection.close()


def test_records_make_the_same_graph_and_answers(
    graph: tuple[GraphConnection, Identity], estate: Estate
) -> None:
    """What is held and what is answered does not depend on the way, nor on repetition."""
    connection, identity = graph
    s = estate.source
    envelopes = estate.in_force(
        estate.derivation("mid", {"a": [s("raw.x")]}, dataset=[s("raw.y", "FILTER")]),
        estate.derivation("end", {"k": [s("mid.a")]}),
    )
    for _ in range(2):
        writer = GraphWriter(
            connection,
            identity,
            stop=threading.Event(),
            on_wait=lambda _error: None,
            on_written=lambda _vertices, _edges: None,
        )
        assert writer.write(envelopes) == []
    assert held(connection, identity, envelopes) == stated(envelopes)
    impact = Questions(connection, identity).impact(f"{estate.namespace}/raw.y")
    assert [each.name for each in impact.reach.columns] == [
        estate.column("mid.a"),
        estate.column("end.k"),
    ]
