import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.producers.torch.budget import (
    ARRIVAL_NS,
    EVERY_MAX,
    PHASES_NS,
    WARMUP_STEPS,
    Budget,
    interval,
)


@pytest.mark.parametrize(
    ("bare_ns", "sampled_ns", "percent", "fixed_ns", "expected"),
    [
        (10_000_000, 11_000_000, 1.0, 0, 10),
        (10_000_000, 11_000_000, 1.0, 50_000, 20),
        (10_000_000, 11_000_000, 1.0, 200_000, 40),
        (10_000_000, 9_000_000, 1.0, 0, 1),
        (10_000_000, 11_000_000, 10.0, 0, 1),
        (1_000, 1_000_000_000, 1.0, 0, EVERY_MAX),
        (0, 10, 1.0, 0, EVERY_MAX),
    ],
)
def test_samples_keep_to_what_the_budget_leaves(
    bare_ns: int, sampled_ns: int, percent: float, fixed_ns: int, expected: int
) -> None:
    """What is fixed comes off first; a quarter of the budget always goes to samples."""
    assert interval(bare_ns, sampled_ns, percent, fixed_ns) == expected


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.floats(0.1, 50), st.integers(0, 10**8))
def test_samples_never_cost_more_than_the_budget(
    bare_ns: int, extra_ns: int, percent: float, fixed_ns: int
) -> None:
    """Spread over its steps a sample fits the budget, unless it is at its rarest."""
    every = interval(bare_ns, bare_ns + extra_ns, percent, fixed_ns)

    assert 1 <= every <= EVERY_MAX
    assert every == EVERY_MAX or extra_ns / every <= bare_ns * percent / 100 * 1.001 + 1


def test_stated_interval_wins() -> None:
    """`every` leaves nothing to the budget."""
    assert Budget(1.0, every=7).interval(0) == 7


def test_budget_starts_with_the_first_steps_and_then_follows_the_medians() -> None:
    """Until a sample was taken it is one in the warm-up's steps; a spike changes nothing."""
    budget = Budget(1.0)
    assert budget.interval(0) == WARMUP_STEPS
    for _ in range(WARMUP_STEPS):
        budget.spend(1_000_000, sampled=False)
    budget.spend(1_000_000_000, sampled=False)
    budget.spend(1_200_000, sampled=True)

    assert budget.interval(0) == 20


def test_arrivals_are_taken_of_as_many_layers_as_fit() -> None:
    """Half of what the phases leave, and an eighth of the budget where they leave less."""
    budget = Budget(1.0)
    assert budget.arrivals("host") == 0
    for _ in range(WARMUP_STEPS):
        budget.spend(10_000_000, sampled=False)

    assert budget.arrivals("host") == (100_000 - PHASES_NS["host"]) // 2 // ARRIVAL_NS["host"]
    for _ in range(64):
        budget.spend(2_000_000, sampled=False)
    assert budget.arrivals("host") == 20_000 // 8 // ARRIVAL_NS["host"]
