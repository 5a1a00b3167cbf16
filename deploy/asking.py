"""Answers of the graph in a terminal: the way to the graph, names made harmless, trees."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Annotated, Any

import typer
from rich.text import Text
from rich.tree import Tree

from ..sinks.graph.connection import GraphConnection
from ..sinks.graph.questions import Named, Questions, Related
from .endpoints import find_endpoints
from .home import find_home
from .terminal import revealed

LINES_MAX = 200
"""Beyond this many names a tree is no answer any more; `--json` has them all."""

GremlinOption = Annotated[
    str | None,
    typer.Option("--gremlin", metavar="URL", help="Ask this Gremlin server."),
]
DepthOption = Annotated[int, typer.Option("--depth", min=1, help="Follow at most so many hops.")]


@contextmanager
def asking(gremlin: str | None) -> Iterator[Questions]:
    """Open the graph: the one given, else that of the stack in `$HEADWATER_HOME`."""
    connection = GraphConnection(gremlin or find_endpoints(find_home()).gremlin_url)
    try:
        yield Questions(connection)
    finally:
        connection.close()


def plain(answer: Any) -> Any:
    """Return an answer as plain JSON values, its names as objects."""
    if is_dataclass(answer):
        return {each.name: plain(getattr(answer, each.name)) for each in fields(answer)}
    if hasattr(answer, "_asdict"):
        return answer._asdict()
    if isinstance(answer, tuple | list):
        return [plain(each) for each in answer]
    return answer


def bootstrap_of(kafka: str | None) -> str:
    """Return the Kafka to read from: the one given, else that of the stack."""
    return kafka or find_endpoints(find_home()).kafka_bootstrap


def shown(name: tuple[str, ...], style: str = "") -> Text:
    """Return a name as text that can neither style nor command a terminal."""
    printed = revealed(".".join(name[1:]))
    safe = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in printed)
    return Text(safe, style=style)


def grow(root: Tree, start: Named | None, related: Sequence[Related]) -> None:
    """Hang what is related under what comes before it."""
    branches: dict[Named | None, Tree] = {start: root, None: root}
    for each in related[:LINES_MAX]:
        branches[each.name] = branches.get(each.before, root).add(_line(each))
    if len(related) > LINES_MAX:
        root.add(f"… and {len(related) - LINES_MAX} more: `--json` lists all")


def _line(related: Related) -> Text:
    line = shown(related.name, "bold" if related.direct else "")
    evidence = related.evidence
    if evidence is not None:
        how = evidence.subtype.lower() + (", masked" if related.masked else "")
        line.append(f"  {'' if related.direct else 'indirectly, '}{how} in ", "dim")
        line.append_text(shown(evidence.job, "dim"))
    return line
