"""`headwater import`: what experiment trackers recorded, as passports."""

from dataclasses import fields
from enum import StrEnum
from typing import Annotated

import typer

from .. import imports
from ..emitting import KafkaOption, emitting
from ..imports import Imported
from ..terminal import Json, print_json, print_table

Tracker = StrEnum("Tracker", [(name, name) for name in imports.TRACKERS])  # type: ignore[misc]

_SOURCE = (
    "mlflow: a tracking URI, such as sqlite:///mlflow.db or https://host; wandb: a run's .wandb "
    "file, or a folder of runs; neptune: what its exporter wrote, parquet or CSV; sagemaker: JSON "
    "files of `aws sagemaker describe-… list-…`, or sagemaker://REGION; traceml: a folder of logs."
)


def command(
    tracker: Annotated[Tracker, typer.Argument(help="Who recorded the runs.")],
    source: Annotated[str, typer.Argument(metavar="PATH_OR_URI", help=_SOURCE)],
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", help="The namespace of jobs and models, not the tracker's."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and count, and emit nothing.")
    ] = False,
    kafka: KafkaOption = None,
    as_json: Json = False,
) -> None:
    """Read the runs that an experiment tracker recorded, and emit them as lineage.

    The same run gives the same events: importing again adds only what is new.

    Exit codes: 0 all was read; 1 something could not be read, or did not arrive.
    """
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


def _show(done: Imported, *, dry_run: bool) -> None:
    states = ", ".join(f"{count} {state}" for state, count in sorted(done.states.items()))
    verb = "would be emitted" if dry_run else "emitted"
    typer.echo(f"{done.runs} runs ({states or 'none'}): {done.events} events {verb}.")
    if done.models:
        print_table("Versions of models", sorted(done.models.items()))
    for reason in done.unreadable:
        typer.echo(f"unreadable: {reason}")
