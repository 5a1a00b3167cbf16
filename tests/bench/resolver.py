"""The resolver beside the parsers that people use today, in one run: `make bench-resolver`.

Exactness on the corpus (direct edges), speed on TPC-H and TPC-DS as CREATE TABLE AS with
their schema. Each peer runs in an environment of its own under `.bench/venvs`, made here.
"""

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from headwater.processors.resolve import Naming, resolve
from headwater.processors.resolve.cache import Cache
from headwater.schemas.records import Subtype
from tests.resolver.corpus import ANY_NAME, DIRECT, NAMESPACE, Case, cases
from tests.resolver.test_corpus import answer
from tests.resolver.tpc import suite

REPORT = Path(".bench/resolver.json")
VENVS = Path(".bench/venvs")
WORKER = Path(__file__).with_name("resolver_peers.py")
ROUNDS = 5
# A peer that needs longer for a round is asked once: its rate shows all the same.
SLOW_ROUND_S = 20.0
HITS = 21
PEERS = {
    "sqlglot": "sqlglot==30.30.0",
    "datahub": "acryl-datahub[sql-parser]",
    "openlineage-sql": "openlineage-sql",
    "sqllineage": "sqllineage",
}
OWN = ("headwater", "parse")
Edges = set[tuple[str, str, str]]


@dataclass(frozen=True)
class Figure:
    """A measured value and the aim it was held to."""

    name: str
    value: float
    unit: str
    aim: str | None = None
    met: bool | None = None


class Statement(NamedTuple):
    """A statement of the corpus and its direct edges."""

    sql: str
    dialect: str
    tables: dict[str, dict[str, str]]
    edges: Edges


class Peer:
    """A parser in a process of its own."""

    def __init__(self, name: str, python: Path) -> None:
        self.name = name
        # The peers' warnings and logs are no part of the table.
        self._process = subprocess.Popen(
            [str(python), str(WORKER), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": ".src", "PATH": "/usr/bin:/bin", "HOME": str(VENVS.resolve())},
            text=True,
        )

    def ask(self, tables: Any, statements: list[tuple[str, str]]) -> list[dict[str, Any]]:
        """Have statements parsed; `tables` for all of them or one for each."""
        assert self._process.stdin and self._process.stdout
        job = {"tables": tables, "statements": statements}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        results: list[dict[str, Any]] = json.loads(self._process.stdout.readline())
        return results

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def main() -> None:
    """Measure, print, and write the report."""
    peers = [Peer(name, Path(sys.executable)) for name in OWN]
    for name, requirement in PEERS.items():
        python = environment(name, requirement)
        if python:
            peers.append(Peer(name, python))
    try:
        figures = [*exactness(peers), *speed(peers), *cache(), *coverage()]
    finally:
        for peer in peers:
            peer.close()
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps([asdict(figure) for figure in figures], indent=1))
    print(f"\nwritten to {REPORT}")


