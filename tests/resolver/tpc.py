"""The queries and tables of TPC-H and TPC-DS, from the engine's own extensions."""

import importlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import duckdb
import sqlglot
from sqlglot import exp

from headwater.schemas.names import DatasetName
from headwater.schemas.records import FieldType

from .execution import Schema

TARGET = "result"
_FACTS = {
    "store_sales", "store_returns", "catalog_sales", "catalog_returns", "web_sales",
    "web_returns", "inventory", "lineitem", "partsupp",
}  # fmt: skip


class Suite(NamedTuple):
    """A benchmark's tables and its queries, each as CREATE TABLE AS."""

    tables: dict[str, tuple[tuple[str, str], ...]]
    fields: dict[str, tuple[FieldType, ...]]
    statements: dict[int, str]

    def lookup(self, name: DatasetName) -> tuple[FieldType, ...] | None:
        """Return the columns of a table as the resolver asks for them."""
        return self.fields.get(name.name)

    def schema(self, number: int) -> Schema:
        """Return the tables that a query names, the keys of dimensions unique."""
        text = self.statements[number].lower()
        tables = {name: columns for name, columns in self.tables.items() if name in text}
        keys = {(n, c[0][0]) for n, c in tables.items() if n not in _FACTS}
        return Schema(tables, frozenset(keys), spare=2, many=frozenset(_FACTS))


@cache
def suite(name: str) -> Suite:
    """Return `tpch` or `tpcds`, without rows."""
    package = importlib.import_module(f"duckdb_extension_{name}")
    (path,) = Path(str(package.__file__)).parent.glob("extensions/*/*.duckdb_extension")
    engine = duckdb.connect()
    engine.execute(f"LOAD '{path}'")
    engine.execute(f"CALL {'dbgen' if name == 'tpch' else 'dsdgen'}(sf=0)")
    queries = engine.execute(f"SELECT query_nr, query FROM {name}_queries()").fetchall()
    columns = engine.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "ORDER BY table_name, ordinal_position"
    ).fetchall()
    tables: dict[str, tuple[tuple[str, str], ...]] = {}
    for table, column, type_ in columns:
        tables[table] = (*tables.get(table, ()), (column, _wide(type_)))
    statements = {
        number: f"CREATE TABLE {TARGET} AS {query.strip().rstrip(';')}" for number, query in queries
    }
    fields = {
        table: tuple(FieldType(name=name, type=type_) for name, type_ in columns)
        for table, columns in tables.items()
    }
    return Suite(tables, fields, statements)


def _wide(type_: str) -> str:
    """Return a type that holds what a query compares other columns with, too."""
    return "DECIMAL(18,2)" if type_.startswith("DECIMAL") else type_


def relaxed(sql: str) -> str:
    """Return a query without the conditions that compare with constants alone.

    Few rows drawn at random meet a dozen such conditions at once. What they filter by is
    no direct source of any column, so both queries have the same direct edges.
    """
    tree = sqlglot.parse_one(sql, read="duckdb")
    clauses = [*tree.find_all(exp.Where, exp.Having, exp.Join)]
    for clause in clauses:
        condition = clause.args.get("on") if isinstance(clause, exp.Join) else clause.this
        for node in _conjuncts(condition):
            if _constant(node):
                node.replace(exp.true())
    return tree.sql(dialect="duckdb")


def _conjuncts(node: exp.Expr | None) -> list[exp.Expr]:
    node = node.unnest() if node else None
    if isinstance(node, exp.And):
        return [*_conjuncts(node.left), *_conjuncts(node.right)]
    return [node] if node else []


def _constant(node: exp.Expr) -> bool:
    """Whether a condition speaks of one column, or of the rows' counts and sums, alone."""
    return node.find(exp.Query) is None and len({c.sql() for c in node.find_all(exp.Column)}) <= 1
