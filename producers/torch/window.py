"""Windows of steps, packed by columns into training-profile events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from . import phases
from .clock import Clock
from .gradients import Reading
from .layers import Layer, fold, layer_norms


@dataclass(slots=True)
class Step:
    """One step as it was recorded; stamps are the clock's own until they can be read.

    Attributes:
        marks: Phases and stamps in turn, see `phases.durations`.
        timeline: The layers' entries of a sampled step, see `layers.Stamps`; else None.
        sample: What became of the timeline.
        arrivals: For each layer the stamp of its gradient's arrival; None where they are off.
    """

    number: int
    wall_ns: int = 0
    data_ns: int = 0
    own_ns: int = 0
    marks: list[Any] = field(default_factory=list)
    timeline: list[Any] | None = None
    sample: dict[str, Any] | None = None
    arrivals: list[Any] | None = None
    reading: Reading | None = None

    def stamps(self) -> list[Any]:
        timeline = self.timeline or []
        return [*self.marks[1::2], *timeline[1::4], *timeline[2::4], *(self.arrivals or [])]

    def resolve(self, clock: Clock, layers: int) -> bool:
        """Turn stamps into ns, and the timeline into a sample; return whether that could be."""
        if not clock.immediate and not self._read(clock):
            return False
        if self.timeline is not None:
            self.sample = _sample(self, self.timeline, layers)
            self.timeline = None
        return True

    def _read(self, clock: Clock) -> bool:
        stamps = self.stamps()
        if not clock.ready(stamps) or not (self.reading is None or self.reading.ready):
            return False
        times = clock.read(stamps)
        marks, timeline = len(self.marks) // 2, len(self.timeline or []) // 4
        self.marks[1::2] = times[:marks]
        if self.timeline is not None:
            self.timeline[1::4] = times[marks : marks + timeline]
            self.timeline[2::4] = times[marks + timeline : marks + 2 * timeline]
        if self.arrivals is not None:
            self.arrivals = times[marks + 2 * timeline :]
        return True


def pack(steps: Sequence[Step]) -> dict[str, Any]:
    """Return the part of an event that holds a window of resolved steps."""
    spent = [phases.durations(step.marks) for step in steps]
    columns = {name: [row[name] for row in spent] for name in phases.TIMED}
    columns = {name: column for name, column in columns.items() if any(column)}
    if any(step.data_ns for step in steps):
        columns["data"] = [step.data_ns for step in steps]
    return {
        "firstStep": steps[0].number,
        "lastStep": steps[-1].number,
        "wallNs": [step.wall_ns for step in steps],
        "ownNs": [step.own_ns for step in steps],
        "phasesNs": columns,
        "microBatches": [phases.count(step.marks, phases.BACKWARD) for step in steps],
        "arrivals": [_arrivals(step) for step in steps if step.arrivals is not None],
        "samples": [step.sample for step in steps if step.sample is not None],
    }


def layer_table(layers: Sequence[Layer]) -> dict[str, Any]:
    """Return the layers that the places in a window's columns stand for."""
    return {
        "names": [layer.name for layer in layers],
        "types": [type(layer.module).__name__ for layer in layers],
        "parameterBytes": [layer.parameter_bytes for layer in layers],
    }


def _arrivals(step: Step) -> dict[str, Any]:
    """A layer's arrival counts from the start of the last backward; None where none came."""
    began = _last_backward(step.marks)
    assert step.arrivals is not None
    return {
        "step": step.number,
        "ns": [at - began if at and began else None for at in step.arrivals],
    }


def _last_backward(marks: list[Any]) -> int:
    starts = [at for phase, at in phases.pairs(marks) if phase == phases.BACKWARD]
    return starts[-1] if starts else 0


def _sample(step: Step, timeline: list[Any], count: int) -> dict[str, Any]:
    columns = fold(timeline, count)
    sample: dict[str, Any] = {
        "step": step.number,
        "calls": columns.calls,
        "forwardNs": columns.forward_ns,
        "backwardNs": columns.backward_ns,
        "activationBytes": columns.activation_bytes,
    }
    if any(columns.recompute_ns):
        sample["recomputeNs"] = columns.recompute_ns
    if step.reading is not None:
        sample |= _gradients(step.reading, count)
    return sample


def _gradients(reading: Reading, count: int) -> dict[str, Any]:
    norms = layer_norms(reading.norms(), reading.owners, count)
    sizes: list[int | None] = [None] * count
    for owner, size in zip(reading.owners, reading.sizes, strict=True):
        sizes[owner] = (sizes[owner] or 0) + size
    # JSON has no NaN and no infinity: such a norm is None, and the layer listed below.
    finite = [norm if norm is None or norm - norm == 0 else None for norm in norms]
    bad = [i for i, norm in enumerate(norms) if norm is not None and norm - norm != 0]
    found: dict[str, Any] = {"gradNorm": finite, "gradBytes": sizes}
    if bad:
        found["nonFinite"] = [[i, *reading.non_finite.get(i, (None, None))] for i in bad]
    return found
