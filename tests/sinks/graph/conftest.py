"""A graph to write to and to ask, with names that no other test has."""

import threading
from collections.abc import Callable, Iterable, Iterator

import pytest

from headwater.schemas.records import Envelope
from headwater.sinks.graph.connection import GraphConnection
from headwater.sinks.graph.questions import Questions
from headwater.sinks.graph.writer import GraphWriter

from .cassandra import graph_on_cassandra
from .estate import Estate
from .site import IDENTITY, ON_CASSANDRA


@pytest.fixture
def estate() -> Estate:
    """Names that no other test has."""
    return Estate()


@pytest.fixture(scope="session")
def gremlin_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the graph to be tested on."""
    if not ON_CASSANDRA:
        yield request.getfixturevalue("stack").gremlin_url
        return
    directory = request.getfixturevalue("tmp_path_factory").mktemp("cassandra")
    with graph_on_cassandra(directory) as url:
        yield url


@pytest.fixture
def connection(gremlin_url: str) -> Iterator[GraphConnection]:
    """A connection to the graph."""
    connection = GraphConnection(gremlin_url)
    yield connection
    connection.close()


@pytest.fixture
def make_writer(connection: GraphConnection) -> Callable[[], GraphWriter]:
    """Return what makes a writer that has not written anything yet."""

    def make() -> GraphWriter:
        return GraphWriter(
            connection,
            IDENTITY,
            stop=threading.Event(),
            on_wait=lambda _error: None,
            on_written=lambda _vertices, _edges: None,
        )

    return make


@pytest.fixture
def write(make_writer: Callable[[], GraphWriter]) -> Callable[[Iterable[Envelope]], None]:
    """Return what writes records, none of which may be refused."""

    def write(envelopes: Iterable[Envelope]) -> None:
        assert make_writer().write(envelopes) == []

    return write


@pytest.fixture
def questions(connection: GraphConnection) -> Questions:
    """Asks the graph."""
    return Questions(connection, IDENTITY)
