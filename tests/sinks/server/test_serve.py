"""`headwater serve` on a real Kafka, as a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import httpx
import pytest
from confluent_kafka import Producer

from headwater.schemas.records import Derivation, Envelope, encode
from headwater.schemas.topics import DEAD_LETTERS, REASON_HEADER, RECORDS
from headwater.sinks.answers import Position
from headwater.sinks.index import LineageIndex

from ..graph.estate import Estate, told

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[3]
DEADLINE_S = 30.0
START = "import typer; from headwater.deploy.commands.serve import command; typer.run(command)"


@pytest.fixture(name="serve")
def _serve(kafka: str, tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], str]]]:
    """Start a server, which keeps its index in the same place each time; return its address."""
    started: list[subprocess.Popen[str]] = []

    def start() -> tuple[subprocess.Popen[str], str]:
        snapshot = tmp_path / "snapshot"
        process = subprocess.Popen(
            [sys.executable, "-c", START, "--kafka", kafka, "--snapshot", str(snapshot)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT / ".src")},
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


def test_what_is_written_to_kafka_is_answered_and_streamed(
    kafka: str, serve: Callable[[], tuple[subprocess.Popen[str], str]]
) -> None:
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
    stop(process)


def test_a_restart_goes_on_from_the_snapshot(
    kafka: str, serve: Callable[[], tuple[subprocess.Popen[str], str]], tmp_path: Path
) -> None:
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


def test_a_snapshot_of_another_log_is_built_anew(
    kafka: str, serve: Callable[[], tuple[subprocess.Popen[str], str]], tmp_path: Path
) -> None:
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


def test_a_damaged_snapshot_is_built_anew(
    kafka: str, serve: Callable[[], tuple[subprocess.Popen[str], str]], tmp_path: Path
) -> None:
    """The topic has it all."""
    estate = Estate()
    produce(kafka, stated(estate, estate.derivation("out", {"a": [estate.source("in.a")]})))
    (tmp_path / "snapshot").write_bytes(b"no snapshot")
    process, address = serve()
    subject = {"subject": f"{estate.namespace}/in.a"}
    assert 200 == httpx.get(f"{address}/api/v1/lineage/impact", params=subject).status_code
    stop(process)
