"""`headwater impact`: what breaks downstream if this is dropped or changed."""

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from ...sinks.answers import Impact
from ..asking import completeness, question, shown, tree


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
            branch = models.add(line)
            for name in use.columns:
                branch.add(shown(name))
        console.print(models)
    console.print(Text(_summary(answer), "dim"))


def _summary(answer: Impact) -> str:
    reach = answer.reach
    direct = sum(each.direct for each in reach.columns)
    return (
        f"{reach.columns_count} columns ({direct} take its values) of "
        f"{reach.datasets_count} datasets, {len(answer.jobs)} jobs, "
        f"{len(answer.models)} model versions; {completeness(reach)}"
    )


command = question(
    """Show which columns, datasets, jobs and models depend on a column or dataset.

    Exit codes: 0 answered; 1 nothing has that name, or nobody answers; 3 no stack runs.
    """,
    lambda asked, subject, ask: asked.impact(subject, ask),
    show,
)
