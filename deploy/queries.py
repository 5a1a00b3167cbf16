"""Query logs from the command line: read, told apart, and emitted."""

import gzip
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ..processors.dialect import dialect_of
from ..processors.resolve import strip_literals
from ..producers import Emitter
from ..producers.queries.read import Reading, read
from ..producers.queries.statement import Source, Statement, event, writes
from ..schemas.errors import HeadwaterError
from ..schemas.names import DatasetName

STDIN = "-"
_FLUSH_EVERY = 5_000
_FLUSH_TIMEOUT_S = 60.0
_DEFAULT_SCHEMAS = {"duckdb": "main", "postgres": "public", "redshift": "public", "tsql": "dbo"}
_WITHOUT_DATABASE = frozenset({"clickhouse", "hive", "mysql", "spark"})
"""Dialects of which the database is what others call a schema."""


@dataclass(slots=True)
class Imported:
    """What an import of a log came to.

    Attributes:
        emitted: Statements that were emitted.
        left_out: Statements that were not, by reason.
    """

    reading: Reading = field(default_factory=Reading)
    emitted: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


def source(
    namespace: str,
    *,
    dialect: str | None = None,
    database: str | None = None,
    schema: str | None = None,
    keep_literals: bool = False,
) -> Source:
    """Return what is known of a log as a whole; its dialect is that of the namespace's engine."""
    chosen = dialect_of(dialect, (DatasetName(namespace, ""),))
    return Source(
        namespace=namespace,
        strip=strip_literals,
        dialect=chosen,
        database=database,
        schema=schema or _DEFAULT_SCHEMAS.get(chosen or ""),
        keep_literals=keep_literals,
    )


def take(
    log: Path,
    known: Source,
    emitter: Emitter | None,
    *,
    reads: bool = False,
    at: datetime | None = None,
    refused: Path,
) -> Imported:
    """Emit the statements of a log, and count.

    Args:
        log: The file; `-` is standard input, and `.gz` is unpacked.
        known: What is known of it as a whole.
        emitter: Takes the events; None only counts them.
        reads: Whether statements that write nothing are emitted as well.
        at: When statements ran of which the log does not say.
        refused: Where rows go that cannot be read.

    Raises:
        HeadwaterError: If the log cannot be read, or is of no known kind.
    """
    done = Imported()
    with _opened(log) as file, _aside(refused) as refuse:
        for statement in read(file, done.reading, refuse, at):
            reason = _left_out(statement, reads=reads)
            if reason:
                done.left_out[reason] += 1
                continue
            done.emitted += 1
            if emitter is not None:
                emitter.emit(event(_placed(statement, known), known))
                if done.emitted % _FLUSH_EVERY == 0:
                    # A log may be larger than a spool.
                    emitter.flush(_FLUSH_TIMEOUT_S)
    return done


def aside(log: Path) -> Path:
    """Return where the refused rows of a log go, if nobody says."""
    return (
        Path("refused.jsonl") if str(log) == STDIN else log.with_name(f"{log.name}.refused.jsonl")
    )


def _left_out(statement: Statement, *, reads: bool) -> str | None:
    if statement.failed:
        return "failed"
    return None if reads or writes(statement.sql) else "only reads"


def _placed(statement: Statement, known: Source) -> Statement:
    """Where an engine's database is what others call a schema, let it be that."""
    if known.dialect not in _WITHOUT_DATABASE or statement.schema is not None:
        return statement
    return replace(statement, database=None, schema=statement.database)


@contextmanager
def _opened(log: Path) -> Iterator[TextIO]:
    if str(log) == STDIN:
        yield sys.stdin
        return
    try:
        with log.open("rb") as plain, _progress(log) as progress:
            raw: Any = progress(plain)
            raw = gzip.GzipFile(fileobj=raw) if log.suffix == ".gz" else raw
            with io.TextIOWrapper(raw, encoding="utf-8", errors="replace", newline="") as text:
                yield text
    except (OSError, EOFError) as error:
        raise HeadwaterError(f"cannot read {log}: {error}") from error


@contextmanager
def _progress(log: Path) -> Iterator[Callable[[Any], Any]]:
    """Show how much of a file has been read, where somebody looks."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    ) as shown:
        task = shown.add_task(f"Reading {log.name}", total=log.stat().st_size)
        yield lambda file: shown.wrap_file(file, task_id=task)


@contextmanager
def _aside(path: Path) -> Iterator[Callable[[str, Any], None]]:
    """Yield what writes a refused row with its reason; the file is made with the first."""
    held: list[io.BufferedWriter] = []

    def refuse(reason: str, row: Any) -> None:
        if not held:
            held.append(path.open("wb"))
        line = row.rstrip("\r\n") if isinstance(row, str) else row
        held[0].write(
            orjson.dumps({"reason": reason, "row": line}, option=orjson.OPT_APPEND_NEWLINE)
        )

    try:
        yield refuse
    finally:
        for file in held:
            file.close()
