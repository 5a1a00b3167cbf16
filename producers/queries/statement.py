"""A statement as an engine logged it, and the OpenLineage event that tells of it."""

import hashlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ...schemas import facets

Strip = Callable[[str, str | None], str]
"""Takes the literals out of SQL of a dialect."""

_WRITES = re.compile(
    r"\b(?:insert|merge|update|delete|replace|copy|unload|export|load|create|alter|drop|truncate|"
    r"rename|exchange|into|call|exec|execute|begin|declare|use|set|let|reset|temp|temporary)\b",
    re.IGNORECASE,
)
_VERB = re.compile(r"[a-z]+", re.IGNORECASE)
_TARGET = re.compile(
    r"\b(?:into\s+table|into|table|view|update|delete\s+from|from|copy)\s+"
    r"(?:if\s+not\s+exists\s+|if\s+exists\s+|only\s+)?([\w.\"`\[\]$@/-]+)",
    re.IGNORECASE,
)
_LOCATION = re.compile(r"'(\w+://)(?:[^'/@\s]*@)?([^'?\s]*)[^'\s]*'")
_TITLE_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that was run.

    Attributes:
        at: When it ended, or when it was logged.
        id: The engine's own id of this execution.
        session: What the statements of one connection share.
        order: Which of those that its session ran at the same time it is.
        failed: Whether the engine says that it came to nothing.
    """

    sql: str
    at: datetime
    id: str | None = None
    user: str | None = None
    session: str | None = None
    database: str | None = None
    schema: str | None = None
    order: int = 0
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of a log as a whole.

    Attributes:
        namespace: OpenLineage namespace of the database.
        dialect: Its SQL.
        database, schema: Where bare names lead, if a statement does not say.
        strip: Takes the literals out.
        keep_literals: Whether they are emitted all the same.
    """

    namespace: str
    strip: Strip
    dialect: str | None = None
    database: str | None = None
    schema: str | None = None
    keep_literals: bool = False


def writes(sql: str) -> bool:
    """Whether a statement may write, or change what later ones of its session mean."""
    return _WRITES.search(sql) is not None


def event(statement: Statement, source: Source) -> dict[str, Any]:
    """Return the event of a statement, the same for the same statement at every import."""
    sql = statement.sql if source.keep_literals else _stripped(statement.sql, source)
    shape = source.strip(statement.sql, source.dialect)
    database = statement.database or source.database
    schema = statement.schema or source.schema
    place = "\x00".join((source.namespace, database or "", schema or "", shape))
    name = f"{_title(shape)} {hashlib.sha256(place.encode()).hexdigest()[:8]}"
    context = facets.own(
        facets.SQL_CONTEXT,
        namespace=source.namespace,
        catalog=database,
        schema=schema,
        session=statement.session,
        user=statement.user,
    )
    job_facets = {"sql": facets.sql(sql, source.dialect), facets.SQL_CONTEXT: context}
    return {
        "eventType": "COMPLETE",
        "eventTime": _time(statement).isoformat(),
        "producer": facets.PRODUCER,
        "schemaURL": facets.RUN_EVENT_SCHEMA,
        "run": {"runId": _run_id(statement, source.namespace), "facets": {}},
        "job": {"namespace": source.namespace, "name": name, "facets": job_facets},
        "inputs": [],
        "outputs": [],
    }


def _time(statement: Statement) -> datetime:
    """Return when a statement ran, to the microsecond, so that a session's have their order."""
    return statement.at.astimezone(UTC) + timedelta(microseconds=statement.order)


def _run_id(statement: Statement, namespace: str) -> str:
    """Return an id that tells executions apart, by the engine's own id where it gives one."""
    told = (statement.id or statement.sql, statement.session or "", statement.at.isoformat())
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "\x00".join((namespace, *told))))


def _title(sql: str) -> str:
    """Return what a statement does to what: `insert shop.totals`."""
    verb, target = _VERB.search(sql), _TARGET.search(sql)
    words = (verb[0].lower() if verb else "statement", target[1] if target else "")
    return " ".join(filter(None, words))[:_TITLE_LENGTH_MAX]


def _stripped(sql: str, source: Source) -> str:
    """Take the literals out, but for locations of data, which are names of it."""
    kept: list[str] = []

    def hold(found: re.Match[str]) -> str:
        kept.append(f"'{found[1]}{found[2]}'")
        return f" headwater_location_{len(kept) - 1} "

    held = source.strip(_LOCATION.sub(hold, sql), source.dialect)
    for place, location in enumerate(kept):
        held = held.replace(f"headwater_location_{place}", location, 1)
    return held
