"""The index against a plain model, on estates at random."""

import random
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.schemas.names import ColumnName
from headwater.sinks.answers import Evidence, How, Named, Related, UnknownSubjectError
from headwater.sinks.index import Ask, LineageIndex

from .model import Model, Told
from .strategies import estates, maybe_moments, moments, names

ALL = 10_000


def index_of(told: Iterable[Told]) -> LineageIndex:
    index = LineageIndex()
    for each in told:
        index.add(each.envelope, known_at=each.known_at)
    return index


def seen(related: Iterable[Related]) -> dict[Named, tuple[int, int]]:
    return {r.name: (int(r.direct) + int(r.direct and not r.masked), r.hops) for r in related}


def columns(
    reached: dict[Named, tuple[int, int]], given: Iterable[Named]
) -> dict[Named, tuple[int, int]]:
    """Return the columns of a model's walk, without those it started from."""
    started = set(given)
    return {n: r for n, r in reached.items() if isinstance(n, ColumnName) and n not in started}


@given(estates(), names, maybe_moments, maybe_moments)
def test_impact_is_what_the_plain_model_says(
    told: list[Told], subject: Named, as_of: datetime | None, known_at: datetime | None
) -> None:
    """Columns with strength and hops, datasets, jobs and models agree, at every pair of times."""
    model = Model(told, as_of, known_at)
    starts = model.with_columns(subject)
    reached = model.walk(starts, down=True)
    try:
        impact = index_of(told).impact(subject, Ask(as_of, known_at, limit=ALL))
    except UnknownSubjectError:
        assert subject not in Model(told).names
        return
    assert columns(reached, starts) == seen(impact.reach.columns)
    others = [n for n in reached if n not in starts]
    assert {n.dataset if isinstance(n, ColumnName) else n for n in others} == {
        d.name for d in impact.reach.datasets
    }
    assert model.jobs(reached, down=True) == set(impact.jobs)
    assert model.readers(reached) == {use.id for use in impact.models}
    assert impact.reach.complete


@given(estates(), names, maybe_moments, maybe_moments)
def test_upstream_is_what_the_plain_model_says(
    told: list[Told], subject: Named, as_of: datetime | None, known_at: datetime | None
) -> None:
    """Columns with strength and hops, and jobs, agree."""
    model = Model(told, as_of, known_at)
    starts = model.with_columns(subject)
    reached = model.walk(starts, down=False)
    try:
        trace = index_of(told).trace(subject, Ask(as_of, known_at, limit=ALL))
    except UnknownSubjectError:
        assert subject not in Model(told).names
        return
    assert columns(reached, starts) == seen(trace.reach.columns)
    assert model.jobs(reached, down=False) == set(trace.jobs)
    lone = {
        n
        for n in reached
        if isinstance(n, ColumnName)
        and not any(e.of_column and model._leaves(n, e, False) for e in model.edges)
    }
    assert lone >= set(trace.sources)
    assert {n for n in lone if n in model.columns[n.dataset]} <= set(trace.sources)


@given(estates(), names)
def test_evidence_is_a_link_that_leads_there(told: list[Told], subject: Named) -> None:
    """Each name has a step before it: with one hop less, and a link in force between the two."""
    index = index_of(told)
    try:
        reach = index.downstream(subject, Ask(limit=ALL))
    except UnknownSubjectError:
        return
    hops = {r.name: r.hops for r in reach.columns}
    for related in reach.columns:
        assert isinstance(related.evidence, Evidence) and related.before is not None
        assert related.evidence.source in (related.before, _dataset(related.before))
        assert related.evidence.target in (related.name, _dataset(related.name))
        if related.before in hops:
            assert hops[related.before] >= related.hops - 1
        if related.direct:
            assert related.evidence.type == "DIRECT"


def _dataset(name: Named) -> Named:
    return name.dataset if isinstance(name, ColumnName) else name


