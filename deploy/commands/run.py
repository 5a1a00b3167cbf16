"""`headwater run`: a training script as it is, with its passport and profile."""

import os
import sys
from typing import Annotated

import typer

from ...schemas.errors import HeadwaterError

# What follows the first word is the script's own.
CONTEXT_SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}


def command(
    words: Annotated[
        list[str], typer.Argument(metavar="python SCRIPT [ARGUMENTS]", help="What to run.")
    ],
) -> None:
    """Run a PyTorch training script, without a change to it, and record what it does.

    Exit codes: those of the script; 1 if it is no Python script.
    """
    python, script = _split(words)
    os.execvp(python, [python, "-m", "headwater.producers.torch.runner", *script])  # noqa: S606


def _split(words: list[str]) -> tuple[str, list[str]]:
    """Return the interpreter and what it is to run."""
    python, *script = words if "python" in words[0] else [sys.executable, *words]
    runnable = bool(script) and (script[0] == "-m" or script[0].endswith(".py"))
    if not runnable:
        raise HeadwaterError(
            f"{' '.join(words)!r} runs no Python script",
            remedy="Write `headwater run python train.py …`.",
        )
    return python, script
