"""What the demo prints: for people as text, for programs as JSON."""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.status import Status
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from ...schemas.names import ColumnName, DatasetName
from ...sinks.answers import Impact, Related, Trace
from . import answers
from .story import Findings, columns, short

_STAGES = {
    "load": "Loading the flights, weather, planes, airlines and airports into DuckDB",
    "sql": "Running the SQL that makes a feature table",
    "train": "Training the model, each layer profiled",
    "settle": "Waiting until everything emitted is in the graph",
    "ask": "Asking the graph",
    "repeat": "Running every statement a second time",
}

PAGE = f"/lineage?subject={answers.IMPACT_SUBJECT}&depth=6"
"""The page that shows what breaks if the column is dropped."""


class Report:
    """Shows the stages as they go, and the findings at the end."""

    def __init__(self) -> None:
        self._progress = Console(stderr=True)
        self._status = Status("", console=self._progress)
        self._stage = ""

    def __enter__(self) -> Self:
        if self._progress.is_terminal:
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status.stop()

    def progress(self, what: str) -> None:
        """Show a stage when it begins, and what it waits for."""
        if what in _STAGES:
            self._stage = _STAGES[what]
            if not self._progress.is_terminal:
                self._progress.print(f"{self._stage} …")
        self._status.update(self._stage if what in _STAGES else f"{self._stage}: {what}")

    def print(self, found: Findings) -> None:
        """Print all findings."""
        assert found.impact and found.trace and found.first and found.second and found.trained
        console = Console()
        console.print(_impact(found.impact))
        console.print(_trace(found.trace))
        console.print(_accounts(found))
        console.print(_repetition(found))
        console.print(_times(found.seconds))
        for wrong in found.wrong:
            console.print(f"[red]wrong:[/red] {wrong}")
        if not found.wrong:
            console.print("[green]Every count and every answer is right.[/green]")


def next_steps(home: Path, api_url: str | None) -> None:
    """Say how to ask more of the running stack."""
    Console().print(
        f"""
The answer as a picture: {api_url}{PAGE}

The stack is up; Ctrl-C stops it. In another terminal:
  export HEADWATER_HOME={home}
  headwater impact weather.temp        what rests on the temperature
  headwater trace training_set.seats   where a feature comes from
  headwater profile arrival_delay      where the time of the training went
  headwater status                     the parts, the topics, what waits in them
All questions, with answers in JSON: {api_url}/openapi.json""",
        highlight=False,
    )


def summary(found: Findings) -> dict[str, Any]:
    """Return the findings as plain values."""
    assert found.impact and found.trace and found.first and found.second and found.trained
    passport = found.trace.passport
    assert passport
    return {
        "wrong": found.wrong,
        "impact": {
            "subject": answers.IMPACT_SUBJECT,
            "direct": sorted(columns(found.impact.reach.columns, direct=True)),
            "indirect": sorted(columns(found.impact.reach.columns, direct=False)),
            "datasets": sorted(short(d.name) for d in found.impact.reach.datasets),
            "jobs": sorted(job.name for job in found.impact.jobs),
            "models": sorted(f"{m.name}@{m.version}" for m in found.impact.models),
        },
        "trace": {
            "run_id": found.trained.run_id,
            "sources": sorted(map(short, found.trace.sources)),
            "commit": passport.code and passport.code.commit,
            "hyperparameters": passport.model.hyperparameters,
        },
        "counts": _counts(found),
        "added_by_repetition": found.added,
        "seconds": found.seconds,
        "page": PAGE,
    }


def _counts(found: Findings) -> dict[str, int]:
    assert found.second
    return {
        "emitted": found.emitted,
        "deduplicated": found.second.duplicates,
        "recorded": found.second.records,
        "dead_lettered": found.second.dead_letters,
        "written": sum(found.second.graph.values()),
    }


def _impact(impact: Impact) -> Tree:
    tree = Tree(f"[bold]If {answers.IMPACT_SUBJECT} were dropped, this would break:[/bold]")
    _branch(tree, "columns that hold values of it", _by_dataset(impact.reach.columns, direct=True))
    _branch(tree, "columns that rest on it", _by_dataset(impact.reach.columns, direct=False))
    _branch(
        tree, "tables and views", [", ".join(sorted(short(d.name) for d in impact.reach.datasets))]
    )
    _branch(tree, "jobs", [", ".join(sorted(job.name for job in impact.jobs))])
    _branch(tree, "models", [f"{m.name}, version {m.version}" for m in impact.models])
    return tree


def _trace(trace: Trace) -> Tree:
    assert trace.passport
    model, code = trace.passport.model, trace.passport.code
    tree = Tree(f"[bold]The model {model.name} comes from:[/bold]")
    sources = [each for each in trace.reach.columns if each.name in set(trace.sources)]
    _branch(tree, "source columns in its features and target", _by_dataset(sources, direct=True))
    _branch(tree, "source columns that its rows rest on", _by_dataset(sources, direct=False))
    _branch(
        tree,
        "the run that made it",
        [
            f"run {model.run_id}",
            f"commit {(code and code.commit) or 'not in a git repository'}",
            f"hyperparameters {_pairs(model.hyperparameters)}",
            f"seed {model.seeds.get('seed')}; states of all generators by digest",
            f"metrics {_pairs(model.metrics)}",
            f"weights {model.artifact_digest}",
        ],
    )
    return tree


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(values.items()))


def _branch(tree: Tree, title: str, lines: Iterable[str]) -> None:
    branch = tree.add(title)
    for line in lines:
        branch.add(line, highlight=False)


def _by_dataset(related: Iterable[Related], *, direct: bool) -> list[str]:
    """Return a line for each dataset with its columns."""
    found: dict[DatasetName, list[str]] = {}
    for each in related:
        if isinstance(each.name, ColumnName) and each.direct is direct:
            found.setdefault(each.name.dataset, []).append(each.name.field)
    return [f"{short(d)}: {', '.join(sorted(fields))}" for d, fields in sorted(found.items())]


def _accounts(found: Findings) -> Group:
    counts = _counts(found)
    return _list("What became of it", ((n.replace("_", "-"), f"{c:,}") for n, c in counts.items()))


def _repetition(found: Findings) -> Group:
    title = f"What running all {found.statements} statements again added to the graph"
    return _list(title, ((label, f"{n:,}") for label, n in sorted(found.added.items())))


def _times(seconds: dict[str, float]) -> Group:
    return _list("Time of each stage", ((_STAGES[s], f"{t:.1f} s") for s, t in seconds.items()))


def _list(title: str, rows: Iterable[tuple[str, str]]) -> Group:
    table = Table(box=None, show_header=False)
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return Group(Text(title, "bold"), table)
