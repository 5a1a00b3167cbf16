"""Questions of lineage in a terminal: whom to ask, names made harmless, trees."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from ..schemas import environment
from ..schemas.errors import HeadwaterError
from ..schemas.secrets import read_secret
from ..sinks.answers import Impact, Named, Reach, Related, Trace, plain
from ..sinks.ask import DEPTH_MAX, Ask, Filter
from ..sinks.dates import read_date
from ..sinks.index import Client
from .endpoints import find_endpoints, find_graph
from .home import find_home
from .terminal import Json, print_json, revealed

LINES_MAX = 200
"""Beyond this many names a tree is no answer any more; `--json` has them all."""

LISTED_MAX = 10_000
"""As many names as the API lists in one answer."""

T = TypeVar("T")

ApiOption = Annotated[
    str | None,
    typer.Option("--api", envvar=environment.API_URL, metavar="URL", help="Ask this API."),
]
GremlinOption = Annotated[
    str | None,
    typer.Option(
        "--gremlin", metavar="URL", help="Ask this Gremlin server, of what is in force now."
    ),
]


def moment(text: str) -> datetime:
    """Read a time that somebody typed; UTC unless it says otherwise."""
    try:
        return read_date(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


SubjectArgument = Annotated[
    str, typer.Argument(help="Its name, or the end of it: flights.dep_delay, flights, a model.")
]
DepthOption = Annotated[int, typer.Option("--depth", min=1, help="Follow at most so many hops.")]
AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        parser=moment,
        metavar="TIME",
        help="By what was true then: of each job, its last run until then.",
    ),
]
KnownAtOption = Annotated[
    datetime | None,
    typer.Option(
        "--known-at", parser=moment, metavar="TIME", help="By the records that were known then."
    ),
]
PageOption = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the answer as a page too.")
]
TagOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="WORD",
        help="List what has this tag or classification only, itself or its dataset; "
        "may be repeated.",
    ),
]


class Asked(Protocol):
    """Whoever answers: the API, or the graph."""

    def impact(self, subject: str, ask: Ask) -> Impact: ...

    def trace(self, subject: str, ask: Ask) -> Trace: ...


@contextmanager
def asking(api: str | None, gremlin: str | None) -> Iterator[Asked]:
    """Open the graph where one is given, else the API: the one given, or the stack's."""
    if gremlin is None:
        yield client(api)
        return
    from ..sinks.graph.connection import GraphConnection
    from ..sinks.graph.questions import Questions

    connection = GraphConnection(gremlin)
    try:
        yield Questions(connection)
    finally:
        connection.close()


def client(api: str | None) -> Client:
    """Return what asks the API: the one given, else that of the stack in `$HEADWATER_HOME`."""
    return Client(api or _stack_api(), read_secret(environment.API_TOKEN))


def question(
    description: str, ask: Callable[[Asked, str, Ask], T], show: Callable[[T, Console], None]
) -> Callable[..., None]:
    """Return the command that asks about one subject and prints the answer.

    Args:
        description: What `--help` says.
        ask: The question.
        show: Prints the answer for people.
    """

    def command(
        subject: SubjectArgument,
        depth: DepthOption = DEPTH_MAX,
        as_of: AsOfOption = None,
        known_at: KnownAtOption = None,
        tag: TagOption = None,
        api: ApiOption = None,
        gremlin: GremlinOption = None,
        as_json: Json = False,
    ) -> None:
        listed = Filter(tags=frozenset(tag or ()))
        how = Ask(as_of, known_at, listed, depth_max=depth, limit=LISTED_MAX)
        with asking(api, gremlin) as asked:
            answer = ask(asked, subject, how)
        if as_json:
            print_json(plain(answer))
        else:
            show(answer, Console())

    command.__doc__ = description
    return command


def bootstrap_of(kafka: str | None) -> str:
    """Return the Kafka to use: the one given, else the environment's, else the stack's."""
    named = kafka or os.environ.get(environment.KAFKA_BOOTSTRAP)
    return named or find_endpoints(find_home()).kafka_bootstrap


def gremlin_of(gremlin: str | None) -> str:
    """Return the graph to ask: the one given, else the environment's, else the stack's."""
    named = gremlin or os.environ.get(environment.GREMLIN_URL)
    return named or find_graph(find_home())


def shown(name: tuple[str, ...], style: str = "") -> Text:
    """Return a name as text that can neither style nor command a terminal."""
    printed = revealed(".".join(name[1:]))
    safe = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in printed)
    return Text(safe, style=style)


def tree(reach: Reach) -> Tree:
    """Return what was reached, each under what comes before it."""
    root = Tree(shown(reach.subject, "bold cyan"))
    related = reach.columns or reach.datasets
    branches: dict[Named | None, Tree] = {reach.subject: root, None: root}
    for each in related[:LINES_MAX]:
        branches[each.name] = branches.get(each.before, root).add(_line(each))
    if len(related) > LINES_MAX:
        root.add(f"… and {len(related) - LINES_MAX} more: `--json` lists all")
    return root


def completeness(reach: Reach) -> str:
    """Return whether that is all: what the last line of an answer ends with."""
    if reach.cut is not None:
        return f"cut: {reach.cut}"
    if reach.columns_count > len(reach.columns):
        return f"complete, of which {len(reach.columns)} columns are listed"
    return "complete"


def _line(related: Related) -> Text:
    line = shown(related.name, "bold" if related.direct else "")
    evidence = related.evidence
    if evidence is not None:
        how = evidence.subtype.lower() + (", masked" if related.masked else "")
        line.append(f"  {'' if related.direct else 'indirectly, '}{how} in ", "dim")
        line.append_text(shown(evidence.job, "dim"))
    return line


def _stack_api() -> str:
    endpoints = find_endpoints(find_home())
    if endpoints.api_url is None:
        raise HeadwaterError(
            "the stack runs without the API",
            remedy="Start it with `headwater up`, or ask the graph with `--gremlin URL`.",
        )
    return endpoints.api_url
