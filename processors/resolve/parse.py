"""From text to syntax trees: the stated dialect first, then its relatives."""

import logging
import re
from typing import NamedTuple

import sqlglot
from sqlglot import exp
from sqlglot.tokens import SQLGLOTC_INSTALLED

from .rewrite import quoted_urls, rewritten

# sqlglot logs statements that it does not know, with their literals.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

COMPILED = bool(SQLGLOTC_INSTALLED)
"""Whether the parser is compiled code; it answers as the one in Python does, and quicker."""

_RELATIVES = {
    "": "postgres snowflake bigquery spark tsql duckdb mysql oracle clickhouse",
    "postgres": "redshift duckdb",
    "redshift": "postgres snowflake",
    "mysql": "sqlite postgres",
    "snowflake": "databricks redshift",
    "databricks": "spark snowflake",
    "spark": "databricks hive",
    "hive": "spark databricks",
    "trino": "presto duckdb postgres",
    "tsql": "fabric postgres",
    "oracle": "postgres snowflake",
    "bigquery": "databricks snowflake",
    "duckdb": "postgres snowflake",
    "clickhouse": "duckdb mysql",
}
"""Where a statement is tried that does not parse in its dialect, nearest first."""

_ALIASES = {
    "postgresql": "postgres",
    "plpgsql": "postgres",
    "sqlserver": "tsql",
    "mssql": "tsql",
    "t-sql": "tsql",
    "transactsql": "tsql",
    "sparksql": "spark",
    "spark-sql": "spark",
    "mariadb": "mysql",
    "plsql": "oracle",
    "awsathena": "athena",
    "google_bigquery": "bigquery",
}


def dialect_name(stated: str | None) -> str:
    """Return sqlglot's name of a dialect; the generic one for what it does not know."""
    name = (stated or "").strip().lower()
    name = _ALIASES.get(name, name)
    return name if name in sqlglot.Dialects._value2member_map_ else ""


class Parsed(NamedTuple):
    """A text's statements, the dialect and text that they come of, and what was left out."""

    trees: list[exp.Expr]
    dialect: str
    text: str
    left_out: str | None = None


def parsed(sql: str, stated: str | None) -> Parsed | None:
    """Return a text's statements: in its dialect, written otherwise, or in a relative."""
    first = dialect_name(stated)
    if first == "snowflake":
        sql = quoted_urls(sql)
    trees = _trees(sql, first)
    if trees is not None:
        return Parsed(trees, first, sql)
    for other in rewritten(sql, first):
        trees = _trees(other.sql, first if other.read is None else other.read)
        if trees is not None:
            return Parsed(trees, first, other.sql, other.left_out)
    made = _MAKES_OF_QUERY.match(sql)
    if made is not None:
        return Parsed([exp.Command(this="CREATE", expression=made["rest"])], first, sql)
    for dialect in _RELATIVES.get(first, "postgres snowflake").split():
        trees = _trees(sql, dialect)
        if trees is not None:
            return Parsed(trees, dialect, sql)
    return None


# Of most of these a parser keeps the text where it does not know the options; where it finds
# the error too late for that, so does this.
_MAKES_OF_QUERY = re.compile(
    r"\s*create\s+(?P<rest>(?:or\s+replace\s+)?(?:table|view)\b[^;]*\bas\s*\(?\s*(?:select|with)\b[^;]*);?\s*$",
    re.IGNORECASE,
)


def _trees(sql: str, dialect: str) -> list[exp.Expr] | None:
    try:
        return [tree for tree in sqlglot.parse(sql, dialect=dialect) if tree is not None]
    except (RecursionError, MemoryError):
        raise
    except Exception:  # compiled, the parser may find a wrong type before it finds bad SQL
        return None


_TEMPLATE = re.compile(r"\{\{|\{%|\{#|\$\{")
_QUOTED = re.compile(r"'(?:[^']|'')*+'?|--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)


def template(sql: str) -> bool:
    """Whether a text still has the marks of a template engine outside its literals."""
    return _TEMPLATE.search(sql) is not None and (
        _TEMPLATE.search(_QUOTED.sub("", sql)) is not None
    )


_DEPTH_MAX = 400
_NESTING = re.compile(r"(?P<opens>[(\[{]|\b(?:case|begin)\b)|[)\]}]|\bend\b", re.IGNORECASE)


def too_deep(sql: str) -> bool:
    """Whether a text is nested deeper than parsers go before their stack is at its end.

    The parser in Python raises an error there; a compiled one ends its process.
    """
    if len(sql) < 2 * _DEPTH_MAX or not _NESTING.search(sql):
        return False
    depth = 0
    for match in _NESTING.finditer(_QUOTED.sub("", sql)):
        depth = depth + 1 if match["opens"] else max(0, depth - 1)
        if depth > _DEPTH_MAX:
            return True
    return False
