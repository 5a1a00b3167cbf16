"""What an emitter costs the job that emits, beside the clients that there are.

Everything is measured in one run against the same broker and with the same events, of 2 kB,
in interleaved rounds whose median counts. A stopped broker is one that got SIGSTOP; the
black hole is a port that takes connections and never answers.

Run as `python -m tests.bench.emitter` or `make bench-emitter`.
"""

import contextlib
import http.server
import json
import logging
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy
import orjson
from confluent_kafka import Producer

from headwater.deploy.home import Home
from headwater.deploy.kafka import create_topics
from headwater.deploy.stack import Stack
from headwater.producers import Emitter
from headwater.schemas.names import event_key
from headwater.schemas.topics import SEQUENCE_HEADER, SESSION_HEADER, Topic
from tests.producers.door import Door

ROUNDS = 3
CALLS = 3000
PACE_S = 0.001
BATCH = 20_000
STEP_S = 0.01
STEPS = 100
BLOCKS = 8
CLIENT_CALLS = 200
CLIENT_TIMEOUT_S = 15.0
RESULT = Path(".bench/emitter.json")

# A plain producer as its users set it up for lineage, and what the emitter sets, too.
PLAIN = {"acks": "all", "enable.idempotence": True, "compression.type": "lz4", "linger.ms": 5}

