"""The DuckDB producer says which relations a statement names, without parsing it."""

from typing import Any

import pytest

duckdb = pytest.importorskip("duckdb")

from headwater.producers.duckdb import relations_named, traced, without_literals  # noqa: E402


class Listener:
    """Stands where an emitter stands and keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def emit(self, event: dict[str, Any]) -> None:
        self.events.append(event)


NAMED = {
    "SELECT * FROM a JOIN s.b USING (x)": {"a": False, "s.b": False},
    "SELECT * FROM a x, c.s.b AS y, d WHERE x.i = y.i": {"a": False, "c.s.b": False, "d": False},
    "CREATE OR REPLACE TABLE t AS SELECT * FROM a": {"t": True, "a": False},
    "CREATE TABLE IF NOT EXISTS t (x INT)": {"t": True},
    "CREATE OR REPLACE VIEW v AS WITH q AS (SELECT * FROM a) SELECT * FROM q": {
        "v": True,
        "a": False,
        "q": False,  # a CTE, which the connection's catalog does not know
    },
    "INSERT INTO t (x) SELECT x FROM a ON CONFLICT (x) DO UPDATE SET x = excluded.x": {
        "t": True,
        "a": False,
    },
    "MERGE INTO t USING a ON t.x = a.x WHEN MATCHED THEN UPDATE SET y = 1": {
        "t": True,
        "a": False,
    },
    "UPDATE t SET x = a.x FROM a WHERE a.i = t.i": {"t": True, "a": False},
    "DELETE FROM t WHERE x IN (SELECT x FROM a)": {"t": True, "a": False},
    "INSERT INTO t SELECT * FROM t": {"t": True},
    "SELECT * FROM read_csv('x.csv') -- FROM nowhere": {},
    'SELECT * FROM "A b"."C" /* JOIN nothing */': {"a b.c": False},
    "": {},
}


@pytest.mark.parametrize(("sql", "named"), NAMED.items(), ids=NAMED)
def test_relations_are_found_where_they_are_named(sql: str, named: dict[str, bool]) -> None:
    """By the keyword before the name, and whether it writes."""
    assert named == {".".join(name): written for name, written in relations_named(sql)}


def test_literals_stay_in_the_process_and_positions_do_not() -> None:
    """A literal may be personal; the ordinal of a GROUP BY is not."""
    sql = "SELECT a, count(*) FROM t WHERE name = 'Jane' AND phone > 5551234 -- Jane\nGROUP BY 1"
    assert "SELECT a , count ( * ) FROM t WHERE name = ? AND phone > ? GROUP BY 1" == (
        without_literals(sql)
    )


def test_a_statement_is_a_run_with_its_relations_and_their_schemas() -> None:
    """START and COMPLETE name what is read and written, as it is at that moment."""
    listener = Listener()
    connection = traced(duckdb.connect(), job_namespace="etl", emitter=listener)  # type: ignore[arg-type]
    connection.connection.execute("CREATE TABLE a (x INT, y VARCHAR)")
    connection.execute("CREATE TABLE t AS SELECT x FROM a WHERE y = 'secret'", job="make_t")
    start, complete = listener.events
    assert ["START", "COMPLETE"] == [start["eventType"], complete["eventType"]]
    assert ("make_t", "etl") == (start["job"]["name"], start["job"]["namespace"])
    assert [] == start["outputs"]
    assert ["memory.main.a"] == [d["name"] for d in complete["inputs"]]
    (output,) = complete["outputs"]
    assert [{"name": "x", "type": "INTEGER"}] == output["facets"]["schema"]["fields"]
    assert "secret" not in str(listener.events)


def test_a_failing_statement_fails_its_run_and_raises() -> None:
    """The job sees DuckDB's own exception."""
    listener = Listener()
    connection = traced(duckdb.connect(), job_namespace="etl", emitter=listener)  # type: ignore[arg-type]
    with pytest.raises(duckdb.CatalogException):
        connection.execute("SELECT * FROM nowhere")
    assert ["START", "FAIL"] == [event["eventType"] for event in listener.events]
