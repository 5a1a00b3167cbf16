"""What commands print: text for people, JSON for programs, errors with a remedy."""

import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

import orjson
import typer

from ..schemas.errors import HeadwaterError
from ..schemas.sealed import PREFIX, Unseal, reveal, reveal_text
from .supervisor import ChildFailedError

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

FAILED = 1
NOT_READY = 4


def print_json(value: object) -> None:
    """Print a value as JSON on standard output, its sealed names opened."""
    printed = orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str)
    if PREFIX.encode() in printed:
        shown = reveal(orjson.loads(printed), _unseal)
        printed = orjson.dumps(shown, option=orjson.OPT_INDENT_2)
    sys.stdout.write(printed.decode() + "\n")
    sys.stdout.flush()


def print_table(title: str, rows: Iterable[Sequence[object]], columns: Sequence[str] = ()) -> None:
    """Print rows under a title; without names of columns the first is what the rest is about."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, title=title, title_justify="left", box=None, show_header=bool(columns))
    for row in rows:
        table.add_row(*("" if cell is None else revealed(str(cell)) for cell in row))
    Console().print(table)


def revealed(text: str) -> str:
    """Return a text with the names in it that are sealed, or `erased` where a key is gone."""
    return reveal_text(text, _unseal)


def _unseal(sealed: str) -> str | None:
    from ..schemas.vault import vault_path

    return _unsealing(vault_path())(sealed)


@cache
def _unsealing(path: Path) -> Unseal:
    from ..schemas.vault import unsealing

    return unsealing(path)


def report(error: HeadwaterError, *, as_json: bool) -> None:
    """Say what went wrong and what to do: on standard error, or as JSON on standard output."""
    if as_json:
        print_json(describe(error))
        return
    if isinstance(error, ChildFailedError):
        _print_log(error)
    _say(f"error: {error.message}")
    if error.remedy:
        _say(f"remedy: {error.remedy}")


def describe(error: HeadwaterError) -> dict[str, object]:
    """Return an error as what `--json` prints."""
    described: dict[str, object] = {"error": error.message, "remedy": error.remedy}
    if isinstance(error, ChildFailedError):
        described |= {"log": str(error.log_path), "last_lines": error.last_lines}
    return described


def exit_code(error: HeadwaterError) -> int:
    """Return the code that a command ends with after this error."""
    return int(getattr(error, "exit_code", FAILED))


def _print_log(error: ChildFailedError) -> None:
    for line in error.last_lines:
        _say(f"  {line}")
    _say(f"log: {error.log_path}")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
