"""`headwater schemas`: tell the schemas of a database's tables."""

from pathlib import Path
from typing import Annotated

import typer

from ...producers.information_schema import LISTING, emit_schemas
from ...schemas import information_schema
from ..emitting import KafkaOption, emitting
from ..terminal import Json, print_json, print_table


def command(
    export: Annotated[
        Path | None,
        typer.Argument(
            help="What the database lists: CSV with a header, a JSON array, or JSON lines.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", help="Of the database, such as postgres://host:5432."),
    ] = None,
    query: Annotated[
        bool, typer.Option("--query", help="Print the SQL that makes the export, and end.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and count, no more.")] = False,
    kafka: KafkaOption = None,
    as_json: Json = False,
) -> None:
    """Emit what a database lists of its columns, so that `SELECT *` is known from there on.

    Exit codes: 0 emitted; 1 the export cannot be read, or Kafka does not take it.
    """
    if query:
        typer.echo(LISTING)
        return
    if export is None or namespace is None:
        raise typer.BadParameter("an export and --namespace are needed, or --query")
    found = information_schema.read(export.read_text(encoding="utf-8"))
    if not dry_run:
        with emitting(kafka) as emitter:
            emit_schemas(found, namespace, emitter=emitter)
    rows = [(table.dataset_name(namespace), len(table.columns)) for table in found]
    if as_json:
        print_json({"emitted": not dry_run, "tables": dict(rows)})
    else:
        print_table("Would be emitted" if dry_run else "Emitted", rows, ("table", "columns"))
