"""Of several ways to a column the strongest counts, and of these the shortest."""

import pytest

from headwater.schemas.names import ColumnName
from headwater.sinks.index import Ask, LineageIndex

from ..graph.estate import Estate

ESTATE = Estate("db://one")

# Each line: the target, its source, how it acts, and whether it masks.
MASKED_THEN_INFLUENCED = [
    ("b.x", "a.x", "IDENTITY", True),
    ("c.x", "a.x", "IDENTITY", False),
    ("b.x", "c.x", "CONDITIONAL", False),
]
INFLUENCED_THEN_PLAIN = [
    ("b.x", "a.x", "CONDITIONAL", False),
    ("c.x", "a.x", "IDENTITY", False),
    ("b.x", "c.x", "IDENTITY", False),
    ("d.x", "b.x", "IDENTITY", False),
]
AT_ONCE = [
    ("b.x", "a.x", "CONDITIONAL", False),
    ("b.x", "a.x", "IDENTITY", False),
    ("b.x", "a.x", "TRANSFORMATION", True),
]


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        (MASKED_THEN_INFLUENCED, {"b": (True, True, 1), "c": (True, False, 1)}),
        (
            INFLUENCED_THEN_PLAIN,
            {"b": (True, False, 2), "c": (True, False, 1), "d": (True, False, 3)},
        ),
        (AT_ONCE, {"b": (True, False, 1)}),
    ],
)
@pytest.mark.parametrize("others", [0, 2_000], ids=["few", "many"])
def test_the_strongest_way_counts(
    links: list[tuple[str, str, str, bool]],
    expected: dict[str, tuple[bool, bool, int]],
    others: int,
) -> None:
    """Whichever is found first, and whether one or many columns are reached with a hop."""
    made = []
    for target, source, subtype, masking in links:
        table, column = target.split(".")
        acts = [ESTATE.source(source, subtype, masking=masking)]
        wide = {f"w{n}": acts for n in range(others)}
        job = f"{target} {source} {subtype} {masking}"
        made.append(ESTATE.derivation(table, {column: acts, **wide}, job=job))
    index = LineageIndex.from_records(ESTATE.in_force(*made))
    reached = index.downstream(ESTATE.column("a.x"), Ask(limit=100_000)).columns
    found = {
        each.name.name: (each.direct, each.masked, each.hops)
        for each in reached
        if isinstance(each.name, ColumnName) and each.name.field == "x"
    }
    assert expected == found
