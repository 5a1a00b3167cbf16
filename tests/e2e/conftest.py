"""The whole stack, worker and graph sink included, for the tests that go all the way."""

from collections.abc import Iterator

import pytest

from headwater.deploy.accounting import Log
from headwater.deploy.demo.story import Findings, Story
from headwater.deploy.home import Home
from headwater.deploy.stack import Stack
from headwater.sinks.graph.connection import GraphConnection


@pytest.fixture(scope="session")
def whole_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Kafka, JanusGraph, and every service of our own."""
    home = Home(tmp_path_factory.mktemp("whole") / "home")
    with Stack(home) as running:
        yield running


@pytest.fixture(scope="session")
def found(whole_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Findings]:
    """What the demo finds out."""
    story = Story(whole_stack, tmp_path_factory.mktemp("demo"), lambda what: None)
    yield story.run()
    story.close()


@pytest.fixture
def log(whole_stack: Stack) -> Log:
    """The log of the whole stack."""
    return Log(whole_stack.kafka_bootstrap)


@pytest.fixture
def graph(whole_stack: Stack) -> Iterator[GraphConnection]:
    """The graph of the whole stack."""
    connection = GraphConnection(whole_stack.gremlin_url)
    yield connection
    connection.close()
