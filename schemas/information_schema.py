"""What engines list of their columns: the rows of `information_schema.columns`, as tables.

SQL's own view (ISO 9075-11) is what Postgres, MySQL, Snowflake, BigQuery, Redshift, DuckDB,
Trino, Databricks and SQL Server have; Oracle's `ALL_TAB_COLUMNS` and ClickHouse's
`system.columns` say the same under other names.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

from .errors import HeadwaterError

_NAMES = {
    "table_schema": ("table_schema", "owner", "database"),
    "table_name": ("table_name", "table"),
    "column_name": ("column_name", "name"),
    "data_type": ("data_type", "type"),
    "ordinal_position": ("ordinal_position", "column_id", "position"),
}
"""What the columns of the listing are called, SQL's own word first."""

_WITHOUT_CATALOG = frozenset({"mysql", "clickhouse", "hive", "oceanbase"})
"""Namespaces whose tables are named by two parts. The catalog is a constant there, or repeats
the schema."""


class Table(NamedTuple):
    """A table and its columns in order, as (name, type)."""

    catalog: str | None
    schema: str | None
    name: str
    columns: tuple[tuple[str, str | None], ...]

    def dataset_name(self, namespace: str) -> str:
        """Return its OpenLineage name within a namespace (OpenLineage, Naming)."""
        scheme = namespace.partition(":")[0].lower()
        catalog = None if scheme in _WITHOUT_CATALOG else self.catalog
        return ".".join(part for part in (catalog, self.schema, self.name) if part)


def tables(rows: Iterable[Mapping[str, Any]]) -> list[Table]:
    """Return the tables that a listing describes, in the order of their names.

    Raises:
        HeadwaterError: If a row does not name a table and a column.
    """
    found: dict[tuple[str | None, str | None, str], list[tuple[int, str, str | None]]] = {}
    for number, row in enumerate(rows):
        told = {str(key).lower(): value for key, value in row.items()}
        name, column = _text(told, "table_name"), _text(told, "column_name")
        if name is None or column is None:
            raise HeadwaterError(
                f"row {number + 1} of the listing names no table and column",
                remedy="Export information_schema.columns whole, with the names of its columns.",
            )
        place = (_stated(told.get("table_catalog")), _text(told, "table_schema"), name)
        position = _position(told, number)
        found.setdefault(place, []).append((position, column, _text(told, "data_type")))
    return [
        Table(*place, tuple((column, type_) for _, column, type_ in _in_order(columns)))
        for place, columns in sorted(found.items(), key=lambda item: tuple(map(str, item[0])))
    ]


def read(text: str) -> list[Table]:
    """Return the tables of an export: CSV with its header, a JSON array, or JSON lines.

    Raises:
        HeadwaterError: If it is none of them.
    """
    start = text.lstrip("\ufeff \t\r\n")
    if not start.startswith(("[", "{")):
        return tables(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    try:
        rows = json.loads(start) if start[0] == "[" else list(map(json.loads, start.splitlines()))
    except ValueError as error:
        raise HeadwaterError(
            f"the listing is no JSON: {error}", remedy="Export an array, or an object a line."
        ) from error
    if not all(isinstance(row, dict) for row in rows):
        raise HeadwaterError(
            "the listing holds something that is no row", remedy="Export objects, one a column."
        )
    return tables(rows)


def _in_order(
    columns: list[tuple[int, str, str | None]],
) -> list[tuple[int, str, str | None]]:
    return sorted(columns, key=itemgetter(0))


def _text(row: Mapping[str, Any], wanted: str) -> str | None:
    return next((v for key in _NAMES[wanted] if (v := _stated(row.get(key))) is not None), None)


def _stated(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None


def _position(row: Mapping[str, Any], number: int) -> int:
    """Where a column stands in its table; as listed, where that is not said."""
    text = _text(row, "ordinal_position")
    return int(text) if text is not None and text.isdigit() else number
