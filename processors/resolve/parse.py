"""From text to syntax trees: the stated dialect first, then its relatives."""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

if TYPE_CHECKING:
    from .visit import Visit

# sqlglot logs statements that it does not know, with their literals.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

_RELATIVES = {
    "": ("postgres", "snowflake", "bigquery", "spark", "tsql", "duckdb", "mysql", "oracle", "clickhouse"),
    "postgres": ("redshift", "duckdb", ""),
    "redshift": ("postgres", "snowflake"),
    "mysql": ("sqlite", "postgres"),
    "snowflake": ("databricks", "redshift"),
    "databricks": ("spark", "snowflake"),
    "spark": ("databricks", "hive"),
    "hive": ("spark", "databricks"),
    "trino": ("presto", "duckdb", "postgres"),
    "tsql": ("fabric", "postgres"),
    "oracle": ("postgres", "snowflake"),
    "bigquery": ("databricks", "snowflake"),
    "duckdb": ("postgres", "snowflake"),
    "clickhouse": ("duckdb", "mysql"),
}  # fmt: skip

_ALIASES = {
    "postgresql": "postgres", "sqlserver": "tsql", "mssql": "tsql", "t-sql": "tsql", "transactsql": "tsql",
    "sparksql": "spark", "spark-sql": "spark", "ansi": "", "generic": "", "mariadb": "mysql", "plsql": "oracle",
    "presto": "presto", "awsathena": "athena", "sql": "", "plpgsql": "postgres", "google_bigquery": "bigquery", "standard": "",
}  # fmt: skip


def dialect_name(stated: str | None) -> str:
    """Return sqlglot's name of a dialect; the generic one for what it does not know."""
    name = (stated or "").strip().lower()
    name = _ALIASES.get(name, name)
    return name if name in sqlglot.Dialects._value2member_map_ else ""


def parsed(sql: str, stated: str | None) -> tuple[list[exp.Expr], str] | None:
    """Return a text's statements and the dialect that they parsed in; None if in none."""
    first = dialect_name(stated)
    for dialect in (first, *_RELATIVES.get(first, ("",))):
        try:
            trees = sqlglot.parse(sql, dialect=dialect)
        except SqlglotError:
            continue
        return [tree for tree in trees if tree is not None], dialect
    return None


def statements(sql: str, dialect: str, visit: "Visit") -> Iterable[exp.Expr]:
    """Return the statements of an inner text; one that does not parse costs a marker."""
    found = parsed(sql, dialect)
    if found is None:
        visit.mark("parse_error", "inner statement")
        return []
    return found[0]
