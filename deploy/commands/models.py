"""`headwater models`: the versions of models, and which were trained on a column."""

from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console

from ...sinks.answers import ModelAtRisk, Passport, plain
from ...sinks.ask import Ask
from ...sinks.index import Client
from ..asking import LISTED_MAX, ApiOption, AsOfOption, KnownAtOption, client, shown
from ..terminal import Json, print_json, print_table
from .impact import show_models

UsingOption = Annotated[
    str | None,
    typer.Option(
        "--using",
        metavar="COLUMN",
        help="Only those trained on this column or dataset, or on what is made of it.",
    ),
]
RowsOption = Annotated[
    str | None,
    typer.Option(
        "--rows",
        metavar="TEXT",
        help="With --using: only those whose stated rows hold this text, or that state none.",
    ),
]


def command(
    using: UsingOption = None,
    rows: RowsOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    api: ApiOption = None,
    as_json: Json = False,
) -> None:
    """List the versions of models: all, or those trained on a column, near or far.

    Exit codes: 0 answered; 1 nothing has that name, or nobody answers; 3 no stack runs.
    """
    if rows is not None and using is None:
        raise typer.BadParameter("--rows needs --using")
    asked = client(api)
    if using is None:
        _list(asked, as_json=as_json)
        return
    ask = Ask(as_of=as_of, known_at=known_at, limit=LISTED_MAX)
    found = asked.models_at_risk(using, ask)
    versions = [each for each in found.versions if rows is None or _reads(asked, each, rows)]
    answer = replace(found, versions=tuple(versions))
    if as_json:
        print_json(plain(answer))
    else:
        show_models(answer, Console())


def _reads(asked: Client, version: ModelAtRisk, rows: str) -> bool:
    """Whether a version may have read these rows: it says so, or does not say which it read."""
    use = version.use
    passports = asked.models(f"{use.namespace}/{use.name}@{use.version}").items
    inputs = next((each.model.inputs for each in passports if each.id == use.id), ())
    return any(item.rows is None or rows in item.rows for item in inputs)


def _list(asked: Client, *, as_json: bool) -> None:
    page = asked.models(limit=LISTED_MAX)
    if as_json:
        print_json(plain(page))
        return
    print_table(
        f"Versions of models: {page.count}", map(_line, page.items), ("model", "version", "trained")
    )
    if page.next is not None:
        typer.echo(f"… and {page.count - page.next} more.")


def _line(passport: Passport) -> tuple[str, ...]:
    model = passport.model
    at = f"{passport.made_at:%Y-%m-%d %H:%M}" if passport.made_at else ""
    return str(shown((model.namespace, model.name))), model.version, at
