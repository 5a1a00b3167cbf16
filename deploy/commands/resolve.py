"""`headwater resolve`: the column lineage of SQL, before it is merged or run."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ...processors.resolve import Answer, Naming, Output, no_schemas, resolve, schema_file
from ...processors.resolve.facet import column_lineage
from ...processors.resolve.functions import add_masking
from ...schemas.errors import HeadwaterError
from ...schemas.records import InputField
from ..terminal import print_json

Edge = tuple[str, str, str, str]
"""Output, column, source and subtype."""


def command(
    files: Annotated[
        list[Path], typer.Argument(help="A file with SQL; two with --diff.", exists=True)
    ],
    dialect: Annotated[str | None, typer.Option(help="The engine, such as snowflake.")] = None,
    schema: Annotated[
        Path | None,
        typer.Option(help="JSON, CSV of information_schema.columns, or DDL (.sql).", exists=True),
    ] = None,
    namespace: Annotated[str, typer.Option(help="OpenLineage namespace of the tables.")] = "",
    default_schema: Annotated[
        str | None, typer.Option(help="Where names of one part lead.")
    ] = None,
    masking: Annotated[
        list[str] | None, typer.Option(help="A function of your own that masks; repeatable.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    facet: Annotated[
        bool, typer.Option("--facet", help="Print OpenLineage's columnLineage facets.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what changes from the first to the second file.")
    ] = False,
) -> None:
    """Show what every output column of a file's SQL derives from.

    Exit codes: 0 answered, or no difference; 1 the lineage differs (--diff).
    """
    if len(files) != (2 if diff else 1):
        raise HeadwaterError(
            f"{len(files)} files were given",
            remedy="Give one file, or two with --diff: the old one and the new one.",
        )
    add_masking(masking or [])
    naming = Naming(namespace=namespace, schema=default_schema)
    known = schema_file.read(schema, dialect=dialect, naming=naming) if schema else no_schemas
    answers = [
        resolve(path.read_text(encoding="utf-8"), dialect=dialect, naming=naming, schemas=known)
        for path in files
    ]
    if diff:
        raise typer.Exit(_show_difference(answers[0], answers[1], json=json))
    if facet:
        print_json([_faceted(output) for output in answers[0].outputs])
    elif json:
        print_json(_plain(answers[0]))
    else:
        _show(answers[0], Console())


def _plain(answer: Answer) -> dict[str, object]:
    """Return an answer as JSON values."""
    return {
        "dialect": answer.dialect,
        "outputs": [
            {
                "dataset": output.dataset and output.dataset._asdict(),
                "fields": [field.model_dump(mode="json") for field in output.fields],
                "indirect": [asdict(one) for one in output.indirect],
                "inputs": [one._asdict() for one in output.inputs],
                "unresolved": [one.model_dump(mode="json") for one in output.unresolved],
            }
            for output in answer.outputs
        ],
        "unresolved": [one.model_dump(mode="json") for one in answer.unresolved],
    }


def _faceted(output: Output) -> dict[str, object]:
    dataset = output.dataset._asdict() if output.dataset else {"namespace": "", "name": ""}
    return {**dataset, "facets": {"columnLineage": column_lineage(output)}}


def _show(answer: Answer, console: Console) -> None:
    """Print an answer as one table for each output."""
    for output in answer.outputs:
        table = Table("column", "derives from", "how", title=_title(output), title_justify="left")
        for field in output.fields:
            rows = list(_rows(field.inputs)) or [("", "no column")]
            for place, (source, how) in enumerate(rows):
                table.add_row(field.field if place == 0 else "", source, how)
        for place, (source, how) in enumerate(_rows(output.indirect)):
            table.add_row("every row" if place == 0 else "", source, how, style="dim")
        console.print(table)
    for one in {*answer.unresolved, *(u for output in answer.outputs for u in output.unresolved)}:
        where = f"{one.field}: " if one.field else ""
        console.print(f"unresolved: {where}{one.reason} {one.detail or ''}", style="yellow")


def _title(output: Output) -> str:
    return output.dataset.name if output.dataset else "the query's result"


def _rows(inputs: Iterable[InputField]) -> Iterable[tuple[str, str]]:
    ways: dict[str, list[str]] = {}
    for one in inputs:
        way = one.subtype.lower() + (" (masked)" if one.masking else "")
        ways.setdefault(f"{one.name}.{one.field}", []).append(way)
    return ((source, ", ".join(names)) for source, names in ways.items())


def _show_difference(old: Answer, new: Answer, *, json: bool) -> int:
    """Print the edges that are gone and those that are new; return the exit code."""
    before, after = _edges(old), _edges(new)
    gone, added = sorted(before - after), sorted(after - before)
    if json:
        print_json({"removed": gone, "added": added})
    else:
        console = Console()
        for mark, style, edges in (("-", "red", gone), ("+", "green", added)):
            for output, column, source, subtype in edges:
                console.print(f"{mark} {output}.{column} <- {source} ({subtype})", style=style)
        if not gone and not added:
            console.print("no difference", style="dim")
    return 1 if gone or added else 0


def _edges(answer: Answer) -> set[Edge]:
    found: set[Edge] = set()
    for output in answer.outputs:
        title = _title(output)
        for field in output.fields:
            found.add((title, field.field, "", "column"))
            found |= {
                (title, field.field, f"{one.name}.{one.field}", one.subtype) for one in field.inputs
            }
        found |= {(title, "*", f"{one.name}.{one.field}", one.subtype) for one in output.indirect}
    return found
