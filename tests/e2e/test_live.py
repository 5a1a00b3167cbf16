"""How soon whoever follows hears of what was emitted, on the whole stack."""

import numpy as np
import pytest

from headwater.deploy.stack import Stack

from ..bench.live import latencies_s

pytestmark = pytest.mark.stack

P95_S_MAX = 1.0
"""Three times what `make bench-live` finds on a quiet machine."""


def test_followers_hear_of_an_event_within_a_second(whole_stack: Stack) -> None:
    """All of them, of every event, while all other services work on the same."""
    took = latencies_s(whole_stack, rate=100, seconds=2, clients=5)
    assert np.percentile(took, 95) <= P95_S_MAX
