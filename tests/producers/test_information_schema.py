"""What an engine lists of its columns becomes DatasetEvents."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from headwater.producers import Emitter
from headwater.producers.information_schema import emit_schemas, events, listed
from headwater.schemas.errors import HeadwaterError
from headwater.schemas.information_schema import Table, read, tables
from headwater.schemas.openlineage import Event

AT = datetime(2026, 1, 1, tzinfo=UTC)
ROWS: list[dict[str, Any]] = [
    {"column_name": "y", "ordinal_position": 2, "data_type": "text"},
    {"column_name": "x", "ordinal_position": 1, "data_type": "integer"},
]
POSTGRES = [
    {"table_catalog": "shop", "table_schema": "public", "table_name": "t"} | r for r in ROWS
]
SHOUTED = [{key.upper(): value for key, value in row.items()} for row in POSTGRES]
ORACLE = [
    {
        "OWNER": "PUBLIC",
        "TABLE_NAME": "T",
        "COLUMN_NAME": "X",
        "DATA_TYPE": "NUMBER",
        "COLUMN_ID": 1,
    }
]
CLICKHOUSE = [{"database": "shop", "table": "t", "name": "x", "type": "Int8", "position": 1}]
XY = (("x", "integer"), ("y", "text"))


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Rows with their header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


FORMS = {
    "csv": as_csv(POSTGRES),
    "csv with a byte order mark": "\ufeff" + as_csv(POSTGRES),
    "a JSON array": json.dumps(POSTGRES),
    "JSON lines": "\n".join(map(json.dumps, POSTGRES)),
    "upper case, as Snowflake has it": as_csv(SHOUTED),
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_an_export_is_read_in_any_form(text: str) -> None:
    """Columns come in the order of their positions."""
    assert [Table("shop", "public", "t", XY)] == read(text)


def test_the_words_of_other_engines_are_known() -> None:
    """Oracle and ClickHouse have listings of their own."""
    assert [Table(None, "PUBLIC", "T", (("X", "NUMBER"),))] == tables(ORACLE)
    assert [Table(None, "shop", "t", (("x", "Int8"),))] == tables(CLICKHOUSE)


@pytest.mark.parametrize(
    ("namespace", "name"),
    [
        ("postgres://db:5432", "shop.public.t"),
        ("mysql://db:3306", "public.t"),
        ("clickhouse://db:8123", "public.t"),
        ("bigquery", "shop.public.t"),
    ],
)
def test_tables_are_named_as_openlineage_names_them(namespace: str, name: str) -> None:
    """Where a catalog is no part of a name, it is left out."""
    assert name == Table("shop", "public", "t", XY).dataset_name(namespace)


BROKEN = {
    "no table named": "a,b\n1,2\n",
    "not JSON": "[1,",
    "no rows": "[1, 2]",
    "a row without a column": json.dumps([{"table_name": "t"}]),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_what_is_no_listing_is_refused(text: str) -> None:
    """With a remedy."""
    with pytest.raises(HeadwaterError) as refused:
        read(text)
    assert refused.value.remedy


def test_an_event_is_one_the_worker_takes() -> None:
    """A DatasetEvent with the schema facet, nothing else."""
    (event,) = events([Table("shop", "public", "t", XY)], "postgres://db:5432", AT)
    taken = Event.model_validate(event)
    assert taken.dataset is not None
    assert "shop.public.t" == taken.dataset.name
    assert [{"name": n, "type": t} for n, t in XY] == taken.dataset.facets["schema"]["fields"]


def test_a_database_is_asked_itself(tmp_path: Path) -> None:
    """DuckDB, by the interface that every Python driver has."""
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (x INTEGER, y TEXT); CREATE VIEW v AS SELECT y FROM t")
    emitter = Emitter(transport="file", file=tmp_path / "out", spool_dir=tmp_path / "spool")
    assert 2 == emit_schemas(listed(connection), "duckdb://shop", at=AT, emitter=emitter)
    assert emitter.flush(10)
    emitter.close()
    lines = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    told = {
        line["dataset"]["name"]: [f["name"] for f in line["dataset"]["facets"]["schema"]["fields"]]
        for line in lines
        if "dataset" in line and "schema" in line["dataset"]["facets"]
    }
    assert {"memory.main.t": ["x", "y"], "memory.main.v": ["y"]} == told
