"""Only what has a tag or classification is listed and counted; the walk goes over the rest."""

from datetime import UTC, datetime
from typing import Any

import pytest

from headwater.schemas.records import Annotation
from headwater.sinks.index import Ask, Filter, LineageIndex

from ..graph.estate import Estate, told

ESTATE = Estate("db://one")


def said(on: str, value: str, key: str = "classification", **more: Any) -> Annotation:
    """Say something of a column `table.field`, of a table, or of what `target_kind` names."""
    table, _, field = on.partition(".")
    usual = {"target_kind": "column" if field else "dataset", "namespace": ESTATE.namespace}
    about = {"name": table, "field": field or None, "key": key, "value": value}
    return Annotation(**{**usual, **about, "at": "2026-02-01T00:00:00Z", **more})


def chain(*annotations: Annotation) -> LineageIndex:
    """Return t0.a → t1.a → t2.a and t2.b, t2.a → t3.a."""
    s = ESTATE.source
    made = [
        ESTATE.derivation("t1", {"a": [s("t0.a")]}),
        ESTATE.derivation("t2", {"a": [s("t1.a")], "b": [s("t1.a")]}),
        ESTATE.derivation("t3", {"a": [s("t2.a")]}),
    ]
    return LineageIndex.from_records([*ESTATE.in_force(*made), *told(*annotations)])


def tagged(*words: str, **more: Any) -> Ask:
    return Ask(filter=Filter(tags=frozenset(words), kind=more.pop("kind", None)), **more)


def listed(index: LineageIndex, ask: Ask) -> tuple[list[str], list[str]]:
    """Return the columns and datasets listed below t0.a, which are as many as are counted."""
    reach = index.downstream("t0.a", ask)
    assert (len(reach.columns), len(reach.datasets)) == (reach.columns_count, reach.datasets_count)
    columns = [".".join(each.name[1:]) for each in reach.columns]
    return columns, [each.name.name for each in reach.datasets]


@pytest.mark.parametrize(
    ("annotations", "words", "columns", "datasets"),
    [
        ([said("t2.b", "pii")], ["pii"], ["t2.b"], ["t2"]),
        ([said("t2.b", "pii", "tag")], ["pii"], ["t2.b"], ["t2"]),
        ([said("t2.b", "PII")], ["Pii"], ["t2.b"], ["t2"]),
        ([said("t2", "pii")], ["pii"], ["t2.a", "t2.b"], ["t2"]),
        ([said("t1.a", "x"), said("t3", "y", "tag")], ["x", "y"], ["t1.a", "t3.a"], ["t1", "t3"]),
        ([said("t1.a", "x"), said("t3", "y", "tag")], ["y"], ["t3.a"], ["t3"]),
        ([said("t2.b", "pii", "owner")], ["pii"], [], []),
        ([said("t2.b", "pii-like")], ["pii"], [], []),
        ([said("t2", "pii", target_kind="job")], ["pii"], [], []),
        ([said("t2", "pii", namespace="db://other")], ["pii"], [], []),
        ([said("t0.a", "pii")], ["pii"], [], []),
        ([], ["pii"], [], []),
    ],
)
def test_only_what_a_label_stands_on_is_listed(
    annotations: list[Annotation], words: list[str], columns: list[str], datasets: list[str]
) -> None:
    """On the column or on its dataset, as a tag or classification, whole and in any case."""
    assert (columns, datasets) == listed(chain(*annotations), tagged(*words))


def test_the_walk_is_the_same() -> None:
    """Hops, evidence, jobs and sources are those of the whole; upstream is filtered alike."""
    index = chain(said("t3", "pii"), said("t1.a", "pii"))
    some, every = index.impact("t0.a", tagged("pii")), index.impact("t0.a")
    assert [c for c in every.reach.columns if c.name.name != "t2"] == list(some.reach.columns)
    assert [1, 3] == [column.hops for column in some.reach.columns]
    assert every.jobs == some.jobs
    trace = index.trace("t3.a", tagged("pii"))
    assert (["t1"], ["t0"]) == (
        [each.name.name for each in trace.reach.columns],
        [each.name for each in trace.sources],
    )


def test_pages_and_other_filters_are_of_what_is_left() -> None:
    """Counts are of all that has the label, whatever part of it is listed."""
    index = chain(said("t2", "pii"), said("t3", "pii"))
    reach = index.downstream("t0.a", tagged("pii", limit=1, start=1))
    assert (["b"], 3) == ([each.name[-1] for each in reach.columns], reach.columns_count)
    assert ([], ["t2", "t3"]) == listed(index, tagged("pii", kind="dataset"))
    elsewhere = Filter(tags=frozenset({"pii"}), namespaces=frozenset({"db://two"}))
    assert ([], []) == listed(index, Ask(filter=elsewhere))


def test_labels_are_those_in_force_as_of_the_question() -> None:
    """What was put on later, taken off, or not yet known does not count."""
    index = chain(
        said("t1.a", "pii"), said("t1.a", "pii", action="remove", at="2026-04-01T00:00:00Z")
    )
    for month, columns in ((1, []), (3, ["t1.a"]), (5, [])):
        as_of = datetime(2026, month, 15, tzinfo=UTC)
        assert columns == listed(index, tagged("pii", as_of=as_of))[0], month
    assert ([], []) == listed(index, tagged("pii"))
    late = chain()
    [envelope] = told(said("t1.a", "pii"))
    late.add(envelope, known_at=datetime(2026, 6, 1, tzinfo=UTC))
    for month, columns in ((5, []), (7, ["t1.a"])):
        known_at = datetime(2026, month, 1, tzinfo=UTC)
        assert columns == listed(late, tagged("pii", known_at=known_at))[0], month
