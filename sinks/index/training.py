"""Training: the profile of a run as series over its steps, for charts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from ...schemas.records import LayerProfile, Quantiles, TrainingEnd, TrainingProfile

POINTS_MAX = 600
"""How many windows of a rank are told; of more every second, third, … one."""

LAYERS_MAX = 40
"""How many layers have series: those that take the most time."""

Series = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class LayerSeries:
    """A layer over the windows: medians, None where it was not observed."""

    name: str
    type: str
    parameter_bytes: int
    forward_ns: Series
    backward_ns: Series
    activation_bytes: Series
    grad_norm: Series


@dataclass(frozen=True, slots=True)
class LayerTotal:
    """A layer in all sampled steps."""

    name: str
    type: str
    forward_ns: float
    backward_ns: float
    activation_bytes_max: float | None
    parameter_bytes: int
    calls: int
    non_finite_steps: int


@dataclass(frozen=True, slots=True)
class RankTraining:
    """The training of one rank.

    Attributes:
        steps: The last step of each window.
        wall_ns: The time of a step: median, ninth decile and most of each window.
        phases: Median times by phase.
        missing: How many windows there should be and are not.
    """

    rank: int
    world_size: int
    clock: str | None
    memory_source: str | None
    activation_definition: str | None
    windows_count: int
    steps: tuple[int, ...]
    wall_ns: dict[str, Series]
    phases: dict[str, Series]
    memory_bytes: Series
    memory_bytes_max: Series
    layers: tuple[LayerSeries, ...]
    totals: tuple[LayerTotal, ...]
    unseen: dict[str, str]
    missing: int
    end: TrainingEnd | None


@dataclass(frozen=True, slots=True)
class Training:
    """The training profile of a run; no ranks where none is known."""

    run_id: str
    ranks: tuple[RankTraining, ...]


def training(run_id: str, windows: Sequence[TrainingProfile]) -> Training:
    """Return the series of a run's windows, which are ordered by rank and number."""
    ranks = groupby(windows, key=lambda window: window.rank)
    return Training(run_id, tuple(_rank(list(of_rank)) for _, of_rank in ranks))


def _rank(windows: Sequence[TrainingProfile]) -> RankTraining:
    last = windows[-1]
    held = [window for window in windows if window.last_step >= 0]
    shown = held[:: -(-len(held) // POINTS_MAX) or 1]
    phases = sorted({name for window in shown for name in window.phases})
    totals = _totals(held)
    expected = last.end.events if last.end else last.seq + 1
    return RankTraining(
        last.rank,
        last.world_size,
        last.clock,
        last.memory_source,
        last.activation_definition,
        len(held),
        tuple(window.last_step for window in shown),
        {
            name: tuple(_figure(window.wall_ns, name) for window in shown)
            for name in ("p50", "p90", "max")
        },
        {
            name: tuple(_figure(window.phases.get(name), "p50") for window in shown)
            for name in phases
        },
        tuple(window.memory_bytes for window in shown),
        tuple(window.memory_bytes_max for window in shown),
        _layers(shown, [total.name for total in totals[:LAYERS_MAX]]),
        totals,
        last.unseen,
        max(0, expected - len(windows)),
        last.end,
    )


def _layers(windows: Sequence[TrainingProfile], names: Sequence[str]) -> tuple[LayerSeries, ...]:
    by_window = [{layer.name: layer for layer in window.layers} for window in windows]
    by_name = ([layers.get(name) for layers in by_window] for name in names)
    return tuple(_layer(layers) for layers in by_name if any(layers))


def _layer(layers: Sequence[LayerProfile | None]) -> LayerSeries:
    def series(read: Callable[[LayerProfile], Quantiles | None]) -> Series:
        return tuple(None if layer is None else _figure(read(layer), "p50") for layer in layers)

    known = next(layer for layer in reversed(layers) if layer)
    return LayerSeries(
        known.name,
        known.type,
        known.parameter_bytes,
        series(lambda layer: layer.forward_ns),
        series(lambda layer: layer.backward_ns),
        series(lambda layer: layer.activation_bytes),
        series(lambda layer: layer.grad_norm),
    )


def _totals(windows: Sequence[TrainingProfile]) -> tuple[LayerTotal, ...]:
    """Return every layer, those that take the most time first."""
    by_name: dict[str, list[LayerProfile]] = {}
    for window in windows:
        for layer in window.layers:
            by_name.setdefault(layer.name, []).append(layer)
    totals = [_total(layers) for layers in by_name.values()]
    return tuple(sorted(totals, key=lambda each: (-each.forward_ns - each.backward_ns, each.name)))


def _total(layers: Sequence[LayerProfile]) -> LayerTotal:
    last = layers[-1]
    activations = [each.activation_bytes.max for each in layers if each.activation_bytes]
    return LayerTotal(
        last.name,
        last.type,
        sum(each.forward_ns.sum for each in layers if each.forward_ns),
        sum(each.backward_ns.sum for each in layers if each.backward_ns),
        max(activations, default=None),
        last.parameter_bytes,
        sum(each.calls for each in layers),
        sum(each.non_finite_steps for each in layers),
    )


def _figure(spread: Quantiles | None, name: str) -> float | None:
    return None if spread is None else float(getattr(spread, name))
