"""`headwater diff`: what changed between two times, and by which run and commit."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from ...sinks.answers import (
    Cause,
    ColumnChange,
    DatasetTurn,
    Diff,
    EdgeChange,
    How,
    JobChange,
    ModelChange,
    plain,
)
from ...sinks.ask import Ask
from ..asking import ApiOption, KnownAtOption, PageOption, client, moment, shown
from ..terminal import Json, print_json

LISTED_MAX = 1_000
_SIGNS = {"added": ("+", "green"), "removed": ("-", "red")}
_CHANGED = ("~", "yellow")


def command(
    since: Annotated[
        datetime, typer.Option("--from", parser=moment, metavar="TIME", help="The earlier time.")
    ],
    until: Annotated[
        datetime | None,
        typer.Option(
            "--to", parser=moment, metavar="TIME", help="The later time; now if left out."
        ),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option("--subject", help="Only what lies up- and downstream of this."),
    ] = None,
    known_at: KnownAtOption = None,
    page: PageOption = None,
    api: ApiOption = None,
    as_json: Json = False,
) -> None:
    """Show the columns, edges, jobs and models' inputs that changed, and what changed them.

    Exit codes: 0 answered, whether or not anything changed; 1 nothing has that name, or
    nobody answers; 3 no stack runs.
    """
    until = until or moment("now")
    if since > until:
        raise typer.BadParameter("--from lies after --to")
    ask = Ask(known_at=known_at, limit=LISTED_MAX)
    answer = client(api).diff(since, until, subject, ask)
    if page is not None:
        # Most answers are no page: they do not wait for its templates' library.
        from ...sinks.export.diff import html

        made = html(answer, subject, known_at, datetime.now(UTC))
        page.write_text(made, encoding="utf-8")
    if as_json:
        print_json(plain(answer))
    else:
        show(answer, Console())


def show(answer: Diff, console: Console) -> None:
    """Print what changed, kind by kind."""
    _section(console, "Datasets", answer.datasets, answer.counts.datasets, _dataset)
    _section(console, "Columns", answer.columns, answer.counts.columns, _column)
    _section(console, "Edges", answer.edges, answer.counts.edges, _edge)
    _section(console, "Jobs", answer.jobs, answer.counts.jobs, _job)
    _section(
        console, "Models trained on something else", answer.models, answer.counts.models, _model
    )
    counts = answer.counts
    total = counts.columns + counts.edges + counts.jobs + counts.datasets + counts.models
    said = f"{total} changes" if total > 1 else "one change" if total else "nothing changed"
    between = f"from {answer.before.isoformat()} to {answer.after.isoformat()}"
    cut = f"; cut: {answer.cut}" if answer.cut else ""
    console.print(Text(f"{said} {between}{cut}", "dim"))


def _section(
    console: Console,
    title: str,
    changes: Iterable[Any],
    count: int,
    lines: Callable[[Any], Iterable[Text]],
) -> None:
    held = list(changes)
    if not held:
        return
    console.print(Text(title, "bold"))
    for change in held:
        for line in lines(change):
            console.print(line, soft_wrap=True)
        if change.cause is not None:
            console.print(_by(change.cause), soft_wrap=True)
    if count > len(held):
        console.print(Text(f"  … and {count - len(held)} more", "dim"))


def _dataset(change: DatasetTurn) -> Iterator[Text]:
    line = _signed("removed" if change.change == "DROP" else "changed", change.name)
    line.append(f"  {change.change.lower()}")
    if change.previous is not None:
        line.append(", was ")
        line.append_text(shown(change.previous))
    yield line


def _column(change: ColumnChange) -> Iterator[Text]:
    line = _signed(change.change, change.name)
    if change.change == "retyped":
        line.append_text(_plain(f"  {change.before or 'no type'} → {change.after or 'no type'}"))
    elif kind := change.after or change.before:
        line.append_text(_plain(f"  {kind}"))
    yield line


def _edge(change: EdgeChange) -> Iterator[Text]:
    line = _signed(change.change, change.source)
    line.append(" → ")
    line.append_text(shown(change.target))
    before, after = _hows(change.before), _hows(change.after)
    how = f"{before} → {after}" if change.change == "changed" else after or before
    line.append_text(_plain(f"  {how}"))
    yield line


def _job(change: JobChange) -> Iterator[Text]:
    yield _signed(change.change, change.name)


def _model(change: ModelChange) -> Iterator[Text]:
    name = _signed("changed", ("", change.name))
    name.append_text(_plain(f"  {change.before or 'none'} → {change.after or 'none'}"))
    yield name
    for word, names in (("added", change.added), ("removed", change.removed)):
        for each in names:
            yield Text("  ").append_text(_signed(word, each))


def _signed(change: str, name: tuple[str, ...]) -> Text:
    sign, style = _SIGNS.get(change, _CHANGED)
    return Text(f"  {sign} ", style).append_text(shown(name, style))


def _hows(hows: Iterable[How]) -> str:
    return ", ".join(how.subtype.lower() + (" masked" if how.masking else "") for how in hows)


def _by(cause: Cause) -> Text:
    line = Text(f"      {cause.at.isoformat()}", "dim")
    if cause.job is not None:
        line.append(" by ").append_text(shown(cause.job))
    if cause.run_id is not None:
        line.append(", run ").append_text(_plain(cause.run_id))
    if cause.commit is not None:
        line.append(", commit ").append_text(_plain(cause.commit))
    line.stylize("dim")
    return line


def _plain(text: str) -> Text:
    return shown(("", text))
