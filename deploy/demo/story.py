"""The demo itself: its stages in order, and whether each came out right."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ...producers import Emitter
from ...producers.duckdb import TracedConnection
from ...schemas.names import ColumnName, DatasetName
from ...sinks.answers import Impact, Related, Trace
from ...sinks.graph.connection import GraphConnection
from ...sinks.graph.questions import Questions
from ..accounting import Accounts, Log, account, settle
from ..stack import Stack
from . import answers, flights
from .model import MODEL, Trained, train

SETTLE_TIMEOUT_S = 60.0
"""Without any advance for so long, something is broken."""

Progress = Callable[[str], None]


@dataclass
class Findings:
    """What the demo found out.

    Attributes:
        emitted: Events and profiles handed to the emitter.
        first: What became of them after the first pass.
        second: The same once every statement has run again.
        wrong: What should have come out otherwise; empty if all is right.
        seconds: How long each stage took.
    """

    rows: int = 0
    statements: int = 0
    emitted: int = 0
    acknowledged: int = 0
    trained: Trained | None = None
    first: Accounts | None = None
    second: Accounts | None = None
    impact: Impact | None = None
    trace: Trace | None = None
    wrong: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def added(self) -> dict[str, int]:
        """Vertices and edges by label that the second pass added to the graph."""
        assert self.first and self.second
        before = self.first.graph
        grown = {label: n - before.get(label, 0) for label, n in self.second.graph.items()}
        return {label: n for label, n in grown.items() if n}


class Story:
    """Runs the demo's stages against a running stack.

    Args:
        stack: Where it runs.
        folder: Where the database and the spool go.
        progress: Told what is being done.
    """

    def __init__(self, stack: Stack, folder: Path, progress: Progress) -> None:
        self._folder = folder
        self._progress = progress
        self._log = Log(stack.kafka_bootstrap)
        self._graph = GraphConnection(stack.gremlin_url)
        self._emitter = Emitter(bootstrap=stack.kafka_bootstrap, spool_dir=folder / "spool")
        self._before = sum(self._log.ends("lineage.events", "training.profiles").values())
        self.findings = Findings()

    def run(self) -> Findings:
        """Run every stage and check what comes out.

        Raises:
            HeadwaterError: If the stack stops taking what is emitted.
        """
        found = self.findings
        connection = flights.connect(self._folder, self._emitter)
        with self._stage("load"):
            found.rows = flights.load(connection, self._folder, self._emitter)
        with self._stage("sql"):
            found.statements = _execute(connection)
        with self._stage("train"):
            found.trained = train(connection, self._emitter)
        with self._stage("settle"):
            found.first = self._settled()
        with self._stage("ask"):
            self._ask()
        with self._stage("repeat"):
            _execute(connection)
            found.second = self._settled()
        found.acknowledged = self._emitter.counts.acknowledged
        found.wrong = check(found)
        return found

    def close(self) -> None:
        """Let go of the emitter and the graph."""
        self._emitter.close()
        self._graph.close()

    def _settled(self) -> Accounts:
        """Wait until all that was emitted is in the graph, and count it."""
        self._emitter.flush(SETTLE_TIMEOUT_S)
        self.findings.emitted = self._emitter.counts.emitted

        def tell(before_worker: int, before_sink: int) -> None:
            self._progress(f"waiting: {before_worker} events and {before_sink} records to go")

        expected = self._before + self.findings.emitted
        settle(self._log, expected, timeout_s=SETTLE_TIMEOUT_S, progress=tell)
        return account(self._log, self._graph)

    def _ask(self) -> None:
        questions = Questions(self._graph)
        self.findings.impact = questions.impact(answers.IMPACT_SUBJECT)
        self.findings.trace = questions.trace(MODEL)

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        self._progress(name)
        started = time.monotonic()
        yield
        self.findings.seconds[name] = time.monotonic() - started


def _execute(connection: TracedConnection) -> int:
    """Run every statement once; return how many there are."""
    count = 0
    for job, sql in flights.statements():
        connection.execute(sql, job=job)
        count += 1
    return count


def check(found: Findings) -> list[str]:
    """Return what should have come out otherwise; empty if all is right."""
    assert found.first and found.second and found.impact and found.trace
    return [
        *found.first.differences(),
        *found.second.differences(),
        *_emission(found),
        *_repetition(found),
        *_impact(found.impact),
        *_trace(found.trace, found.trained),
    ]


def _emission(found: Findings) -> Iterator[str]:
    """Everything emitted was acknowledged, and nothing refused."""
    assert found.second
    if found.acknowledged != found.emitted:
        yield f"{found.emitted} events were emitted, {found.acknowledged} acknowledged"
    if found.second.dead_letters:
        yield f"{found.second.dead_letters} messages are in the dead letters"


def _repetition(found: Findings) -> Iterator[str]:
    """A second run of the same statements adds the runs and nothing else."""
    added, statements = found.added, found.statements
    if added.get("Run") != statements:
        yield f"{statements} statements ran again, {added.get('Run', 0)} runs were added"
    for label in sorted(added.keys() - answers.REPEATED_STATEMENTS_WRITE):
        yield f"the second run of unchanged statements added {added[label]} {label}"


def _impact(impact: Impact) -> Iterator[str]:
    yield from _differ(
        "impact, direct", answers.IMPACT_DIRECT, columns(impact.reach.columns, direct=True)
    )
    yield from _differ(
        "impact, indirect", answers.IMPACT_INDIRECT, columns(impact.reach.columns, direct=False)
    )
    yield from _differ("impact, jobs", answers.IMPACT_JOBS, {job.name for job in impact.jobs})
    yield from _differ(
        "impact, models", answers.IMPACT_MODELS, {model.name for model in impact.models}
    )


def _trace(trace: Trace, trained: Trained | None) -> Iterator[str]:
    sources = set(trace.sources)
    found = [each for each in trace.reach.columns if each.name in sources]
    yield from _differ("trace, direct", answers.TRACE_DIRECT_SOURCES, columns(found, direct=True))
    yield from _differ(
        "trace, indirect", answers.TRACE_INDIRECT_SOURCES, columns(found, direct=False)
    )
    stated = trace.passport.model.run_id if trace.passport else None
    if trained and stated != trained.run_id:
        yield f"the trace names run {stated}, the model was trained by {trained.run_id}"


def _differ(what: str, expected: set[str], found: set[str]) -> Iterator[str]:
    if missing := expected - found:
        yield f"{what}: {', '.join(sorted(missing))} missing"
    if extra := found - expected:
        yield f"{what}: {', '.join(sorted(extra))} should not be there"


def columns(related: Iterable[Related], *, direct: bool) -> set[str]:
    """Return the short names of the columns that are related directly, or only indirectly."""
    return {
        short(each.name)
        for each in related
        if isinstance(each.name, ColumnName) and each.direct is direct
    }


def short(name: ColumnName | DatasetName) -> str:
    """Return a name as people say it: `table` or `table.column`."""
    leaf = DatasetName(name.namespace, name.name).leaf
    return f"{leaf}.{name.field}" if isinstance(name, ColumnName) else leaf
