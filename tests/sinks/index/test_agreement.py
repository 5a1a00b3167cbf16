"""The same records in the index and in JanusGraph lead to the same answers."""

from collections.abc import Callable, Iterable

import pytest

from headwater.schemas.records import Envelope, Method, ModelBase, ModelInput, ModelVersion
from headwater.sinks.answers import ModelName, Related
from headwater.sinks.graph.questions import Questions
from headwater.sinks.index import LineageIndex

from ..graph.conftest import connection, estate, make_writer, questions, write
from ..graph.estate import Estate, told

__all__ = ["connection", "estate", "make_writer", "questions", "write"]

pytestmark = pytest.mark.stack

Write = Callable[[Iterable[Envelope]], None]


def records(estate: Estate) -> list[Envelope]:
    """State a bit of everything: cycles, masks, filters, unknown columns, counts, a change."""
    s = estate.source
    before = estate.derivation("clean", {"x": [s("raw.y")]}, job="cleaning")
    after = estate.derivation(
        "clean",
        {"x": [s("raw.x"), s("late.x")], "h": [s("raw.y", "TRANSFORMATION", masking=True)]},
        dataset=[s("raw.z", "FILTER")],
        job="cleaning",
    )
    return [
        *told(
            before,
            after,
            estate.resolution(before, at="2026-01-01T00:00:00Z", run="1"),
            estate.resolution(after, at="2026-01-02T00:00:00Z", rank="2", run="2"),
            estate.resolution(before, at="2026-01-02T00:00:00Z", rank="1", run="2"),
            ModelVersion(
                namespace=estate.namespace,
                name="model",
                version="1",
                inputs=(
                    ModelInput(namespace=estate.namespace, name="report", fields=("m",)),
                    ModelInput(namespace=estate.namespace, name="totals"),
                ),
            ),
            *tuned(estate),
        ),
        *estate.in_force(
            estate.derivation("late", {"x": [s("clean.x", "AGGREGATION")]}),
            estate.derivation("guess", inputs=["clean"], method=Method.INFERRED),
            estate.derivation("report", {"m": [s("guess.g"), s("clean.h")], "n": [s("clean.x")]}),
            estate.derivation("totals", {"count": []}, inputs=["report"]),
        ),
    ]


def tuned(estate: Estate) -> list[ModelVersion]:
    """State models made from others: a version, any version, one of which no more is known."""

    def made(name: str, base: str, version: str | None) -> ModelVersion:
        origin = ModelBase(
            namespace=estate.namespace, name=base, version=version, relation="finetuned"
        )
        return ModelVersion(namespace=estate.namespace, name=name, version="1", bases=(origin,))

    return [
        made("tuned", "model", "1"),
        made("distilled", "tuned", None),
        made("other", "model", "2"),
        made("circle", "circle", "1"),
        made("from_hub", "hub", "3"),
    ]


MODELS = ("model", "model@1", "tuned", "distilled", "circle", "from_hub", "hub")
SUBJECTS = ("raw.x", "raw.y", "raw.z", "raw", "clean.x", "clean", "guess.g", "report.m", "totals")


def test_impact_agrees_with_the_graph(estate: Estate, write: Write, questions: Questions) -> None:
    """Columns, datasets, jobs and models are the same, with the same strength and hops."""
    envelopes = records(estate)
    write(envelopes)
    index = LineageIndex.from_records(envelopes)
    for subject in (*SUBJECTS, *MODELS):
        theirs = questions.impact(f"{estate.namespace}/{subject}")
        ours = index.impact(f"{estate.namespace}/{subject}")
        assert theirs.reach.subject == ours.reach.subject
        assert reached(theirs.reach.columns) == reached(ours.reach.columns), subject
        assert reached(theirs.reach.datasets) == reached(ours.reach.datasets), subject
        assert theirs.jobs == ours.jobs, subject
        assert theirs.models == ours.models, subject


def test_models_are_downstream_of_their_bases(
    estate: Estate, write: Write, questions: Questions
) -> None:
    """What is made of a model rests on its data too, and tells which base it has that from."""
    envelopes = records(estate)
    write(envelopes)
    index = LineageIndex.from_records(envelopes)
    uses = {use.name: use for use in index.impact(f"{estate.namespace}/report.m").models}
    own = ModelName(estate.namespace, "model", "1")

    assert set(uses) == {"model", "tuned", "distilled"}
    assert (uses["model"].base, uses["tuned"].base) == (None, own)
    assert uses["distilled"].base == ModelName(estate.namespace, "tuned", "1")
    assert uses["tuned"].direct == uses["model"].direct
    named = {use.name for use in index.impact(f"{estate.namespace}/hub").models}
    assert named == {"from_hub"}
    traced = index.trace(f"{estate.namespace}/distilled").reach
    assert reached(traced.columns) == reached(
        index.trace(f"{estate.namespace}/model").reach.columns
    )


def test_trace_agrees_with_the_graph(estate: Estate, write: Write, questions: Questions) -> None:
    """Columns, sources and jobs are the same, of columns and datasets and of a model."""
    envelopes = records(estate)
    write(envelopes)
    index = LineageIndex.from_records(envelopes)
    for subject in (*SUBJECTS, "model", "tuned", "distilled", "circle"):
        theirs = questions.trace(f"{estate.namespace}/{subject}")
        ours = index.trace(f"{estate.namespace}/{subject}")
        assert reached(theirs.reach.columns) == reached(ours.reach.columns), subject
        assert theirs.sources == ours.sources, subject
        assert theirs.jobs == ours.jobs, subject


def reached(related: Iterable[Related]) -> set[tuple[object, ...]]:
    """Return names with how they were reached; of several ways as good either may tell one."""
    return {(each.name, each.direct, each.masked, each.hops) for each in related}
