"""The same records in the index and in JanusGraph lead to the same answers."""

from collections.abc import Callable, Iterable

import pytest

from headwater.schemas.records import Envelope, Method, ModelInput, ModelVersion
from headwater.sinks.answers import Related
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
        ),
        *estate.in_force(
            estate.derivation("late", {"x": [s("clean.x", "AGGREGATION")]}),
            estate.derivation("guess", inputs=["clean"], method=Method.INFERRED),
            estate.derivation("report", {"m": [s("guess.g"), s("clean.h")], "n": [s("clean.x")]}),
            estate.derivation("totals", {"count": []}, inputs=["report"]),
        ),
    ]


SUBJECTS = ("raw.x", "raw.y", "raw.z", "raw", "clean.x", "clean", "guess.g", "report.m", "totals")


def test_impact_agrees_with_the_graph(estate: Estate, write: Write, questions: Questions) -> None:
    """Columns, datasets, jobs and models are the same, with the same strength and hops."""
    envelopes = records(estate)
    write(envelopes)
    index = LineageIndex.from_records(envelopes)
    for subject in SUBJECTS:
        theirs = questions.impact(f"{estate.namespace}/{subject}")
        ours = index.impact(f"{estate.namespace}/{subject}")
        assert theirs.reach.subject == ours.reach.subject
        assert reached(theirs.reach.columns) == reached(ours.reach.columns), subject
        assert reached(theirs.reach.datasets) == reached(ours.reach.datasets), subject
        assert theirs.jobs == ours.jobs, subject
        assert theirs.models == ours.models, subject


def test_trace_agrees_with_the_graph(estate: Estate, write: Write, questions: Questions) -> None:
    """Columns, sources and jobs are the same, of columns and datasets and of a model."""
    envelopes = records(estate)
    write(envelopes)
    index = LineageIndex.from_records(envelopes)
    for subject in (*SUBJECTS, "model"):
        theirs = questions.trace(f"{estate.namespace}/{subject}")
        ours = index.trace(f"{estate.namespace}/{subject}")
        assert reached(theirs.reach.columns) == reached(ours.reach.columns), subject
        assert theirs.sources == ours.sources, subject
        assert theirs.jobs == ours.jobs, subject


def reached(related: Iterable[Related]) -> set[tuple[object, ...]]:
    """Return names with how they were reached; of several ways as good either may tell one."""
    return {(each.name, each.direct, each.masked, each.hops) for each in related}
