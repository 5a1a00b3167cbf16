"""The lineage index beside networkx, rustworkx and Gremlin: `python -m tests.bench.index`.

The estate is synthetic. Tables lie in layers; a table's columns derive from columns of
tables in the few layers before it. Which table is read is drawn by Zipf's law over the
tables of a layer, so a few are read by hundreds and most by hardly any; the same law picks
the columns within a table (keys are used by many, most columns by few). Three in a hundred
derivations filter by a column, which then concerns every column of the output, and one
derivation in ten was preceded by another one that read other columns, so that as-of has a past.

What runs in this thread alone is measured in its CPU time, which a busy machine stretches
less than the clock; what waits for JanusGraph or a disk is measured by the clock.
"""

import argparse
import contextlib
import ctypes
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from headwater.schemas.names import ColumnName
from headwater.schemas.records import (
    Annotation,
    Basis,
    DatasetRef,
    DatasetVersion,
    Derivation,
    Envelope,
    FieldType,
    InputField,
    JobRef,
    KnownBy,
    Method,
    OutputField,
    Resolution,
    Transformation,
    decode,
    encode,
    record_id,
    wrap,
)
from headwater.sinks.compliance.exposure import pii
from headwater.sinks.index import Ask, LineageIndex, Way

if TYPE_CHECKING:
    import networkx
    import rustworkx

    from headwater.sinks.graph.connection import GraphConnection

RESULTS = Path(".bench/index.json")
LARGE_RESULTS = Path(".bench/index_large.json")
NAMESPACE = "postgres://warehouse:5432"
START = datetime(2026, 1, 1, tzinfo=UTC)
CHANGE = START + timedelta(days=30)
LAYERS = 32
TABLE_COLUMNS = 20
NODES_MAX = 100_000_000
BATCH = 50
"""Records that are decoded before they are added: so few that they do not scatter the memory."""

SUBTYPES = (
    ("IDENTITY", 0.6),
    ("TRANSFORMATION", 0.25),
    ("AGGREGATION", 0.1),
    ("CONDITIONAL", 0.05),
)
FIELD_WORDS = ("id", "name", "amount", "status", "created_at", "updated_at", "kind", "code")


@dataclass(frozen=True)
class Estate:
    """How large an estate is: its columns, and its edges now in force."""

    columns: int
    edges: int

    @property
    def tables(self) -> int:
        return self.columns // TABLE_COLUMNS

    def table(self, number: int) -> str:
        return f"warehouse.layer_{number * LAYERS // self.tables:02d}.table_{number:06d}"


ESTATE = Estate(200_000, 1_000_000)
LARGE = Estate(2_000_000, 10_000_000)


def field_name(number: int) -> str:
    return f"{FIELD_WORDS[number % len(FIELD_WORDS)]}_{number}"


def envelopes(estate: Estate, *, past: bool = True, seed: int = 7) -> Iterator[Envelope]:
    """Yield the records of an estate: of each table what makes it and what made it before."""
    random = np.random.default_rng(seed)
    in_layer = estate.tables // LAYERS
    edges_each = estate.edges / (estate.tables - in_layer)
    for number in range(estate.tables):
        schema = tuple(FieldType(name=field_name(n)) for n in range(TABLE_COLUMNS))
        version = DatasetVersion.model_construct(
            namespace=NAMESPACE, name=estate.table(number), fields=schema, version=None
        )
        yield wrap(version, observed_at=START.isoformat(), event_id="e")
    for number in range(in_layer, estate.tables):
        count = int(edges_each) + (random.random() < edges_each % 1)
        now = derivation(estate, random, number, in_layer, count)
        yield from stated(now, CHANGE)
        if past and number % 10 == 0:
            yield from stated(derivation(estate, random, number, in_layer, count), START)
        elif past:
            yield from resolved(now, START)


def decoded(estate: Estate) -> Iterator[Envelope]:
    """Yield the records of an estate as a sink gets them."""
    return map(decode, map(encode, envelopes(estate)))


