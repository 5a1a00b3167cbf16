"""`headwater serve` on a real Kafka, as a process of its own."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer

from headwater.deploy.stack import Stack
from headwater.schemas.records import Derivation, Envelope, encode
from headwater.schemas.session import SessionClose, to_event
from headwater.schemas.topics import (
    DEAD_LETTERS,
    EVENTS,
    REASON_HEADER,
    RECORDS,
    SEQUENCE_HEADER,
    SESSION_HEADER,
)
from headwater.sinks.answers import Position
from headwater.sinks.index import LineageIndex

from ..graph.estate import Estate, told

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[3]
DEADLINE_S = 30.0
START = "import typer; from headwater.deploy.commands.serve import command; typer.run(command)"


Serve = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture(name="serve")
def _serve(kafka: str, tmp_path: Path) -> Iterator[Serve]:
    """Start a server, which keeps its index in the same place each time; return its address."""
    started: list[subprocess.Popen[str]] = []

    def start(first: Callable[[], None] = lambda: None) -> tuple[subprocess.Popen[str], str]:
        snapshot = tmp_path / "snapshot"
        process = subprocess.Popen(
            [sys.executable, "-c", START, "--kafka", kafka, "--snapshot", str(snapshot)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT / ".src")},
            preexec_fn=first,
        )
        started.append(process)
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1].removesuffix("/api/v1")
        wait(lambda: httpx.get(f"{address}/readyz").status_code == 200)
        return process, address

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def produce(kafka: str, envelopes: Iterable[Envelope]) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    for envelope in envelopes:
        producer.produce(RECORDS.name, encode(envelope), partition=0)
    assert 0 == producer.flush(10)


def stated(estate: Estate, made: Derivation) -> list[Envelope]:
    """Return a derivation and what puts it in force, by an event that no other estate has."""
    return told(made, estate.resolution(made, run=f"{estate.namespace} {made.output.name}"))


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    assert 0 == process.wait(DEADLINE_S)


def test_what_is_written_to_kafka_is_answered_and_streamed(kafka: str, serve: Serve) -> None:
    """A record reaches a live client with its position, and the answers, and a dead letter too."""
    estate = Estate()
    process, address = serve()
    with httpx.stream("GET", f"{address}/api/v1/live", timeout=DEADLINE_S) as stream:
        lines = stream.iter_lines()
        assert "retry: 2000" == next(lines)
        produce(kafka, stated(estate, estate.derivation("out", {"a": [estate.source("in.a")]})))
        place = next(line for line in lines if line.startswith("id: "))
        assert place.startswith("id: lineage.records:0:")
        assert "event: record" == next(lines)
        assert "Derivation" == json.loads(next(lines).removeprefix("data: "))["kind"]
        letters = Producer({"bootstrap.servers": kafka})
        letters.produce(
            DEAD_LETTERS.name, b"?", headers=[(REASON_HEADER, estate.namespace.encode())]
        )
        letters.flush(10)
        assert any(line == "event: dead_letter" for line in lines)
    subject = {"subject": f"{estate.namespace}/in.a"}
    reach = httpx.get(f"{address}/api/v1/lineage/downstream", params=subject).json()
    assert ["a"] == [each["name"]["field"] for each in reach["columns"]]
    assert "lineage.records" in {offset["topic"] for offset in reach["offsets"]}
    refused = httpx.get(f"{address}/api/v1/dead-letters").json()["items"]
    assert estate.namespace in {letter["reason"] for letter in refused}
    assert "headwater_ready 1.0" in httpx.get(f"{address}/metrics").text
    letters.produce(EVENTS.name, b"{}", headers={SESSION_HEADER: b"s", SEQUENCE_HEADER: b"1"})
    closing = SessionClose("s", EVENTS.name, "2026-01-01T00:00:00Z", 4, {"oversized": 1})
    letters.produce(EVENTS.name, json.dumps(to_event(closing)))
    letters.flush(10)
    wait(lambda: httpx.get(f"{address}/api/v1/health/losses").json()["caught_up"])
    sessions = httpx.get(f"{address}/api/v1/health/losses").json()["sessions"]
    (session,) = (each for each in sessions if each["id"] == "s")
    told = ("emitted", "arrived", "waiting", "lost", "missing")
    assert [4, 1, 1, 2, [0, 2, 3]] == [session[name] for name in told]
    stop(process)


def test_a_restart_goes_on_from_the_snapshot(kafka: str, serve: Serve, tmp_path: Path) -> None:
    """What was read before it stopped is not read again, and what came since is."""
    estate = Estate()
    produce(kafka, stated(estate, estate.derivation("mid", {"a": [estate.source("in.a")]})))
    process, _ = serve()
    stop(process)
    assert (tmp_path / "snapshot").exists()
    produce(kafka, stated(estate, estate.derivation("out", {"a": [estate.source("mid.a")]})))
    process, address = serve()
    subject = {"subject": f"{estate.namespace}/in.a"}
    reach = httpx.get(f"{address}/api/v1/lineage/downstream", params=subject).json()
    assert [1, 2] == [each["hops"] for each in reach["columns"]]
    counted = httpx.get(f"{address}/metrics").text
    assert 'headwater_index_records_total{outcome="added"} 2.0' in counted
    stop(process)


def test_a_snapshot_of_another_log_is_built_anew(kafka: str, serve: Serve, tmp_path: Path) -> None:
    """Offsets say nothing unless they are of this cluster and this topic."""
    estate = Estate()
    produce(kafka, stated(estate, estate.derivation("out", {"a": [estate.source("in.a")]})))
    process, _ = serve()
    stop(process)
    index = LineageIndex.load(tmp_path / "snapshot")
    foreign = LineageIndex()
    foreign.source = "another/log"
    for envelope in stated(Estate("db://foreign"), Estate("db://foreign").derivation("x", {})):
        foreign.add(envelope, position=Position(RECORDS.name, 0, 0))
    foreign.save(tmp_path / "snapshot")
    process, address = serve()
    found = httpx.get(f"{address}/api/v1/search", params={"q": "foreign"}).json()
    assert [] == found["hits"]
    stop(process)
    again = LineageIndex.load(tmp_path / "snapshot")
    assert (index.source, index.sizes) == (again.source, again.sizes)


def test_a_damaged_snapshot_is_built_anew(kafka: str, serve: Serve, tmp_path: Path) -> None:
    """The topic has it all."""
    estate = Estate("db://damaged")
    produce(kafka, stated(estate, estate.derivation("out", {"a": [estate.source("in.a")]})))
    (tmp_path / "snapshot").write_bytes(b"no snapshot")
    process, address = serve()
    subject = {"subject": f"{estate.namespace}/in.a"}
    assert 200 == httpx.get(f"{address}/api/v1/lineage/impact", params=subject).status_code
    stop(process)


def test_a_full_disk_stops_nothing(kafka: str, serve: Serve, tmp_path: Path) -> None:
    """The index cannot be kept; it ends in order all the same, and leaves no half a file."""
    estate = Estate("db://full")
    produce(kafka, stated(estate, estate.derivation("out", {"a": [estate.source("in.a")]})))
    process, address = serve(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)))
    assert 200 == httpx.get(f"{address}/api/v1/search", params={"q": "full"}).status_code
    stop(process)
    assert [] == list(tmp_path.iterdir())


def test_a_killed_server_catches_up_and_tells_nothing_twice(kafka: str, serve: Serve) -> None:
    """What it had not kept it reads again; that is no news, and no id of before goes on here."""
    estate = Estate("db://killed")
    process, address = serve()
    with following(address) as events:
        produce(kafka, stated(estate, estate.derivation("mid", {"a": [estate.source("in.a")]})))
        last = next(events)
    process.kill()
    produce(kafka, stated(estate, estate.derivation("out", {"a": [estate.source("mid.a")]})))
    process, address = serve()
    subject = {"subject": f"{estate.namespace}/in.a"}
    reach = httpx.get(f"{address}/api/v1/lineage/downstream", params=subject).json()
    assert [1, 2] == [each["hops"] for each in reach["columns"]]
    with following(address, last["id"]) as events:
        assert "resync" == next(events)["event"]
        now = stated(estate, estate.derivation("end", {"a": [estate.source("out.a")]}))
        produce(kafka, now)
        assert [each.id for each in now] == [next(events)["data"]["id"] for _ in now]
    stop(process)


def test_a_stopped_kafka_is_told_and_nothing_is_lost_or_doubled(
    stack: Stack, kafka: str, serve: Serve
) -> None:
    """To open streams when it stops and goes on, and to one that comes back meanwhile."""
    (broker,) = (child.pid for child in stack.statuses() if child.name == "kafka")
    assert broker is not None
    made = [
        stated(estate, estate.derivation("out", {"a": [estate.source("in.a")]}))
        for estate in (Estate(f"db://stopped{n}") for n in range(3))
    ]
    ids = [envelope.id for envelopes in made for envelope in envelopes]
    process, address = serve()
    with following(address) as staying, following(address) as leaving:
        produce(kafka, made[0])
        assert ids[:2] == [next(staying)["data"]["id"] for _ in range(2)]
        last = next(leaving)
        os.kill(broker, signal.SIGSTOP)
        try:
            assert {"reachable": False} == next(staying)["data"]
            subject = {"subject": "db://stopped0/in.a"}
            answered = httpx.get(f"{address}/api/v1/lineage/downstream", params=subject)
            assert 200 == answered.status_code
            assert {"ready": True, "kafka": False} == httpx.get(f"{address}/readyz").json()
            with following(address) as new:
                assert {"reachable": False} == next(new)["data"]
        finally:
            os.kill(broker, signal.SIGCONT)
        assert {"reachable": True} == next(staying)["data"]
        produce(kafka, made[1])
        assert ids[2:4] == [next(staying)["data"]["id"] for _ in range(2)]
    with following(address, last["id"]) as again:
        assert {"reachable": True} == next(again)["data"]
        produce(kafka, made[2])
        assert ids[1:] == [next(again)["data"]["id"] for _ in ids[1:]]
    stop(process)


def test_garbage_among_the_records_is_counted_and_passed_over(
    kafka: str, serve: Serve, tmp_path: Path
) -> None:
    """Also where the last offset of the topic holds no message at all."""
    process, address = serve()
    others = refused_count(address)
    stop(process)
    (tmp_path / "snapshot").unlink()
    estate = Estate("db://garbage")
    good = stated(estate, estate.derivation("out", {"a": [estate.source("in.a")]}))
    forged = encode(good[0]).replace(b"garbage", b"forged!")
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": "garbage"})
    producer.init_transactions(30)
    producer.begin_transaction()
    garbage = (None, b"", b"\xff\x00", b"[]", b"{}", b"1e999", b"[" * 100_000, forged)
    for value in garbage:
        producer.produce(RECORDS.name, value, key=b"\xff" * 10, partition=0, headers=[("x", None)])
    for envelope in good:
        producer.produce(RECORDS.name, encode(envelope), partition=0)
    producer.commit_transaction(30)
    process, address = serve()
    found = httpx.get(f"{address}/api/v1/search", params={"q": "forged!"}).json()
    assert [] == found["hits"]
    subject = {"subject": f"{estate.namespace}/in.a"}
    assert 200 == httpx.get(f"{address}/api/v1/lineage/impact", params=subject).status_code
    assert others + len(garbage) == refused_count(address)
    stop(process)


def refused_count(address: str) -> float:
    """Return how many records the server could not read, those of other tests among them."""
    name = 'headwater_index_records_total{outcome="refused"} '
    lines = httpx.get(f"{address}/metrics").text.splitlines()
    return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))


@contextmanager
def following(address: str, last_id: str | None = None) -> Iterator[Iterator[dict[str, Any]]]:
    """Yield the events of a live stream, but for what is true of a moment only."""
    headers = {"last-event-id": last_id} if last_id else {}
    url = f"{address}/api/v1/live"
    with httpx.stream("GET", url, timeout=DEADLINE_S, headers=headers) as stream:
        lines = stream.iter_lines()
        # Something comes at once: from then on the client is one of those that are told.
        began = chain([next(lines)], lines)
        yield (event for event in told_by(began) if event["event"] != "counters")


def told_by(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "data":
            yield event | {"data": json.loads(value)}
        event = event | {name: value} if line else {}
