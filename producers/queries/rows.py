"""Rows of a query log, whatever its engine calls their columns.

Read so far from: Snowflake `QUERY_HISTORY`, BigQuery `INFORMATION_SCHEMA.JOBS`, Redshift
`STL_QUERY` and `SYS_QUERY_HISTORY`, Databricks `system.query.history`, Trino's completed queries,
DuckDB's `duckdb_logs`, Postgres' `pg_stat_statements`; and whatever names `sql` and `at`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from .statement import Statement

SQL_LENGTH_MAX = 1_000_000

_NAMES = {
    "sql": (
        "sql", "query_text", "querytxt", "statement_text", "sql_text", "statement", "message",
        "query",
    ),
    "at": (
        "end_time", "endtime", "ended_at", "at", "start_time", "starttime", "creation_time",
        "query_start_time", "event_time", "executed_at", "timestamp",
    ),
    "user": ("user", "user_name", "user_email", "executed_by", "usename", "username", "userid"),
    "session": ("session", "session_id", "sessionid", "connection_id", "pid"),
    "database": ("database", "database_name", "dbname", "datname", "catalog", "project_id"),
    "schema": ("schema", "schema_name", "current_schema"),
    "id": ("query_id", "job_id", "statement_id", "queryid", "id"),
}  # fmt: skip
"""What the columns of a log are called, the more telling word first."""

_SAID_TO_FAIL = ("error_message", "error_code", "error_result", "error", "aborted")
_FAILED = frozenset({"fail", "failed", "failed_with_error", "failed_with_incident", "error",
                     "incident", "canceled", "cancelled", "aborted"})  # fmt: skip
_NOTHING = frozenset({"", "0", "null", "none", "false", "f", "{}"})
_OFFSET = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")
_ZULU = re.compile(r"\s*(?:UTC|GMT)$", re.IGNORECASE)
_MICROSECONDS_FROM, _MILLISECONDS_FROM = 1e14, 1e11


class RefusedRowError(ValueError):
    """A row of which nothing can be told; its text is the reason, one of a few words."""


def names_sql(columns: Mapping[str, Any]) -> bool:
    """Whether any of some columns is known to hold SQL."""
    return any(name in columns for name in _NAMES["sql"])


def statement_of(row: Mapping[str, Any], at: datetime | None = None) -> Statement | None:
    """Return the statement of a row; None for a row that is about something else.

    Args:
        row: Its columns, named in any case.
        at: When it ran, where the log does not say.

    Raises:
        RefusedRowError: If it has no SQL or no time, or more SQL than is read.
    """
    told = {str(key).lower(): value for key, value in row.items()}
    if str(told.get("type") or "QueryLog").lower() not in ("querylog", "query"):
        return None  # One of DuckDB's other logs.
    sql = next((s for s in map(told.get, _NAMES["sql"]) if isinstance(s, str) and s.strip()), None)
    if sql is None:
        raise RefusedRowError("no_sql")
    if len(sql) > SQL_LENGTH_MAX:
        raise RefusedRowError("too_long")
    times = (told.get(name) for name in _NAMES["at"])
    stated = next((t for t in times if t not in (None, "")), None)
    when = at if stated is None else time_of(stated)
    if when is None:
        raise RefusedRowError("no_time")
    return Statement(
        sql=sql,
        at=when,
        id=_text(told, "id") or _number(told.get("query")),
        user=_text(told, "user"),
        session=_text(told, "session") or _session_info(told.get("session_info")),
        database=_text(told, "database"),
        schema=_text(told, "schema"),
        failed=_failed(told),
    )


def time_of(value: Any) -> datetime:
    """Return a time: ISO 8601 with what engines make of it, or seconds since 1970 and the like.

    Raises:
        RefusedRowError: If it is none. A zone by its letters is none: they mean several.
    """
    try:
        if isinstance(value, int | float) or value.replace(".", "", 1).isdigit():
            return _since_1970(float(value))
        text = _OFFSET.sub("", _ZULU.sub("+00:00", value.strip()))
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (AttributeError, OverflowError, ValueError, OSError) as error:
        raise RefusedRowError("bad_time") from error


def _since_1970(number: float) -> datetime:
    if number >= _MICROSECONDS_FROM:
        number /= 1e6
    elif number >= _MILLISECONDS_FROM:
        number /= 1e3
    return datetime.fromtimestamp(number, UTC)


def _text(told: Mapping[str, Any], wanted: str) -> str | None:
    for name in _NAMES[wanted]:
        value = told.get(name)
        if isinstance(value, str | int) and str(value).strip() and str(value).lower() != "null":
            return str(value)
    return None


def _number(value: Any) -> str | None:
    """Redshift's `query` is a number: the SQL stands in `querytxt`."""
    return str(value) if value is not None and str(value).isdigit() else None


def _session_info(value: Any) -> str | None:
    """BigQuery's session is an object."""
    found = value.get("session_id") if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else None


def _failed(told: Mapping[str, Any]) -> bool:
    status = str(
        told.get("execution_status") or told.get("status") or told.get("query_state") or ""
    )
    errors = (str(told.get(name) or "").strip().lower() for name in _SAID_TO_FAIL)
    return status.lower() in _FAILED or any(error not in _NOTHING for error in errors)
