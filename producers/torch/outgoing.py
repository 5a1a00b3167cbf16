"""Steps on their way out: read once their device has passed them, sent in windows, counted."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from . import phases
from .clock import Clock
from .window import Step, pack

WINDOW_STEPS_MAX = 250
WINDOW_NS_MAX = 2_000_000_000
"""A window is sent after this long, so that a killed process loses no more."""
WINDOW_FIGURES_MAX = 40_000
"""Under 1 MB of JSON: a window of many sampled layers is sent before it grows beyond."""
PENDING_STEPS_MAX = 500
"""Steps a device may be behind before the oldest is given up and counted as dropped."""
SETTLE_STEPS = 8
"""Stamps that cannot be read at once are read every so many steps, a few at a time."""
CLOSE_TIMEOUT_S = 5.0

# Figures of a step: wall, own, micro-batches and each phase; of a sample for each layer.
_STEP_FIGURES = 4 + len(phases.TIMED)
_SAMPLE_FIGURES = 7

Emit = Callable[[Mapping[str, Any]], None]


class Outgoing:
    """The windows of a run and rank.

    Args:
        header: Returns what each event states beside its window.
        layers: How many layers the columns of a sample have.
    """

    def __init__(
        self, clock: Clock, header: Callable[[], dict[str, Any]], emit: Emit, layers: int
    ) -> None:
        self.layers = layers
        self.arrivals = 0
        """Of how many layers the arrival of gradients is looked at."""
        self.pending: list[Step] = []
        """Steps that ended and were not read yet."""
        self.dropped: dict[str, int] = {}
        self._clock, self._header, self._emit = clock, header, emit
        self._pid = os.getpid()
        self._seq = 0
        self._window: list[Step] = []
        self._figures = 0
        self._sent_ns = time.perf_counter_ns()

    @property
    def room(self) -> int:
        """How many unsampled steps may be left to themselves from here."""
        if not self._clock.immediate:
            return SETTLE_STEPS
        figures = (WINDOW_FIGURES_MAX - self._figures) // (_STEP_FIGURES + self.arrivals)
        return max(min(WINDOW_STEPS_MAX - len(self._window), figures), 1)

    @property
    def due_ns(self) -> int:
        """When the window is to be sent, full or not."""
        return self._sent_ns + WINDOW_NS_MAX

    def settle(self) -> None:
        """Move the steps whose stamps can be read into the window, and send it once full."""
        moved = 0
        for step in self.pending:
            if not step.resolve(self._clock, self.layers):
                break
            moved += 1
            self._window.append(step)
            self._figures += _STEP_FIGURES + len(step.arrivals) // 2
            self._figures += _SAMPLE_FIGURES * self.layers * (step.sample is not None)
            if len(self._window) >= WINDOW_STEPS_MAX or self._figures >= WINDOW_FIGURES_MAX:
                self.flush()
        del self.pending[:moved]
        if (behind := len(self.pending) - PENDING_STEPS_MAX) > 0:
            del self.pending[:behind]
            self._drop("device behind", behind)
        if self._window and time.perf_counter_ns() >= self.due_ns:
            self.flush()

    def flush(self, closing: dict[str, Any] | None = None) -> None:
        """Send what is in the window, or the closing word."""
        window, self._window, self._figures = self._window, [], 0
        self._sent_ns = time.perf_counter_ns()
        if os.getpid() != self._pid or not (window or closing):
            return
        event = (
            {"seq": self._seq} | self._header() | (pack(window, self.arrivals) if window else {})
        )
        self._seq += 1
        if closing is not None:
            event["closing"] = closing | {"events": self._seq, "dropped": self.dropped}
        self._emit(event)

    def close(self, closing: dict[str, Any], timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Wait for the device, but not for long, and send the last event."""
        deadline = time.monotonic() + timeout_s
        self.settle()
        while self.pending and time.monotonic() < deadline:
            time.sleep(0.001)
            self.settle()
        if self.pending:
            self._drop("device not done", len(self.pending))
            self.pending.clear()
        self.flush(closing)

    def abandon(self, reason: str, closing: dict[str, Any]) -> None:
        """Give up the steps that were not read yet, and send the last event."""
        if self.pending:
            self._drop(reason, len(self.pending))
            self.pending.clear()
        self.flush(closing)

    def _drop(self, reason: str, steps: int) -> None:
        self.dropped[reason] = self.dropped.get(reason, 0) + steps