Event = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A measured value; `met` is None where no aim is set."""

    name: str
    value: float
    unit: str
    aim: str = ""
    met: bool | None = None


def events(count: int) -> list[Event]:
    """Return distinct events of about 2 kB each."""
    draw = random.Random(1)
    return [_event(draw, number) for number in range(count)]


def _event(draw: random.Random, number: int) -> Event:
    def dataset(name: str) -> Event:
        fields = [{"name": f"c{draw.getrandbits(48):x}", "type": "varchar"} for _ in range(10)]
        facet = {"_producer": "urn:bench", "_schemaURL": "urn:bench:schema", "fields": fields}
        return {"namespace": "postgres://db:5432", "name": name, "facets": {"schema": facet}}

    return {
        "eventType": "COMPLETE",
        "eventTime": "2026-01-01T00:00:00Z",
        "producer": "urn:bench",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": str(uuid.UUID(int=draw.getrandbits(128))), "facets": {}},
        "job": {"namespace": "bench", "name": f"job-{number % 50}"},
        "inputs": [dataset("public.orders"), dataset("public.customers")],
        "outputs": [dataset("public.report")],
    }


@contextlib.contextmanager
def emitter(bootstrap: str, topic: str) -> Iterator[Emitter]:
    """Yield an emitter with a spool of its own that has shipped its first event if it can."""
    with tempfile.TemporaryDirectory() as spool_dir:
        made = Emitter(bootstrap=bootstrap, topic=topic, spool_dir=Path(spool_dir))
        made.emit({"first": True})
        made.flush(2)
        yield made
        made.close(0.5)


@contextlib.contextmanager
def plain(bootstrap: str, topic: str) -> Iterator[Callable[[Event], None]]:
    """Yield what produces an event as a plain confluent-kafka user does."""
    producer = Producer({**PLAIN, "bootstrap.servers": bootstrap, "log_level": 0})
    failed: list[Any] = []

    def report(error: Any, _message: Any) -> None:
        if error:
            failed.append(error)

    def produce(event: Event) -> None:
        producer.produce(topic, orjson.dumps(event), event_key(event), on_delivery=report)
        producer.poll(0)

    producer.produce(topic, b"{}")
    producer.flush(2)
    yield produce
    producer.purge()
    producer.flush(0)


def latencies_us(
    call: Callable[[Event], None], given: Sequence[Event], pace_s: float
) -> list[float]:
    """Return how long each call held its caller, sorted."""
    found = []
    for event in given:
        before = time.perf_counter_ns()
        call(event)
        found.append((time.perf_counter_ns() - before) / 1000)
        if pace_s:
            time.sleep(pace_s)
    return sorted(found)


def quantile(values: Sequence[float], q: float) -> float:
    """Return a quantile of sorted values."""
    return values[min(len(values) - 1, int(len(values) * q))]


def measure_calls(name: str, bootstrap: str, topic: str, given: Sequence[Event]) -> list[Figure]:
    """Measure `emit` and a plain `produce` on one way to the broker, paced and in a tight loop."""
    figures = []
    for pace, pace_s in (("1,000/s", PACE_S), ("tight loop", 0.0)):
        ours: list[list[float]] = []
        theirs: list[list[float]] = []
        for _ in range(ROUNDS):
            with emitter(bootstrap, topic) as made:
                ours.append(latencies_us(made.emit, given, pace_s))
            with plain(bootstrap, topic) as produce:
                theirs.append(latencies_us(produce, given, pace_s))
        for client, rounds in (("emit", ours), ("plain produce", theirs)):
            for label, q, aim in (("p50", 0.5, 15), ("p99.9", 0.999, 200)):
                value = statistics.median(quantile(one, q) for one in rounds)
                is_ours = client == "emit"
                aimed = (f"≤ {aim}", value <= aim) if is_ours else ("", None)
                figures.append(Figure(f"{client}, {name}, {pace}, {label}", value, "µs", *aimed))
    return figures


def measure_throughput(bootstrap: str, topic: str, given: Sequence[Event]) -> list[Figure]:
    """Measure events a second from the first call to the last acknowledgement."""
    ways: dict[str, Callable[[str, str, Sequence[Event]], float]] = {
        "emit": _ship_with_emitter,
        "plain produce": _ship_plainly,
        "plain produce of the same messages": _ship_same_messages,
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, ship in ways.items():
            rates[name].append(len(given) / ship(bootstrap, topic, given))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    figures = [Figure(f"{name}, to ack", rate, "events/s") for name, rate in medians.items()]
    for name in list(ways)[1:]:
        ratio = medians["emit"] / medians[name]
        figures.append(Figure(f"emit / {name}", ratio, "", "≥ 0.7", ratio >= 0.7))
    return figures


def _ship_with_emitter(bootstrap: str, topic: str, given: Sequence[Event]) -> float:
    with emitter(bootstrap, topic) as made:
        began = time.perf_counter()
        for event in given:
            made.emit(event)
        assert made.flush(60)
        return time.perf_counter() - began


def _ship_plainly(bootstrap: str, topic: str, given: Sequence[Event]) -> float:
    return _ship(bootstrap, topic, given, lambda _number: None)


def _ship_same_messages(bootstrap: str, topic: str, given: Sequence[Event]) -> float:
    session = (SESSION_HEADER, uuid.uuid4().hex.encode())
    return _ship(
        bootstrap, topic, given, lambda number: [session, (SEQUENCE_HEADER, b"%d" % number)]
    )


def _ship(
    bootstrap: str, topic: str, given: Sequence[Event], headers: Callable[[int], Any]
) -> float:
    producer = Producer({**PLAIN, "bootstrap.servers": bootstrap})
    failed: list[Any] = []

    def report(error: Any, _message: Any) -> None:
        if error:
            failed.append(error)

    producer.produce(topic, b"{}")
    producer.flush()
    began = time.perf_counter()
    for number, event in enumerate(given):
        value, key = orjson.dumps(event), event_key(event)
        while True:
            try:
                producer.produce(topic, value, key, on_delivery=report, headers=headers(number))
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    producer.flush()
    assert not failed
    return time.perf_counter() - began


def hold_caller(transport: dict[str, Any]) -> None:
    """Emit through OpenLineage's client, and print how long it holds its caller, in µs.

    Run in a process of its own, which may be ended if that is for minutes: after the first
    event, and the median of all of them.
    """
    from openlineage.client import OpenLineageClient
    from openlineage.client.event_v2 import RunEvent

    import headwater.producers.openlineage  # noqa: F401 - registers the type

    logging.disable()
    client = OpenLineageClient(config={"transport": transport})
    held = []
    for event in map(_client_event, range(CLIENT_CALLS)):
        assert isinstance(event, RunEvent)
        before = time.perf_counter()
        # Raising is how the http transport tells that nobody answers.
        with contextlib.suppress(Exception):
            client.emit(event)
        held.append((time.perf_counter() - before) * 1e6)
        if len(held) == 1:
            print(held[0], flush=True)
    print(statistics.median(held), flush=True)
    os._exit(0)


def _client_event(number: int) -> Any:
    from openlineage.client.event_v2 import InputDataset, Job, Run, RunEvent, RunState
    from openlineage.client.facet_v2 import schema_dataset

    fields = [
        schema_dataset.SchemaDatasetFacetFields(name=uuid.uuid4().hex, type="varchar")
        for _ in range(25)
    ]
    facets: Any = {"schema": schema_dataset.SchemaDatasetFacet(fields=fields)}
    return RunEvent(
        eventType=RunState.COMPLETE,
        eventTime=datetime.now(UTC).isoformat(),
        run=Run(runId=str(uuid.uuid4())),
        job=Job(namespace="bench", name=f"job-{number}"),
        producer="urn:bench",
        inputs=[InputDataset(namespace="postgres://db:5432", name="orders", facets=facets)],
    )


def measure_clients(bootstrap: str, gone: str, topic: str, spool_dir: Path) -> list[Figure]:
    """Measure how long OpenLineage's own client holds its caller, by transport."""
    figures = []
    with _http_server() as url:
        for state, kafka, http in (("up", bootstrap, url), ("gone", gone, f"http://{gone}")):
            transports: dict[str, dict[str, Any]] = {
                "kafka": {"type": "kafka", "topic": topic, "config": {"bootstrap.servers": kafka}},
                "http": {"type": "http", "url": http},
                "async_http": {"type": "async_http", "url": http},
                "headwater": {
                    "type": "headwater",
                    "bootstrap": kafka,
                    "topic": topic,
                    "spool_dir": str(spool_dir),
                },
            }
            for name, transport in transports.items():
                figures.append(_client(f"openlineage-python {name}, {state}, p50", transport))
    return figures


