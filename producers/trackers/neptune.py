"""Neptune.ai: what its exporter left, one row for each attribute of a run.

The service closed in March 2026; the exporter's parquet, or the same columns as CSV, is what
its users have left of their runs.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..provenance.datasets import used
from .run import Read, State, TrackedRun, UnreadableError

try:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"{error}; install it with `pip install pyarrow`", name=error.name
    ) from error

_COLUMNS = (
    "project_id", "run_id", "attribute_path", "attribute_type", "step", "timestamp", "int_value",
    "float_value", "string_value", "bool_value", "datetime_value", "string_set_value",
)  # fmt: skip
_VALUES = {
    "float": "float_value",
    "int": "int_value",
    "string": "string_value",
    "bool": "bool_value",
    "datetime": "datetime_value",
    "string_set": "string_set_value",
}
_EPOCH = datetime.fromtimestamp(0, UTC)


def runs(path: Path) -> Iterator[Read]:
    """Yield every run at a path: a file of the exporter's, or a folder of them.

    A run's parts lie in one folder, so one folder at a time is held. A file that cannot be
    read, or has other columns, yields the reason in place of its runs.
    """
    for folder in _folders(path):
        found: dict[tuple[str, str], _Kept] = {}
        for file in folder:
            try:
                for row in _rows(file):
                    key = str(row["project_id"]), str(row["run_id"])
                    found.setdefault(key, _Kept(*key)).take(row)
            except UnreadableError as error:
                yield error
        for kept in found.values():
            yield kept.tracked()


@dataclass(slots=True)
class _Kept:
    """What the rows of a run come to; of a series its last value."""

    project: str
    run: str
    attributes: dict[str, Any] = field(default_factory=dict)
    artifacts: list[str] = field(default_factory=list)
    series: dict[str, tuple[float, float]] = field(default_factory=dict)
    last_at: datetime = _EPOCH

    def take(self, row: Mapping[str, Any]) -> None:
        path, kind = str(row["attribute_path"]), row["attribute_type"]
        if kind in _VALUES:
            self.attributes[path] = row[_VALUES[kind]]
        elif kind == "artifact":
            self.artifacts.append(path)
        elif kind == "float_series" and row["float_value"] is not None:
            step = float(row["step"] or 0)
            if step >= self.series.get(path, (step, 0.0))[0]:
                self.series[path] = step, float(row["float_value"])
        if isinstance(row["timestamp"], datetime):
            self.last_at = max(self.last_at, row["timestamp"])

    def tracked(self) -> TrackedRun:
        stated = self.attributes
        started = _time(stated.get("sys/creation_time"))
        ended = _time(stated.get("sys/modification_time")) or self.last_at
        return TrackedRun(
            namespace=f"neptune://{self.project}",
            job=str(stated.get("sys/name") or self.project.rpartition("/")[2]),
            id=self.run,
            state=self._state(),
            at=max(filter(None, (started, ended)), default=_EPOCH),
            started_at=started,
            parameters={
                path.removeprefix("parameters/").replace("/", "."): _plain(value)
                for path, value in stated.items()
                if not path.startswith(("sys/", "source_code/", "monitoring/"))
            },
            metrics={path.replace("/", "."): value for path, (_, value) in self.series.items()},
            inputs=tuple(map(self._input, self.artifacts)),
            path=stated.get("source_code/entrypoint"),
        )

    def _state(self) -> State:
        if self.attributes.get("sys/failed"):
            return "FAIL"
        return (
            "RUNNING" if self.attributes.get("sys/state") in ("Active", "running") else "COMPLETE"
        )

    def _input(self, path: str) -> dict[str, Any]:
        """Return a tracked artifact; the exporter keeps its files, but not its hash."""
        role = next((role for role in ("train", "validation", "test") if role in path), None)
        return used({"namespace": f"neptune://{self.project}", "name": path}, role=role)


def _folders(path: Path) -> Iterator[list[Path]]:
    if path.is_file():
        yield [path]
        return
    files = [file for file in path.rglob("*") if file.suffix in (".parquet", ".csv")]
    for folder in sorted({file.parent for file in files}):
        yield sorted(file for file in files if file.parent == folder)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        for batch in _batches(path):
            missing = set(_COLUMNS) - set(batch.schema.names)
            if missing:
                raise UnreadableError(f"{path} lacks the columns {', '.join(sorted(missing))}")
            yield from batch.select(list(_COLUMNS)).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise UnreadableError(f"{path} cannot be read: {error}") from error


def _batches(path: Path) -> Iterator[Any]:
    if path.suffix == ".csv":
        # Types follow from the first block only, so those that rows may lack are told.
        types = {
            "run_id": pa.string(), "int_value": pa.int64(), "float_value": pa.float64(),
            "string_value": pa.string(), "bool_value": pa.bool_(), "step": pa.float64(),
            "datetime_value": pa.string(), "string_set_value": pa.string(),
            "timestamp": pa.timestamp("ms", "UTC"),
        }  # fmt: skip
        options = pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=True)
        yield from pyarrow.csv.open_csv(path, convert_options=options)
    else:
        with pyarrow.parquet.ParquetFile(path) as file:
            yield from file.iter_batches()


def _plain(value: Any) -> Any:
    """Return a set of strings, which CSV holds as text, as a sorted list."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value.replace("'", '"'))
        except json.JSONDecodeError:
            return value
    return sorted(map(str, value)) if isinstance(value, list) else value


def _time(stated: Any) -> datetime | None:
    if isinstance(stated, str):
        stated = datetime.fromisoformat(stated)
    if not isinstance(stated, datetime):
        return None
    return stated if stated.tzinfo else stated.replace(tzinfo=UTC)
