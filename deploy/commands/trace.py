"""`headwater trace`: where a model, dataset or column comes from."""

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from ...sinks.answers import Passport, Trace
from ..asking import completeness, question, shown, tree


def show(answer: Trace, console: Console) -> None:
    """Print an answer as a passport and trees."""
    if answer.passport:
        console.print(_passport(answer.passport))
    console.print(tree(answer.reach))
    sources = Tree("Source columns")
    for name in answer.sources:
        sources.add(shown(name, "bold"))
    console.print(sources)
    counts = f"{answer.reach.columns_count} columns, {len(answer.sources)} of them sources"
    console.print(Text(f"{counts}; {len(answer.jobs)} jobs; {completeness(answer.reach)}", "dim"))


def _passport(passport: Passport) -> Table:
    model = passport.model
    table = Table(title=shown(("", f"{model.name}@{model.version}"), "bold"), show_header=False)
    rows = {
        "run": model.run_id,
        "commit": passport.code and passport.code.commit,
        "framework": model.framework,
        "artifact": model.artifact_digest,
        **{f"hyperparameter {name}": value for name, value in model.hyperparameters.items()},
        **{f"seed {name}": value for name, value in model.seeds.items()},
        **{f"metric {name}": value for name, value in model.metrics.items()},
    }
    for used in model.inputs:
        rows[f"dataset {used.role or ''} {used.name}"] = used.version
    for name, value in rows.items():
        if value is not None:
            table.add_row(shown(("", name), "dim"), shown(("", str(value))))
    return table


command = question(
    """Show the source columns of a model, dataset or column, and how a model was made.

    Exit codes: 0 answered; 1 nothing has that name, or nobody answers; 3 no stack runs.
    """,
    lambda asked, subject, ask: asked.trace(subject, ask),
    show,
)