def environment(name: str, requirement: str) -> Path | None:
    """Return the Python of a peer's environment, made if need be; None where it cannot be."""
    python = VENVS / name / "bin" / "python"
    if python.exists():
        return python.absolute()
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        print(f"{name}: skipped, no uv to make its environment with")
        return None
    for command in (
        [uv, "venv", "-q", "--python", sys.executable, str(VENVS / name)],
        [uv, "pip", "install", "-q", "--python", str(python), requirement],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            print(f"{name}: skipped, {requirement} does not install: {done.stderr.strip()[-200:]}")
            shutil.rmtree(VENVS / name, ignore_errors=True)
            return None
    return python.absolute()


def exactness(peers: list[Peer]) -> list[Figure]:
    """Compare each parser's direct edges with the labels, statement by statement."""
    asked = statements()
    print(f"\nExactness: {len(asked)} statements of the corpus, direct edges\n")
    print(f"{'':18}{'exact':>8}{'edge F1':>9}{'silent':>8}")
    figures = []
    for peer in peers:
        if peer.name == "parse":
            continue
        results = peer.ask([s.tables for s in asked], [(s.sql, s.dialect) for s in asked])
        found = [{(t, s, _top(c)) for t, s, c in result["edges"]} for result in results]
        wrong = [r for s, e, r in zip(asked, found, results, strict=True) if s.edges != e]
        exact = 1 - len(wrong) / len(asked)
        f1 = score([s.edges for s in asked], found)
        silent = sum(not result["error"] for result in wrong) / max(1, len(wrong))
        print(f"{peer.name:18}{exact:8.1%}{f1:9.3f}{silent:8.0%}")
        figures.append(Figure(f"exact, {peer.name}", exact, "share"))
        figures.append(Figure(f"edge F1, {peer.name}", f1, "score"))
    print("\nsilent: wrong answers that come without an error or warning")
    return figures


def statements() -> list[Statement]:
    """Return the corpus's statements that a parser of single statements can be asked about.

    Queries are asked as CREATE TABLE AS, which every peer takes; labels that leave a name
    open cannot be compared.
    """
    chosen: dict[str, Statement] = {}
    for case in cases():
        outputs = list(case.outputs.items())
        if len(outputs) != 1 or ";" in case.sql.rstrip(";") or not outputs[0][1].fields:
            continue
        target, expected = outputs[0]
        if any(name == ANY_NAME for name, _ in expected.fields) or case.dialect == "ansi":
            continue
        if {"schema", "catalog", "exact"} & {*case.settings} or "s3://" in case.sql:
            continue  # peers are told of no session, and name paths each in their own way
        sql = case.sql if target else f"CREATE TABLE bench_out AS {case.sql}"
        edges = {
            (name.lower(), edge.dataset.lower(), _top(edge.column))
            for name, of_field in expected.fields
            for edge in of_field
            if Subtype(edge.subtype) in DIRECT
        }
        chosen.setdefault(
            f"{case.family}: {case.title}", Statement(sql, case.dialect, described(case), edges)
        )
    return list(chosen.values())


def _top(column: str) -> str:
    """Return a column, of a struct's member the struct: peers know no members."""
    return column.lower().partition(".")[0]


def described(case: Case) -> dict[str, dict[str, str]]:
    """Return the tables of a case that its text names."""
    text = case.sql.lower()
    return {
        name: dict(table.columns)
        for name, table in case.tables.items()
        if name.rsplit(".", 1)[-1].lower() in text
    }


def score(labels: list[Edges], found: list[Edges]) -> float:
    """Return the F1 score over all edges."""
    both = sum(len(a & b) for a, b in zip(labels, found, strict=True))
    return 2 * both / (sum(map(len, labels)) + sum(map(len, found)))


def speed(peers: list[Peer]) -> list[Figure]:
    """Time each parser on the TPC statements, in rounds that take turns."""
    suites = [suite(name) for name in ("tpch", "tpcds")]
    asked = [[(sql, "duckdb") for sql in s.statements.values()] for s in suites]
    tables = [{t: dict(columns) for t, columns in s.tables.items()} for s in suites]
    rounds: dict[str, list[list[float]]] = {peer.name: [] for peer in peers}
    whole: dict[str, float] = {}
    for _ in range(ROUNDS + 1):
        for peer in peers:
            if rounds[peer.name] and sum(rounds[peer.name][0]) > SLOW_ROUND_S * 1000:
                continue
            results = [r for t, s in zip(tables, asked, strict=True) for r in peer.ask(t, s)]
            rounds[peer.name].append([result["ms"] for result in results])
            whole[peer.name] = sum(not result["error"] for result in results) / len(results)
    return [*_speed_table(rounds, whole), *_aims(rounds)]


def _speed_table(rounds: dict[str, list[list[float]]], whole: dict[str, float]) -> list[Figure]:
    print("\nTPC-H and TPC-DS as CREATE TABLE AS, with schema; processor time\n")
    print(f"{'':18}{'statements/s':>14}{'median ms':>11}{'p99 ms':>9}{'whole':>8}")
    figures = []
    for name in rounds:
        times = _typical(rounds[name])
        rate = len(times) / sum(times) * 1000
        p99 = statistics.quantiles(times, n=100)[98]
        middle = statistics.median(times)
        print(f"{name:18}{rate:14.1f}{middle:11.2f}{p99:9.1f}{whole[name]:8.0%}")
        figures.append(Figure(f"statements a second, {name}", rate, "1/s"))
        figures.append(Figure(f"p99, {name}", p99, "ms"))
    print("\nwhole: statements answered without an error or a column left open")
    return figures


def _typical(rounds: list[list[float]]) -> list[float]:
    """Return each statement's median over the rounds; the first of several warms up."""
    measured = rounds[1:] or rounds
    return [statistics.median(times) for times in zip(*measured, strict=True)]


def _aims(rounds: dict[str, list[list[float]]]) -> list[Figure]:
    own, parse = _typical(rounds["headwater"]), _typical(rounds["parse"])
    over_parse = sum(own) / sum(parse)
    beyond = max(a - b for a, b in zip(own, parse, strict=True))
    figures = [
        Figure("time over parsing alone", over_parse, "times", "<= 1.5", over_parse <= 1.5),
        Figure("most beyond parsing, one statement", beyond, "ms", "<= 20", beyond <= 20),
    ]
    if "datahub" in rounds:
        times = sum(_typical(rounds["datahub"])) / sum(own)
        figures.append(Figure("rate over DataHub's", times, "times", ">= 8", times >= 8))
    print()
    for figure in figures:
        print(f"{figure.name}: {figure.value:.2f} {figure.unit} (aim {figure.aim})")
    return figures


def cache() -> list[Figure]:
    """Time hits of the cache: the same text, and one that differs in its literals."""
    tpcds = suite("tpcds")
    naming = Naming(namespace=NAMESPACE)
    kept = Cache()
    for sql in tpcds.statements.values():
        found = resolve(sql, dialect="duckdb", naming=naming, schemas=tpcds.lookup)
        kept.put(sql, "duckdb", naming, tpcds.lookup, (), found)
    exact, similar = [], []
    for sql in tpcds.statements.values():
        exact.append(_hit_us(kept, sql, naming, tpcds.lookup) or 0.0)
        # A comment or a blank more changes the text and not its fingerprint.
        similar.append(_hit_us(kept, f"{sql} -- again", naming, tpcds.lookup, varied=True))
    hits = [took_us for took_us in similar if took_us is not None]
    print(f"\ncache: {len(hits)} of {len(similar)} texts are found by their fingerprint")
    figures = [
        Figure("cache hit by text, median", statistics.median(exact), "µs", "<= 50"),
        Figure("cache hit by fingerprint, median", statistics.median(hits), "µs", "<= 300"),
    ]
    limits = (50, 300)
    figures = [
        Figure(f.name, f.value, f.unit, f.aim, f.value <= limit)
        for f, limit in zip(figures, limits, strict=True)
    ]
    print()
    for figure in figures:
        print(f"{figure.name}: {figure.value:.1f} {figure.unit} (aim {figure.aim})")
    return figures


def _hit_us(
    kept: Cache, sql: str, naming: Naming, lookup: Any, *, varied: bool = False
) -> float | None:
    """Return what finding a text takes; None where it is not found."""
    if kept.get(sql, "duckdb", naming, lookup) is None:
        return None
    times: list[float] = []
    for _ in range(HITS):
        again = sql + " " * len(times) if varied else sql
        began = time.thread_time()
        kept.get(again, "duckdb", naming, lookup)
        times.append((time.thread_time() - began) * 1e6)
    return statistics.median(times)


def coverage() -> list[Figure]:
    """Count by dialect the corpus's statements whose outputs are all resolved."""
    whole, resolved = Counter[str](), Counter[str]()
    for case in cases():
        found = answer(case)
        open_ = [*found.unresolved, *(p for output in found.outputs for p in output.unresolved)]
        whole[case.dialect] += 1
        resolved[case.dialect] += not open_
    print("\nStatements of the corpus with every output resolved, by dialect\n")
    figures = []
    for dialect, count in whole.items():
        share = resolved[dialect] / count
        print(f"{dialect:12}{resolved[dialect]:5} of {count:4}{share:8.1%}")
        figures.append(Figure(f"resolved, {dialect}", share, "share"))
    return figures


if __name__ == "__main__":
    main()
