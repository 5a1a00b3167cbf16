"""Postgres' own log, as `log_destination` csvlog or jsonlog writes it, with `log_statement` or
`log_min_duration_statement`.

Source: PostgreSQL's documentation, "Error Reporting and Logging".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from .rows import RefusedRowError, time_of
from .statement import Statement

COLUMNS = (
    "log_time", "user_name", "database_name", "process_id", "connection_from", "session_id",
    "session_line_num", "command_tag", "session_start_time", "virtual_transaction_id",
    "transaction_id", "error_severity", "sql_state_code", "message", "detail", "hint",
    "internal_query", "internal_query_pos", "context", "query", "query_pos", "location",
    "application_name", "backend_type", "leader_pid", "query_id",
)  # fmt: skip
"""Of csvlog, which has no header; before version 14 the last three are missing."""

COLUMNS_MIN = 23
JSON_NAMES = {
    "timestamp": "log_time", "user": "user_name", "dbname": "database_name",
    "line_num": "session_line_num", "statement": "query",
}  # fmt: skip
"""What jsonlog calls the columns that csvlog calls otherwise."""

_MESSAGE = re.compile(
    r"(?:duration: [\d.]+ ms  )?(?:statement|execute [^:]*|execute fetch from [^:]*): (?P<sql>.*)",
    re.DOTALL,
)
_FAILURES = frozenset({"ERROR", "FATAL", "PANIC"})
_SESSIONS_MAX = 10_000


def of_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of jsonlog under csvlog's names."""
    return {JSON_NAMES.get(key, key): value for key, value in row.items()}


class Log:
    """Follows the sessions of a log: that a statement failed is said by a later row.

    Each session's last statement is held back until its next row, or the end.
    """

    def __init__(self) -> None:
        self._last: dict[str, Statement] = {}

    def read(self, row: Mapping[str, Any]) -> Iterator[Statement]:
        """Yield what a row settles.

        Raises:
            RefusedRowError: If it has no time.
        """
        session = str(row.get("session_id") or "")
        before = self._last.pop(session, None)
        if before is not None:
            yield _as_it_ended(before, row)
        found = _MESSAGE.fullmatch(str(row.get("message") or ""))
        if found is not None and row.get("error_severity") == "LOG":
            self._last[session] = _statement(row, session, found["sql"])
            if len(self._last) > _SESSIONS_MAX:
                yield self._last.pop(next(iter(self._last)))

    def end(self) -> Iterable[Statement]:
        """Return the statements that no row came after."""
        return self._last.values()


def _statement(row: Mapping[str, Any], session: str, sql: str) -> Statement:
    if not sql.strip():
        raise RefusedRowError("no_sql")
    line = str(row.get("session_line_num") or "0")
    return Statement(
        sql=sql,
        at=time_of(row.get("log_time")),
        id=f"{session}/{line}",
        user=str(row.get("user_name") or "") or None,
        session=session or None,
        database=str(row.get("database_name") or "") or None,
        # Several lines may stand within one millisecond, which is all that the time tells.
        order=int(line) % 1000 if line.isdigit() else 0,
    )


def _as_it_ended(statement: Statement, row: Mapping[str, Any]) -> Statement:
    return replace(statement, failed=row.get("error_severity") in _FAILURES)
