"""`headwater resolve` shows lineage and what changes of it."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from headwater.deploy.commands.resolve import command
from headwater.processors.resolve import Naming, schema_file
from headwater.schemas.errors import HeadwaterError
from headwater.schemas.names import DatasetName

app = typer.Typer()
app.command()(command)
SQL = "create table o as select a, md5(b) as h from t where c > 1"


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_json_holds_every_edge(tmp_path: Path) -> None:
    """Programs read fields, indirect edges and inputs."""
    schema = write(tmp_path, "s.json", json.dumps({"t": ["a", "b", "c"]}))
    sql = write(tmp_path, "q.sql", SQL)

    result = CliRunner().invoke(app, [sql, "--schema", schema, "--json"])

    (output,) = json.loads(result.stdout)["outputs"]
    assert [field["field"] for field in output["fields"]] == ["a", "h"]
    assert output["fields"][1]["inputs"][0]["masking"] is True
    assert [edge["subtype"] for edge in output["indirect"]] == ["FILTER"]


def test_the_facet_is_openlineages(tmp_path: Path) -> None:
    """An edge's ways are its transformations."""
    result = CliRunner().invoke(app, [write(tmp_path, "q.sql", SQL), "--facet"])

    facet = json.loads(result.stdout)[0]["facets"]["columnLineage"]
    (edge,) = facet["fields"]["h"]["inputFields"]
    assert (edge["name"], edge["field"]) == ("t", "b")
    assert edge["transformations"][0]["subtype"] == "TRANSFORMATION"
    assert facet["dataset"][0]["field"] == "c"


def test_a_difference_ends_with_code_1(tmp_path: Path) -> None:
    """CI sees from the exit code that lineage changes, and from the lines what."""
    old = write(tmp_path, "old.sql", SQL)
    new = write(tmp_path, "new.sql", SQL.replace("md5(b)", "b"))

    same = CliRunner().invoke(app, ["--diff", old, old])
    other = CliRunner().invoke(app, ["--diff", old, new])

    assert (same.exit_code, other.exit_code) == (0, 1)
    assert "- o.h <- t.b (TRANSFORMATION)" in other.stdout
    assert "+ o.h <- t.b (IDENTITY)" in other.stdout


def test_the_table_is_for_people(tmp_path: Path) -> None:
    """What is not resolved is said below the table."""
    sql = write(tmp_path, "q.sql", "insert into o select * from t")

    result = CliRunner().invoke(app, [sql])

    assert "unresolved: unknown_schema t" in result.stdout


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.json", '{"db.t": {"a": "int", "b": "text"}}'),
        ("s.sql", "create table db.t (a int, b text)"),
        (
            "s.csv",
            "TABLE_SCHEMA,TABLE_NAME,COLUMN_NAME,ORDINAL_POSITION\ndb,t,b,2\ndb,t,a,1\n",
        ),
    ],
)
def test_schemas_are_read_from_files(tmp_path: Path, name: str, text: str) -> None:
    """JSON, DDL and the information schema as CSV say the same."""
    path = Path(write(tmp_path, name, text))
    find = schema_file.read(path, dialect="postgres", naming=Naming())

    for table in ("db.t", "t", "shop.db.t"):
        fields = find(DatasetName("", table))
        assert fields is not None
        assert [field.name for field in fields] == ["a", "b"]
    assert find(DatasetName("", "other")) is None


def test_a_file_that_is_no_schema_says_what_to_write(tmp_path: Path) -> None:
    """The error has a remedy."""
    path = Path(write(tmp_path, "s.json", "[1, 2]"))

    with pytest.raises(HeadwaterError) as raised:
        schema_file.read(path, dialect=None, naming=Naming())
    assert raised.value.remedy
