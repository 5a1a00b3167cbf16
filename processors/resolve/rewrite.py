"""What no parser takes, written as one takes it.

A rule is tried on a text that did not parse in its dialect. What a rule has to leave out is
named, so that the answer says so.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_FLAGS = re.IGNORECASE | re.DOTALL
_NAME = r"[\w.`\"\[\]$#@]+"


class Rewritten(NamedTuple):
    """A text that says the same.

    Attributes:
        read: The dialect to parse it in; None for its own.
        left_out: The construct that is missing from it; None if nothing is.
    """

    sql: str
    read: str | None = None
    left_out: str | None = None


def rewritten(sql: str, dialect: str) -> Iterator[Rewritten]:
    """Yield what may parse in place of a text that did not."""
    for dialects, rule in _RULES:
        if not dialects or dialect in dialects:
            found = rule(sql)
            if found is not None and found.sql != sql:
                yield found
                sql = found.sql if found.read is None and found.left_out is None else sql


_URL = re.compile(r"(\b(?:into|from)\s+|=\s*)((?:s3|gcs|azure)\w*://[^\s'\"();]+)", re.IGNORECASE)


def quoted_urls(sql: str) -> str:
    """Put quotes around URLs: what follows their colon reads as a comment in Snowflake."""
    return _URL.sub(r"\1'\2'", sql) if "://" in sql else sql


def closing(sql: str, opening: int) -> int:
    """Return the place of the parenthesis that closes the one at a place; -1 if none does."""
    depth = 0
    quote = ""
    for place in range(opening, len(sql)):
        mark = sql[place]
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "'\"`":
            quote = mark
        elif mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
            if depth == 0:
                return place
    return -1


_ARRAY_AS_TABLE = re.compile(
    rf"(,|\bjoin)\s*({_NAME}\.{_NAME})\s+(as\s+)?(\w+)\s+with\s+offset", re.IGNORECASE
)


def _array_as_table(sql: str) -> Rewritten:
    """BigQuery's `FROM t, t.array AS e WITH OFFSET` leaves UNNEST out."""
    return Rewritten(_ARRAY_AS_TABLE.sub(r"\1 UNNEST(\2) AS \4 WITH OFFSET", sql))


_LOG_ERRORS = re.compile(
    rf"\blog\s+errors(\s+into\s+{_NAME})?(\s*\([^)]*\))?(\s+reject\s+limit\s+\w+)?", re.IGNORECASE
)


def _log_errors(sql: str) -> Rewritten:
    """Oracle's LOG ERRORS says where refused rows go, which no row does that lineage is of."""
    return Rewritten(_LOG_ERRORS.sub("", sql))


_PARTITIONED_JOIN = re.compile(
    r"\bpartition\s+by\s*\([^()]*\)\s*(?=(?:\w+\s+){0,3}?join\b)", re.IGNORECASE
)


def _partitioned_join(sql: str) -> Rewritten:
    """Oracle's partitioned outer join adds rows for each partition; it joins as it says."""
    return Rewritten(_PARTITIONED_JOIN.sub("", sql))


_MODEL = re.compile(r"\bmodel\b(?=[^;]*\bmeasures\b)", re.IGNORECASE)


def _model(sql: str) -> Rewritten | None:
    """Oracle's MODEL is left out, up to the end of its query."""
    match = _MODEL.search(sql)
    if match is None:
        return None
    end, depth = match.end(), 0
    while end < len(sql) and depth >= 0 and not (sql[end] == ";" and depth == 0):
        depth += (sql[end] == "(") - (sql[end] == ")")
        end += depth >= 0
    return Rewritten(f"{sql[: match.start()]} {sql[end:]}", left_out="MODEL")


_DELETE_OUTPUT = re.compile(
    rf"\bdelete\s+from\s+({_NAME})\s+(output\b[^;]*?\binto\s+{_NAME}(?:\s*\([^()]*\))?)\s+(?=where\b)",
    re.IGNORECASE,
)


def _delete_output(sql: str) -> Rewritten:
    """T-SQL's `DELETE FROM t OUTPUT … INTO o WHERE`: parsers take the form with two FROMs."""
    return Rewritten(_DELETE_OUTPUT.sub(r"DELETE \1 \2 FROM \1 ", sql))


_WRITTEN_QUERY = re.compile(r"\s*(update|delete(?:\s+from)?)\s*\(\s*select\b", re.IGNORECASE)


def _written_query(sql: str) -> Rewritten | None:
    """Oracle's UPDATE (SELECT …) SET … writes through a query, as T-SQL does through a CTE."""
    match = _WRITTEN_QUERY.match(sql)
    if match is None:
        return None
    opening = sql.index("(")
    end = closing(sql, opening)
    if end < 0:
        return None
    alias = re.match(r"\s*(?:as\s+)?(?!set\b|where\b)([a-z_]\w*)", sql[end + 1 :], re.IGNORECASE)
    name = alias.group(1) if alias else "written_rows"
    rest = sql[end + 1 + (alias.end() if alias else 0) :]
    return Rewritten(f"WITH {name} AS {sql[opening : end + 1]} {match.group(1)} {name} {rest}")


