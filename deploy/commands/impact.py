"""`headwater impact`: what breaks downstream if this is dropped or changed."""

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from ...sinks.graph.questions import Impact
from ...sinks.graph.walk import DEPTH_MAX
from ..asking import DepthOption, GremlinOption, asking, grow, plain, shown
from ..terminal import Json, print_json


def command(
    column: Annotated[
        str, typer.Argument(help="A column, such as flights.dep_delay, or a dataset.")
    ],
    as_json: Json = False,
    depth: DepthOption = DEPTH_MAX,
    gremlin: GremlinOption = None,
) -> None:
    """Show which columns, datasets, jobs and models depend on a column or dataset."""
    with asking(gremlin) as questions:
        answer = questions.impact(column, depth_max=depth)
    if as_json:
        print_json(plain(answer))
    else:
        show(answer, Console())


def show(answer: Impact, console: Console) -> None:
    """Print an answer as trees."""
    tree = Tree(shown(answer.subject, "bold cyan"))
    grow(tree, answer.subject, answer.columns or answer.datasets)
    console.print(tree)
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
            branch = models.add(line)
            for name in use.columns:
                branch.add(shown(name))
        console.print(models)
    console.print(Text(_summary(answer), "dim"))


def _summary(answer: Impact) -> str:
    direct = sum(each.direct for each in answer.columns)
    counts = (
        f"{len(answer.columns)} columns ({direct} take its values) of "
        f"{len(answer.datasets)} datasets, {len(answer.jobs)} jobs, "
        f"{len(answer.models)} model versions"
    )
    return f"{counts}; complete" if answer.cut is None else f"{counts}; cut: {answer.cut}"
