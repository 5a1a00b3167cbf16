"""The emitter and a real broker: whatever the end of the process and the state of the way."""

import hashlib
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.deploy.kafka import create_topics
from headwater.producers import Counts, Emitter
from headwater.producers.config import EmitterConfig
from headwater.producers.push import push
from headwater.schemas.topics import SEQUENCE_HEADER, SESSION_HEADER, Topic

from .door import Door, State
from .reading import Read, read_topic

pytestmark = pytest.mark.stack

EVENTS = 50
CLOSE_TIMEOUT_S = 1
WAYS = (
    "exit",
    "exception",
    "os._exit",
    "SIGKILL",
    "SIGTERM",
    "fork then exit",
    "fork then kill",
    "spawn",
)
MakeTopic = Callable[..., str]


@pytest.mark.parametrize("state", ["open", "closed", "silent"])
@pytest.mark.parametrize("way", WAYS)
def test_what_was_taken_is_in_the_topic_after_the_next_push(
    kafka: str, make_topic: MakeTopic, tmp_path: Path, way: str, state: State
) -> None:
    """However the process ends, and whether the broker was there or not; none twice in effect."""
    topic = make_topic("ending", partitions=2)
    with Door(kafka, state) as door:
        config = EmitterConfig(bootstrap=door.address, topic=topic, spool_dir=tmp_path)
        began = time.monotonic()
        taken = run_job(way, config)
        took_s = time.monotonic() - began
        door.turn("open")
        pushed = push(config, 20)
    processes = 2 if way in ("fork then exit", "fork then kill", "spawn") else 1
    arrived = [
        message for message in read_topic(kafka, topic) if SEQUENCE_HEADER in message.headers
    ]
    numbers = {number_of(message): json.loads(message.value)["id"] for message in arrived}

    assert pushed.error is None
    # A forked process holds what was emitted before the fork in the parent's session.
    assert len(taken) == {"fork then exit": 3, "fork then kill": 3, "spawn": 3}.get(way, 1) * EVENTS
    assert sorted(numbers.values()) == sorted(taken)
    assert len({session for session, _ in numbers}) == processes
    assert list(config.destination.iterdir()) == []
    assert took_s < 3 + CLOSE_TIMEOUT_S * processes


def run_job(way: str, config: EmitterConfig) -> list[str]:
    """Run a job to its end and return what its emitters have taken."""
    environment = {
        **os.environ,
        "HEADWATER_KAFKA_BOOTSTRAP": config.bootstrap,
        "HEADWATER_TOPIC": config.topic,
        "HEADWATER_SPOOL_DIR": str(config.spool_dir),
        "HEADWATER_CLOSE_TIMEOUT_S": str(CLOSE_TIMEOUT_S),
    }
    argv = [sys.executable, "-m", "tests.producers.ending", way, str(EVENTS)]
    done = subprocess.run(argv, env=environment, stdout=subprocess.PIPE, text=True, timeout=30)
    return done.stdout.split()


def number_of(message: Read) -> tuple[str, int]:
    return message.headers[SESSION_HEADER].decode(), int(message.headers[SEQUENCE_HEADER])


@pytest.fixture
def make(kafka: str, tmp_path: Path) -> Iterator[Callable[..., Emitter]]:
    """Return what makes an emitter for the broker."""
    made: list[Emitter] = []

    def make_emitter(**settings: Any) -> Emitter:
        made.append(Emitter(**{"bootstrap": kafka, "spool_dir": tmp_path, **settings}))
        return made[-1]

    yield make_emitter
    for emitter in made:
        emitter.close(0)


def test_a_message_is_what_an_openlineage_client_would_send(
    make: Callable[..., Emitter], kafka: str, make_topic: MakeTopic
) -> None:
    """Key and value; session and number travel as headers, and the last message counts."""
    topic = make_topic()
    emitter = make(topic=topic)
    event = {"eventType": "START", "run": {"runId": "r"}, "job": {"namespace": "n", "name": "j"}}
    emitter.emit(event)
    emitter.emit(event, key="own")
    assert emitter.flush(20)
    emitter.close(20)
    first, second, closing = read_topic(kafka, topic)
    session = first.headers[SESSION_HEADER]
    assert (first.key, json.loads(first.value)) == ("run:n/j", event)
    assert first.headers[SEQUENCE_HEADER] == b"0"
    assert (second.key, second.headers) == (
        "own",
        {SESSION_HEADER: session, SEQUENCE_HEADER: b"1"},
    )
    assert (closing.key, closing.headers) == (
        f"session:{session.decode()}",
        {SESSION_HEADER: session},
    )
    counted = json.loads(closing.value)
    assert counted.pop("closedAt")
    assert counted == {
        "headwater": "session-close",
        "session": session.decode(),
        "topic": topic,
        "counts": {"emitted": 2, "dropped": {}},
    }


