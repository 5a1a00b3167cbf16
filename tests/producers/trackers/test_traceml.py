"""What TraceML 0.5 wrote of a run."""

import json
import shutil
from pathlib import Path

import pytest

from headwater.producers.trackers import TrackedRun, UnreadableError
from headwater.producers.trackers.traceml import runs, tracked

from .passports import events_of, passport_of

FOLDER = Path(__file__).parent / "traceml"


def test_final_summary_is_a_passport() -> None:
    """Average times, steps, script and machine are read; the job is the script."""
    (run,) = runs(FOLDER)
    assert isinstance(run, TrackedRun)
    model = passport_of(run)

    assert ("traceml", "fit", "COMPLETE") == (run.namespace, model.name, run.state)
    assert model.metrics["steps"] == 60
    assert 0 < model.metrics["step_time.forward_ms"] < model.metrics["step_time.step_time_ms"]
    environment = events_of(run)[-1]["run"]["facets"]["headwater_environment"]
    assert environment["python"] == "3.11.7"
    assert int(environment["hardware"]["memory_bytes"]) > 2**30


def test_summary_alone_is_enough(tmp_path: Path) -> None:
    """Without the manifests the run goes by its name, and by when the summary was made."""
    shutil.copy(FOLDER / "final_summary.json", tmp_path)
    run = tracked(tmp_path / "final_summary.json")

    assert (run.job, run.started_at) == ("first", None)
    assert len(events_of(run)) == 1


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema_version": 1}', '{"schema_version": 1, "step_time": 3}']
)
def test_other_json_is_refused_with_a_reason(text: str, tmp_path: Path) -> None:
    """What is no final summary is named."""
    (tmp_path / "final_summary.json").write_text(text)
    (bad,) = runs(tmp_path)

    assert isinstance(bad, UnreadableError)
    assert "final_summary.json" in bad.message


def test_failed_run_made_nothing(tmp_path: Path) -> None:
    """A run that failed has its times, and no model."""
    summary = json.loads((FOLDER / "final_summary.json").read_text())
    summary["run_context"]["run"]["status"] = "failed"
    (tmp_path / "final_summary.json").write_text(json.dumps(summary))
    run = tracked(tmp_path / "final_summary.json")

    assert (run.state, events_of(run)[-1]["outputs"]) == ("FAIL", [])
