"""Stop the embedded stack."""

import os
import signal
import time
from contextlib import suppress
from typing import Annotated

import typer

from ...schemas.errors import HeadwaterError
from ..home import Home, find_home
from ..terminal import Json, print_json

_STOP_TIMEOUT_S = 90
_POLL_S = 0.1


def command(
    purge: Annotated[
        bool, typer.Option("--purge", help="Remove all data: topics, graph, logs.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before removing.")] = False,
    as_json: Json = False,
) -> None:
    """Stop the embedded stack, and remove its data if asked.

    Exit codes: 0 nothing runs any more; 1 it could not be stopped, or --purge was not confirmed.
    """
    home = find_home()
    if purge and not yes:
        _confirm(home)
    stopped = _stop(home)
    if purged := purge and home.path.exists():
        home.purge()
    if as_json:
        print_json({"stopped": stopped, "purged": purged, "home": str(home.path)})
        return
    typer.echo("Headwater has stopped." if stopped else f"No stack runs in {home.path}.")
    if purged:
        typer.echo(f"Removed {home.path}.")


def _confirm(home: Home) -> None:
    if not os.isatty(0):
        raise HeadwaterError(
            f"removing {home.path} needs a confirmation", remedy="Add --yes to confirm it."
        )
    typer.confirm(f"Remove {home.path} and all that was recorded in it?", abort=True)


def _stop(home: Home) -> bool:
    """Ask the process that runs the stack to stop it; return whether there was one."""
    pid = home.holder()
    if pid is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_TIMEOUT_S
    while home.holder() == pid:
        if time.monotonic() > deadline:
            raise HeadwaterError(
                f"process {pid} still runs after {_STOP_TIMEOUT_S} s",
                remedy=f"End it with `kill -9 {pid}`; its parts end with it, and no data is lost.",
            )
        time.sleep(_POLL_S)
    return True
