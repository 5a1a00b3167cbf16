"""From text to syntax trees: the stated dialect first, then its relatives."""

import logging
import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

# sqlglot logs statements that it does not know, with their literals.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

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


def parsed(sql: str, stated: str | None) -> tuple[list[exp.Expr], str] | None:
    """Return a text's statements and the dialect that they parsed in; None if in none."""
    first = dialect_name(stated)
    for dialect in (first, *_RELATIVES.get(first, "postgres snowflake").split()):
        try:
            trees = sqlglot.parse(sql, dialect=dialect)
        except SqlglotError:
            continue
        return [tree for tree in trees if tree is not None], dialect
    return None


_TEMPLATE = re.compile(r"\{\{|\{%|\{#|\$\{")
_QUOTED = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)


def template(sql: str) -> bool:
    """Whether a text still has the marks of a template engine outside its literals."""
    return _TEMPLATE.search(sql) is not None and (
        _TEMPLATE.search(_QUOTED.sub("", sql)) is not None
    )
