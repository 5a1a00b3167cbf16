"""`headwater run`: a training script or dbt as it is, and what it did."""

import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from ...producers import Emitter
from ...producers.dbt.runs import Told
from ...schemas.errors import HeadwaterError
from ..dbt import events, target_folder

# What follows the first word is the script's own.
CONTEXT_SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}


def command(
    words: Annotated[
        list[str],
        typer.Argument(metavar="python SCRIPT … | dbt COMMAND …", help="What to run."),
    ],
) -> None:
    """Run a PyTorch training script or dbt, without a change to it, and record what it does.

    Exit codes: those of the script or of dbt; 1 if it is neither.
    """
    if Path(words[0]).name == "dbt":
        raise typer.Exit(_dbt(words))
    python, script = _split(words)
    os.execvp(python, [python, "-m", "headwater.producers.torch.runner", *script])  # noqa: S606


def _split(words: list[str]) -> tuple[str, list[str]]:
    """Return the interpreter and what it is to run."""
    python, *script = words if "python" in words[0] else [sys.executable, *words]
    runnable = bool(script) and (script[0] == "-m" or script[0].endswith(".py"))
    if not runnable:
        raise HeadwaterError(
            f"{' '.join(words)!r} runs no Python script",
            remedy="Write `headwater run python train.py …` or `headwater run dbt build …`.",
        )
    return python, script


def _dbt(words: list[str]) -> int:
    """Run dbt, then tell what it left; whatever comes of that, dbt's exit code stands."""
    before = time.time()
    code = subprocess.run(words, check=False).returncode
    results = target_folder(words) / "run_results.json"
    if not results.exists() or results.stat().st_mtime < before:
        typer.echo(f"headwater: dbt wrote no {results}, so there is nothing to tell", err=True)
        return code
    try:
        _tell(results.parent)
    except HeadwaterError as error:
        typer.echo(f"headwater: {error}", err=True)
    except Exception:
        logging.getLogger(__name__).exception("what dbt did could not be told")
    return code


def _tell(target: Path) -> None:
    """Emit by the environment's settings; what does not arrive in time waits in the spool."""
    emitter = Emitter.default()
    for event in events(target, told=Told()):
        emitter.emit(event)
    emitter.close(emitter.config.close_timeout_s)
