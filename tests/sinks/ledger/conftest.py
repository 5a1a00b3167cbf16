"""How often, and by which seed, something is tampered with."""

import random
from dataclasses import dataclass

import pytest

SEED = 20260131


@dataclass(frozen=True)
class Tampering:
    """A source of chance, and how many rounds to play."""

    chance: random.Random
    rounds: int


@pytest.fixture(
    params=[
        pytest.param((SEED, 1_000), id="1000"),
        pytest.param((None, 20_000), id="20000", marks=pytest.mark.long),
    ]
)
def tampering(request: pytest.FixtureRequest) -> Tampering:
    """A thousand rounds by the same seed each time; the long form takes a new one."""
    seed, rounds = request.param
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    print(f"seed {seed}, {rounds} rounds, every one of which must be noticed")
    return Tampering(random.Random(seed), rounds)
