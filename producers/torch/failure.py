"""Which layer a run failed in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

from .layers import Layer

_MESSAGE_LENGTH_MAX = 500


def layer(error: BaseException, layers: Sequence[Layer]) -> str | None:
    """Return the layer whose code an exception came through, the innermost one.

    The frames of the traceback hold the module as their `self`, so that it costs nothing
    until something fails. A backward runs no frame of a module: None.
    """
    names = {id(layer.module): layer.name for layer in layers}
    found = [names[id(owner)] for owner in _owners(error.__traceback__) if id(owner) in names]
    return found[-1] if found else None


def describe(
    error: BaseException, layer: str | None, phase: str | None, step: int
) -> dict[str, Any]:
    """Return what a closing event says of a failure."""
    return {
        "type": type(error).__name__,
        "message": str(error)[:_MESSAGE_LENGTH_MAX],
        "layer": layer,
        "phase": phase,
        "step": step,
    }


def _owners(traceback: TracebackType | None) -> Iterator[Any]:
    while traceback is not None:
        yield traceback.tb_frame.f_locals.get("self")
        traceback = traceback.tb_next
