"""The phases of a step: what is marked while it runs, and the time between the marks."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

BATCH = "prepare"
"""What follows a batch until something else begins."""
COPY = "copy"
FORWARD = "forward"
EVALUATION = "evaluation"
BACKWARD = "backward"
COLLECTIVE = "collective"
OPTIMIZER = "optimizer"
END = ""

STEP = "step"
"""The end of a step."""
DATA = "data"
OWN = "own"
"""What the profile itself took, within the step after."""

HOSTED = frozenset((STEP, DATA, OWN))
"""Marks whose figure is in ns of the host, whatever the clock: a time for `STEP`, else a span."""

TIMED = (COPY, BATCH, FORWARD, BACKWARD, COLLECTIVE, OPTIMIZER, EVALUATION)
"""The phases between two marks."""


def durations(marks: list[Any]) -> list[int]:
    """Return the time in each phase of `TIMED` from a step's marks, their stamps in ns.

    Marks alternate between a phase's name and a stamp; `END` closes what is open. A
    forward and backward inside the optimizer (a closure) count to themselves alone.
    """
    stamps = marks[1::2]
    ends = _intervals(tuple(marks[::2]))
    if 0 in stamps:  # no stamp could be taken, as while a graph is captured
        ends = tuple(tuple(i for i in each if stamps[i] and stamps[i - 1]) for each in ends)
    return [sum([stamps[i] - stamps[i - 1] for i in each]) for each in ends]


@lru_cache(maxsize=256)  # The steps of a run are of very few shapes.
def _intervals(names: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Return for each phase of `TIMED` the marks that end an interval of it."""
    found: dict[str, list[int]] = {phase: [] for phase in TIMED}
    stack: list[str] = []
    for place, name in enumerate(names):
        if stack:
            found[stack[-1]].append(place)
        _turn(stack, name)
    return tuple(tuple(ends) for ends in found.values())


def _turn(stack: list[str], name: str) -> None:
    """Open or close a phase. What prepares a batch ends with whatever is no copy of it."""
    if stack and stack[-1] == BATCH and name != COPY:
        stack.pop()
    if name != END:
        stack.append(name)
    elif stack:
        stack.pop()


def open_phase(marks: list[Any]) -> str | None:
    """Return the phase that the step which did not end is in; None between two."""
    stack: list[str] = []
    for name in marks[::2]:
        if name == STEP:
            stack.clear()
        elif name in TIMED or name == END:
            _turn(stack, name)
    return stack[-1] if stack else None


def count(marks: list[Any], phase: str) -> int:
    """Return how often a phase was entered."""
    return marks[::2].count(phase)


def last(marks: list[Any], phase: str) -> int:
    """Return when a phase was entered for the last time; 0 if it never was."""
    names = marks[::2]
    if phase not in names:
        return 0
    at: int = marks[2 * (len(names) - names[::-1].index(phase)) - 1]
    return at
