"""The embedded stack, started once for all the tests that carry the marker `stack`."""

import uuid
from collections.abc import Callable, Iterator

import hypothesis
import pytest

from headwater.deploy.home import Home
from headwater.deploy.kafka import create_topics
from headwater.deploy.stack import Stack
from headwater.schemas.topics import Topic

# A machine that is busy with something else finds no defect.
hypothesis.settings.register_profile("headwater", deadline=None)
hypothesis.settings.load_profile("headwater")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Kafka with every topic, and JanusGraph with the graph's schema, in a home of their own."""
    home = Home(tmp_path_factory.mktemp("stack") / "home")
    with Stack(home, ("kafka", "janusgraph")) as running:
        yield running


@pytest.fixture(scope="session")
def kafka(stack: Stack) -> str:
    """The bootstrap address of the embedded Kafka."""
    return stack.kafka_bootstrap


@pytest.fixture(scope="session")
def gremlin_url(stack: Stack) -> str:
    """The address of the embedded Gremlin server; its traversal source is `g`."""
    return stack.gremlin_url


@pytest.fixture
def make_topic(kafka: str) -> Callable[..., str]:
    """Return what creates a topic of a name that no other test has."""

    def make(prefix: str = "test", partitions: int = 1) -> str:
        topic = Topic(f"{prefix}.{uuid.uuid4().hex[:12]}", partitions=partitions)
        create_topics(kafka, [topic])
        return topic.name

    return make