def _client(name: str, transport: dict[str, Any]) -> Figure:
    argv = [sys.executable, "-m", "tests.bench.emitter", json.dumps(transport)]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=CLIENT_TIMEOUT_S, check=True)
        return Figure(name, float(done.stdout.split()[-1]), "µs")
    except subprocess.TimeoutExpired as expired:
        if first := (expired.stdout or b"").split():
            return Figure(f"{name}, first", float(first[0]), "µs")
        return Figure(f"{name}, at least", CLIENT_TIMEOUT_S * 1e6, "µs")


@contextlib.contextmanager
def _http_server() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def measure_training(bootstrap: str, topic: str, given: Sequence[Event]) -> list[Figure]:
    """Measure what one event a step costs a loop of 10 ms steps, in blocks with and without.

    A step of kernels lets go of the interpreter as those of torch and numpy do; a step in
    Python never does, which is the worst case: the shipping thread can only take it.
    """
    figures = []
    for kind, turn, percent_max in (("kernels", _kernel, 0.3), ("Python", _python, 1.0)):
        turns = _calibrated(turn)
        own: list[float] = []
        found: dict[bool, list[Block]] = {True: [], False: []}
        with emitter(bootstrap, topic) as made:
            courier = _courier_clock()
            for block in range(2 * BLOCKS):
                emitting = bool(block % 2)
                ships_s = time.clock_gettime(courier)
                found[emitting].append(
                    _run_block(turn, turns, made.emit if emitting else None, given)
                )
                made.flush(5)
                if emitting:
                    ships_s = time.clock_gettime(courier) - ships_s
                    own.append(found[True][-1].emits_s + ships_s)
        aim = f"≤ {percent_max}"
        for label, field in (("wall", "wall_s"), ("processor, all threads", "processor_s")):
            without, with_ = (
                statistics.median(getattr(one, field) for one in found[emitting])
                for emitting in (False, True)
            )
            share = (with_ / without - 1) * 100
            name = f"overhead on 10 ms steps of {kind}, {label}"
            figures.append(Figure(name, share, "%", aim, share <= percent_max))
        # The differences above hold whatever else the machine does; this is what we do.
        took = {
            "processor time of emit and of shipping": statistics.median(own),
            "the job in emit or without the interpreter": _kept_s(found),
        }
        for label, took_s in took.items():
            share = took_s / (STEPS * STEP_S) * 100
            name = f"{label}, steps of {kind}"
            figures.append(Figure(name, share, "%", aim, share <= percent_max))
    return figures


