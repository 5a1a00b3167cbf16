"""The profile of a run as a person reads it: phases, layers, memory, cost, findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ...schemas.errors import HeadwaterError
from ...schemas.records import (
    Envelope,
    LayerProfile,
    ModelVersion,
    Quantiles,
    RunState,
    TrainingProfile,
)
from .findings import Finding, findings, layer_time, once

EARLIER_MAX = 5
"""So many of the job's earlier runs a run is compared with, the latest ones."""


@dataclass(frozen=True, slots=True)
class PhaseTime:
    """What a phase took over a run, all ranks together.

    Attributes:
        p50_ns: The median of its windows' medians.
        share: Of the wall time.
    """

    name: str
    p50_ns: float
    max_ns: float
    share: float


@dataclass(frozen=True, slots=True)
class LayerTime:
    """A layer over a run: medians of its windows' medians, None where nothing was seen.

    Attributes:
        share: Of the time of all layers, forward and backward.
    """

    name: str
    type: str
    forward_ns: float | None
    backward_ns: float | None
    share: float
    activation_bytes: float | None
    parameter_bytes: int
    grad_norm: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """The profile of one run.

    Attributes:
        state: `complete`, `failed`, `stopped` where the profile itself broke, or `open`
            as long as a rank's closing word has not come.
        step_ns: The median step.
        own_share: Of the wall time, what the profile took between the steps.
        memory_source: Whose the bytes are: a device's `allocator`, or the `process`.
        layers: The slowest first.
        unseen: Layers that could not be timed, with the reason.
        earlier: The runs that it was compared with.
    """

    run_id: str
    job: str | None
    started_at: str | None
    state: str
    ranks: int
    steps: int
    sampled_steps: int
    step_ns: float | None
    own_share: float
    memory_source: str | None
    memory_bytes_max: int | None
    activation_definition: str | None
    phases: tuple[PhaseTime, ...]
    layers: tuple[LayerTime, ...]
    unseen: dict[str, str]
    earlier: tuple[str, ...]
    findings: tuple[Finding, ...]


class Profiles:
    """The profiles of all runs that some records speak of, in whatever order they came."""

    def __init__(self, envelopes: Iterable[Envelope]) -> None:
        self._windows: dict[str, list[TrainingProfile]] = defaultdict(list)
        self._states: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
        self._models: set[tuple[str, str, str, str, str]] = set()
        for envelope in envelopes:
            self._add(envelope)

    def find(self, subject: str) -> str:
        """Return the run that a name stands for.

        Args:
            subject: A run's id or its beginning, or `MODEL` or `MODEL@VERSION`.

        Raises:
            HeadwaterError: If no run, or more than one, has a profile by that name.
        """
        model, _, version = subject.partition("@")
        made = [run for _, _, name, own, run in sorted(self._models)
                if name == model and own.startswith(version)]  # fmt: skip
        found = made[-1:] or [run for run in self._windows if run.startswith(subject)]
        if len(found) == 1 and found[0] in self._windows:
            return found[0]
        raise HeadwaterError(self._why_not(subject, found), remedy=self._remedy())

    def report(self, run_id: str, earlier: Sequence[str] | None = None) -> Report:
        """Return the profile of a run.

        Args:
            earlier: The runs to compare it with; those of its job before it if None.
        """
        windows = sorted(once(self._windows[run_id]), key=lambda each: (each.rank, each.seq))
        before = self._earlier(run_id) if earlier is None else list(earlier)
        compared = [window for run in before for window in self._windows[run]]
        started_at, job = self._start(run_id)
        wall = sum(window.wall_ns.sum for window in windows if window.wall_ns)
        own = sum(window.own_ns.sum for window in windows if window.own_ns)
        return Report(
            run_id=run_id,
            job=job,
            started_at=started_at,
            state=_state(windows),
            ranks=len({window.rank for window in windows}),
            steps=sum(window.steps for window in windows),
            sampled_steps=sum(window.sampled_steps for window in windows),
            step_ns=_median(window.wall_ns for window in windows),
            own_share=own / wall if wall else 0.0,
            memory_source=next((each.memory_source for each in windows), None),
            memory_bytes_max=max((each.memory_bytes_max or 0 for each in windows), default=None),
            activation_definition=next((each.activation_definition for each in windows), None),
            phases=_phases(windows, wall),
            layers=_layers(windows),
            unseen=dict(sorted(pair for each in windows for pair in each.unseen.items())),
            earlier=tuple(before),
            findings=tuple(findings(windows, compared)),
        )

    def _add(self, envelope: Envelope) -> None:
        record = envelope.record
        if isinstance(record, TrainingProfile):
            self._windows[record.run_id].append(record)
        elif isinstance(record, RunState):
            job = f"{record.job.namespace}/{record.job.name}"
            self._states[record.run_id].add((record.at, record.state, job))
        elif isinstance(record, ModelVersion) and record.run_id is not None:
            self._models.add(
                (envelope.observed_at, envelope.id, record.name, record.version, record.run_id)
            )

    def _start(self, run_id: str) -> tuple[str | None, str | None]:
        """Return when a run was first heard of, and its job."""
        states = self._states.get(run_id)
        if not states:
            return None, None
        at, _, job = min(states)
        return at, job

    def _earlier(self, run_id: str) -> list[str]:
        started_at, job = self._start(run_id)
        if started_at is None:
            return []
        before = [
            (at, run)
            for run in self._windows
            for at, own in [self._start(run)]
            if own == job and at is not None and at < started_at
        ]
        return [run for _, run in sorted(before)[-EARLIER_MAX:]]

    def _why_not(self, subject: str, found: Sequence[str]) -> str:
        if len(found) > 1:
            return f"{subject!r} begins the ids of {len(found)} runs"
        if found:
            return f"run {found[0]}, which made {subject!r}, has no profile"
        return f"no run or model with a profile is called {subject!r}"

    def _remedy(self) -> str:
        latest = sorted((self._start(run)[0] or "", run) for run in self._windows)[-3:]
        if not latest:
            return "Profile a training: `headwater run python train.py`."
        return "Name one in full, such as the latest: " + ", ".join(run for _, run in latest)


