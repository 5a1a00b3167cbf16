"""Which derivations are in force."""

import pytest

from headwater.sinks.graph.force import Making, Resolved, in_force

PARSED = Making("parsed", "job", "out", inferred=False)
OTHER = Making("other", "job", "out", inferred=False)
INFERRED = Making("inferred", "job", "out", inferred=True)
ELSEWHERE = Making("elsewhere", "job", "other_out", inferred=False)
ALL = (PARSED, OTHER, INFERRED, ELSEWHERE)


def resolved(text: str) -> Resolved:
    """Read `derivation run event time|rank`."""
    return Resolved(*text.split())


@pytest.mark.parametrize(
    ("resolutions", "expected"),
    [
        pytest.param([], set(), id="nothing without a resolution"),
        pytest.param(["parsed r1 e1 1|1", "other r2 e2 2|1"], {OTHER}, id="the last run"),
        pytest.param(["parsed r1 e1 1|1", "other r1 e1 1|2"], {OTHER}, id="the greater rank"),
        pytest.param(
            ["parsed r1 e1 1|1", "other r1 e2 2|1"], {OTHER}, id="the last event of a run"
        ),
        pytest.param(
            ["parsed r1 start 1|1", "inferred r1 complete 2|1"],
            {PARSED},
            id="columns stated at the start outlast an end that states none",
        ),
        pytest.param(
            ["parsed r1 e1 1|1", "inferred r2 e2 2|1"],
            {INFERRED},
            id="columns of an earlier run do not outlast the last run",
        ),
        pytest.param(
            ["parsed r1 e1 1|1", "inferred r1 e1 1|2"],
            {INFERRED},
            id="columns that a better resolution of the same event took back are gone",
        ),
        pytest.param(
            ["parsed r1 e1 1|1", "elsewhere r1 e1 1|2"],
            {ELSEWHERE},
            id="an output that a better resolution moved is no longer made",
        ),
        pytest.param(
            ["parsed r1 e1 1|1", "other r1 e1 1|1"], {PARSED, OTHER}, id="both of one event"
        ),
        pytest.param(
            ["parsed r1 e1 1|1", "elsewhere r2 e2 2|1"],
            {PARSED, ELSEWHERE},
            id="each output by itself",
        ),
    ],
)
def test_what_is_in_force(resolutions: list[str], expected: set[Making]) -> None:
    """A job's derivations in force are those of its last run, at their best."""
    assert in_force(ALL, map(resolved, resolutions)) == expected
    assert in_force(ALL, map(resolved, reversed(resolutions))) == expected
