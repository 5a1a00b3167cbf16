"""`headwater profile`: where the time of a training went, and what is to be said of it."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...schemas.records import decode
from ...schemas.topics import RECORDS
from ...sinks.answers import plain
from ...sinks.training.report import Profiles, Report
from ..accounting import Log
from ..asking import bootstrap_of, shown
from ..terminal import Json, print_json
from .audit import KafkaOption

_KINDS = (b'"kind":"TrainingProfile"', b'"kind":"RunState"', b'"kind":"ModelVersion"')
_LAYERS = 10


def command(
    subject: Annotated[
        str, typer.Argument(metavar="RUN|MODEL", help="A run's id, or a model it made.")
    ],
    compare: Annotated[
        str | None,
        typer.Option("--compare", metavar="RUN|MODEL", help="Compare with this run."),
    ] = None,
    layers: Annotated[
        int, typer.Option("--layers", min=1, help="Show so many of the slowest layers.")
    ] = _LAYERS,
    kafka: KafkaOption = None,
    as_json: Json = False,
) -> None:
    """Show the phases, slowest layers and findings of a training.

    Exit codes: 0 answered; 1 no such run or model, or no Kafka to ask; 3 no stack runs.
    """
    profiles = read(bootstrap_of(kafka))
    other = profiles.find(compare) if compare is not None else None
    report = profiles.report(profiles.find(subject), None if other is None else [other])
    against = None if other is None else profiles.report(other, [])
    if as_json:
        print_json(plain(report) | ({} if against is None else {"compared": plain(against)}))
    else:
        show(report, against, layers, Console())


def read(bootstrap: str) -> Profiles:
    """Return the profiles in a Kafka cluster.

    Raises:
        HeadwaterError: Kafka does not answer.
    """
    values = (entry.value or b"" for entry in Log(bootstrap).read(RECORDS.name))
    return Profiles(decode(value) for value in values if any(kind in value for kind in _KINDS))


def show(report: Report, against: Report | None, layers: int, console: Console) -> None:
    """Print a report as tables."""
    console.print(shown(("", f"Profile of run {report.run_id}"), "bold"))
    console.print(_heading(report))
    console.print(_phases(report, against))
    if report.layers:
        console.print(_layers(report, against, layers))
    for name, reason in report.unseen.items():
        console.print(shown(("", f"not timed: {name}: {reason}"), "dim"))
    _show_findings(report, console)


def _heading(report: Report) -> Text:
    ranks = f"{report.ranks} ranks, " if report.ranks > 1 else ""
    lines = [
        f"{report.job or 'job unknown'}, started {report.started_at or 'at an unknown time'}",
        f"{report.state}: {ranks}{report.steps} steps of {_time(report.step_ns)}, "
        f"layers timed in {report.sampled_steps}",
        f"{report.memory_source} memory at most {_bytes(report.memory_bytes_max)}",
        f"the profile's work between steps: {report.own_share:.2%} of the time",
    ]
    return Text("\n").join(shown(("", line), "dim") for line in lines)


def _phases(report: Report, against: Report | None) -> Table:
    before = {each.name: each.p50_ns for each in against.phases} if against else {}
    table = _table("Phase", "Median", "Most", "Share", *(["Other run"] if against else []))
    for each in report.phases:
        row = [each.name, _time(each.p50_ns), _time(each.max_ns), f"{each.share:.1%}"]
        table.add_row(*row, *([_ratio(each.p50_ns, before.get(each.name))] if against else []))
    return table


def _layers(report: Report, against: Report | None, count: int) -> Table:
    columns = ("Layer", "Forward", "Backward", "Share", "Activations", "Parameters", "Gradient")
    table = _table(*columns, *(["Other run"] if against else []))
    before = {each.name: each for each in against.layers} if against else {}
    for each in report.layers[:count]:
        row: list[str | Text] = [
            shown(("", f"{each.name} {each.type}")),
            _time(each.forward_ns),
            _time(each.backward_ns),
            f"{each.share:.1%}",
            _bytes(each.activation_bytes),
            _bytes(each.parameter_bytes),
            "" if each.grad_norm is None else f"{each.grad_norm:.3g}",
        ]
        then = before.get(each.name)
        if against:
            row.append(_ratio(_sum(each), _sum(then) if then else None))
        table.add_row(*row)
    if len(report.layers) > count:
        table.caption = f"and {len(report.layers) - count} more: --layers, --json"
    return table


def _show_findings(report: Report, console: Console) -> None:
    compared = f" (compared with earlier runs: {len(report.earlier)})" if report.earlier else ""
    if not report.findings:
        console.print(Text(f"Nothing to be said against it{compared}.", "green"))
        return
    console.print(Text(f"Findings{compared}:", "bold"))
    for each in report.findings:
        where = "" if each.rank is None or report.ranks == 1 else f" on rank {each.rank}"
        line = Text(f"  {each.kind}{where}: ", "yellow")
        line.append_text(shown(("", each.summary)))
        seqs = sorted({seq for _, seq in each.evidence})
        if seqs:
            line.append(f"  (windows {_span(seqs)})", "dim")
        console.print(line)


def _table(first: str, *columns: str) -> Table:
    table = Table(first, box=None, header_style="bold", caption_justify="left")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _span(seqs: list[int]) -> str:
    return str(seqs[0]) if len(seqs) == 1 else f"{seqs[0]} to {seqs[-1]}, {len(seqs)} of them"


def _sum(layer: object) -> float:
    return (getattr(layer, "forward_ns", 0) or 0) + (getattr(layer, "backward_ns", 0) or 0)


def _ratio(now: float | None, then: float | None) -> str:
    return "" if not now or not then else f"{_time(then)} ({now / then:.2f}×)"


def _time(ns: float | None) -> str:
    if ns is None:
        return ""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.0f} ns"


def _bytes(size: float | None) -> str:
    if size is None:
        return ""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{size:.0f} B"