def _state(windows: Sequence[TrainingProfile]) -> str:
    ends = {window.rank: window.end.status for window in windows if window.end}
    if any(status != "complete" for status in ends.values()):
        return next(status for status in ends.values() if status != "complete")
    expected = max((window.world_size for window in windows), default=1)
    return "complete" if len(ends) >= expected else "open"


def _phases(windows: Sequence[TrainingProfile], wall: float) -> tuple[PhaseTime, ...]:
    spread: dict[str, list[Quantiles]] = defaultdict(list)
    for window in windows:
        for name, taken in window.phases.items():
            spread[name].append(taken)
    times = [
        PhaseTime(
            name,
            p50_ns=median(each.p50 for each in taken),
            max_ns=max(each.max for each in taken),
            share=sum(each.sum for each in taken) / wall if wall else 0.0,
        )
        for name, taken in spread.items()
    ]
    return tuple(sorted(times, key=lambda each: (-each.share, each.name)))


def _layers(windows: Sequence[TrainingProfile]) -> tuple[LayerTime, ...]:
    seen: dict[str, list[tuple[TrainingProfile, LayerProfile]]] = defaultdict(list)
    for window in windows:
        for layer in window.layers:
            seen[layer.name].append((window, layer))
    taken = {name: layer_time(rows) or 0.0 for name, rows in seen.items()}
    total = sum(taken.values()) or 1.0
    layers = [
        _layer([layer for _, layer in rows], taken[name] / total) for name, rows in seen.items()
    ]
    return tuple(sorted(layers, key=lambda each: -each.share))


def _layer(rows: Sequence[LayerProfile], share: float) -> LayerTime:
    first = rows[0]
    return LayerTime(
        name=first.name,
        type=first.type,
        forward_ns=_median(row.forward_ns for row in rows),
        backward_ns=_median(row.backward_ns for row in rows),
        share=share,
        activation_bytes=_median(row.activation_bytes for row in rows),
        parameter_bytes=first.parameter_bytes,
        grad_norm=_median(row.grad_norm for row in rows),
    )


def _median(spreads: Iterable[Quantiles | None]) -> float | None:
    medians = [spread.p50 for spread in spreads if spread is not None]
    return median(medians) if medians else None
