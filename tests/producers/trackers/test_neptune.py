"""Files with the columns and types that Neptune's exporter writes, in parquet and in CSV."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from headwater.producers.trackers import TrackedRun, UnreadableError
from headwater.producers.trackers.neptune import runs

from .passports import events_of, passport_of

SCHEMA = pa.schema(
    [
        ("project_id", pa.string()),
        ("run_id", pa.string()),
        ("attribute_path", pa.string()),
        ("attribute_type", pa.string()),
        ("step", pa.decimal128(18, 6)),
        ("timestamp", pa.timestamp("ms", "UTC")),
        ("int_value", pa.int64()),
        ("float_value", pa.float64()),
        ("string_value", pa.string()),
        ("bool_value", pa.bool_()),
        ("datetime_value", pa.timestamp("ms", "UTC")),
        ("string_set_value", pa.list_(pa.string())),
        ("file_value", pa.struct([("path", pa.string())])),
    ]
)
BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ENDED = datetime(2026, 1, 2, 4, tzinfo=UTC)


def _rows(run: str, *, failed: bool = False) -> list[dict[str, Any]]:
    stated: list[dict[str, Any]] = [
        {"path": "sys/name", "type": "string", "string_value": "letters"},
        {"path": "sys/creation_time", "type": "datetime", "datetime_value": BEGAN},
        {"path": "sys/modification_time", "type": "datetime", "datetime_value": ENDED},
        {"path": "sys/failed", "type": "bool", "bool_value": failed},
        {"path": "parameters/rate", "type": "float", "float_value": 0.5},
        {"path": "parameters/layers", "type": "int", "int_value": 2},
        {"path": "parameters/kind", "type": "string", "string_value": "mlp"},
        {"path": "parameters/seed", "type": "int", "int_value": 13},
        {"path": "parameters/api_key", "type": "string", "string_value": "abcdef"},
        {"path": "source_code/entrypoint", "type": "string", "string_value": "train.py"},
        {"path": "datasets/train", "type": "artifact", "file_value": {"path": "x"}},
        *(
            {"path": "metrics/rmse", "type": "float_series", "step": Decimal(step),
             "timestamp": ENDED, "float_value": value}
            for step, value in ((2, 0.25), (0, 1.0), (1, 0.5))
        ),
    ]  # fmt: skip
    return [
        {
            "project_id": "team/letters",
            "run_id": run,
            "attribute_path": each.pop("path"),
            "attribute_type": each.pop("type"),
            **each,
        }
        for each in stated
    ]


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, SCHEMA)


def _check(found: list[Any]) -> None:
    (run,) = found
    assert isinstance(run, TrackedRun)
    model = passport_of(run)

    assert ("neptune://team/letters", "letters", "SAN-1") == (
        model.namespace, model.name, model.version,
    )  # fmt: skip
    assert model.hyperparameters == {
        "rate": 0.5, "layers": 2, "kind": "mlp", "seed": 13, "api_key": "…",
    }  # fmt: skip
    assert (model.seeds, model.metrics) == ({"seed": 13}, {"metrics.rmse": 0.25})
    assert [(each.name, each.role) for each in model.inputs] == [("datasets/train", "train")]
    assert (run.started_at, run.at) == (BEGAN, ENDED)


def test_parts_of_a_run_are_one_passport(tmp_path: Path) -> None:
    """A run split over files is read as one; of a series the last step counts."""
    rows = _rows("SAN-1")
    folder = tmp_path / "team_letters_0a"
    folder.mkdir()
    for number, part in enumerate((rows[:8], rows[8:])):
        pyarrow.parquet.write_table(_table(part), folder / f"SAN-1_part_{number}.parquet")
    _check(list(runs(tmp_path)))


def test_csv_is_read_alike(tmp_path: Path) -> None:
    """The same columns as CSV give the same passport."""
    table = _table(_rows("SAN-1")).drop_columns(["string_set_value", "file_value"])
    table = table.append_column("string_set_value", pa.nulls(len(table), pa.string()))
    pyarrow.csv.write_csv(table, tmp_path / "runs.csv")
    _check(list(runs(tmp_path / "runs.csv")))


def test_failed_run_made_nothing(tmp_path: Path) -> None:
    """A failure is told, without a model."""
    pyarrow.parquet.write_table(_table(_rows("SAN-2", failed=True)), tmp_path / "a.parquet")
    (run,) = runs(tmp_path)

    assert isinstance(run, TrackedRun)
    assert (run.state, events_of(run)[-1]["outputs"]) == ("FAIL", [])


@pytest.mark.parametrize("name", ["a.parquet", "a.csv"])
def test_other_files_are_refused_with_a_reason(name: str, tmp_path: Path) -> None:
    """What is damaged, or has other columns, is named and does not stop the rest."""
    (tmp_path / name).write_bytes(b"a,b\n1,2\n")
    pyarrow.parquet.write_table(_table(_rows("SAN-1")), tmp_path / "b.parquet")
    found = list(runs(tmp_path))

    assert [type(each) for each in found] == [UnreadableError, TrackedRun]
    assert name in str(found[0])
