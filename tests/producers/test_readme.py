"""What the readme shows of emitting runs as it stands there."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import torch

from headwater.producers import Emitter, dataset, emitter
from tests import __file__ as tests

README = (Path(tests).parent.parent / "README.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run in, where the process's own emitter writes to `out`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEADWATER_TRANSPORT", "file")
    monkeypatch.setenv("HEADWATER_FILE", str(tmp_path / "out"))
    monkeypatch.setenv("HEADWATER_SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setattr(emitter, "_default", None)
    return tmp_path


def completed(snippet: str, job: Path, **given: Any) -> dict[str, Any]:
    """Run a snippet; return the last event that completes a run."""
    exec(compile(snippet, "README.md", "exec"), given)
    Emitter.default().close(10)
    events: list[dict[str, Any]] = [
        json.loads(line) for line in (job / "out").read_text().splitlines()
    ]
    return [event for event in events if event.get("eventType") == "COMPLETE"][-1]


def names(datasets: list[dict[str, Any]]) -> list[str]:
    return [each["name"] for each in datasets]


def test_a_job_tells_what_it_reads_and_writes(job: Path) -> None:
    """In three lines."""
    event = completed(SNIPPETS[0], job)
    assert event["job"] == {"namespace": "nightly", "name": "totals"} | event["job"]
    assert names(event["inputs"]) == ["shop.public.orders"]
    assert names(event["outputs"]) == ["totals.parquet"]


def test_a_traced_connection_tells_what_its_sql_does(job: Path) -> None:
    """With the statement, from which the worker takes the columns."""
    with duckdb.connect("shop.duckdb") as connection:
        connection.execute("CREATE TABLE orders AS SELECT 'pen' AS item, 2 AS price")
    event = completed(SNIPPETS[1], job)
    assert event["job"]["name"] == "totals"
    assert "sum ( price )" in event["job"]["facets"]["sql"]["query"]


def test_a_training_tells_what_made_its_model(job: Path) -> None:
    """Its data, hyperparameters and profile, with the model."""
    model = torch.nn.Linear(2, 1)
    event = completed(
        SNIPPETS[2],
        job,
        data=dataset("postgres://db:5432", "shop.public.people", version="7"),
        args={"lr": 0.1},
        model=model,
        optimizer=torch.optim.SGD(model.parameters()),
        loader=[torch.zeros(4, 2)],
    )
    assert event["job"]["name"] == "train"
    assert names(event["inputs"]) == ["shop.public.people"]
    assert names(event["outputs"]) == ["churn"]
