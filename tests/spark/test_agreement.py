"""The resolver and Spark's own integration say the same of the same SQL, edge by edge."""

import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from tests.resolver.corpus import Case, read

from .agreement import recorded, resolved
from .record import RECORDING

CASES = list(read(RECORDING))
REASONS = tomllib.loads(Path(__file__).with_name("differences.toml").read_text())


def excepted() -> dict[str, set[str]]:
    """Return the edges in which the two differ for a reason, by statement."""
    found: dict[str, set[str]] = defaultdict(set)
    for reason in REASONS.values():
        for title, edges in reason["statements"].items():
            found[title] |= set(edges)
    return found


EXCEPTED = excepted()


@pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])
def test_the_resolver_agrees_with_spark(case: Case) -> None:
    """On every edge but those that `differences.toml` lists with a reason."""
    spark, ours = recorded(case), resolved(case)
    differing = {f"spark: {e}" for e in spark - ours} | {f"ours: {e}" for e in ours - spark}
    assert EXCEPTED.get(case.title, set()) == differing


def test_most_statements_need_no_exception() -> None:
    """A recording that has shrunk to what is excepted would show nothing."""
    assert len(CASES) > 300
    assert len(CASES) - len(EXCEPTED) > 220
    assert EXCEPTED.keys() <= {case.title for case in CASES}
    assert all(len(reason["why"]) > 40 for reason in REASONS.values())
