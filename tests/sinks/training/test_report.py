from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.schemas.errors import HeadwaterError
from headwater.schemas.records import (
    Envelope,
    JobRef,
    LayerProfile,
    ModelVersion,
    Quantiles,
    Record,
    RunState,
    TrainingEnd,
    TrainingProfile,
    record_id,
)
from headwater.sinks.training.report import Profiles


def _envelope(record: Record, at: str = "2026-01-01T00:00:00Z") -> Envelope:
    return Envelope(
        id=record_id(record), observed_at=at, event_id="e", producer="tests", record=record
    )


def _spread(value: float) -> Quantiles:
    return Quantiles(count=2, p50=value, p90=value, max=value, sum=2 * value)


def _window(run: str, seq: int, **changes: Any) -> TrainingProfile:
    layers = (
        LayerProfile(name="a", type="Linear", forward_ns=_spread(10), backward_ns=_spread(20)),
        LayerProfile(name="b", type="ReLU", forward_ns=_spread(10)),
    )
    usual: dict[str, Any] = {
        "first_step": 2 * seq,
        "last_step": 2 * seq + 1,
        "steps": 2,
        "sampled_steps": 1,
        "wall_ns": _spread(100),
        "own_ns": _spread(1),
        "phases": {"forward": _spread(30), "backward": _spread(60)},
        "layers": layers,
        "memory_bytes_max": 1000 + seq,
    }
    return TrainingProfile(run_id=run, seq=seq, **(usual | changes))


def _run(run: str, at: str, job: str = "fit") -> list[Envelope]:
    end = TrainingEnd(status="complete", events=2, steps=4)
    job_ref = JobRef(namespace="n", name=job)
    records = [
        RunState(run_id=run, job=job_ref, state="START", at=at),
        RunState(run_id=run, job=job_ref, state="COMPLETE", at=at[:-3] + "59Z"),
        _window(run, 0),
        _window(run, 1, end=end),
        ModelVersion(namespace="n", name="m", version=f"v-{run}", run_id=run),
    ]
    return [_envelope(record, at) for record in records]


ENVELOPES = [
    *_run("r1", "2026-01-01T00:00:00Z"),
    *_run("r2", "2026-01-02T00:00:00Z"),
    *_run("q1", "2026-01-01T12:00:00Z", job="other"),
    *_run("r3", "2026-01-03T00:00:00Z"),
]


def test_report_sums_a_run() -> None:
    """Steps, phases with their share, the slowest layer first, and the runs before it."""
    profiles = Profiles(ENVELOPES)
    report = profiles.report(profiles.find("r2"))

    assert (report.state, report.steps, report.sampled_steps) == ("complete", 4, 2)
    assert [("backward", 0.6), ("forward", 0.3)] == [(p.name, p.share) for p in report.phases]
    assert [("a", 0.75), ("b", 0.25)] == [(x.name, x.share) for x in report.layers]
    assert (report.own_share, report.memory_bytes_max) == (0.01, 1001)
    assert report.job == "n/fit"
    assert report.earlier == ("r1",)
    assert report.findings == ()


@given(st.permutations(ENVELOPES), st.lists(st.sampled_from(ENVELOPES), max_size=4))
def test_order_and_duplicates_change_nothing(order: list[Envelope], again: list[Envelope]) -> None:
    """A report is a function of the set of records."""
    usual, shuffled = Profiles(ENVELOPES), Profiles([*order, *again])

    assert usual.report("r3") == shuffled.report("r3")
    assert usual.find("m") == shuffled.find("m") == "r3"


def test_run_that_still_goes_on_is_open_and_its_gap_is_named() -> None:
    """Without a closing word a run is open; an event that is missing before the last is lost."""
    report = Profiles(map(_envelope, [_window("r", 0), _window("r", 2)])).report("r")

    assert report.state == "open"
    assert [finding.kind for finding in report.findings] == ["lost"]


@pytest.mark.parametrize(
    ("subject", "run"), [("r1", "r1"), ("q", "q1"), ("m", "r3"), ("m@v-r2", "r2")]
)
def test_runs_and_models_are_found(subject: str, run: str) -> None:
    """By id, by its beginning, by the model they made and by its version."""
    assert run == Profiles(ENVELOPES).find(subject)


@pytest.mark.parametrize(
    ("subject", "why"), [("r", "begins the ids of 3 runs"), ("nothing", "no run or model")]
)
def test_what_cannot_be_found_is_said(subject: str, why: str) -> None:
    """A name that fits none, or several, is refused with what would do."""
    with pytest.raises(HeadwaterError, match=why) as caught:
        Profiles(ENVELOPES).find(subject)

    assert "r3" in str(caught.value.remedy)


def test_model_whose_run_was_not_profiled_is_said() -> None:
    """The run is named, and that there is no profile of it."""
    made = ModelVersion(namespace="n", name="m", version="1", run_id="r9")

    with pytest.raises(HeadwaterError, match="run r9, which made 'm', has no profile"):
        Profiles([_envelope(made)]).find("m")
