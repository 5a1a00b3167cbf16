"""Reading a query log: JSON lines, a JSON array, CSV with a header, or Postgres' own log."""

import csv
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import Any, TextIO

import orjson

from ...schemas.errors import HeadwaterError
from . import postgres
from .rows import SQL_LENGTH_MAX, RefusedRowError, names_sql, statement_of, time_of
from .statement import Statement

_SESSIONS_MAX = 10_000

Refuse = Callable[[str, Any], None]
"""Takes the reason and the row that cannot be read."""


@dataclass(slots=True)
class Reading:
    """What reading a log came to; `refused` by reason. Not every row holds a statement."""

    rows: int = 0
    statements: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def read(
    file: TextIO, reading: Reading, refuse: Refuse, at: datetime | None = None
) -> Iterator[Statement]:
    """Yield the statements of a log, one row after another.

    Args:
        file: The log, opened with ``newline=""``.
        reading: Counts.
        refuse: Told of each row that cannot be read.
        at: When statements ran of which the log does not say.

    Raises:
        HeadwaterError: If it is no log of a kind that is known.
    """
    log, order = postgres.Log(), _Order()

    def settled(row: Any) -> Iterator[Statement]:
        if not isinstance(row, Mapping):
            raise RefusedRowError("not_a_row")
        if "error_severity" in row:
            yield from log.read(postgres.of_json(row))
        elif (found := statement_of(row, at)) is not None:
            yield order.of(found)

    for raw, row in _rows(file):
        reading.rows += 1
        try:
            if isinstance(row, RefusedRowError):
                raise row
            for statement in settled(row):
                reading.statements += 1
                yield statement
        except RefusedRowError as error:
            reading.refused[str(error)] += 1
            refuse(str(error), raw)
    for statement in log.end():
        reading.statements += 1
        yield statement


class _Order:
    """Tells the statements apart that a session ran at one time, by their order in the log."""

    def __init__(self) -> None:
        self._last: dict[str | None, Statement] = {}

    def of(self, statement: Statement) -> Statement:
        last = self._last.pop(statement.session, None)
        if last is not None and last.at == statement.at:
            statement = replace(statement, order=last.order + 1)
        self._last[statement.session] = statement
        if len(self._last) > _SESSIONS_MAX:
            del self._last[next(iter(self._last))]
        return statement


def _rows(file: TextIO) -> Iterator[tuple[Any, Any]]:
    """Yield each row as it stands and as it reads; a refusal for one that does not."""
    first = _first_line(file)
    start = first.lstrip("\ufeff \t")[:1]
    if start == "[":
        yield from ((row, row) for row in _array(first + file.read()))
    elif start == "{":
        for line in chain([first], file):
            if line.strip():
                yield line, _object(line)
    else:
        csv.field_size_limit(max(csv.field_size_limit(), 4 * SQL_LENGTH_MAX, sys.maxunicode))
        yield from _table(csv.reader(chain([first.removeprefix("\ufeff")], file)))


def _first_line(file: TextIO) -> str:
    for line in file:
        if line.strip():
            return line
    return ""


def _object(line: str) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return RefusedRowError("not_json")


def _array(text: str) -> Iterable[Any]:
    try:
        found = orjson.loads(text.lstrip("\ufeff"))
    except orjson.JSONDecodeError as error:
        raise HeadwaterError(f"the log is no JSON: {error}") from error
    assert isinstance(found, list)
    return found


def _table(lines: Iterator[list[str]]) -> Iterator[tuple[Any, Any]]:
    head = next(lines, [])
    names = [name.strip().lower() for name in head]
    if names_sql(dict.fromkeys(names)):
        rows: Iterator[list[str]] = lines
    elif _of_postgres(head):
        names, rows = list(postgres.COLUMNS), chain([head], lines)
    else:
        raise HeadwaterError(
            "the log is of no kind that is known",
            remedy="Export JSON lines or CSV with a header that names `sql` and `at`.",
        )
    for row in _guarded(rows):
        if isinstance(row, RefusedRowError):
            yield None, row
        elif any(row):
            short = len(row) < len(names) and names != list(postgres.COLUMNS)
            yield (
                row,
                RefusedRowError("too_few_columns")
                if short
                else dict(zip(names, row, strict=False)),
            )


def _guarded(rows: Iterator[list[str]]) -> Iterator[list[str] | RefusedRowError]:
    while True:
        try:
            row = next(rows, None)
        except csv.Error:
            yield RefusedRowError("not_csv")
            continue
        if row is None:
            return
        yield row


def _of_postgres(row: list[str]) -> bool:
    try:
        time_of(row[0] if row else "")
    except RefusedRowError:
        return False
    return len(row) >= postgres.COLUMNS_MIN
