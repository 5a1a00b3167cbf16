"""`headwater impact`: what breaks downstream if this is dropped or changed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from ...schemas.names import DatasetName
from ...sinks.answers import Impact, ModelsAtRisk, ModelUse, plain
from ...sinks.ask import DEPTH_MAX, Ask, Filter
from ..asking import (
    LISTED_MAX,
    ApiOption,
    AsOfOption,
    DepthOption,
    GremlinOption,
    KnownAtOption,
    PageOption,
    SubjectArgument,
    TagOption,
    asking,
    client,
    completeness,
    shown,
    tree,
)
from ..terminal import Json, print_json


def command(
    subject: SubjectArgument,
    models: Annotated[
        bool, typer.Option("--models", help="Models alone: versions, owners and last runs.")
    ] = False,
    depth: DepthOption = DEPTH_MAX,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    page: PageOption = None,
    tag: TagOption = None,
    api: ApiOption = None,
    gremlin: GremlinOption = None,
    as_json: Json = False,
) -> None:
    """Show which columns, datasets, jobs and models depend on a column, dataset or model.

    Exit codes: 0 answered; 1 nothing has that name, or nobody answers; 3 no stack runs.
    """
    listed = Filter(tags=frozenset(tag or ()))
    ask = Ask(as_of, known_at, listed, depth_max=depth, limit=LISTED_MAX)
    if models:
        if gremlin is not None:
            raise typer.BadParameter("--models asks the API: the graph knows no owners")
        if tag:
            raise typer.BadParameter("--tag is about columns and datasets, --models lists neither")
        _tell_models(client(api).models_at_risk(subject, ask), ask, page, as_json)
        return
    with asking(api, gremlin) as asked:
        answer = asked.impact(subject, ask)
    if page is not None:
        _write(page, answer, _at_risk(answer, ask, api) if gremlin is None else None, ask)
    if as_json:
        print_json(plain(answer))
    else:
        show(answer, Console())


def _write(page: Path, answer: Impact, at_risk: ModelsAtRisk | None, ask: Ask) -> None:
    # Most answers are no page: they do not wait for its templates' library.
    from ...sinks.export.impact import html

    page.write_text(html(answer, at_risk, ask, datetime.now(UTC)), encoding="utf-8")


def _tell_models(answer: ModelsAtRisk, ask: Ask, page: Path | None, as_json: bool) -> None:
    if page is not None:
        from ...sinks.export.impact import models_html

        page.write_text(models_html(answer, ask, datetime.now(UTC)), encoding="utf-8")
    if as_json:
        print_json(plain(answer))
    else:
        show_models(answer, Console())


def _at_risk(answer: Impact, ask: Ask, api: str | None) -> ModelsAtRisk | None:
    """Return owners and last runs of the models; None if the subject is itself a model."""
    trained = any(use.base is None for use in answer.models)
    return client(api).models_at_risk(answer.reach.subject, ask) if trained else None


def show(answer: Impact, console: Console) -> None:
    """Print an answer as trees."""
    console.print(tree(answer.reach))
    if answer.jobs:
        jobs = Tree("Jobs that read it, at first or at further hand")
        for job in answer.jobs:
            jobs.add(shown(job))
        console.print(jobs)
    if answer.models:
        models = Tree("Models trained on it")
        for use in answer.models:
            line = shown(("", f"{use.name}@{use.version}"), "bold")
            line.append("" if use.direct else "  indirectly", "dim")
            if use.base is not None:
                line.append("  made from ", "dim")
                line.append_text(shown(("", f"{use.base.name}@{use.base.version}"), "dim"))
            branch = models.add(line)
            for name in use.columns:
                branch.add(shown(name))
        console.print(models)
    console.print(Text(_summary(answer), "dim"))


def show_models(answer: ModelsAtRisk, console: Console) -> None:
    """Print the models that break as a table."""
    title = Text("Models that break without ").append_text(shown(answer.subject, "bold"))
    table = Table(title=title, title_justify="left", box=None)
    for heading in ("model", "version", "", "by", "trained", "last run", "owners", "columns"):
        table.add_column(heading, overflow="fold")
    for each in answer.versions:
        use = each.use
        columns = (f"{DatasetName(*c[:2]).leaf}.{c.field}" for c in use.columns)
        cells = (
            use.name,
            use.version,
            "latest" if each.latest else "",
            "values" if use.direct else "rows or conditions",
            _minute(each.trained_at),
            f"{_minute(each.last_run_at)} {(each.last_run_state or '').lower()}".rstrip(),
            ", ".join(each.owners) or "nobody is named",
            ", ".join(columns) or _whole(use),
        )
        table.add_row(*(shown(("", cell)) for cell in cells))
    if answer.versions:
        console.print(table)
    end = "complete" if answer.cut is None else f"cut: {answer.cut}"
    counts = f"models that break: {answer.models_count}, in {len(answer.versions)} versions; {end}"
    console.print(Text(counts, "dim"))


def _whole(use: ModelUse) -> str:
    """Say what a version rests on that names no column: its base, or a whole dataset."""
    return f"its base {use.base.name}@{use.base.version}" if use.base else "the whole dataset"


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "unknown"


def _summary(answer: Impact) -> str:
    reach = answer.reach
    direct = sum(each.direct for each in reach.columns)
    return (
        f"{reach.columns_count} columns ({direct} take its values) of "
        f"{reach.datasets_count} datasets, {len(answer.jobs)} jobs, "
        f"{len(answer.models)} model versions; {completeness(reach)}"
    )
