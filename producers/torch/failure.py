"""Which layer a run failed in, and in which phase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import FrameType, TracebackType
from typing import Any

import torch

from . import phases
from .layers import BACKWARD_END, Layer, Timeline

_MESSAGE_LENGTH_MAX = 500

_BACKWARDS = {torch.autograd.backward.__code__, torch.autograd.grad.__code__}


def describe(
    error: BaseException,
    layers: Sequence[Layer],
    step: int,
    marks: list[Any],
    timeline: Timeline,
) -> dict[str, Any]:
    """Return what a closing event says of a failure.

    Args:
        marks: Of the step that failed.
        timeline: What it saw, where it was sampled.
    """
    in_backward = any(frame.f_code in _BACKWARDS for frame in _frames(error.__traceback__))
    layer = _in_code(error, layers)
    if layer is None and in_backward:
        layer = _reached(layers, timeline) or _without_gradient(layers)
    return {
        "type": type(error).__name__,
        "message": str(error)[:_MESSAGE_LENGTH_MAX],
        "layer": layer,
        "phase": phases.BACKWARD if in_backward else phases.open_phase(marks),
        "step": step,
    }


def _in_code(error: BaseException, layers: Sequence[Layer]) -> str | None:
    """Return the layer whose code an exception came through, the innermost one.

    The frames of the traceback hold the module as their `self`, so that it costs nothing
    until something fails.
    """
    names = {id(layer.module): layer.name for layer in layers}
    owners = [id(frame.f_locals.get("self")) for frame in _frames(error.__traceback__)]
    return next((names[owner] for owner in reversed(owners) if owner in names), None)


def _reached(layers: Sequence[Layer], timeline: Timeline) -> str | None:
    """Return the layer whose output's gradient came last: of a sampled step exact."""
    index = timeline.arrivals[-2] if timeline.arrivals else BACKWARD_END
    return None if index == BACKWARD_END else layers[index].name


def _without_gradient(layers: Sequence[Layer]) -> str | None:
    """Return the last layer whose weights a backward had not reached.

    It needs no hook: the gradients that are not there tell, as long as `zero_grad` took
    them all off before. The layer after it may be meant, if that has no weights.
    """
    trained = [
        (layer, [parameter for parameter in layer.parameters if parameter.requires_grad])
        for layer in layers
    ]
    reached = [layer for layer, own in trained if own and all(p.grad is None for p in own)]
    return reached[-1].name if reached else None


def _frames(traceback: TracebackType | None) -> Iterator[FrameType]:
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next
