"""Query logs become lineage: a real Postgres' own, and what other engines export."""

import csv
import gzip
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from headwater.deploy import queries
from headwater.producers.queries.read import Reading, read
from headwater.producers.queries.rows import RefusedRowError, time_of
from headwater.producers.queries.statement import Source, Statement, event, writes
from headwater.schemas.errors import HeadwaterError
from headwater.schemas.records import Derivation
from tests.deploy.test_cli import headwater
from tests.processors.logs import dead_letters, of_kind, process

from .record import CSV, JSON

NAMESPACE = "postgres://db:5432"
CTAS = "CREATE TABLE shop.b AS SELECT x FROM shop.a WHERE y = 'ann@shop.example'"
AT = "2026-01-02T03:04:05+00:00"


class Held:
    """An emitter that keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def emit(self, event: dict[str, Any]) -> None:
        self.events.append(event)

    def flush(self, _timeout_s: float) -> bool:
        return True


def imported(log: Path, known: Source, **options: Any) -> tuple[queries.Imported, list[Any]]:
    held: Any = Held()
    options.setdefault("refused", log.with_name("refused.jsonl"))
    return queries.take(log, known, held, **options), held.events


def derivations(said: list[Any]) -> dict[str, list[Derivation]]:
    outcome = process(said)
    assert [] == dead_letters(outcome)
    found: dict[str, list[Derivation]] = {}
    for d in of_kind(outcome, "Derivation"):
        assert isinstance(d, Derivation)
        found.setdefault(d.output.name, []).append(d)
    return found


def direct(derivation: Derivation) -> dict[str, set[str]]:
    return {f.field: {f"{i.name}.{i.field}" for i in f.inputs} for f in derivation.fields}


def rows(text: str) -> tuple[list[Statement], Reading, list[str]]:
    refused: list[str] = []
    reading = Reading()
    found = list(
        read(io.StringIO(text, newline=""), reading, lambda why, _row: refused.append(why))
    )
    return found, reading, refused


def test_a_temporary_table_leads_to_what_its_own_session_made_it_from() -> None:
    """Two sessions have one of the same name."""
    _, said = imported(CSV, queries.source(NAMESPACE))
    found = derivations(said)
    assert {"revenue": {"shop.public.orders.amount"}, "day": set()} in map(
        direct, found["shop.reports.daily"]
    )
    assert {"id": {"shop.public.customers.id"}, "email": {"shop.public.customers.email"}} in map(
        direct, found["shop.reports.contacts"]
    )


def test_a_session_s_search_path_holds_for_what_comes_after() -> None:
    """Though both stand within one millisecond of the log."""
    _, said = imported(CSV, queries.source(NAMESPACE))
    found = derivations(said)
    assert {"day": {"shop.reports.daily.day"}} == direct(found["shop.reports.latest"][-1])
    assert "shop.public.latest" not in found


def test_both_forms_of_postgres_log_say_the_same() -> None:
    """To the last event."""
    known = queries.source(NAMESPACE)
    (of_csv, said), (of_json, also) = imported(CSV, known), imported(JSON, known)
    assert said == also
    assert of_csv == of_json
    assert {"failed": 1, "only reads": 1} == of_csv.left_out
    assert not of_csv.reading.refused


def test_a_statement_with_parameters_is_one() -> None:
    """`execute <unnamed>` has the statement, and its values stay in the log."""
    _, said = imported(CSV, queries.source(NAMESPACE))
    (update,) = [e for e in said if e["job"]["name"].startswith("update orders ")]
    assert "UPDATE orders SET status = $1 WHERE id = $2" == update["job"]["facets"]["sql"]["query"]
    assert "returned" not in json.dumps(said)


def test_importing_again_gives_the_same_events() -> None:
    """Runs are told apart by the engine's own id, or by session, time and text."""
    known = queries.source(NAMESPACE)
    assert imported(CSV, known)[1] == imported(CSV, known)[1]
    assert len({e["run"]["runId"] for e in imported(CSV, known)[1]}) == len(imported(CSV, known)[1])