def derivation(
    estate: Estate, random: np.random.Generator, number: int, in_layer: int, count: int
) -> Derivation:
    """Return what makes a table, of as many edges."""
    layer = number // in_layer
    first = max(0, layer - 3) * in_layer
    reads = min(5, count)
    ranks = random.zipf(1.5, reads) % (layer * in_layer - first)
    # Popular tables lie in the layer just before, so that the depth is that of the layers.
    tables = layer * in_layer - 1 - ranks
    columns = random.zipf(1.6, count) % TABLE_COLUMNS
    subtypes = random.choice(4, count, p=[p for _, p in SUBTYPES])
    inputs: list[list[InputField]] = [[] for _ in range(TABLE_COLUMNS)]
    for n in range(count):
        source = tables[n % reads], (columns[n] + 7 * tables[n % reads]) % TABLE_COLUMNS
        inputs[n % TABLE_COLUMNS].append(input_field(estate, *source, SUBTYPES[subtypes[n]][0]))
    filters = [input_field(estate, tables[0], 0, "FILTER")] if random.random() < 0.03 else []
    return Derivation.model_construct(
        job=JobRef.model_construct(namespace="airflow", name=f"make_{number:06d}"),
        output=ref(estate, number),
        method=Method.PARSED,
        fields=tuple(
            OutputField.model_construct(
                field=field_name(n), inputs=tuple(sorted(each, key=lambda i: (i.name, i.field)))
            )
            for n, each in enumerate(inputs)
        ),
        dataset=tuple(filters),
        inputs=tuple(ref(estate, table) for table in sorted(set(tables.tolist()))),
        unresolved=(),
    )


def input_field(estate: Estate, table: int, field: int, subtype: str) -> InputField:
    direct = subtype not in ("FILTER", "CONDITIONAL")
    return InputField(
        namespace=NAMESPACE,
        name=estate.table(int(table)),
        field=field_name(int(field)),
        type=Transformation.DIRECT if direct else Transformation.INDIRECT,
        subtype=subtype,
        masking=False,
        known_by=KnownBy.CATALOG,
    )


def ref(estate: Estate, table: int) -> DatasetRef:
    return DatasetRef.model_construct(namespace=NAMESPACE, name=estate.table(table), version=None)


def stated(made: Derivation, at: datetime) -> Iterator[Envelope]:
    yield wrap(made, observed_at=at.isoformat(), event_id="e")
    yield from resolved(made, at)


def resolved(made: Derivation, at: datetime) -> Iterator[Envelope]:
    """Yield the run of a job that stands for what it makes."""

    resolution = Resolution.model_construct(
        event=f"{made.job.name} {at.isoformat()}",
        job=made.job,
        run_id=None,
        at=at.isoformat(),
        derivations=(record_id(made),),
        basis=Basis.model_construct(resolver="sql/1", schemas=()),
        rank="1",
    )
    yield wrap(resolution, observed_at=at.isoformat(), event_id="e")


@dataclass(frozen=True)
class Figure:
    """One measured figure, its aim where it has one."""

    name: str
    value: float
    unit: str
    aim: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        if self.aim is None:
            return None
        return self.value >= self.aim if self.at_least else self.value <= self.aim


def timed_ms(action: Callable[[], object], clock: Callable[[], float] = time.thread_time) -> float:
    began = clock()
    action()
    return (clock() - began) * 1e3


