"""Datasets that are dropped, renamed or emptied: records of their own, and what follows."""

from typing import Any

import pytest

from headwater.processors.pipeline import Outcome
from headwater.schemas.records import Derivation

from . import logs
from .logs import NAMESPACE, event, messages, pipeline, process, table


def of_kind(outcome: Outcome, kind: str) -> list[Any]:
    return [*logs.of_kind(outcome, kind)]


def lifecycle(change: Any, previous: str | None = None) -> dict[str, Any]:
    said = {"lifecycleStateChange": change}
    if previous:
        said["previousIdentifier"] = {"namespace": NAMESPACE, "name": f"shop.public.{previous}"}
    return {"lifecycleStateChange": said}


def test_every_change_is_a_record() -> None:
    """With the run and the code that did it."""
    code = {"sourceCodeLocation": {"type": "git", "url": "git@x:y", "version": "abc"}}
    outcome = process(
        [event("tidy", 1, outputs=[table("old", **lifecycle("DROP"))], job_facets=code)]
    )
    (change,) = of_kind(outcome, "DatasetChange")
    (version,) = of_kind(outcome, "JobVersion")
    assert ("DROP", "shop.public.old", "tidy-1") == (change.change, change.name, change.run_id)
    assert "abc" == version.commit and change.job_version


@pytest.mark.parametrize("word", ["drop", "Drop"])
def test_the_word_counts_in_any_case(word: str) -> None:
    """Clients differ in this."""
    outcome = process([event("tidy", 1, outputs=[table("old", **lifecycle(word))])])
    assert ["DROP"] == [c.change for c in of_kind(outcome, "DatasetChange")]


@pytest.mark.parametrize("word", [None, "", "EXPLODE", 7, ["DROP"]])
def test_a_word_that_is_none_changes_nothing(word: Any) -> None:
    """The rest of the event counts."""
    outcome = process([event("tidy", 1, outputs=[table("old", **lifecycle(word))])])
    assert [] == of_kind(outcome, "DatasetChange")
    assert 1 == len(of_kind(outcome, "RunState"))


@pytest.mark.parametrize("word", ["DROP", "TRUNCATE"])
def test_nothing_flows_into_what_is_dropped_or_emptied(word: str) -> None:
    """Not even by inference from what the run reads."""
    outcome = process(
        [event("tidy", 1, inputs=[table("a")], outputs=[table("old", **lifecycle(word))])]
    )
    assert [] == of_kind(outcome, "Derivation")


def renaming(minute: int = 5, **more: Any) -> dict[str, Any]:
    return event("tidy", minute, outputs=[table("new", **lifecycle("RENAME", "old"))], **more)


def test_a_renamed_dataset_holds_all_that_the_former_one_held() -> None:
    """Column by column where the columns are known."""
    outcome = process([event("load", 1, outputs=[table("old", "a", "b")]), renaming()])
    (derivation,) = of_kind(outcome, "Derivation")
    assert isinstance(derivation, Derivation)
    assert ("declared", "shop.public.new") == (derivation.method, derivation.output.name)
    assert [
        ("a", "shop.public.old", "a", "IDENTITY"),
        ("b", "shop.public.old", "b", "IDENTITY"),
    ] == [
        (made.field, i.name, i.field, i.subtype) for made in derivation.fields for i in made.inputs
    ]


def test_a_schema_that_comes_late_resolves_a_renaming_again() -> None:
    """The renaming was seen before the columns were known."""
    line = pipeline()
    early = line.process(messages([renaming()]))
    late = line.process(messages([event("load", 1, outputs=[table("old", "a")])], partition=1))
    methods = [d.method for o in (early, late) for d in of_kind(o, "Derivation")]
    assert ["inferred", "declared"] == methods
    ranks = [r.rank for o in (early, late) for r in of_kind(o, "Resolution")]
    assert ranks[0] < ranks[1]
