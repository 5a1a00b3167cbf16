"""`headwater passport`: what made a version of a model."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ...sinks.answers import Passport
from ...sinks.export.sections import Section, sections
from ..asking import ApiOption, client, shown
from ..passports import find, flat
from ..terminal import Json, print_json

Form = Callable[[Passport], bytes]
ModelArgument = Annotated[
    str, typer.Argument(help="A model, such as arrival_delay or arrival_delay@VERSION.")
]


def command(
    model: ModelArgument,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a web page.")
    ] = None,
    spdx: Annotated[
        Path | None, typer.Option("--spdx", metavar="FILE", help="Write it as an SPDX 3 AI-BOM.")
    ] = None,
    cyclonedx: Annotated[
        Path | None,
        typer.Option("--cyclonedx", metavar="FILE", help="Write it as a CycloneDX 1.6 ML-BOM."),
    ] = None,
    api: ApiOption = None,
    as_json: Json = False,
) -> None:
    """Show what made a model: data and columns, code, hyperparameters, seeds, environment.

    Exit codes: 0 answered; 1 no such model, or nobody answers; 3 no stack runs.
    """
    found = find(client(api), model)
    files = _written(found, {_html: html, _spdx: spdx, _cyclonedx: cyclonedx})
    if as_json:
        stated = {"label": found.label, "made_at": found.made_at, **flat(found)}
        print_json(stated | ({"files": files} if files else {}))
    elif files:
        typer.echo(f"The passport of {shown(('', found.label))} is in {', '.join(files)}.")
    else:
        show(found, Console())


def show(passport: Passport, console: Console) -> None:
    """Print a passport as a table."""
    title = shown(("", f"Passport of {passport.label}"))
    table = Table(title=title, title_justify="left", box=None, show_header=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for section in sections(passport):
        for label, text in _rows(section):
            table.add_row(shown(("", label)), shown(("", text)))
    console.print(table)


def _rows(section: Section) -> list[tuple[str, str]]:
    """Return a section's lines, shorter than on a page: names and values in one row."""
    if section.title == "Libraries":
        return [("libraries", f"{len(section.lines)}, listed by --json and --html")]
    if section.pairs:
        # The digests of the generators' states tell runs apart, and a reader nothing.
        pairs = [f"{k}={v}" for k, v in section.lines if not k.endswith(".state")]
        return [(section.title.lower(), ", ".join(pairs))]
    return list(section.lines)


def _written(passport: Passport, wanted: Mapping[Form, Path | None]) -> list[str]:
    """Write a passport in the forms that a file is given for, and name these."""
    files = [(form, path) for form, path in wanted.items() if path is not None]
    for form, path in files:
        path.write_bytes(form(passport))
    return [str(path) for _, path in files]


# Imported only when asked for: the libraries behind them are an extra.


def _html(passport: Passport) -> bytes:
    from ...sinks.export.html import html

    return html(passport).encode()


def _spdx(passport: Passport) -> bytes:
    from ...sinks.export.spdx import spdx

    return spdx(passport)


def _cyclonedx(passport: Passport) -> bytes:
    from ...sinks.export.cyclonedx import cyclonedx

    return cyclonedx(passport)
