"""How fast the graph sink writes, and how fast the graph answers: `make bench-graph`.

One embedded JanusGraph on BerkeleyJE, one writer. Sizes of requests are measured in turns,
so that what else the machine does falls on all of them alike.
"""

import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from headwater.deploy.home import Home
from headwater.deploy.stack import Stack
from headwater.schemas.records import (
    Basis,
    DatasetRef,
    Derivation,
    Envelope,
    InputField,
    JobRef,
    Method,
    OutputField,
    Resolution,
    RunState,
    Transformation,
    record_id,
    wrap,
)
from headwater.sinks.graph.connection import GraphConnection
from headwater.sinks.graph.identity import PropertyIdentity
from headwater.sinks.graph.questions import Questions
from headwater.sinks.graph.writer import REQUEST_ELEMENTS_MAX, GraphWriter

REQUEST_SIZES = (100, 200, 500, 1000)
ROUNDS = 5
COLUMNS = 20
BATCH = 500
RUNS = 10_000
ASKED = 20
RESULTS = Path(".bench/graph.json")

Row = dict[str, object]


def main() -> None:
    """Measure, print a table and keep the figures."""
    with (
        tempfile.TemporaryDirectory() as directory,
        Stack(Home(Path(directory) / "home"), ("janusgraph",)) as stack,
    ):
        rows = list(measured(stack.gremlin_url))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")
    table = Table("figure", "value", "unit", "aim", title="The graph sink on BerkeleyJE")
    for row in rows:
        table.add_row(*(str(row[name] or "") for name in ("name", "value", "unit", "aim")))
    Console().print(table)
    print(
        f"While writing, the writer itself was at work {Bench.busy_s / Bench.wall_s:.0%} of the "
        f"time: the rest is waiting for the server. Load of the machine: {os.getloadavg()[0]:.1f} "
        f"on {os.cpu_count()} cores."
    )


def measured(url: str) -> Iterator[Row]:
    """Yield every figure."""
    connection = GraphConnection(url)
    Bench(connection).write(structure("warm", 50))
    yield from rates_by_size(connection)
    yield from records_rates(connection)
    yield from answers(connection)
    connection.close()


class Bench:
    """A writer and the time that it spent on vertices and on edges."""

    busy_s = wall_s = 0.0

    def __init__(self, connection: GraphConnection, size: int = REQUEST_ELEMENTS_MAX) -> None:
        self.vertices = self.edges = 0
        self.vertices_s = self.edges_s = 0.0
        self._at = time.perf_counter()
        self._writer = GraphWriter(
            connection,
            PropertyIdentity(),
            stop=threading.Event(),
            on_wait=lambda error: print(error),
            on_written=self._count,
            request_elements_max=size,
        )

    def write(self, envelopes: list[Envelope]) -> float:
        """Write in batches as the consumer does; return the seconds it took."""
        started, busy = time.perf_counter(), time.process_time()
        self._at = started
        for start in range(0, len(envelopes), BATCH):
            assert self._writer.write(envelopes[start : start + BATCH]) == []
        took = time.perf_counter() - started
        Bench.wall_s += took
        Bench.busy_s += time.process_time() - busy
        return took

    def _count(self, vertices: int, edges: int) -> None:
        now = time.perf_counter()
        self.vertices += vertices
        self.edges += edges
        if vertices:
            self.vertices_s += now - self._at
        else:
            self.edges_s += now - self._at
        self._at = now


def rates_by_size(connection: GraphConnection) -> Iterator[Row]:
    """Yield vertices and edges a second for each size of request, in turns."""
    vertices: dict[int, list[float]] = {size: [] for size in REQUEST_SIZES}
    edges: dict[int, list[float]] = {size: [] for size in REQUEST_SIZES}
    for turn in range(ROUNDS):
        for size in REQUEST_SIZES:
            bench = Bench(connection, size)
            bench.write(structure(f"size {size} turn {turn}", 60))
            vertices[size].append(bench.vertices / bench.vertices_s)
            edges[size].append(bench.edges / bench.edges_s)
    for size in REQUEST_SIZES:
        aim = 6000 if size == REQUEST_ELEMENTS_MAX else None
        yield row(f"new vertices, {size} a request", vertices[size], "vertices/s", aim)
    for size in REQUEST_SIZES:
        yield row(f"new edges, {size} a request", edges[size], "edges/s")


