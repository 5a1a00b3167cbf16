from typing import Any

import pytest

from headwater.processors.profile import gaps, quantiles, training_profile
from headwater.schemas.profile import ProfileEvent
from headwater.schemas.records import Quantiles, TrainingEnd


def _event(**changes: Any) -> ProfileEvent:
    event = {
        "schemaVersion": 1,
        "runId": "r",
        "seq": 0,
        "eventTime": "2026-01-01T00:00:00+00:00",
        "clock": "host",
        "activationDefinition": "leaf outputs",
        "layers": {"names": ["a", "b"], "types": ["Linear", "ReLU"], "parameterBytes": [40, 0]},
        "memory": {"source": "process", "bytes": 10, "peak": 12},
        "firstStep": 0,
        "lastStep": 1,
        "wallNs": [100, 110],
        "ownNs": [1, 1],
        "phasesNs": {"forward": [30, 31], "backward": [50, 80]},
        "microBatches": [1, 1],
        "samples": [
            {
                "step": 1,
                "calls": [1, 2],
                "forwardNs": [10, 12],
                "backwardNs": [20, 0],
                "activationBytes": [8, 8],
                "gradNorm": [None, None],
                "gradBytes": [40, None],
                "nonFinite": [[0, 3, 1]],
            }
        ],
    }
    return ProfileEvent.model_validate(event | changes)


def test_window_becomes_quantiles() -> None:
    """Phases cover every step, layers the sampled ones, and `other` is what is left."""
    record = training_profile(_event())

    assert (
        record.first_step,
        record.last_step,
        record.steps,
        record.sampled_steps,
    ) == (0, 1, 2, 1)
    assert Quantiles(count=2, p50=30, p90=31, max=31, sum=61) == record.phases["forward"]
    assert record.phases["other"].max == 20
    a, b = record.layers
    assert (
        a.calls,
        a.nan_count,
        a.inf_count,
        a.non_finite_steps,
        a.grad_norm,
    ) == (1, 3, 1, 1, None)
    assert a.backward_ns is not None
    assert b.backward_ns is None


def test_closing_event_becomes_the_end() -> None:
    """A failure names its layer, phase and step in the record."""
    error = {"type": "OutOfMemoryError", "message": "m", "layer": "b", "phase": "forward"}
    closing = {"status": "failed", "events": 3, "steps": 2, "error": {**error, "step": 2}}
    end = training_profile(_event(closing=closing)).end

    assert end is not None
    assert (
        end.status,
        end.error,
        end.failed_layer,
        end.failed_phase,
        end.failed_step,
    ) == ("failed", "OutOfMemoryError: m", "b", "forward", 2)


@pytest.mark.parametrize(
    ("seqs", "events", "expected"),
    [
        ([0, 1, 2], 3, []),
        ([2, 0, 0], 4, [1, 3]),
        ([0, 3], None, [1, 2]),
        ([], 2, [0, 1]),
        ([], None, []),
    ],
)
def test_missing_events_are_named(seqs: list[int], events: int | None, expected: list[int]) -> None:
    """The closing count proves a gap; without it only what lies before the last is known."""
    end = None if events is None else TrainingEnd(status="complete", events=events, steps=0)

    assert expected == gaps(seqs, end)


def test_quantiles_of_nothing_are_none() -> None:
    """No figure has no spread."""
    assert quantiles([]) is None
