from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from headwater.schemas.records import LayerProfile, Quantiles, TrainingEnd, TrainingProfile
from headwater.sinks.training.findings import findings, gaps


def _spread(value: float, largest: float | None = None) -> Quantiles:
    top = value if largest is None else largest
    return Quantiles(count=10, p50=value, p90=value, max=top, sum=10 * value)


def _layer(name: str = "a", **changes: Any) -> LayerProfile:
    usual: dict[str, Any] = {
        "forward_ns": _spread(10),
        "backward_ns": _spread(20),
        "grad_norm": _spread(1.0),
    }
    return LayerProfile(name=name, type="Linear", **(usual | changes))


def _window(seq: int = 0, **changes: Any) -> TrainingProfile:
    phases = {"data": _spread(5), "forward": _spread(30), "backward": _spread(60)}
    usual: dict[str, Any] = {
        "run_id": "r",
        "seq": seq,
        "first_step": seq,
        "last_step": seq,
        "wall_ns": _spread(100),
        "phases": phases,
        "layers": (_layer(), _layer("b")),
        "memory_bytes": 1000,
    }
    return TrainingProfile(**(usual | changes))


def _end(**changes: Any) -> TrainingEnd:
    return TrainingEnd(**({"status": "complete", "events": 8, "steps": 8} | changes))


def _run(change: Callable[[int], dict[str, Any]]) -> list[TrainingProfile]:
    return [_window(seq, **change(seq)) for seq in range(8)]


SICK: dict[str, list[TrainingProfile]] = {
    "input-bound": _run(lambda _: {"phases": {"data": _spread(50), "forward": _spread(20)}}),
    "straggler": [
        _window(rank=rank, phases={"forward": _spread(10), "backward": _spread(backward)})
        for rank, backward in enumerate((30, 30, 70, 30))
    ],
    "slow-layer": _run(
        lambda _: {"layers": (*map(_layer, "abcd"), _layer("e", backward_ns=_spread(500)))}
    ),
    "memory-pressure": _run(lambda seq: {"memory_retries": 2 * (seq > 4)}),
    "memory-creep": _run(lambda seq: {"memory_bytes": 1000 + 100 * seq}),
    "exploding-gradient": _run(
        lambda seq: {"layers": (_layer(grad_norm=_spread(1.0, 500.0 if seq == 5 else 1.0)),)}
    ),
    "vanishing-gradient": _run(
        lambda _: {"layers": (_layer(), _layer("b", grad_norm=_spread(1e-9)))}
    ),
    "non-finite-gradient": _run(lambda seq: {"layers": (_layer(non_finite_steps=int(seq == 3)),)}),
    "failed": _run(
        lambda seq: {"end": _end(status="failed", failed_layer="b") if seq == 7 else None}
    ),
    "lost": [window for window in _run(lambda _: {}) if window.seq != 4],
}  # fmt: skip


def test_healthy_run_has_no_findings() -> None:
    """Nothing is said of a run that has nothing wrong with it."""
    healthy = _run(lambda seq: {"end": _end() if seq == 7 else None})

    assert findings(healthy, earlier=healthy) == []


@pytest.mark.parametrize("kind", SICK)
def test_each_ailment_is_found_and_nothing_else(kind: str) -> None:
    """A run with one thing wrong has that finding alone."""
    assert {finding.kind for finding in findings(SICK[kind])} == {kind}


def test_layer_that_is_most_of_the_model_may_take_most_of_the_time() -> None:
    """A layer is held against its share of the parameters too."""
    large = _layer("e", backward_ns=_spread(500), parameter_bytes=4000)

    assert findings(_run(lambda _: {"layers": (*map(_layer, "abcd"), large)})) == []


def test_straggler_is_the_rank_whose_own_work_is_late() -> None:
    """Backwards that a collective made equal do not hide the rank that is late."""
    windows = [
        _window(rank=rank, layers=(_layer(arrival_ns=_spread(20 + 40 * (rank == 1))),))
        for rank in range(3)
    ]

    (found,) = findings(windows)
    assert (found.kind, found.rank) == ("straggler", 1)


def test_straggler_is_found_by_what_its_step_takes_without_the_wait_for_others() -> None:
    """All steps are equally long; the rank that waits least is the one that is waited for."""
    waits = (60, 58, 5)
    windows = [
        _window(rank=rank, phases={"collective": _spread(wait)}) for rank, wait in enumerate(waits)
    ]

    (found,) = findings(windows)
    assert ("straggler", 2) == (found.kind, found.rank)


def test_slower_layer_is_found_against_earlier_runs() -> None:
    """A layer that doubled its time since is named, with both windows as evidence."""
    now = [_window(seq, layers=(_layer(), _layer("b", forward_ns=_spread(70)))) for seq in (0, 1)]
    (found,) = findings(now, earlier=[_window(run_id="q")])

    assert (found.kind, found.layer, found.value) == ("slower-layer", "b", 3.0)
    assert found.evidence == ((0, 0), (0, 1))


def test_order_and_duplicates_change_nothing() -> None:
    """Findings are a function of the set of records."""
    windows = SICK["memory-creep"]
    expected = findings(windows)

    for order in list(permutations(windows))[::5000]:
        assert findings([*order, *order[:3]]) == expected


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
