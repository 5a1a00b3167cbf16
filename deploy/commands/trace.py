"""`headwater trace`: where a model, dataset or column comes from."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from ...sinks.graph.questions import Passport, Trace
from ...sinks.graph.walk import DEPTH_MAX
from ..asking import DepthOption, GremlinOption, asking, grow, plain, shown
from ..terminal import Json, print_json


def command(
    subject: Annotated[
        str, typer.Argument(help="A model, such as arrival_delay, a dataset or a column.")
    ],
    as_json: Json = False,
    depth: DepthOption = DEPTH_MAX,
    gremlin: GremlinOption = None,
) -> None:
    """Show the source columns of a model, dataset or column, and how a model was made."""
    with asking(gremlin) as questions:
        answer = questions.trace(subject, depth_max=depth)
    if as_json:
        print_json(plain(answer))
    else:
        show(answer, Console())


def show(answer: Trace, console: Console) -> None:
    """Print an answer as a passport and trees."""
    if answer.model:
        console.print(_passport(answer.model))
    tree = Tree(shown(answer.subject, "bold cyan"))
    grow(tree, answer.subject, answer.columns or answer.datasets)
    console.print(tree)
    sources = Tree("Source columns")
    for name in answer.sources:
        sources.add(shown(name, "bold"))
    console.print(sources)
    counts = f"{len(answer.columns)} columns, {len(answer.sources)} of them sources"
    end = "complete" if answer.cut is None else f"cut: {answer.cut}"
    console.print(Text(f"{counts}; {len(answer.jobs)} jobs; {end}", "dim"))


def _passport(model: Passport) -> Table:
    table = Table(title=shown(("", f"{model.name}@{model.version}"), "bold"), show_header=False)
    rows = {
        "run": model.run_id,
        "commit": model.commit,
        "framework": model.framework,
        "artifact": model.artifact_digest,
        **{f"hyperparameter {name}": value for name, value in model.hyperparameters.items()},
        **{f"seed {name}": value for name, value in model.seeds.items()},
        **{f"metric {name}": value for name, value in model.metrics.items()},
    }
    for used in model.datasets:
        rows[f"dataset {used.role or ''} {'.'.join(used.name[1:])}"] = used.version
    for name, value in rows.items():
        if value is not None:
            table.add_row(shown(("", name), "dim"), shown(("", str(value))))
    return table
