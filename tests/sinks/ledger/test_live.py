"""The ledger on a real Kafka, and the graph held against it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from gremlin_python.process.graph_traversal import __

from headwater.schemas.errors import HeadwaterError
from headwater.schemas.records import Envelope, encode
from headwater.sinks.graph.connection import GraphConnection
from headwater.sinks.graph.elements import elements
from headwater.sinks.graph.identity import PropertyIdentity
from headwater.sinks.graph.writer import GraphWriter
from headwater.sinks.ledger import consumer
from headwater.sinks.ledger.audit import agreed_heads, verify_log
from headwater.sinks.ledger.chain import ChainError, read_chain
from headwater.sinks.ledger.graph_check import Expected, LiveGraph, graph_faults
from headwater.sinks.ledger.heads import append_heads, read_heads
from headwater.sinks.ledger.kafka_log import KafkaLog
from headwater.sinks.ledger.ledger import Ledger, LedgerError, heads_path, tree_path
from headwater.sinks.ledger.report import Report
from headwater.sinks.ledger.settings import Settings
from headwater.sinks.ledger.verify import Fault
from headwater.sinks.ledger.witness import check_witness, witness

from ..graph.estate import Estate
from .history import entries
from .history import heads as heads_of

pytestmark = pytest.mark.stack

DEADLINE_S = 30


@pytest.fixture
def settings(
    kafka: str, make_topic: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """A ledger over a topic of its own, with a topic for its heads."""
    heads = make_topic("heads")
    made = consumer.HeadsTopic
    monkeypatch.setattr(consumer, "HeadsTopic", lambda bootstrap: made(bootstrap, heads))
    return Settings(kafka, tmp_path / "ledger", topics=(make_topic("log", 2),), checkpoint_s=0.1)


def send(settings: Settings, *values: bytes, partition: int = 0) -> None:
    """Send messages to the log."""
    producer = Producer({"bootstrap.servers": settings.kafka_bootstrap})
    for value in values:
        producer.produce(settings.topics[0], value, b"key", partition, headers=[("h", b"1")])
    assert producer.flush(DEADLINE_S) == 0


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """Run the ledger in a thread."""
    stop = threading.Event()
    errors: list[HeadwaterError] = []

    def run() -> None:
        try:
            consumer.run(settings, stop)
        except HeadwaterError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()
    if errors:
        raise errors[0]


def sign(settings: Settings, *, size: int, partition: int = 0) -> None:
    """Run the ledger until a head covers so many messages of a partition."""
    with running(settings):
        deadline = time.monotonic() + DEADLINE_S
        while signed(settings, partition) < size:
            assert time.monotonic() < deadline, "the head was not signed"
            time.sleep(0.05)


def signed(settings: Settings, partition: int = 0) -> int:
    """Return how many messages of a partition the heads cover."""
    chain = read_chain(read_heads(heads_path(settings.directory)))
    if not chain.keys:
        return 0
    return chain.size(f"{chain.name}/{settings.topics[0]}/{partition}")


def verify(settings: Settings) -> Report:
    """Verify the log in Kafka."""
    with closing(KafkaLog(settings.kafka_bootstrap)) as log:
        chain = read_chain(heads_of(settings.directory))
        return verify_log(log, chain, directory=settings.directory)


def test_the_log_in_kafka_is_the_one_that_was_signed(settings: Settings) -> None:
    """Stopped and started again, the ledger covers both partitions, and its heads are sent."""
    send(settings, b"a", b"b", b"c")
    sign(settings, size=3)
    send(settings, b"d", b"\xff")
    send(settings, b"e", partition=1)
    sign(settings, size=1, partition=1)
    sign(settings, size=5)
    report = verify(settings)
    assert report.faults() == []
    assert [(v.size, v.read) for v in report.verdicts] == [(5, 5), (1, 1)]
    sent = consumer.HeadsTopic(settings.kafka_bootstrap).read()
    assert agreed_heads(heads_of(settings.directory), sent) == sent


def test_heads_that_kafka_lacks_go_out_at_the_next_start(settings: Settings) -> None:
    """A crash between signing and sending leaves no hole in the topic."""
    send(settings, b"a")
    with Ledger(settings.directory) as ledger:
        ledger.append(entries(1)[0]._replace(topic="elsewhere"))
        ledger.checkpoint()
    sign(settings, size=1)
    sent = consumer.HeadsTopic(settings.kafka_bootstrap).read()
    assert sent == heads_of(settings.directory)


def test_another_ledgers_heads_are_not_continued(settings: Settings, tmp_path: Path) -> None:
    """Two histories in one topic are refused."""
    send(settings, b"a")
    sign(settings, size=1)
    with (
        pytest.raises(ChainError, match="did not sign"),
        running(replace(settings, directory=tmp_path / "other")),
    ):
        pass


def test_messages_deleted_after_signing_are_missing(settings: Settings) -> None:
    """What retention, or a hand, takes from the start of the log is named."""
    send(settings, b"a", b"b", b"c", b"d")
    sign(settings, size=4)
    delete_before(settings, 2)
    findings = verify(settings).verdicts[0].findings
    assert [(f.fault, f.first, f.last) for f in findings] == [(Fault.MISSING, 0, 1)]


def test_messages_deleted_before_signing_are_a_gap(settings: Settings) -> None:
    """The ledger goes on, and says for ever that they were not there."""
    send(settings, b"a", b"b", b"c")
    delete_before(settings, 2)
    sign(settings, size=3)
    findings = verify(settings).verdicts[0].findings
    assert [(f.fault, f.first, f.last) for f in findings] == [(Fault.GAP, 0, 1)]


def test_a_topic_made_anew_is_refused(settings: Settings) -> None:
    """A log shorter than its tree is another log, and so is one that has grown past it."""
    send(settings, b"a", b"b", b"c")
    sign(settings, size=3)
    before = heads_of(settings.directory)
    make_anew(settings)
    with pytest.raises(LedgerError, match="ends at offset 0"), running(settings):
        pass
    send(settings, b"d", b"e", b"f", b"g")
    with pytest.raises(LedgerError, match="another message at offset 2"), running(settings):
        pass
    assert heads_of(settings.directory) == before


def make_anew(settings: Settings) -> None:
    """Delete the topic of the log and create it again, empty."""
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap})
    (topic,) = settings.topics
    admin.delete_topics([topic])[topic].result(DEADLINE_S)
    deadline = time.monotonic() + DEADLINE_S
    while True:
        try:
            admin.create_topics([NewTopic(topic, 2)])[topic].result(DEADLINE_S)
            return
        except KafkaException:
            # Kafka is still deleting the old one.
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_witness_notices_a_history_that_was_signed_anew(
    settings: Settings, tmp_path: Path
) -> None:
    """Rewritten with the same key, the heads still cannot be those that were witnessed."""
    send(settings, b"a", b"b")
    sign(settings, size=2)
    target = str(tmp_path / "witness.json")
    witness(target, heads_of(settings.directory))
    first = heads_of(settings.directory)[0]
    heads_path(settings.directory).unlink()
    append_heads(heads_path(settings.directory), [first])
    tree_path(settings.directory, settings.topics[0], 0).unlink()
    with Ledger(settings.directory) as ledger:
        ledger.append(entries(1)[0]._replace(topic=settings.topics[0], value=b"forged"))
        ledger.checkpoint()
    with pytest.raises(ChainError, match="witnessed"):
        check_witness(target, heads_of(settings.directory))
    with pytest.raises(ChainError, match="witnessed"):
        witness(target, heads_of(settings.directory))


def delete_before(settings: Settings, offset: int) -> None:
    """Delete the first messages of partition 0."""
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap})
    asked = admin.delete_records([TopicPartition(settings.topics[0], 0, offset)])
    for deleted in asked.values():
        deleted.result(DEADLINE_S)


def expected_of(records: list[Envelope]) -> Expected:
    """Return what records add to a graph."""
    expected = Expected()
    for number, record in enumerate(records):
        entry = entries(1)[0]._replace(offset=number, value=encode(record))
        expected.add(entry, required=True)
    return expected


@pytest.fixture
def connection(gremlin_url: str) -> Iterator[GraphConnection]:
    """A connection to the embedded graph."""
    connection = GraphConnection(gremlin_url)
    yield connection
    connection.close()


def test_the_graph_is_held_against_the_log(connection: GraphConnection) -> None:
    """What is missing, altered or put in besides is named."""
    estate = Estate()
    records = estate.in_force(estate.derivation("out", {"a": [estate.source("raw.x")]}))
    expected = expected_of(records)
    stranger = f"dataset:{estate.namespace[-12:]}"

    def faults() -> list[str]:
        """Return the faults that concern this estate; others share the graph."""
        ours = {*expected.required, stranger}
        found = graph_faults(LiveGraph(connection, PropertyIdentity()), expected)
        return [fault for fault in found if ours & set(fault.split())]

    lacking = faults()
    assert len(lacking) == len(expected.required)
    assert all(fault.startswith("the graph lacks") for fault in lacking)
    write(connection, records)
    assert faults() == []

    derivation = records[0].id
    column = next(uid for uid in expected.vertices if uid.startswith("column:"))
    for step in (
        lambda g: g.add_v("Dataset").property("uid", stranger),
        lambda g: g.V().has("uid", column).property("field", "forged"),
        lambda g: g.V().has("uid", derivation).out_e("MAKES").property("method", "declared"),
        lambda g: g.V().has("uid", derivation).in_e("RESOLVED_TO").side_effect(__.drop()),
    ):
        connection.ask(lambda g, step=step: step(g).constant(1))  # type: ignore[misc]
    edges = [edge for record in records for edge in elements(record).edges]
    made, resolved = (
        next(edge.uid for edge in edges if edge.label == label)
        for label in ("MAKES", "RESOLVED_TO")
    )
    assert sorted(faults()) == sorted(
        [
            f"no record states the Dataset {stranger}",
            f"the Column {column} of the graph is not as its records state it",
            f"the MAKES edge {made} of the graph is not as its records state it",
            f"the graph lacks the edge {resolved}",
        ]
    )


def write(connection: GraphConnection, records: list[Envelope]) -> None:
    """Write records to the graph."""
    writer = GraphWriter(
        connection,
        PropertyIdentity(),
        stop=threading.Event(),
        on_wait=lambda _error: None,
        on_written=lambda _vertices, _edges: None,
    )
    assert writer.write(records) == []
