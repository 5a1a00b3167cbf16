"""The sink on a real Kafka and a real graph."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

import headwater
from headwater.deploy.ports import choose_ports
from headwater.deploy.stack import Stack
from headwater.schemas.records import encode, wrap
from headwater.schemas.topics import DEAD_LETTERS, RECORDS
from headwater.sinks.graph.consumer import run
from headwater.sinks.graph.questions import Questions
from headwater.sinks.graph.settings import Settings

from .estate import Estate
from .site import IDENTITY_NAME

pytestmark = pytest.mark.stack

DEADLINE_S = 30


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, and fail where it does not come true."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.05)


@pytest.fixture
def settings(kafka: str, gremlin_url: str, estate: Estate) -> Settings:
    """Settings with a consumer group that no other test has."""
    group = f"test-{estate.namespace[-12:]}"
    return Settings(kafka, gremlin_url, IDENTITY_NAME, consumer_group=group)


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """Run the sink in a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(settings, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


def send(kafka: str, *values: bytes, key: bytes | None = None) -> list[Message]:
    """Send records and return them as Kafka took them."""
    taken: list[Message] = []
    producer = Producer(
        {"bootstrap.servers": kafka, "message.max.bytes": RECORDS.message_bytes_max}
    )
    for value in values:
        producer.produce(
            RECORDS.name, value, key, on_delivery=lambda _error, message: taken.append(message)
        )
    producer.flush()
    assert len(taken) == len(values)
    return taken


def uncommitted(settings: Settings) -> int:
    """Return how many records the sink's group has not committed; -1 while Kafka cannot say."""
    consumer = Consumer(
        {"bootstrap.servers": settings.kafka_bootstrap, "group.id": settings.consumer_group}
    )
    try:
        topic = [TopicPartition(RECORDS.name, number) for number in range(RECORDS.partitions)]
        ends = [consumer.get_watermark_offsets(each)[1] for each in topic]
        return sum(
            end - max(at.offset, 0) for at, end in zip(consumer.committed(topic), ends, strict=True)
        )
    except KafkaException:
        return -1
    finally:
        consumer.close()


def headers(message: Message) -> dict[str, str]:
    """Return a message's headers as text."""
    pairs: Any = message.headers() or ()
    return {name: value.decode() for name, value in pairs}


def source(letter: Message) -> str:
    """Return where a dead letter says that it comes from."""
    names = ("topic", "partition", "offset")
    return " ".join(headers(letter)[f"headwater-source-{name}"] for name in names)


def dead_letters(kafka: str, of: list[Message]) -> list[Message]:
    """Return the dead letters whose headers name these messages as their source."""
    wanted = {f"{RECORDS.name} {m.partition()} {m.offset()}" for m in of}
    consumer = Consumer(
        {"bootstrap.servers": kafka, "group.id": "test", "enable.auto.commit": False}
    )
    consumer.assign(
        [TopicPartition(DEAD_LETTERS.name, n, 0) for n in range(DEAD_LETTERS.partitions)]
    )
    found: list[Message] = []

    def more() -> bool:
        found.extend(m for m in consumer.consume(100, 0.2) if source(m) in wanted)
        return len(found) >= len(of)

    try:
        wait_until(more)
    finally:
        consumer.close()
    return found


def test_records_are_in_the_graph_before_they_are_committed(
    settings: Settings, estate: Estate, questions: Questions
) -> None:
    """Once a group's offsets are at the end, the answer is there."""
    made = estate.in_force(estate.derivation("out", {"a": [estate.source("raw.x")]}))
    send(settings.kafka_bootstrap, *map(encode, made))
    with running(settings):
        wait_until(lambda: uncommitted(settings) == 0)
    impact = questions.impact(f"{estate.namespace}/raw.x")
    assert [each.name for each in impact.reach.columns] == [estate.column("out.a")]


def test_poison_goes_to_the_dead_letters_and_the_rest_is_written(
    settings: Settings, estate: Estate, questions: Questions
) -> None:
    """Bytes that are no record, a forged id, a bad time and a giant are kept with the reason."""
    derivation = estate.derivation("out", {"a": [estate.source("raw.x")]})
    good = estate.in_force(derivation)
    forged = good[0].model_copy(update={"id": "0" * 64})
    timeless = estate.resolution(derivation, at="yesterday")
    giant = estate.derivation("big", {"a": [estate.source("raw." + "x" * 1_100_000)]})
    poison = {
        b"\xff\x00 not JSON": "not_a_record",
        b'{"id": "1"}': "not_a_record",
        encode(forged): "id_mismatch",
        encode(wrap(timeless, observed_at="", event_id="")): "invalid_value",
        encode(wrap(giant, observed_at="", event_id="")): "too_large",
    }
    sent = send(settings.kafka_bootstrap, *poison, *map(encode, good), key=b"k")
    bad = [message for message in sent if message.value() in poison]
    with running(settings):
        wait_until(lambda: uncommitted(settings) == 0)
    letters = dead_letters(settings.kafka_bootstrap, bad)
    reasons = {m.value(): headers(m)["headwater-reason"] for m in letters}
    assert reasons == poison
    assert {m.key() for m in letters} == {b"k"}
    impact = questions.impact(f"{estate.namespace}/raw.x")
    assert [each.name for each in impact.reach.columns] == [estate.column("out.a")]


@contextmanager
def own_process(settings: Settings, metrics_port: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    """Run the sink as the process that it is in earnest."""
    told = {
        "PYTHONPATH": str(Path(headwater.__file__).parents[1]),
        "HEADWATER_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "HEADWATER_GREMLIN_URL": settings.gremlin_url,
        "HEADWATER_GREMLIN_IDENTITY": settings.gremlin_identity,
        "HEADWATER_METRICS_PORT": str(metrics_port),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "headwater.sinks.graph"], env=os.environ | told
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def metric(port: int, name: str) -> float:
    """Return a metric of the running sink; -1 while it tells none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return -1
    return next((float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")), -1)


def test_a_stopped_sink_has_committed_what_it_wrote_though_the_graph_hangs(
    stack: Stack, settings: Settings, estate: Estate
) -> None:
    """SIGTERM ends the process within 10 s, whatever it waits for."""
    port = choose_ports(["metrics"], {})["metrics"]
    settings = replace(
        settings,
        gremlin_url=stack.gremlin_url,
        gremlin_identity="property",
        consumer_group="headwater-graph",
    )
    (graph,) = (each.pid for each in stack.statuses() if each.name == "janusgraph")
    assert graph is not None
    send(settings.kafka_bootstrap, *map(encode, estate.in_force(estate.derivation("one"))))
    with own_process(settings, port) as sink:
        wait_until(lambda: metric(port, "headwater_ready") == 1)
        wait_until(lambda: uncommitted(settings) == 0)
        received = metric(port, "headwater_records_received_total")
        os.kill(graph, signal.SIGSTOP)
        try:
            send(settings.kafka_bootstrap, *map(encode, estate.in_force(estate.derivation("two"))))
            wait_until(lambda: metric(port, "headwater_records_received_total") > received)
            sink.terminate()
            assert sink.wait(10) == 0
        finally:
            os.kill(graph, signal.SIGCONT)
    wait_until(lambda: uncommitted(settings) == 2)
    with own_process(settings):
        wait_until(lambda: uncommitted(settings) == 0)
