"""How often the dear parts of a profile may run, so that they keep to a share of the time."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from statistics import median

WARMUP_STEPS = 8
"""Steps before anything is sampled: the first ones pay for allocation and compilation."""

EVERY_MAX = 1000
"""A run is sampled at least this often, whatever the budget says."""

# Measured between the layers of a model, where caches are cold; the host's clock, then CUDA's.
PHASES_NS = {"host": 25_000, "cuda": 60_000}
ARRIVAL_NS = {"host": 1_300, "cuda": 6_000}


@dataclass(slots=True)
class Budget:
    """What the profile of a run may cost, in percent of the run's time, and what it did cost.

    Attributes:
        every: One of how many steps is sampled; None leaves it to the budget.
    """

    percent: float
    every: int | None = None
    bare_ns: deque[int] = field(default_factory=lambda: deque(maxlen=64))
    sampled_ns: deque[int] = field(default_factory=lambda: deque(maxlen=16))

    def spend(self, wall_ns: int, *, sampled: bool) -> None:
        """Take in how long a step took, all that the profile did included."""
        (self.sampled_ns if sampled else self.bare_ns).append(wall_ns)

    @property
    def settled(self) -> bool:
        """Whether enough bare steps were seen to say what one takes."""
        return len(self.bare_ns) >= WARMUP_STEPS

    def arrivals(self, clock: str) -> int:
        """Return for how many layers a stamp in every step fits into the budget.

        They get half of what the phases leave, and an eighth of the budget in any case.
        """
        if not self.settled:
            return 0
        budget_ns = self.percent / 100 * median(self.bare_ns)
        room_ns = max((budget_ns - PHASES_NS[clock]) / 2, budget_ns / 8)
        return int(room_ns / ARRIVAL_NS[clock])

    def interval(self, fixed_ns: int) -> int:
        """Return how many steps share one sample.

        Args:
            fixed_ns: What every step pays: phases, and arrivals.
        """
        if self.every is not None:
            return self.every
        if not self.sampled_ns or not self.settled:
            return WARMUP_STEPS
        return interval(median(self.bare_ns), median(self.sampled_ns), self.percent, fixed_ns)


def interval(bare_ns: float, sampled_ns: float, percent: float, fixed_ns: float) -> int:
    """Return how many steps must share one sample that takes `sampled_ns`.

    What is fixed comes out of the budget first; a quarter of the budget always goes to
    samples, or a model of tiny steps would have none.
    """
    allowed = max(bare_ns * percent / 100 - fixed_ns, bare_ns * percent / 400)
    extra = max(sampled_ns - bare_ns, 0)
    return min(max(math.ceil(extra / allowed), 1), EVERY_MAX) if allowed > 0 else EVERY_MAX