@given(estates(), st.randoms(use_true_random=False), names, maybe_moments, maybe_moments)
def test_order_and_repetition_change_no_answer(
    told: list[Told],
    chance: random.Random,
    subject: Named,
    as_of: datetime | None,
    known_at: datetime | None,
) -> None:
    """Any permutation with any duplicates, asked in between or not, ends in the same answers."""
    shuffled = told + chance.choices(told, k=3)
    chance.shuffle(shuffled)
    one, other = index_of(told), LineageIndex()
    for each in shuffled:
        other.add(each.envelope, known_at=each.known_at)
        if chance.random() < 0.3:
            answer(other, subject, Ask(as_of, known_at))
    ask = Ask(as_of, known_at, limit=ALL)
    assert answer(one, subject, ask) == answer(other, subject, ask)
    assert one.links(ask) == other.links(ask)


def answer(index: LineageIndex, subject: Named, ask: Ask) -> object:
    try:
        return index.impact(subject, ask), index.trace(subject, ask)
    except UnknownSubjectError:
        return None


@given(estates(), names, maybe_moments, maybe_moments)
@settings(max_examples=50)
def test_a_snapshot_holds_everything(
    tmp_path_factory: pytest.TempPathFactory,
    told: list[Told],
    subject: Named,
    as_of: datetime | None,
    known_at: datetime | None,
) -> None:
    """A restored index answers as the saved one, and goes on as it would have."""
    half = len(told) // 2
    index = index_of(told[:half])
    path: Path = tmp_path_factory.mktemp("snapshot") / "index"
    index.save(path)
    restored = LineageIndex.load(path)
    ask = Ask(as_of, known_at, limit=ALL)
    assert answer(index, subject, ask) == answer(restored, subject, ask)
    for each in told[half:]:
        index.add(each.envelope, known_at=each.known_at)
        restored.add(each.envelope, known_at=each.known_at)
    assert answer(index, subject, ask) == answer(restored, subject, ask)
    assert index.links(ask) == restored.links(ask)


@given(estates())
def test_built_at_once_or_record_by_record_is_the_same(told: list[Told]) -> None:
    """`from_records` is `add`, with what is known since its event."""
    at_once = LineageIndex.from_records(each.envelope for each in told)
    one_by_one = LineageIndex()
    for each in told:
        one_by_one.add(each.envelope)
        one_by_one.links()
    assert at_once.links() == one_by_one.links()


@given(estates(), moments, moments)
def test_the_diff_of_two_times_is_that_of_their_links(
    told: list[Told], before: datetime, after: datetime
) -> None:
    """What was added and removed turns the links of the one time into those of the other."""
    index = index_of(told)
    then, now = (set(index.links(Ask(as_of=time))) for time in (before, after))
    diff = index.diff(before, after, ask=Ask(limit=ALL))
    changed = {(e.source, e.target, e.job) for e in diff.edges}
    assert {(x.source, x.target, x.job) for x in then ^ now} == changed
    for edge in diff.edges:
        sides = (then, edge.before), (now, edge.after)
        for links, hows in sides:
            assert set(hows) == {
                How(x.type, x.subtype, x.masking)
                for x in links
                if (x.source, x.target, x.job) == (edge.source, edge.target, edge.job)
            }
        assert edge.cause is not None
        assert min(before, after) < edge.cause.at <= max(before, after)
    old, new = (Model(told, time).jobs_in_force() for time in (before, after))
    assert old ^ new == {job.name for job in diff.jobs}
    assert all(job.cause is not None for job in diff.jobs)
    assert all(column.cause is not None for column in diff.columns)


@given(estates(), names, names)
def test_a_path_is_found_where_there_is_one(told: list[Told], source: Named, target: Named) -> None:
    """Its steps are joined, end at the target or a column of it, and exist if that is reached."""
    index = index_of(told)
    try:
        path = index.path(source, target)
    except UnknownSubjectError:
        return
    model = Model(told)
    reached = model.walk(model.with_columns(source), down=True)
    ends = [end for end in model.with_columns(target) if end in reached]
    found = [reached[end] for end in ends]
    strength, hops = max(found, key=lambda way: (way[0], -way[1]), default=(-1, 0))
    assert hops == len(path.steps)
    assert list(range(1, hops + 1)) == [step.hops for step in path.steps]
    if path.steps:
        assert path.steps[-1].name in ends
        assert strength == int(path.steps[-1].direct) + int(
            path.steps[-1].direct and not path.steps[-1].masked
        )
        joined = zip(path.steps, path.steps[1:], strict=False)
        assert all(later.before == earlier.name for earlier, later in joined)
