"""`headwater compare`: every difference in what made two models."""

from typing import Any

from rich.console import Console
from rich.table import Table

from ...sinks.answers import Passport
from ..asking import ApiOption, client, shown
from ..passports import find, flat
from ..terminal import Json, print_json
from .passport import ModelArgument

# Two runs always differ in these.
_OWN = {"model.run_id", "model.version", "model.artifact_uri"}


def command(
    model: ModelArgument,
    other: ModelArgument,
    api: ApiOption = None,
    as_json: Json = False,
) -> None:
    """Show every difference in what made two models, or two versions of one.

    Exit codes: 0 answered; 1 no such model, or nobody answers; 3 no stack runs.
    """
    asked = client(api)
    first, second = find(asked, model), find(asked, other)
    found = differences(first, second)
    if as_json:
        print_json({key: {"first": a, "second": b} for key, (a, b) in found.items()})
        return
    show(first, second, found, Console())


def show(
    first: Passport, second: Passport, found: dict[str, tuple[Any, Any]], console: Console
) -> None:
    """Print differences as a table."""
    title = f"Differences: {len(found)}" if found else "They differ in nothing that was recorded."
    table = Table(title=title, title_justify="left", box=None)
    table.add_column(style="dim", overflow="fold")
    for passport in (first, second):
        table.add_column(shown(("", passport.label)), overflow="fold")
    for key, pair in found.items():
        table.add_row(*(shown(("", _text(value))) for value in (key, *pair)))
    console.print(table)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def differences(first: Passport, second: Passport) -> dict[str, tuple[Any, Any]]:
    """Return what two passports state differently, by dotted key; None where one is silent."""
    a, b = flat(first), flat(second)
    return {
        key: (a.get(key), b.get(key))
        for key in sorted(a.keys() | b.keys())
        if a.get(key) != b.get(key) and key not in _OWN
    }