def medians_ms(
    actions: dict[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.thread_time,
) -> dict[str, float]:
    """Return the median of each, measured in turns so that noise hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            times[name].append(timed_ms(action, clock))
    return {name: statistics.median(each) for name, each in times.items()}


def everything(as_of: datetime | None = None) -> Ask:
    return Ask(as_of=as_of, depth_max=10_000, nodes_max=NODES_MAX)


def columns_reached(index: LineageIndex, column: ColumnName, ask: Ask) -> int:
    return len(index.closure(column, Way.DOWNSTREAM, ask).nodes())


def sample(estate: Estate, count: int) -> list[ColumnName]:
    random = np.random.default_rng(3)
    picks = zip(
        random.integers(0, estate.tables, count),
        random.integers(0, TABLE_COLUMNS, count),
        strict=True,
    )
    return [ColumnName(NAMESPACE, estate.table(int(t)), field_name(int(f))) for t, f in picks]


def worst(index: LineageIndex, estate: Estate) -> ColumnName:
    """Return the column with the largest closure: of a sample, and of all popular ones."""
    in_layer = estate.tables // LAYERS
    popular = [
        ColumnName(NAMESPACE, estate.table(layer * in_layer - 1 - rank), field_name(column))
        for layer in (1, 2)
        for rank in range(min(10, in_layer))
        for column in range(TABLE_COLUMNS)
    ]
    return max(popular + sample(estate, 200), key=lambda c: columns_reached(index, c, everything()))


def bench_index(estate: Estate) -> tuple[list[Figure], LineageIndex, ColumnName]:
    """Measure the build and the questions; return the index, and its worst column."""
    records = list(decoded(estate))
    gc.collect()
    gc.freeze()
    builds = []
    for _ in range(3):
        began = time.thread_time()
        index = LineageIndex.from_records(records)
        index.closure(sample(estate, 1)[0], Way.DOWNSTREAM)
        builds.append(time.thread_time() - began)
    edges = index.sizes["edges"]
    del records
    gc.unfreeze()
    gc.collect()
    column, walks = measure_walks(index, estate)
    closure = index.closure(column, Way.DOWNSTREAM, everything())
    then = CHANGE - timedelta(days=1)
    earlier = (everything(then - timedelta(days)) for days in range(1, 10))
    some = sample(estate, 1)[0]
    new_time_ms = statistics.median(
        timed_ms(partial(index.closure, some, Way.DOWNSTREAM, ask)) for ask in earlier
    )
    return (
        [
            Figure("edges held, past ones too", edges, "edges"),
            Figure(
                "build, all records decoded before",
                edges / statistics.median(builds),
                "edges/s",
                1e6,
                at_least=True,
            ),
            Figure("worst column: reached", len(closure.nodes()), "names"),
            Figure("worst column: depth", len(closure.levels) - 1, "hops"),
            Figure("worst column: closure", walks.worst_ms, "ms", 20),
            Figure("median column that anything is made of: closure", walks.median_ms, "ms", 1),
            Figure("worst column: as-of / now", walks.worst_then_ms / walks.worst_ms, "×", 2),
            Figure(
                "median such column: as-of / now", walks.median_then_ms / walks.median_ms, "×", 2
            ),
            Figure("median column: first question as of a new time", new_time_ms, "ms"),
            Figure(
                "worst column: impact with 1,000 names, jobs, models",
                medians_ms({"i": lambda: index.impact(column, everything())}, 5)["i"],
                "ms",
            ),
            *bench_search(index),
            *bench_diff(index, column),
            *bench_snapshot(index),
        ],
        index,
        column,
    )


@dataclass(frozen=True)
class Walks:
    """How long closures take, now and as of an earlier time."""

    worst_ms: float
    worst_then_ms: float
    median_ms: float
    median_then_ms: float


def measure_walks(index: LineageIndex, estate: Estate) -> tuple[ColumnName, Walks]:
    """Return the worst column, and how long its closure and that of a usual one takes."""
    column, then = worst(index, estate), CHANGE - timedelta(days=1)
    some = [c for c in sample(estate, 2_000) if columns_reached(index, c, everything()) > 1]
    large = medians_ms(
        {
            "now": lambda: index.closure(column, Way.DOWNSTREAM, everything()),
            "as of": lambda: index.closure(column, Way.DOWNSTREAM, everything(then)),
        },
        15,
    )
    now, at_then = (
        statistics.median(
            timed_ms(partial(index.closure, c, Way.DOWNSTREAM, Ask(as_of=at))) for c in some
        )
        for at in (None, then)
    )
    return column, Walks(large["now"], large["as of"], now, at_then)


def bench_search(index: LineageIndex) -> list[Figure]:
    """Measure the search for what there is much of, little, and nothing."""
    index.search("warm")
    found = medians_ms(
        {text: partial(index.search, text) for text in ("table_004", "table_009999", "nowhere")}, 9
    )
    return [Figure(f"search, substring {text}", ms, "ms") for text, ms in found.items()]


def bench_diff(index: LineageIndex, column: ColumnName) -> list[Figure]:
    """Measure what changed in the estate, where one derivation in ten did, and around a column."""
    before, after = CHANGE - timedelta(days=1), CHANGE + timedelta(days=1)
    found = medians_ms(
        {
            "everything": lambda: index.diff(before, after),
            "around the worst column": lambda: index.diff(before, after, column),
        },
        3,
    )
    return [Figure(f"diff of two times, {what}", ms, "ms") for what, ms in found.items()]


def bench_pii(index: LineageIndex, estate: Estate) -> list[Figure]:
    """Measure what a late table shows of 300 classified columns far before it."""
    random = np.random.default_rng(5)
    early = random.integers(0, 3 * (estate.tables // LAYERS), 300)
    for number, table in enumerate(early.tolist()):
        classified = Annotation(
            target_kind="column",
            namespace=NAMESPACE,
            name=estate.table(table),
            field=field_name(number % TABLE_COLUMNS),
            key="classification",
            value="pii",
            at=START.isoformat(),
        )
        index.add(wrap(classified, observed_at=START.isoformat(), event_id="e"))
    late = f"{NAMESPACE}/{estate.table(estate.tables - 5)}"
    found = medians_ms({"pii": lambda: pii(index, late)}, 3)
    return [Figure("personal data in a table of the last layer", found["pii"], "ms")]


@dataclass(frozen=True)
class Measured:
    """What an index takes that was built in a process of its own, from records just decoded."""

    edges: int
    build_s: float
    resident_bytes: int
    resident_trimmed_bytes: int
    walks: Walks


def measured(estate: Estate) -> Measured:
    """Return what an index of this size takes, by a process of its own."""
    size = [str(estate.columns), str(estate.edges)]
    out = subprocess.run(
        [sys.executable, "-m", "tests.bench.index", "--measure", *size],
        check=True,
        capture_output=True,
        text=True,
    )
    told = json.loads(out.stdout)
    return Measured(**{**told, "walks": Walks(**told["walks"])})


def measure(estate: Estate) -> Measured:
    """Measure in this process, which does nothing else."""
    build(Estate(2_000, 5_000))
    gc.collect()
    before = psutil.Process().memory_info().rss
    index, build_s = build(estate)
    gc.collect()
    grown = psutil.Process().memory_info().rss - before
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    trimmed = psutil.Process().memory_info().rss - before
    _, walks = measure_walks(index, estate)
    return Measured(index.sizes["edges"], build_s, grown, trimmed, walks)


def build(estate: Estate) -> tuple[LineageIndex, float]:
    """Return an index built as a sink does, and how long that took without the decoding."""
    index, records, spent = LineageIndex(), decoded(estate), 0.0
    while batch := list(islice(records, BATCH)):
        began = time.thread_time()
        for envelope in batch:
            index.add(envelope)
        spent += time.thread_time() - began
    began = time.thread_time()
    index.closure(sample(estate, 1)[0], Way.DOWNSTREAM)
    return index, spent + time.thread_time() - began


def bench_process(estate: Estate) -> list[Figure]:
    """Measure what is only told by a process of its own."""
    found = measured(estate)
    return [
        Figure("build, each record just decoded", found.edges / found.build_s, "edges/s"),
        Figure("resident", found.resident_bytes / found.edges, "B/edge", 60),
        Figure(
            "resident, without freed memory that malloc keeps",
            found.resident_trimmed_bytes / found.edges,
            "B/edge",
        ),
    ]


def bench_large() -> list[Figure]:
    """Measure an estate ten times as large beside the usual one."""
    one, ten = measured(ESTATE), measured(LARGE)
    pairs = {
        "build": (one.build_s, ten.build_s, "s"),
        "worst column: closure": (one.walks.worst_ms, ten.walks.worst_ms, "ms"),
        "worst column as of then: closure": (
            one.walks.worst_then_ms,
            ten.walks.worst_then_ms,
            "ms",
        ),
        "median column: closure": (one.walks.median_ms, ten.walks.median_ms, "ms"),
        "median column as of then: closure": (
            one.walks.median_then_ms,
            ten.walks.median_then_ms,
            "ms",
        ),
    }
    return [
        Figure("edges held, past ones too", ten.edges, "edges"),
        Figure("build, each record just decoded", ten.edges / ten.build_s, "edges/s"),
        Figure("resident", ten.resident_bytes / ten.edges, "B/edge", 60),
        *(
            figure
            for name, (small, large, unit) in pairs.items()
            for figure in (
                Figure(f"{name}, {ESTATE.edges:,} edges", small, unit),
                Figure(f"{name}, {LARGE.edges:,} edges", large, unit, 10 * small),
            )
        ),
    ]


def bench_snapshot(index: LineageIndex) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snapshot"
        save_ms = timed_ms(lambda: index.save(path), time.perf_counter)
        load_ms = timed_ms(lambda: LineageIndex.load(path), time.perf_counter)
        size = path.stat().st_size
    return [
        Figure("snapshot: save", save_ms, "ms"),
        Figure("snapshot: load", load_ms, "ms"),
        Figure("snapshot: size", size / 1e6, "MB"),
    ]


def plain_edges(index: LineageIndex) -> list[tuple[str, str]]:
    """Return what is in force as edges of a plain graph; gates are nodes of it."""
    found: list[tuple[str, str]] = []
    gates: set[str] = set()
    for link in index.links():
        ends = [".".join(link.source), ".".join(link.target)]
        if not isinstance(link.target, ColumnName):
            gates.add(ends[1])
        found.append((ends[0], ends[1]))
    for gate in sorted(gates):
        found += [(gate, f"{gate}.{field_name(n)}") for n in range(TABLE_COLUMNS)]
    return found


def bench_others(index: LineageIndex, estate: Estate, column: ColumnName) -> list[Figure]:
    """Measure the same closures in networkx and rustworkx."""
    import networkx
    import rustworkx

    plain, rust, figures = others(plain_edges(index))
    used = (c for c in sample(estate, 300) if columns_reached(index, c, everything()) > 1)
    some = [".".join(c) for c in used]
    large = closures_ms(index, column, plain, rust)
    return [
        *figures,
        *(Figure(f"{name}: worst column", ms, "ms") for name, ms in large.items()),
        Figure(
            "networkx: median such column",
            statistics.median(timed_ms(partial(networkx.descendants, plain, k)) for k in some),
            "ms",
        ),
        Figure(
            "rustworkx: median such column",
            statistics.median(
                timed_ms(partial(rustworkx.descendants, rust.graph, rust.numbers[k])) for k in some
            ),
            "ms",
        ),
    ]


@dataclass(frozen=True)
class Rust:
    """A graph of rustworkx, and its nodes by name."""

    graph: "rustworkx.PyDiGraph[str, None]"
    numbers: dict[str, int]


def others(
    edges: list[tuple[str, str]],
) -> tuple["networkx.DiGraph[str]", Rust, list[Figure]]:
    """Return a graph of networkx and one of rustworkx, and how quickly they were built."""
    import networkx
    import rustworkx

    began = time.thread_time()
    plain: networkx.DiGraph[str] = networkx.DiGraph(edges)
    networkx_s = time.thread_time() - began
    began = time.thread_time()
    numbers: dict[str, int] = {}
    for pair in edges:
        for end in pair:
            numbers.setdefault(end, len(numbers))
    rust = rustworkx.PyDiGraph(multigraph=False)
    rust.add_nodes_from(list(numbers))
    rust.add_edges_from_no_data([(numbers[a], numbers[b]) for a, b in edges])
    rustworkx_s = time.thread_time() - began
    return (
        plain,
        Rust(rust, numbers),
        [
            Figure("networkx: build", len(edges) / networkx_s, "edges/s"),
            Figure("rustworkx: build", len(edges) / rustworkx_s, "edges/s"),
        ],
    )


def closures_ms(
    index: LineageIndex, column: ColumnName, plain: "networkx.DiGraph[str]", rust: Rust
) -> dict[str, float]:
    """Return how long one closure takes in each, after seeing that all find the same."""
    import networkx
    import rustworkx

    key = ".".join(column)
    expected = columns_reached(index, column, everything()) - 1
    assert expected == len(networkx.descendants(plain, key))
    assert expected == len(rustworkx.descendants(rust.graph, rust.numbers[key]))
    return medians_ms(
        {
            "ours": lambda: index.closure(column, Way.DOWNSTREAM, everything()),
            "networkx": lambda: networkx.descendants(plain, key),
            "rustworkx": lambda: rustworkx.descendants(rust.graph, rust.numbers[key]),
        },
        5,
    )


def bench_gremlin(estate: Estate) -> list[Figure]:
    """Measure a smaller estate in JanusGraph, for a million edges take too long to load."""
    import threading

    from headwater.deploy.home import Home
    from headwater.deploy.stack import Stack
    from headwater.sinks.graph.connection import GraphConnection
    from headwater.sinks.graph.elements import column_uid
    from headwater.sinks.graph.identity import PropertyIdentity
    from headwater.sinks.graph.questions import Questions
    from headwater.sinks.graph.writer import GraphWriter

    records = list(envelopes(estate, past=False))
    index = LineageIndex.from_records(records)
    column = worst(index, estate)
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(Home(Path(folder) / "home"), ("janusgraph",)) as stack,
        contextlib.closing(GraphConnection(stack.gremlin_url)) as connection,
    ):
        writer = GraphWriter(
            connection,
            PropertyIdentity(),
            stop=threading.Event(),
            on_wait=lambda _: None,
            on_written=lambda _a, _b: None,
        )
        load_s = timed_ms(lambda: writer.write(records), time.perf_counter) / 1e3
        questions = Questions(connection)
        name = f"{column[0]}/{'.'.join(column[1:])}"
        reached = index.impact(column, everything())
        assert reached.reach.columns_count == traversed(connection, column_uid(*column))
        assert reached.jobs == questions.impact(name, everything()).jobs
        found = medians_ms(
            {
                "ours, names and jobs": lambda: index.impact(column, everything()),
                "Gremlin, a plain count": lambda: traversed(connection, column_uid(*column)),
                "Gremlin, names and jobs": lambda: questions.impact(name, everything()),
            },
            3,
            time.perf_counter,
        )
    plain, rust, _ = others(plain_edges(index))
    found |= closures_ms(index, column, plain, rust)
    size = f"{estate.edges:,} edges"
    return [
        Figure(f"JanusGraph: load {size}", load_s, "s"),
        *(Figure(f"{name}: worst column of {size}", ms, "ms") for name, ms in found.items()),
    ]


def traversed(connection: "GraphConnection", uid: str) -> int:
    """Return how many columns lie downstream of one, by one traversal in the graph."""
    from gremlin_python.process.graph_traversal import __

    found = connection.ask(
        lambda g: (
            g.V()
            .has("uid", uid)
            .repeat(
                __.out("DERIVES", "INFLUENCES")
                .coalesce(__.has_label("Column"), __.out("HAS_COLUMN"))
                .dedup()
            )
            .emit()
            .dedup()
            .count()
        )
    )
    return int(found[0])


def show(figures: list[Figure]) -> None:
    for figure in figures:
        aim = (
            ""
            if figure.aim is None
            else f"aim {figure.aim:,.4g} {'met' if figure.met else 'MISSED'}"
        )
        print(f"{figure.name:55} {figure.value:>14,.4g} {figure.unit:8} {aim}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--large", action="store_true", help="an estate ten times as large beside the usual one"
    )
    parser.add_argument("--without-gremlin", action="store_true", help="start no JanusGraph")
    parser.add_argument("--measure", nargs=2, type=int, metavar=("COLUMNS", "EDGES"))
    told = parser.parse_args()
    if told.measure:
        print(json.dumps(asdict(measure(Estate(*told.measure)))))
    elif told.large:
        keep(bench_large(), LARGE_RESULTS)
    else:
        keep(bench(gremlin=not told.without_gremlin), RESULTS)


def bench(*, gremlin: bool) -> Iterator[Figure]:
    """Measure ours beside the others."""
    figures, index, column = bench_index(ESTATE)
    yield from figures
    yield from bench_others(index, ESTATE, column)
    yield from bench_pii(index, ESTATE)
    del index
    yield from bench_process(ESTATE)
    if gremlin:
        yield from bench_gremlin(Estate(5_000, 20_000))


def keep(figures: Iterable[Figure], path: Path) -> None:
    """Show figures as they come, and write them to a file."""
    kept = []
    for figure in figures:
        show([figure])
        kept.append({**asdict(figure), "met": figure.met})
    for each in kept:
        del each["at_least"]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(kept, indent=2))


if __name__ == "__main__":
    main()
