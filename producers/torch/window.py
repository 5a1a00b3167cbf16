"""Windows of steps, packed by columns into training-profile events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from . import phases
from .clock import Clock
from .gradients import Reading
from .layers import Layer, Timeline, fold, layer_norms


@dataclass(slots=True)
class Step:
    """One step as it was recorded; stamps are the clock's own until they can be read.

    Attributes:
        marks: Phases and stamps in turn, see `phases.durations`.
        arrivals: The places of gradients that arrived and stamps in turn.
        timeline: What a sampled step saw of its layers; else None.
        sample: What became of the timeline.
    """

    number: int
    wall_ns: int = 0
    data_ns: int = 0
    own_ns: int = 0
    marks: list[Any] = field(default_factory=list)
    arrivals: list[Any] = field(default_factory=list)
    timeline: Timeline | None = None
    reading: Reading | None = None
    sample: dict[str, Any] | None = None

    def stamps(self) -> list[Any]:
        timeline = self.timeline or Timeline()
        return [
            *self.marks[1::2],
            *self.arrivals[1::2],
            *timeline.calls[1::4],
            *timeline.calls[2::4],
            *timeline.arrivals[1::2],
        ]

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
        times = iter(clock.read(stamps))
        self.marks[1::2] = [next(times) for _ in self.marks[1::2]]
        self.arrivals[1::2] = [next(times) for _ in self.arrivals[1::2]]
        if self.timeline is not None:
            calls = self.timeline.calls
            calls[1::4] = [next(times) for _ in calls[1::4]]
            calls[2::4] = [next(times) for _ in calls[2::4]]
            self.timeline.arrivals[1::2] = times
        return True


def split(marks: list[Any], number: int, began_ns: int) -> list[Step]:
    """Return the steps that ended in what was marked; what follows the last end is left out.

    Args:
        number: That of the first step.
        began_ns: When it began, in ns of the host.
    """
    steps = [Step(number)]
    entries = iter(marks)
    for mark, figure in zip(entries, entries, strict=True):
        step = steps[-1]
        if type(mark) is int:
            step.arrivals.extend((mark, figure))
        elif mark not in phases.HOSTED:
            step.marks.extend((mark, figure))
        elif mark == phases.STEP:
            step.wall_ns = figure - began_ns
            began_ns = figure
            steps.append(Step(step.number + 1))
        elif mark == phases.DATA:
            step.data_ns += figure
        else:
            step.own_ns += figure
    return steps[:-1]


def pack(steps: Sequence[Step], arrivals: int) -> dict[str, Any]:
    """Return the part of an event that holds a window of resolved steps.

    Args:
        arrivals: Of how many layers the arrival of gradients is looked at.
    """
    spent = zip(*[phases.durations(step.marks) for step in steps], strict=True)
    columns = {
        name: column for name, column in zip(phases.TIMED, spent, strict=True) if any(column)
    }
    if any(step.data_ns for step in steps):
        columns["data"] = tuple(step.data_ns for step in steps)
    return {
        "firstStep": steps[0].number,
        "lastStep": steps[-1].number,
        "wallNs": [step.wall_ns for step in steps],
        "ownNs": [step.own_ns for step in steps],
        "phasesNs": columns,
        "microBatches": [phases.count(step.marks, phases.BACKWARD) for step in steps],
        "arrivals": [_arrivals(step, arrivals) for step in steps if step.arrivals],
        "samples": [step.sample for step in steps if step.sample is not None],
    }


def layer_table(layers: Sequence[Layer]) -> dict[str, Any]:
    """Return the layers that the places in a window's columns stand for."""
    return {
        "names": [layer.name for layer in layers],
        "types": [type(layer.module).__name__ for layer in layers],
        "parameterBytes": [layer.parameter_bytes for layer in layers],
    }


def _arrivals(step: Step, count: int) -> dict[str, Any]:
    """An arrival counts from the start of the last backward; None where none came."""
    began = phases.last(step.marks, phases.BACKWARD)
    found: list[int | None] = [None] * count
    for place, at in zip(step.arrivals[::2], step.arrivals[1::2], strict=True):
        if at >= began > 0:
            found[place] = at - began
    return {"step": step.number, "ns": found}


def _sample(step: Step, timeline: Timeline, count: int) -> dict[str, Any]:
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
    found: dict[str, Any] = {"gradNorm": norms, "gradBytes": sizes}
    # JSON has no NaN and no infinity: such a norm is None, and the layer listed.
    bad = [i for i, norm in enumerate(norms) if norm is not None and norm - norm != 0]
    if bad:
        found["nonFinite"] = [[i, *reading.non_finite.get(i, (None, None))] for i in bad]
        found["gradNorm"] = [None if i in bad else norm for i, norm in enumerate(norms)]
    if (scale := reading.scale()) is not None:
        found["ampScale"] = scale
    return found