_LOAD = re.compile(
    rf"\s*load\s+(?:data|xml)\s+(?:\w+\s+){{0,2}}?infile\s+(?P<file>'[^']*')\s+"
    rf"(?:(?:replace|ignore)\s+)?into\s+table\s+(?P<table>{_NAME})(?P<rest>.*)",
    _FLAGS,
)


def _load(sql: str) -> Rewritten | None:
    """MySQL's LOAD DATA INFILE is a COPY."""
    match = _LOAD.match(sql)
    if match is None:
        return None
    columns = re.search(
        r"\(\s*[\w`]+\s*(?:,\s*[\w`]+\s*)*\)\s*(?:set\b.*)?;?\s*$", match["rest"], _FLAGS
    )
    listed = columns.group(0)[: columns.group(0).index(")") + 1] if columns else ""
    return Rewritten(
        f"COPY {match['table']} {listed} FROM {match['file']}".replace("`", '"'), "postgres"
    )


_INSERT_EXEC = re.compile(
    rf"\s*(?P<head>insert\s+(?:into\s+)?{_NAME}\s*(?:\([^()]*\))?)\s*exec(?:ute)?\b\s*(?P<what>.*)",
    _FLAGS,
)


def _insert_exec(sql: str) -> Rewritten | None:
    """T-SQL's INSERT … EXEC takes the rows of a procedure, or of a text that is run."""
    match = _INSERT_EXEC.match(sql)
    if match is None:
        return None
    text = re.match(r"\(\s*N?'((?:[^']|'')*)'\s*\)\s*;?\s*$", match["what"], _FLAGS)
    if text:
        inner = text.group(1).replace("''", "'")
        return Rewritten(f"{match['head']} {inner}")
    name = re.match(r"[\w.\[\]]+", match["what"])
    called = name.group(0) if name else "dynamic_sql"
    return Rewritten(f"{match['head']} SELECT * FROM {called}()")  # noqa: S608 - parsed, never run


_TOP = re.compile(r"^(\s*(?:delete|update|insert|merge))\s+top\s*\([^)]*\)(?:\s+percent)?", _FLAGS)


def _top(sql: str) -> Rewritten:
    """T-SQL's TOP bounds how many rows are written, not which columns they are made of."""
    return Rewritten(_TOP.sub(r"\1", sql))


_TWICE_FROM = re.compile(
    rf"^(\s*delete)\s+from\s+({_NAME})(\s+output\b.*?)?\s+from\b(?!\s*\()", _FLAGS
)


def _twice_from(sql: str) -> Rewritten:
    """T-SQL's DELETE FROM a FROM b says FROM twice."""
    return Rewritten(_TWICE_FROM.sub(r"\1 \2\3 FROM", sql))


_DELETE_IN_UPDATE = re.compile(
    r"\bdelete\s+where\b(.*?)(?=\bwhen\s+(?:not\s+)?matched\b|;|$)", _FLAGS
)


def _delete_in_update(sql: str) -> Rewritten | None:
    """Oracle's MERGE deletes in the branch that updates."""
    if not re.match(r"\s*merge\b", sql, re.IGNORECASE):
        return None
    return Rewritten(_DELETE_IN_UPDATE.sub(r" WHEN MATCHED AND (\1) THEN DELETE ", sql))


_VIEW_WORDS = re.compile(
    r"(\bcreate\s+(?:or\s+replace\s+)?)(?:(?:algorithm\s*=\s*\w+|definer\s*=\s*\S+"
    r"|sql\s+security\s+\w+)\s+)+(?=view\b)",
    re.IGNORECASE,
)


def _view_words(sql: str) -> Rewritten:
    """MySQL says by which algorithm and in whose name a view runs."""
    return Rewritten(_VIEW_WORDS.sub(r"\1", sql))


_Rule = Callable[[str], Rewritten | None]
_RULES: tuple[tuple[tuple[str, ...], _Rule], ...] = (
    (("bigquery",), _array_as_table),
    (("oracle", ""), _log_errors),
    (("oracle", ""), _partitioned_join),
    (("oracle", ""), _model),
    (("oracle", ""), _written_query),
    (("mysql", ""), _load),
    (("mysql", ""), _view_words),
    (("tsql", "fabric", ""), _insert_exec),
    (("tsql", "fabric", ""), _top),
    (("tsql", "fabric", ""), _twice_from),
    (("tsql", "fabric", ""), _delete_output),
    (("oracle", ""), _delete_in_update),
)
"""The dialects that write so, all if none is named, and the rule."""