@pytest.mark.parametrize(
    ("engine", "row", "expected"),
    [
        (
            "snowflake",
            {"QUERY_ID": "01b", "QUERY_TEXT": CTAS, "DATABASE_NAME": "DB", "SCHEMA_NAME": "S",
             "USER_NAME": "ANN", "SESSION_ID": "7", "EXECUTION_STATUS": "SUCCESS",
             "ERROR_CODE": "", "START_TIME": "2026-01-02 03:04:04.000 +0000",
             "END_TIME": "2026-01-01 19:04:05.000 -0800"},
            ("01b", "ANN", "7", "DB", "S", False),
        ),
        (
            "bigquery",
            {"job_id": "j", "query": CTAS, "project_id": "p", "user_email": "a@x",
             "session_info": {"session_id": "s"}, "creation_time": "2026-01-02 03:04:04 UTC",
             "end_time": "2026-01-02 03:04:05 UTC", "error_result": None, "state": "DONE"},
            ("j", "a@x", "s", "p", None, False),
        ),
        (
            "bigquery that failed",
            {"job_id": "j", "query": CTAS, "end_time": AT, "error_result": {"reason": "denied"}},
            ("j", None, None, None, None, True),
        ),
        (
            "redshift",
            {"query": 17, "querytxt": CTAS, "database": "dev", "pid": 9, "userid": 100,
             "starttime": "2026-01-02 03:04:04", "endtime": "2026-01-02 03:04:05", "aborted": 0},
            ("17", "100", "9", "dev", None, False),
        ),
        (
            "databricks",
            {"statement_id": "d", "statement_text": CTAS, "executed_by": "ann",
             "session_id": "s", "execution_status": "FAILED", "end_time": AT},
            ("d", "ann", "s", None, None, True),
        ),
        (
            "duckdb",
            {"type": "QueryLog", "message": CTAS, "connection_id": 3, "timestamp": 1767323045},
            (None, None, "3", None, None, False),
        ),
        ("of one's own", {"sql": CTAS, "at": 1767323045000}, (None,) * 5 + (False,)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_engines_name_their_columns_otherwise(
    engine: str, row: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    """As lines of JSON, as an array, and as a table where it is flat."""
    forms = [json.dumps(row) + "\n", json.dumps([row])]
    if not any(isinstance(value, dict) for value in row.values()):
        table = io.StringIO()
        writer = csv.DictWriter(table, row)
        writer.writeheader()
        writer.writerow(row)
        forms.append(table.getvalue())
    for form in forms:
        (found,), _, _ = rows(form)
        said = (found.id, found.user, found.session, found.database, found.schema, found.failed)
        assert (expected, CTAS) == (said, found.sql), engine
        assert datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC) == found.at


def test_what_cannot_be_read_is_refused_and_the_rest_is_not() -> None:
    """Each by its reason."""
    lines: Iterable[Any] = (
        json.dumps({"sql": CTAS, "at": AT}),
        "{broken",
        json.dumps({"sql": "", "at": AT}),
        json.dumps({"sql": CTAS}),
        json.dumps({"sql": CTAS, "at": "yesterday"}),
        json.dumps({"sql": CTAS, "at": "2026-01-02 03:04:05 CET"}),
        json.dumps({"sql": "x" * 1_000_001, "at": AT}),
        json.dumps(["no", "row"]),
        json.dumps({"type": "FileSystem", "message": "read"}),
        json.dumps({"sql": CTAS, "at": AT}),
    )
    found, reading, refused = rows("\n".join(lines) + "\n")
    assert [CTAS] * 2 == [s.sql for s in found]
    assert (10, 2) == (reading.rows, reading.statements)
    assert [
        "not_json", "no_sql", "no_time", "bad_time", "bad_time", "too_long", "not_a_row",
    ] == refused  # fmt: skip
    assert len(refused) == reading.refused.total()


def test_a_log_of_no_known_kind_is_an_error() -> None:
    """With what to do instead."""
    with pytest.raises(HeadwaterError, match="no kind that is known"):
        rows("when,what\n1,2\n")


@pytest.mark.parametrize(
    "text",
    ["2026-01-02 03:04:05", "2026-01-02T04:04:05+01:00", "2026-01-01 19:04:05 -0800",
     "2026-01-02 03:04:05 UTC", "2026-01-02T03:04:05Z", "1767323045", 1767323045000000],
)  # fmt: skip
def test_times_are_read_as_engines_write_them(text: Any) -> None:
    """Without a zone they are of UTC."""
    assert datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC) == time_of(text)


@pytest.mark.parametrize("text", ["", "noon", "2026-13-01", None, [], "9" * 400])
def test_what_is_no_time_is_refused(text: Any) -> None:
    """Whatever it is."""
    with pytest.raises(RefusedRowError):
        time_of(text)


def test_literals_stay_but_for_the_locations_of_data() -> None:
    """A location is a dataset's name; what is secret in it stays, too."""
    sql = "COPY shop.a FROM 's3://key:secret@lake/a.csv?token=1' CREDENTIALS 'aws_key=AKIA'"
    at = datetime(2026, 1, 1, tzinfo=UTC)
    known = queries.source("redshift://db:5439")
    said = event(Statement(sql, at), known)["job"]["facets"]["sql"]
    assert "COPY shop.a FROM 's3://lake/a.csv' CREDENTIALS ?" == said["query"]
    assert "redshift" == said["dialect"]
    kept = event(Statement(sql, at), queries.source(NAMESPACE, keep_literals=True))
    assert sql == kept["job"]["facets"]["sql"]["query"]


def test_the_same_statement_with_other_values_is_the_same_job() -> None:
    """So that its column edges are stored once; in another schema it is another."""
    known, at = queries.source(NAMESPACE), datetime(2026, 1, 1, tzinfo=UTC)
    one, two = (
        event(Statement(f"INSERT INTO t SELECT a FROM s WHERE d = {n}", at), known) for n in (1, 2)
    )
    assert one["job"]["name"] == two["job"]["name"]
    assert one["job"]["name"].startswith("insert t ")
    assert one["run"]["runId"] != two["run"]["runId"]
    other = event(Statement("INSERT INTO t SELECT a FROM s WHERE d = 1", at, schema="x"), known)
    assert one["job"]["name"] != other["job"]["name"]


@pytest.mark.parametrize(
    ("stated", "namespace", "expected"),
    [(None, "redshift://c:5439", "redshift"), ("sqlserver", "mssql://db", "tsql"),
     ("glue", "arn:aws:glue:eu:1", "spark"), (None, "bigquery", "bigquery"),
     ("Postgres", "x", "postgres"), (None, "x", None)],
)  # fmt: skip
def test_the_dialect_is_that_of_the_engine(
    stated: str | None, namespace: str, expected: str | None
) -> None:
    """By the word that its tools have for it, or by the namespace."""
    assert expected == queries.source(namespace, dialect=stated).dialect


@pytest.mark.parametrize(
    ("sql", "expected"),
    [("SELECT 1", False), ("with a as (select 1) select * from a", False), ("SHOW TABLES", False),
     ("with a as (select 1) insert into t select * from a", True), ("SELECT 1 INTO t", True),
     ("merge into t using s on true when matched then delete", True), ("USE db", True),
     ("create temp table t as select 1", True), ("COPY t FROM '/x'", True), ("CALL p()", True)],
)  # fmt: skip
def test_what_only_reads_is_told_from_what_writes(sql: str, expected: bool) -> None:
    """What a session leaves behind is kept with what writes."""
    assert expected is writes(sql)


def test_mysql_has_no_schema_beside_its_database(tmp_path: Path) -> None:
    """Its tables are named by two parts."""
    log = tmp_path / "log.jsonl"
    row = {"sql": "CREATE TABLE b AS SELECT x FROM a", "at": AT, "database": "shop"}
    log.write_text(json.dumps(row))
    _, said = imported(log, queries.source("mysql://db:3306"))
    (made,) = derivations(said)["shop.b"]
    assert {"x": {"shop.a.x"}} == direct(made)


def test_the_command_counts_and_lays_aside_what_it_refuses(tmp_path: Path) -> None:
    """From a compressed file; the exit code says that something was refused."""
    log = tmp_path / "log.jsonl.gz"
    lines = [{"sql": CTAS, "at": AT}, {"sql": "SELECT 1", "at": AT}, {"at": AT}]
    log.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    words = ("import", "queries", str(log), "--namespace", NAMESPACE, "--dry-run", "--json")
    done = headwater(*words, home=tmp_path)
    assert 1 == done.returncode, done.stderr
    said = json.loads(done.stdout)
    assert {"no_sql": 1} == said["refused"]
    assert ({"only reads": 1}, 3, 2) == (said["left_out"], said["rows"], said["statements"])
    (line,) = Path(said["refused_file"]).read_text().splitlines()
    assert {"reason": "no_sql", "row": json.dumps({"at": AT})} == json.loads(line)


def test_statements_without_a_time_may_be_given_one(tmp_path: Path) -> None:
    """As `pg_stat_statements` has none."""
    log = tmp_path / "statements.csv"
    log.write_text('query,calls\n"CREATE TABLE b AS SELECT x FROM a",12\n')
    assert {"no_time": 1} == imported(log, queries.source(NAMESPACE))[0].reading.refused
    at = datetime(2026, 1, 1, tzinfo=UTC)
    done, said = imported(log, queries.source(NAMESPACE), at=at)
    assert (1, "2026-01-01T00:00:00+00:00") == (done.emitted, said[0]["eventTime"])
