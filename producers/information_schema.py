"""`emit_schemas(...)`: tell the schemas of a database's tables, as one DatasetEvent each.

`SELECT *` and unqualified names are resolved by what is known of their tables. Where no job
states a table's `schema` facet, its engine's own listing does.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

from ..schemas import facets
from ..schemas.information_schema import Table, tables
from .datasets import dataset
from .emitter import Emitter

LISTING = (
    "SELECT table_catalog, table_schema, table_name, column_name, ordinal_position, data_type"
    " FROM information_schema.columns WHERE table_schema NOT IN"
    " ('information_schema', 'INFORMATION_SCHEMA', 'pg_catalog', 'sys', 'mysql',"
    " 'performance_schema')"
)
"""Runs on Postgres, MySQL, Snowflake, Redshift, DuckDB, Trino, Databricks and SQL Server."""


class Connection(Protocol):
    """A connection as the Python Database API has it (PEP 249)."""

    def cursor(self) -> Any:
        """Return a cursor."""


def listed(connection: Connection, query: str = LISTING) -> list[Table]:
    """Return the tables that a database lists.

    Args:
        connection: An open connection to it.
        query: What lists the columns; ``SELECT * FROM all_tab_columns`` on Oracle, and on
            BigQuery the data set's own ``INFORMATION_SCHEMA.COLUMNS``.

    Raises:
        HeadwaterError: If the rows do not name tables and columns.
    """
    cursor = connection.cursor()
    try:
        cursor.execute(query)
        names = [column[0] for column in cursor.description]
        return tables(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
    finally:
        cursor.close()


def emit_schemas(
    found: Iterable[Table],
    namespace: str,
    *,
    at: datetime | None = None,
    emitter: Emitter | None = None,
) -> int:
    """Emit the schemas of tables, and return how many there were.

    Args:
        found: The tables, from `listed` or `schemas.information_schema.read`.
        namespace: The OpenLineage namespace of the database, such as `postgres://host:5432`.
        at: Since when they are known to hold; now if None.
        emitter: Takes the events; the process's default emitter if None.
    """
    chosen = emitter or Emitter.default()
    count = 0
    for event in events(found, namespace, at or datetime.now(UTC)):
        chosen.emit(event)
        count += 1
    return count


def events(found: Iterable[Table], namespace: str, at: datetime) -> Iterator[dict[str, Any]]:
    """Yield a DatasetEvent for each table (OpenLineage 2-0-2)."""
    for table in found:
        columns = [(name, type_ or "") for name, type_ in table.columns]
        yield {
            "eventTime": at.astimezone(UTC).isoformat(),
            "producer": facets.PRODUCER,
            "schemaURL": facets.DATASET_EVENT_SCHEMA,
            "dataset": dataset(namespace, table.dataset_name(namespace), schema=columns),
        }
