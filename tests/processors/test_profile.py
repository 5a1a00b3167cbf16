from typing import Any

from headwater.processors.profile import quantiles, training_profile
from headwater.schemas.profile import ProfileEvent
from headwater.schemas.records import Quantiles


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
        "arrivalLayers": [0],
        "arrivals": [{"step": 0, "ns": [40]}, {"step": 1, "ns": [None]}],
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
                "ampScale": 8.0,
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
    assert Quantiles(count=1, p50=8, p90=8, max=8, sum=8) == record.amp_scale
    assert Quantiles(count=1, p50=40, p90=40, max=40, sum=40) == a.arrival_ns
    assert b.arrival_ns is None
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


def test_quantiles_of_nothing_are_none() -> None:
    """No figure has no spread."""
    assert quantiles([]) is None
