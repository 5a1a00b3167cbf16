"""Show and ship the events that lie in an emitter's spool."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ...producers.config import from_environment
from ...producers.push import Spooled, push, spooled
from ...schemas.errors import HeadwaterError
from ..terminal import Json, print_json, print_table

command = typer.Typer(no_args_is_help=True)

_TIMEOUT_S = 60.0
Timeout = Annotated[float, typer.Option("--timeout", help="Seconds to try for.")]


@command.command("status")
def show_status(as_json: Json = False) -> None:
    """Show what lies in the spool, by destination.

    HEADWATER_SPOOL_DIR names the spool, as it does for the jobs that emit.
    """
    found = list(spooled(Path(from_environment(os.environ).spool_dir)))
    if as_json:
        print_json({"destinations": [asdict(row) for row in found]})
    else:
        _show(found)


@command.command("push")
def push_orphans(timeout_s: Timeout = _TIMEOUT_S, as_json: Json = False) -> None:
    """Ship the events of processes that are gone to where the environment leads.

    HEADWATER_KAFKA_BOOTSTRAP and the other settings are those of the jobs that emit.
    """
    config = from_environment(os.environ)
    pushed = push(config, timeout_s)
    if as_json:
        print_json(asdict(pushed))
    elif not pushed.error:
        typer.echo(f"shipped {pushed.acknowledged} events of {pushed.sessions} sessions")
    if pushed.error:
        raise HeadwaterError(
            f"not everything in {config.destination} is shipped: {pushed.error}",
            remedy="see that the destination answers, then push again; nothing is lost",
        )


def _show(found: list[Spooled]) -> None:
    rows = [
        (row.destination, str(row.sessions), str(row.orphans), str(row.waiting), _mb(row))
        for row in found
    ]
    print_table("Spool", rows, ("destination", "sessions", "orphans", "events waiting", "MB"))


def _mb(row: Spooled) -> str:
    return f"{row.size_bytes / 1024 / 1024:.1f}"
