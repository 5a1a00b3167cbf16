"""`headwater import`: what other tools have recorded, as lineage."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ...producers.dbt.runs import Told
from .. import imports, queries
from ..asking import moment
from ..dbt import TARGET, events
from ..emitting import KafkaOption, emitting
from ..imports import Imported
from ..terminal import Json, print_json, print_table

command = typer.Typer(no_args_is_help=True)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and count, and emit nothing.")]

_TRACKERS = {
    "mlflow": "a tracking URI, such as sqlite:///mlflow.db or https://host",
    "wandb": "a run's .wandb file, or a folder of runs",
    "neptune": "what its exporter wrote, parquet or CSV",
    "sagemaker": "JSON files of `aws sagemaker describe-… list-…`, or sagemaker://REGION",
    "traceml": "a folder of logs",
}


def _tracker(tracker: str, source_is: str) -> Callable[..., None]:
    def read(
        source: Annotated[str, typer.Argument(metavar="PATH_OR_URI", help=source_is)],
        namespace: Annotated[
            str | None,
            typer.Option("--namespace", help="Of jobs and models, instead of the tracker's."),
        ] = None,
        dry_run: DryRun = False,
        kafka: KafkaOption = None,
        as_json: Json = False,
    ) -> None:
        found = imports.read(tracker, source, namespace=namespace)
        if dry_run:
            done = imports.take(found, None)
        else:
            with emitting(kafka) as emitter:
                done = imports.take(found, emitter)
        if as_json:
            print_json(
                {field.name: getattr(done, field.name) for field in fields(done)}
                | {"emitted": not dry_run}
            )
        else:
            _show(done, dry_run=dry_run)
        if done.unreadable:
            raise typer.Exit(1)

    read.__doc__ = f"""Read the runs that {tracker} recorded, and emit them as lineage.

    The same run gives the same events: importing again adds only what is new.

    Exit codes: 0 all was read; 1 something could not be read, or did not arrive.
    """
    return read


for _name, _source in _TRACKERS.items():
    command.command(_name)(_tracker(_name, _source))


@command.command("dbt")
def dbt(
    target: Annotated[Path, typer.Argument(help="dbt's target folder.")] = Path(TARGET),
    namespace: Annotated[
        str | None,
        typer.Option(
            "--namespace",
            help="Of the project's tables, such as postgres://host:5432; else the profile's.",
        ),
    ] = None,
    job_namespace: Annotated[
        str | None,
        typer.Option(help="Of its jobs; OPENLINEAGE_NAMESPACE, else `dbt`, if not said."),
    ] = None,
    dry_run: DryRun = False,
    kafka: KafkaOption = None,
    as_json: Json = False,
) -> None:
    """Read what the last `dbt build`, `run`, `seed`, `snapshot`, `test` or `retry` did.

    Its runs, SQL, tests and failures become lineage, and a catalog.json the tables' schemas.
    Importing the same artifacts again adds nothing. `headwater run dbt build` does both.

    Exit codes: 0 all was read; 1 the artifacts cannot be read, or did not arrive.
    """
    told = Told()
    count = 0
    found = events(target, database=namespace, jobs=job_namespace, told=told)
    if dry_run:
        count = sum(1 for _ in found)
    else:
        with emitting(kafka) as emitter:
            for event in found:
                emitter.emit(event)
                count += 1
    if as_json:
        nodes = [
            {"kind": kind, "status": status, "count": n} for (kind, status), n in told.nodes.items()
        ]
        others = {"schemas": told.schemas, "exposures": told.exposures}
        print_json({"emitted": not dry_run, "events": count, "nodes": nodes, **others})
        return
    verb = "would be emitted" if dry_run else "emitted"
    typer.echo(f"{count} events {verb}.")
    rows = [(kind, status, n) for (kind, status), n in sorted(told.nodes.items())]
    rows += [("exposure", "stated", told.exposures), ("catalog", "schemas", told.schemas)]
    print_table("What dbt says", [row for row in rows if row[2]], ("of", "status", "count"))


@command.command("queries")
def import_queries(
    log: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="JSON lines, a JSON array, CSV with a header, or Postgres' csvlog or jsonlog; "
            "`-` is standard input, `.gz` is unpacked.",
        ),
    ],
    namespace: Annotated[
        str, typer.Option("--namespace", help="Of the database, such as postgres://host:5432.")
    ],
    dialect: Annotated[
        str | None, typer.Option(help="Its SQL; that of the namespace's engine, if not said.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="Where names without one lead, if a row does not say.")
    ] = None,
    schema: Annotated[
        str | None, typer.Option(help="Where bare names lead, if a row does not say.")
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(parser=moment, metavar="TIME", help="When statements ran that have no time."),
    ] = None,
    reads: Annotated[
        bool, typer.Option("--reads", help="Emit statements that only read, too.")
    ] = False,
    keep_literals: Annotated[
        bool, typer.Option("--keep-literals", help="Emit SQL with its literals.")
    ] = False,
    refused: Annotated[
        Path | None,
        typer.Option(help="Where rows go that cannot be read; FILE.refused.jsonl, if not said."),
    ] = None,
    dry_run: DryRun = False,
    kafka: KafkaOption = None,
    as_json: Json = False,
) -> None:
    """Read the statements that a database has logged, and emit those that write.

    Statements of one session are read together, so that temporary tables lead to what they were
    made from. The same statement gives the same event: importing again adds nothing.

    Exit codes: 0 all was read; 1 rows were refused, or something did not arrive.
    """
    known = queries.source(
        namespace,
        dialect=dialect,
        database=database,
        schema=schema,
        keep_literals=keep_literals,
    )
    where = refused or queries.aside(log)
    with nullcontext() if dry_run else emitting(kafka) as emitter:
        done = queries.take(log, known, emitter, reads=reads, at=at, refused=where)
    left_out, not_read = dict(done.left_out), dict(done.reading.refused)
    if as_json:
        print_json(
            {
                "rows": done.reading.rows,
                "statements": done.reading.statements,
                "emitted": 0 if dry_run else done.emitted,
                "left_out": left_out,
                "refused": not_read,
                "refused_file": str(where) if not_read else None,
            }
        )
    else:
        verb = "would be emitted" if dry_run else "emitted"
        typer.echo(f"{done.reading.statements} statements in {done.reading.rows} rows.")
        rows = [(verb, "", done.emitted)]
        rows += [("left out", reason, count) for reason, count in sorted(left_out.items())]
        rows += [("refused", reason, count) for reason, count in sorted(not_read.items())]
        print_table("Statements", rows, ("what", "why", "count"))
        if not_read:
            typer.echo(f"What was refused lies in {where}.")
    if not_read:
        raise typer.Exit(1)


def _show(done: Imported, *, dry_run: bool) -> None:
    states = ", ".join(f"{count} {state}" for state, count in sorted(done.states.items()))
    verb = "would be emitted" if dry_run else "emitted"
    typer.echo(f"{done.runs} runs ({states or 'none'}): {done.events} events {verb}.")
    if done.models:
        print_table("Versions of models", sorted(done.models.items()))
    for reason in done.unreadable:
        typer.echo(f"unreadable: {reason}")