@dataclass(frozen=True)
class Block:
    """What a block of steps took.

    Attributes:
        wall_s: From its begin to its end.
        processor_s: Processor time of all threads.
        emits_s: Processor time in `emit`.
        waits_s: Time in which the job's thread neither ran nor waited for a processor.
    """

    wall_s: float
    processor_s: float
    emits_s: float
    waits_s: float


def _run_block(
    turn: Callable[[], None],
    turns: int,
    emit: Callable[[Event], None] | None,
    given: Sequence[Event],
) -> Block:
    emits_s = 0.0
    scheduled_s = _scheduled_s()
    wall, cpu = time.perf_counter(), time.process_time()
    for step in range(STEPS):
        for _ in range(turns):
            turn()
        if emit:
            before_s = time.thread_time()
            emit(given[step])
            emits_s += time.thread_time() - before_s
    wall_s, processor_s = time.perf_counter() - wall, time.process_time() - cpu
    return Block(wall_s, processor_s, emits_s, wall_s - (_scheduled_s() - scheduled_s))


def _scheduled_s() -> float:
    """Return how long this thread has run, or waited for a processor to run on."""
    stats = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text()
    ran_ns, queued_ns, _ = map(int, stats.split())
    return (ran_ns + queued_ns) / 1e9


def _kept_s(found: dict[bool, list[Block]]) -> float:
    """Return how long emitting keeps the job from its work in a block."""
    emitting = statistics.median(one.emits_s + one.waits_s for one in found[True])
    return emitting - statistics.median(one.waits_s for one in found[False])


def _courier_clock() -> int:
    """Return the clock of the processor time that the shipping thread takes."""
    (thread,) = (each for each in threading.enumerate() if each.name == "headwater-courier")
    assert thread.ident is not None
    return time.pthread_getcpuclockid(thread.ident)


_MATRIX = numpy.random.default_rng(1).random((128, 128), dtype=numpy.float32)


def _kernel() -> None:
    """Work on a matrix without the interpreter's lock."""
    numpy.sqrt(numpy.exp(_MATRIX) + _MATRIX)


def _python() -> None:
    for _ in range(1000):
        pass


def _calibrated(turn: Callable[[], None]) -> int:
    """Return how many turns take a step's time."""
    began = time.process_time()
    for _ in range(1000):
        turn()
    return max(1, int(1000 * STEP_S / (time.process_time() - began)))


def show(figures: Sequence[Figure]) -> None:
    """Print the figures as a table and write them for programs."""
    for figure in figures:
        mark = {None: "", True: "met", False: "MISSED"}[figure.met]
        sys.stdout.write(
            f"{figure.name:<58} {figure.value:>12,.2f} {figure.unit:<9} {figure.aim:<8} {mark}\n"
        )
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))


def main() -> None:
    """Measure everything and print it."""
    logging.disable()
    given = events(BATCH)
    figures = []
    with tempfile.TemporaryDirectory() as home, Stack(Home(Path(home)), ("kafka",)) as stack:
        bootstrap, topic = stack.kafka_bootstrap, "bench.events"
        create_topics(bootstrap, [Topic(topic)])
        with Door(bootstrap, "closed") as closed, Door(bootstrap, "silent") as silent:
            ways = {"up": bootstrap, "gone": closed.address, "black hole": silent.address}
            for name, address in ways.items():
                figures += measure_calls(name, address, topic, given[:CALLS])
            figures += measure_throughput(bootstrap, topic, given)
            figures += measure_training(bootstrap, topic, given)
            figures += measure_clients(bootstrap, closed.address, topic, Path(home) / "spool")
        (broker,) = (child.pid for child in stack.statuses() if child.name == "kafka")
        assert broker is not None
        os.kill(broker, signal.SIGSTOP)
        try:
            figures += measure_calls("stopped", bootstrap, topic, given[:CALLS])
        finally:
            os.kill(broker, signal.SIGCONT)
    show(figures)


if __name__ == "__main__":
    hold_caller(json.loads(sys.argv[1])) if sys.argv[1:] else main()
