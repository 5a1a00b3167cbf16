"""The embedded stack, really started."""

from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from gremlin_python.driver.client import Client
from gremlin_python.driver.driver_remote_connection import DriverRemoteConnection
from gremlin_python.driver.protocol import GremlinServerError
from gremlin_python.process.anonymous_traversal import traversal
from gremlin_python.process.graph_traversal import GraphTraversalSource

from headwater.deploy.offsets import KafkaOffsets, Lag, TopicSize
from headwater.deploy.stack import Stack
from headwater.schemas.topics import ALL

pytestmark = pytest.mark.stack


@pytest.fixture
def g(gremlin_url: str) -> Iterator[GraphTraversalSource]:
    connection = DriverRemoteConnection(gremlin_url, "g")
    yield traversal().with_remote(connection)
    connection.close()


def test_every_topic_exists_with_its_settings(kafka: str) -> None:
    """Workers never meet a topic that is missing."""
    found = AdminClient({"bootstrap.servers": kafka}).list_topics(timeout=10).topics
    assert {topic.name: topic.partitions for topic in ALL} == {
        topic.name: len(found[topic.name].partitions) for topic in ALL
    }


def test_a_message_comes_back(kafka: str, make_topic: Callable[..., str]) -> None:
    """The advertised address leads to the broker, for a message of nearly the largest size."""
    topic, value = make_topic(), b"x" * 9_000_000
    producer = Producer({"bootstrap.servers": kafka, "message.max.bytes": 10_000_000})
    producer.produce(topic, value)
    assert producer.flush(30) == 0
    consumer = Consumer(
        {"bootstrap.servers": kafka, "group.id": topic, "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    message = consumer.poll(30)
    consumer.close()
    assert message is not None
    assert value == message.value()


def test_a_topic_that_nobody_declared_is_refused(kafka: str) -> None:
    """A misspelt topic name does not make a topic."""
    metadata = AdminClient({"bootstrap.servers": kafka}).list_topics("lineage.event", timeout=10)
    assert metadata.topics["lineage.event"].error is not None


def test_graph_answers_bytecode(g: GraphTraversalSource) -> None:
    """The traversal source is called `g`."""
    assert g.inject(1, 2).sum_().next() == 3


@pytest.mark.parametrize("language", ["gremlin-groovy", "gremlin-lang"])
@pytest.mark.parametrize("session", [None, "a-session"])
def test_graph_refuses_scripts(gremlin_url: str, language: str, session: str | None) -> None:
    """Whatever text arrives, the server has nothing that would run it."""
    client = Client(gremlin_url, "g", session=session)
    with pytest.raises(GremlinServerError, match="Invalid OpProcessor"):
        client.submit("1+1", request_options={"language": language}).all().result()
    client.close()


@pytest.mark.parametrize("language", ["gremlin-groovy", "gremlin-lang"])
def test_graph_refuses_lambdas(g: GraphTraversalSource, language: str) -> None:
    """A lambda inside bytecode is a script too."""
    with pytest.raises(GremlinServerError, match="not an available GremlinScriptEngine"):
        g.inject(1).map(lambda: ("Runtime.getRuntime().exit(1)", language)).to_list()


def test_graph_refuses_what_its_schema_does_not_name(g: GraphTraversalSource) -> None:
    """No label appears by a misspelling."""
    with pytest.raises(GremlinServerError, match="Nonsense"):
        g.add_v("Nonsense").iterate()


def test_offsets_tell_what_waits(kafka: str, make_topic: Callable[..., str]) -> None:
    """What a group has not committed is its lag."""
    topic = make_topic(partitions=2)
    producer = Producer({"bootstrap.servers": kafka})
    for n in range(5):
        producer.produce(topic, str(n), partition=n % 2)
    assert producer.flush(30) == 0
    settings = {"bootstrap.servers": kafka, "group.id": topic, "enable.auto.commit": False}
    consumer = Consumer(settings)
    consumer.commit(offsets=[TopicPartition(topic, 0, 2)], asynchronous=False)
    consumer.close()
    offsets = KafkaOffsets(kafka)
    assert TopicSize(topic, 2, end_offset=5, kept=5) in offsets.sizes()
    assert offsets.committed(topic) == {(topic, 0): 2}
    assert Lag(topic, topic, 1) in offsets.lags()


def test_statuses_tell_how_long_each_part_took(stack: Stack) -> None:
    """Each was ready well before its deadline."""
    assert {status.state for status in stack.statuses()} == {"ready"}
    assert all(0 < (status.ready_s or 0) < 60 for status in stack.statuses())
