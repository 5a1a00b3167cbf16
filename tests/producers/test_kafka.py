"""The emitter and a real broker: whatever the end of the process and the state of the way."""

import hashlib
import json
import os
import signal
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from headwater.deploy.kafka import create_topics
from headwater.deploy.stack import Stack
from headwater.producers import Counts, Emitter
from headwater.producers.config import EmitterConfig
from headwater.producers.push import Pushed, push
from headwater.schemas.topics import SEQUENCE_HEADER, SESSION_HEADER, Topic

from .door import Door, State
from .reading import Read, read_topic

pytestmark = pytest.mark.stack

EVENTS = 50
CLOSE_TIMEOUT_S = 0.5
AT_ONCE = 6
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
STATES: tuple[State, ...] = ("open", "closed", "silent")
CASES = [(way, state) for state in STATES for way in WAYS]
# What the end of a process takes beside closing; a spawned one starts first.
STARTS_S = dict.fromkeys(WAYS, 2.0) | {"spawn": 10.0}
MakeTopic = Callable[..., str]


@dataclass(frozen=True)
class Ending:
    """What came of a job that ended in some way, with the way to the broker in some state."""

    taken: list[str]
    took_s: float
    pushed: Pushed
    left: list[Path]


@pytest.fixture(scope="module")
def topic(kafka: str) -> str:
    """The topic that all the jobs write to."""
    topic = Topic(f"endings.{uuid.uuid4().hex}", partitions=2)
    create_topics(kafka, [topic])
    return topic.name


@pytest.fixture(scope="module")
def endings(
    kafka: str, topic: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, State], Ending]:
    """Every job, several at a time: most of them wait."""

    def end(case: tuple[str, State]) -> Ending:
        with Door(kafka, case[1]) as door:
            spool_dir = tmp_path_factory.mktemp("spool")
            config = EmitterConfig(bootstrap=door.address, topic=topic, spool_dir=spool_dir)
            taken, took_s = run_job(case[0], config)
            door.turn("open")
            pushed = push(config, 30)
        return Ending(taken, took_s, pushed, list(config.destination.iterdir()))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(CASES, pool.map(end, CASES), strict=True))


@pytest.fixture(scope="module")
def arrived(kafka: str, topic: str, endings: object) -> dict[tuple[str, int], str]:
    """The events in the topic by session and number: once in effect, however often they came."""
    return {
        number_of(message): json.loads(message.value)["id"]
        for message in read_topic(kafka, topic)
        if SEQUENCE_HEADER in message.headers
    }


@pytest.mark.parametrize("case", CASES, ids=" × ".join)
def test_what_was_taken_is_in_the_topic_after_the_next_push(
    endings: dict[tuple[str, State], Ending],
    arrived: dict[tuple[str, int], str],
    case: tuple[str, State],
) -> None:
    """However the process ends, and whether the broker was there or not; none twice in effect."""
    ending = endings[case]
    way, _ = case
    processes = 2 if way in ("fork then exit", "fork then kill", "spawn") else 1
    taken = set(ending.taken)
    numbers = {number: name for number, name in arrived.items() if name in taken}

    assert ending.pushed.error is None
    # A forked process holds what was emitted before the fork in the parent's session.
    assert len(taken) == {"fork then exit": 3, "fork then kill": 3, "spawn": 3}.get(way, 1) * EVENTS
    assert sorted(numbers.values()) == sorted(taken)
    assert len({session for session, _ in numbers}) == processes
    assert ending.left == []
    assert ending.took_s < STARTS_S[way] + CLOSE_TIMEOUT_S * processes


def run_job(way: str, config: EmitterConfig) -> tuple[list[str], float]:
    """Run a job to its end; return what its emitters have taken, and how long its end took."""
    environment = {
        **os.environ,
        "HEADWATER_KAFKA_BOOTSTRAP": config.bootstrap,
        "HEADWATER_TOPIC": config.topic,
        "HEADWATER_SPOOL_DIR": str(config.spool_dir),
        "HEADWATER_CLOSE_TIMEOUT_S": str(CLOSE_TIMEOUT_S),
    }
    name = uuid.uuid4().hex
    argv = [sys.executable, "-m", "tests.producers.ending", way, str(EVENTS), name]
    done = subprocess.run(argv, env=environment, stdout=subprocess.PIPE, text=True, timeout=60)
    took_s = time.monotonic()
    before, _, after = done.stdout.partition("ends at\n")
    ends_at, *later = after.split()
    return [*before.split(), *later], took_s - float(ends_at)


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


def test_a_stopped_broker_holds_nobody_up_and_gets_everything_once_it_goes_on(
    make: Callable[..., Emitter], stack: Stack, make_topic: MakeTopic
) -> None:
    """As under a debugger, or on a host that swaps: its sockets are open, and it says nothing."""
    topic = make_topic()
    emitter = make(topic=topic)
    emitter.emit({"n": 0})
    assert emitter.flush(20)
    (broker,) = (child.pid for child in stack.statuses() if child.name == "kafka")
    assert broker is not None
    os.kill(broker, signal.SIGSTOP)
    try:
        held_s = [seconds(partial(emitter.emit, {"n": n})) for n in range(1, 1001)]
        assert not emitter.flush(1)
    finally:
        os.kill(broker, signal.SIGCONT)
    assert emitter.flush(30)
    assert statistics.median(held_s) < 0.0005
    assert max(held_s) < 0.5
    numbers = [
        json.loads(message.value)["n"] for message in read_topic(stack.kafka_bootstrap, topic)
    ]
    assert [*range(1001)] == sorted(set(numbers))


def seconds(call: Callable[[], None]) -> float:
    """Return how long a call takes."""
    began = time.monotonic()
    call()
    return time.monotonic() - began


@pytest.mark.parametrize("state", ["open", "silent"])
def test_the_memory_that_events_wait_in_is_bounded(
    kafka: str, make_topic: MakeTopic, tmp_path: Path, state: State
) -> None:
    """To 16 MiB, with 60 MB of events that cannot leave, or leave as fast as they can."""
    code = (
        "import os; from headwater.producers import Emitter\n"
        "def resident(): return int(open('/proc/self/statm').read().split()[1]) * 4096\n"
        "emitter = Emitter.default(); emitter.emit({}); emitter.flush(1); before = resident()\n"
        "most = max([emitter.emit({'n': n, 'pad': 'x' * 2000}) or n % 100 or resident()"
        " for n in range(30_000)])\n"
        "emitter.flush(1); print(max(most, resident()) - before, len(emitter.counts.dropped))"
    )
    with Door(kafka, state) as door:
        environment = {
            **os.environ,
            "HEADWATER_KAFKA_BOOTSTRAP": door.address,
            "HEADWATER_TOPIC": make_topic(),
            "HEADWATER_SPOOL_DIR": str(tmp_path),
        }
        argv = [sys.executable, "-c", code]
        done = subprocess.run(argv, env=environment, check=True, capture_output=True, text=True)
    grown_bytes, dropped = map(int, done.stdout.split())
    assert grown_bytes < 16 * 1024 * 1024
    assert dropped == 0


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