def records_rates(connection: GraphConnection) -> Iterator[Row]:
    """Yield records a second: new structure, runs of unchanged structure, records known."""
    new, runs, again, known = [], [], [], []
    for turn in range(ROUNDS):
        made = structure(f"records turn {turn}", 100)
        ran = run_records(made, 1500)
        bench = Bench(connection)
        new.append(len(made) / bench.write(made))
        runs.append(len(ran) / bench.write(ran))
        known.append(len(ran) / bench.write(ran))
        again.append(len(ran) / Bench(connection).write(ran))
    yield row(f"new derivations of {COLUMNS} columns, with resolution", new, "records/s")
    yield row("runs of unchanged jobs", runs, "records/s")
    yield row("the same runs again, by another writer", again, "records/s")
    yield row("the same runs again, by the same writer", known, "records/s")


def answers(connection: GraphConnection) -> Iterator[Row]:
    """Yield how long an answer takes, and how much longer after many runs."""
    chain = structure("asked", 20)
    Bench(connection).write(chain)
    before = timed(connection)
    Bench(connection).write(run_records(chain[:2], 3 * RUNS))
    after = timed(connection)
    yield row("impact over 20 hops", before, "ms")
    yield row(f"impact over 20 hops after {RUNS} runs of one job", after, "ms")


def timed(connection: GraphConnection) -> list[float]:
    """Return the milliseconds of each of some answers."""
    return [elapsed_ms(lambda: Questions(connection).impact("asked/t0.c0")) for _ in range(ASKED)]


def elapsed_ms(action: Callable[[], object]) -> float:
    """Return how long something takes."""
    started = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - started)


def structure(namespace: str, tables: int) -> list[Envelope]:
    """Return a chain of derivations, each column from the one of its number before."""
    chain = [derivation(namespace, number) for number in range(tables)]
    return [envelope for made in chain for envelope in wrapped(made, resolution(made, 0))]


def run_records(made: list[Envelope], count: int) -> list[Envelope]:
    """Return records of runs, three of each run, of the jobs of some derivations."""
    derivations = [e.record for e in made if isinstance(e.record, Derivation)]
    return [
        envelope
        for number in range(1, count // 3 + 1)
        for envelope in run(derivations[number % len(derivations)], number)
    ]


def run(made: Derivation, number: int) -> list[Envelope]:
    """Return what one run of a job states."""
    states = (
        RunState(
            run_id=f"{made.job.namespace} {made.job.name} {number}",
            job=made.job,
            state=state,
            at=instant(number),
            inputs=made.inputs,
            outputs=(made.output,),
        )
        for state in ("START", "COMPLETE")
    )
    return wrapped(*states, resolution(made, number))


def derivation(namespace: str, number: int) -> Derivation:
    """Return the derivation of table `number + 1` from table `number`."""

    def used(field: int, type_: Transformation, subtype: str) -> InputField:
        return InputField(
            namespace=namespace,
            name=f"t{number}",
            field=f"c{field}",
            type=type_,
            subtype=subtype,
        )

    return Derivation(
        job=JobRef(namespace=namespace, name=f"job {number}"),
        output=DatasetRef(namespace=namespace, name=f"t{number + 1}"),
        method=Method.PARSED,
        fields=tuple(
            OutputField(field=f"c{k}", inputs=(used(k, Transformation.DIRECT, "IDENTITY"),))
            for k in range(COLUMNS)
        ),
        dataset=(used(COLUMNS - 1, Transformation.INDIRECT, "FILTER"),),
        inputs=(DatasetRef(namespace=namespace, name=f"t{number}"),),
    )


def resolution(made: Derivation, number: int) -> Resolution:
    """Return the resolution of one run's event to a derivation."""
    return Resolution(
        event=f"{made.job.name} {number}",
        job=made.job,
        run_id=f"{made.job.namespace} {made.job.name} {number}",
        at=instant(number),
        derivations=(record_id(made),),
        basis=Basis(resolver="1"),
        rank="1",
    )


def instant(number: int) -> str:
    """Return the time of a run."""
    day, second = divmod(number, 86_400)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return f"2026-01-{day + 1:02}T{hour:02}:{minute:02}:{second:02}Z"


def wrapped(*records: Derivation | Resolution | RunState) -> list[Envelope]:
    """Put records into envelopes."""
    return [wrap(record, observed_at="", event_id="") for record in records]


def row(name: str, values: list[float], unit: str, aim: int | None = None) -> Row:
    """Return the median of what was measured, beside what was aimed at."""
    value = round(statistics.median(values), 1 if unit == "ms" else None)
    met = None if aim is None else value >= aim
    return {"name": name, "value": value, "unit": unit, "aim": aim, "met": met}


if __name__ == "__main__":
    main()
