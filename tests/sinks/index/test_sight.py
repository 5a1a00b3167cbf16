"""What is hidden is as if it were not there; what is masked keeps its place and no more."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.schemas.names import ColumnName, DatasetName
from headwater.schemas.records import (
    Annotation,
    Environment,
    JobRef,
    JobVersion,
    ModelInput,
    ModelVersion,
    RunState,
    record_id,
)
from headwater.sinks.answers import UnknownSubjectError
from headwater.sinks.index import Ask, Filter, LineageIndex
from headwater.sinks.index.sight import MASK, Labels, Sight, Verdict

from ..graph.estate import Estate, told
from .model import Told
from .strategies import NAMESPACE, TABLES, estates

KEY = b"k" * 32
ESTATE = Estate("db://one")


def by_tag(namespace: str, labels: Labels) -> Verdict:
    """See all but what a tag masks or hides."""
    verdicts = {("tag", "hide"): Verdict.HIDDEN, ("tag", "mask"): Verdict.MASKED}
    return min((verdicts.get(each, Verdict.SEEN) for each in labels), default=Verdict.SEEN)


def tagged(name: str, tag: str, field: str | None = None, kind: str = "") -> Annotation:
    return Annotation(
        target_kind=kind or ("column" if field else "dataset"),
        namespace=ESTATE.namespace,
        name=name,
        field=field,
        key="tag",
        value=tag,
    )


def chain(*annotations: Annotation) -> LineageIndex:
    """Return t0.a → t1.a → t2.a → t3.a, t2.b from t1.a too, and a model trained on t3.a."""
    s = ESTATE.source
    made = [
        ESTATE.derivation("t1", {"a": [s("t0.a")]}),
        ESTATE.derivation("t2", {"a": [s("t1.a")], "b": [s("t1.a")]}),
        ESTATE.derivation("t3", {"a": [s("t2.a")]}),
    ]
    code = JobVersion(namespace="db://one", name="train", sql="SELECT secret")
    place = Environment(python="3.11")
    model = ModelVersion(
        namespace="db://one",
        name="delay",
        version="1",
        run_id="r",
        inputs=(ModelInput(namespace="db://one", name="t3", fields=("a",)),),
        job_version=record_id(code),
        environment=record_id(place),
        command=("train.py", "t3.a"),
    )
    run = RunState(
        run_id="r",
        job=JobRef(namespace="db://one", name="train"),
        state="COMPLETE",
        at="2026-01-01T00:00:00Z",
        inputs=(ESTATE.dataset("t3"),),
    )
    return LineageIndex.from_records(
        [*ESTATE.in_force(*made), *told(model, code, place, run, *annotations)]
    )


def reached(index: LineageIndex, subject: str = "t0.a") -> list[ColumnName | DatasetName]:
    with index.seen(Sight(by_tag, KEY)) as seen:
        return [each.name for each in seen.downstream(subject).columns]


def test_whoever_sees_everything_is_told_the_same() -> None:
    """Ids of records apart, which could be guessed from their content."""
    index = chain()
    with index.seen(Sight(by_tag, KEY)) as seen:
        ours, theirs = seen.impact("t0.a"), index.impact("t0.a")
        assert [e.name for e in theirs.reach.columns] == [e.name for e in ours.reach.columns]
        assert theirs.jobs == ours.jobs
        assert [m.name for m in theirs.models] == [m.name for m in ours.models]
        assert theirs.reach.columns[0].evidence != ours.reach.columns[0].evidence


def test_a_walk_ends_before_what_is_hidden() -> None:
    """What lies behind it is not reached on that way, and nothing counts it."""
    index = chain(tagged("t2", "hide"))
    assert [("t1", "a")] == [name[1:] for name in reached(index)]
    with index.seen(Sight(by_tag, KEY)) as seen:
        impact = seen.impact("t0.a")
        assert (1, 1, 1) == (
            impact.reach.columns_count,
            impact.reach.datasets_count,
            impact.reach.hops_max,
        )
        assert ["make_t1"] == [job.name for job in impact.jobs]
        assert () == impact.models
        assert [("t3", "a")] == [name[1:] for name in seen.trace("t3.a").sources]


def test_a_masked_dataset_keeps_its_place() -> None:
    """Hops, strengths, counts and what lies behind it are as they were, its names are not."""
    index = chain(tagged("t2", "mask"))
    names = reached(index)
    assert [1, 2, 2, 3] == list(_hops(index))
    assert ["t1", "t3"] == [name.name for name in names if name.namespace != MASK]
    masked = [name for name in names if name.namespace == MASK]
    assert 2 == len(set(masked)) and 1 == len({name.name for name in masked})
    assert names == reached(index)
    with index.seen(Sight(by_tag, b"another key of 32 bytes, or less")) as seen:
        assert masked != [e.name for e in seen.downstream("t0.a").columns if e.name[0] == MASK]


def _hops(index: LineageIndex) -> Iterable[int]:
    with index.seen(Sight(by_tag, KEY)) as seen:
        return [each.hops for each in seen.downstream("t0.a").columns]


def test_a_masked_column_leaves_its_dataset_to_be_seen() -> None:
    """Its field is masked, the others are not; and it can be asked about by that name."""
    index = chain(tagged("t2", "mask", "a"))
    with index.seen(Sight(by_tag, KEY)) as seen:
        columns = [each.name for each in seen.downstream("t0.a").columns]
        of_table = [name for name in columns if name.name == "t2"]
        assert 2 == len(of_table) and "b" in {name[-1] for name in of_table}
        [masked] = [name for name in of_table if name[-1] != "b"]
        for asked in (masked, f"{masked[0]}/{'.'.join(masked[1:])}"):
            assert [("t3", "a")] == [each.name[1:] for each in seen.downstream(asked).columns]


@pytest.mark.parametrize("tag", ["mask", "hide"])
def test_a_name_that_is_not_seen_is_unknown_like_any_other(tag: str) -> None:
    """By its full name, by its end, and in what may have been meant."""
    index = chain(tagged("t2", tag))
    with index.seen(Sight(by_tag, KEY)) as seen:
        for asked in ("t2.a", "t2", "db://one/t2.b", ColumnName("db://one", "t2", "a")):
            with pytest.raises(UnknownSubjectError) as caught:
                seen.downstream(asked)
            assert "t2" not in str(caught.value.remedy)
        assert not [hit for hit in seen.search("t2").hits if hit.kind != "job"]
        assert seen.search("t3").hits


def test_hidden_jobs_link_nothing_and_run_nothing() -> None:
    """As if the job had never been; a masked one keeps its links."""
    hidden = chain(tagged("make_t2", "hide", kind="job"), tagged("train", "hide", kind="job"))
    assert [("t1", "a")] == [name[1:] for name in reached(hidden)]
    with hidden.seen(Sight(by_tag, KEY)) as seen:
        assert (0, ()) == (seen.runs().count, seen.runs().items)
    masked = chain(tagged("make_t2", "mask", kind="job"), tagged("train", "mask", kind="job"))
    assert 4 == len(reached(masked))
    with masked.seen(Sight(by_tag, KEY)) as seen:
        jobs = seen.impact("t0.a").jobs
        assert 2 == sum(job.namespace == MASK for job in jobs)
        [run] = seen.runs().items
        assert MASK == run.job.namespace and "r" != run.run_id


def test_a_model_tells_nothing_of_what_it_was_trained_on_unseen() -> None:
    """Its command line, code and parameters may name it."""
    with chain().seen(Sight(by_tag, KEY)) as seen:
        [passport] = seen.models().items
        assert passport.code and passport.environment and passport.model.command
    for tag in ("mask", "hide"):
        with chain(tagged("t3", tag)).seen(Sight(by_tag, KEY)) as seen:
            [passport] = seen.models().items
            assert "delay" == passport.model.name
            assert (None, None, ()) == (passport.code, passport.environment, passport.model.command)
            assert "t3" not in str(passport)
    with chain(tagged("delay", "mask", kind="model")).seen(Sight(by_tag, KEY)) as seen:
        assert MASK == seen.models().items[0].model.namespace
        assert MASK == seen.impact("t0.a").models[0].namespace
    with chain(tagged("delay", "hide", kind="model")).seen(Sight(by_tag, KEY)) as seen:
        assert (0, ()) == (seen.models().count, seen.impact("t0.a").models)


def test_a_tag_that_comes_and_goes_changes_what_is_seen() -> None:
    """One sight goes with the index, whatever is added to it."""
    index, sight = chain(), Sight(by_tag, KEY)

    def count() -> int:
        with index.seen(sight) as seen:
            return len(seen.search("t3").hits) + seen.downstream("t0.a").columns_count

    before = count()
    off = tagged("t2", "hide").model_copy(update={"action": "remove", "at": "2026-02-01T00:00:00Z"})
    for annotation, least in ((tagged("t2", "hide"), False), (off, True)):
        for envelope in told(annotation):
            index.add(envelope)
        assert (before == count()) is least
    for envelope in ESTATE.in_force(ESTATE.derivation("t4", {"a": [ESTATE.source("t3.a")]})):
        index.add(envelope)
    assert count() == before + 1


def test_what_is_not_seen_is_not_found_by_its_labels() -> None:
    """Neither by the one that masks it nor by another; by that of a dataset that is seen, yes."""
    notes = [tagged("t1", "red", "a"), tagged("t2", "red", "a"), tagged("t3", "red")]

    def found(*hiding: Annotation, word: str = "red") -> list[str]:
        ask = Ask(filter=Filter(tags=frozenset({word})))
        with chain(*notes, *hiding).seen(Sight(by_tag, KEY)) as seen:
            reach = seen.downstream("t0.a", ask)
            assert len(reach.columns) == reach.columns_count
            assert {each.name.name for each in reach.columns} == {
                d.name.name for d in reach.datasets
            }
            return [each.name.name for each in reach.columns]

    assert ["t1", "t2", "t3"] == found()
    masked_column = tagged("t2", "mask", "a")
    assert ["t1", "t3"] == found(masked_column)
    assert [] == found(masked_column, word="mask")
    assert ["t1", "t2", "t2", "t3"] == found(masked_column, tagged("t2", "red"))
    assert ["t1", "t2"] == found(tagged("t3", "mask"))
    assert ["t1"] == found(tagged("t2", "hide"))


@settings(max_examples=60, deadline=None)
@given(estates(), st.lists(st.sampled_from(TABLES), max_size=2, unique=True))
def test_links_through_a_sight_are_those_between_what_is_seen(
    estate: list[Told], hidden: list[str]
) -> None:
    """For any estate, and whatever is hidden of it."""
    index = LineageIndex()
    for each in estate:
        index.add(each.envelope, known_at=each.known_at)
    tags = [
        Annotation(target_kind="dataset", namespace=NAMESPACE, name=t, key="tag", value="hide")
        for t in hidden
    ]
    for envelope in told(*tags):
        index.add(envelope)
    expected = [
        link
        for link in index.links()
        if link.source.name not in hidden and link.target.name not in hidden
    ]
    with index.seen(Sight(by_tag, KEY)) as seen:
        assert expected == seen.links()
        for table in set(TABLES) - set(hidden):
            try:
                names = {each.name.name for each in seen.downstream(table).columns}
            except UnknownSubjectError:
                continue
            assert names.isdisjoint(hidden)
