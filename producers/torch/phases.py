"""The phases of a step: data, prepare, forward, backward, optimizer, evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

BATCH = "batch"
FORWARD = "forward"
EVALUATION = "evaluation"
BACKWARD = "backward"
OPTIMIZER = "optimizer"
END = ""

TIMED = ("prepare", FORWARD, BACKWARD, OPTIMIZER, EVALUATION)
"""The phases between two marks. `data` is the loader's and always on the host's clock."""


def durations(marks: list[Any]) -> dict[str, int]:
    """Return the time in each phase from a step's marks, their stamps in ns.

    Marks alternate between a phase's name and a stamp; `END` closes what is open. A
    forward and backward inside the optimizer (a closure) count to themselves alone.
    """
    spent = dict.fromkeys(TIMED, 0)
    stack: list[str] = []
    since = 0
    for phase, at in pairs(marks):
        if stack:
            spent[stack[-1]] += at - since
        _turn(stack, phase)
        since = at
    return spent


def _turn(stack: list[str], phase: str) -> None:
    """Open or close a phase. What prepares a batch ends with whatever comes next."""
    if stack and stack[-1] == "prepare":
        stack.pop()
    if phase == END:
        if stack:
            stack.pop()
    else:
        stack.append("prepare" if phase == BATCH else phase)


def count(marks: list[Any], phase: str) -> int:
    """Return how often a phase was entered."""
    return marks[::2].count(phase)


def pairs(marks: list[Any]) -> Iterator[tuple[str, int]]:
    """Return a step's marks as pairs of a phase and its stamp."""
    return zip(marks[::2], marks[1::2], strict=True)
