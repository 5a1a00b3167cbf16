"""`headwater pii`: which personal data a report shows, by whose consent."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from ...sinks.answers import Finding, PiiReport, ReportColumn, plain
from ...sinks.ask import Ask
from ...sinks.compliance.policy import read_policy
from ...sinks.export.pii import html
from ..asking import LISTED_MAX, ApiOption, AsOfOption, KnownAtOption, PageOption, client, shown
from ..terminal import FAILED, Json, print_json

_STYLES = {
    "exposed": "bold red",
    "unknown": "yellow",
    "weakened": "yellow",
    "masked": "green",
    "none": "green",
}
_DEPTH_MAX, _NODES_MAX = 10_000, 1_000_000


def command(
    report: Annotated[
        str, typer.Argument(help="A dataset, a column or a model, by its name or the end of it.")
    ],
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", help="A policy in YAML.")
    ] = None,
    page: PageOption = None,
    api: ApiOption = None,
    as_json: Json = False,
) -> None:
    """Trace every column of a report back to its classified sources and their consent records.

    Exit codes: 0 the policy is kept; 1 it is violated, or nothing has that name, or nobody
    answers; 3 no stack runs.
    """
    text = None if policy is None else read_policy(policy).text
    ask = Ask(as_of, known_at, depth_max=_DEPTH_MAX, nodes_max=_NODES_MAX, limit=LISTED_MAX)
    answer = client(api).pii(report, text, ask)
    if page is not None:
        page.write_text(html(answer, datetime.now(UTC)), encoding="utf-8")
    if as_json:
        print_json(plain(answer))
    else:
        show(answer, Console())
    if answer.violated:
        raise typer.Exit(FAILED)


def show(answer: PiiReport, console: Console) -> None:
    """Print an answer as a table, with the way of each finding."""
    table = Table(title=shown(answer.subject, "bold"), title_justify="left", box=None)
    for heading in ("column", "shows", "of", "class", "consent", ""):
        table.add_column(heading, overflow="fold")
    shows = [each for each in answer.columns if each.verdict != "none"]
    for column in shows:
        _add_rows(table, column, answer.subject)
    if shows:
        console.print(table)
    for column in answer.columns:
        for finding in column.findings:
            if finding.steps:
                console.print(_way(column, finding))
    for column in answer.columns:
        for gap in column.gaps:
            line = Text("not resolved at ", "yellow").append_text(shown(gap.at))
            console.print(line.append_text(shown(("", f": {gap.reason} {gap.detail or ''}"))))
    clean = len(answer.columns) - len(shows)
    console.print(Text(f"{clean} of {len(answer.columns)} columns show nothing classified", "dim"))
    if answer.classified_since:
        line = Text("classified only since then: ", "yellow")
        console.print(line.append_text(Text(", ").join(map(shown, answer.classified_since))))
    console.print(_summary(answer))


def _add_rows(table: Table, column: ReportColumn, subject: tuple[str, ...]) -> None:
    *dataset, last = column.name
    name = shown(("", last) if tuple(dataset) == subject else column.name)
    verdict = Text(column.verdict, _STYLES[column.verdict])
    if not column.findings:
        table.add_row(name, verdict)
    for finding in column.findings:
        consents = ", ".join(note.value for note in finding.consents) or "none"
        table.add_row(
            name,
            Text(finding.verdict, _STYLES[finding.verdict]),
            shown(finding.source),
            shown(("", finding.data_class)),
            shown(("", consents)),
            Text(f"beyond {finding.allowed}", "bold red") if finding.violated else Text(),
        )
        name = Text()
    if column.findings_count > len(column.findings):
        table.add_row("", "", f"and {column.findings_count - len(column.findings)} more")


def _way(column: ReportColumn, finding: Finding) -> Tree:
    """Return the way of a finding, from the source to the report."""
    tree = Tree(shown(finding.source, "bold").append(" → ").append_text(shown(column.name)))
    for step in finding.steps:
        how = step.subtype.lower() + (", masked" if step.masking else "")
        line = shown(step.target).append(f"  {how} in ", "dim").append_text(shown(step.job, "dim"))
        tree.add(line.append(f": {step.left}", _STYLES[step.left]))
    return tree


def _summary(answer: PiiReport) -> Text:
    kept = Text("the policy is kept", "green")
    if answer.violated:
        kept = Text("the policy is violated", "bold red")
    complete = "complete" if answer.cut is None else f"cut: {answer.cut}"
    said = (
        f"; {answer.sources_count} classified sources, at most {answer.verdict}; {complete}; "
        f"policy {answer.policy} ({answer.policy_digest[:12]})"
    )
    return kept.append_text(shown(("", said), "dim"))