def test_a_broker_that_comes_back_gets_everything(
    make: Callable[..., Emitter], kafka: str, make_topic: MakeTopic
) -> None:
    """In order, and without a word from the job."""
    topic = make_topic()
    with Door(kafka, "closed") as door:
        emitter = make(bootstrap=door.address, topic=topic)
        for number in range(1000):
            emitter.emit({"n": number})
        assert not emitter.flush(0.5)
        door.turn("open")
        assert emitter.flush(30)
    assert [json.loads(message.value)["n"] for message in read_topic(kafka, topic)] == [
        *range(1000)
    ]


def test_an_event_that_the_broker_refuses_is_counted_and_the_rest_goes_on(
    make: Callable[..., Emitter], kafka: str
) -> None:
    """Too large for the topic: it would be refused tomorrow, too."""
    topic = Topic(f"small.{uuid.uuid4().hex}", partitions=1, message_bytes_max=2000)
    create_topics(kafka, [topic])
    emitter = make(topic=topic.name)
    emitter.emit({"n": 0})
    emitter.emit({"n": 1, "pad": hashlib.shake_128(b"").hexdigest(10_000)})
    emitter.emit({"n": 2})
    assert emitter.flush(20)
    assert emitter.counts == Counts(3, 2, {"msg_size_too_large": 1}, 0)
    assert [json.loads(message.value)["n"] for message in read_topic(kafka, topic.name)] == [0, 2]


def test_a_topic_that_appears_late_gets_everything(
    make: Callable[..., Emitter], kafka: str
) -> None:
    """Until then the events wait in the spool."""
    topic = f"late.{uuid.uuid4().hex}"
    emitter = make(topic=topic, kafka={"topic.metadata.propagation.max.ms": 100})
    emitter.emit({"n": 0})
    assert not emitter.flush(2)
    create_topics(kafka, [Topic(topic, partitions=1)])
    assert emitter.flush(30)
    assert len(read_topic(kafka, topic)) == 1


def test_an_idle_emitter_costs_nothing(kafka: str, make_topic: MakeTopic, tmp_path: Path) -> None:
    """Under a thousandth of a core, with the connection to the broker open."""
    environment = {
        **os.environ,
        "HEADWATER_KAFKA_BOOTSTRAP": kafka,
        "HEADWATER_TOPIC": make_topic(),
        "HEADWATER_SPOOL_DIR": str(tmp_path),
    }
    code = (
        "import time; from headwater.producers import Emitter\n"
        "emitter = Emitter.default(); emitter.emit({}); assert emitter.flush(20)\n"
        "used = time.process_time(); time.sleep(5)\n"
        "print((time.process_time() - used) / 5)"
    )
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, env=environment, check=True, capture_output=True, text=True)
    assert float(done.stdout) < 0.001


def test_openlineages_client_sends_the_same_message_through_either_transport(
    kafka: str, make_topic: MakeTopic, tmp_path: Path
) -> None:
    """Their kafka transport and ours agree on key and value."""
    client_module = pytest.importorskip("openlineage.client")
    from openlineage.client.event_v2 import Job, Run, RunEvent, RunState

    import headwater.producers.openlineage  # noqa: F401 - registers the type

    event = RunEvent(
        eventType=RunState.START,
        eventTime="2026-01-01T00:00:00Z",
        run=Run(runId=str(uuid.uuid4())),
        job=Job(namespace="n", name="j"),
        producer="urn:test",
    )
    theirs, ours = make_topic(), make_topic()
    for transport in (
        {"type": "kafka", "topic": theirs, "config": {"bootstrap.servers": kafka}},
        {"type": "headwater", "topic": ours, "bootstrap": kafka, "spool_dir": str(tmp_path)},
    ):
        client = client_module.OpenLineageClient(config={"transport": transport})
        client.emit(event)
        assert client.close(20)
    (expected,) = read_topic(kafka, theirs)
    found, _closing = read_topic(kafka, ours)
    assert found.key == expected.key == "run:n/j"
    assert json.loads(found.value) == json.loads(expected.value)
