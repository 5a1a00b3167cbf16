"""Impact and trace on estates made by hand."""

from collections.abc import Callable, Iterable

import pytest

from headwater.schemas.records import (
    Envelope,
    InputField,
    JobRef,
    JobVersion,
    Method,
    ModelInput,
    ModelVersion,
    RunState,
    Transformation,
    record_id,
)
from headwater.sinks.answers import AmbiguousSubjectError, Impact, Trace, UnknownSubjectError
from headwater.sinks.ask import Ask
from headwater.sinks.graph.elements import column_uid
from headwater.sinks.graph.questions import Questions

from .estate import Estate, told

pytestmark = pytest.mark.stack

Write = Callable[[Iterable[Envelope]], None]


def columns(answer: Impact | Trace) -> dict[str, str]:
    """Return each column of an answer with how it was reached, such as `direct masked 2`."""
    return {
        ".".join(each.name[1:]): ("direct" if each.direct else "indirect")
        + (" masked" if each.masked else "")
        + f" {each.hops}"
        for each in answer.reach.columns
    }


def ask(questions: Questions, estate: Estate, column: str) -> dict[str, str]:
    return columns(questions.impact(f"{estate.namespace}/{column}"))


def test_impact_tells_direct_masked_and_indirect_columns_apart(
    estate: Estate, write: Write, questions: Questions
) -> None:
    """A column's way decides: value, masked value, filter of the rows, or untouched."""
    s = estate.source
    write(
        estate.in_force(
            estate.derivation(
                "mid",
                {
                    "a": [s("raw.x")],
                    "b": [s("raw.x", "TRANSFORMATION", masking=True)],
                    "c": [s("raw.y")],
                },
            ),
            estate.derivation("end", {"k": [s("mid.a")], "l": [s("mid.b")]}),
            estate.derivation("rows", {"n": [s("raw.y")]}, dataset=[s("mid.a", "FILTER")]),
        )
    )
    assert ask(questions, estate, "raw.x") == {
        "mid.a": "direct 1",
        "mid.b": "direct masked 1",
        "end.k": "direct 2",
        "end.l": "direct masked 2",
        "rows.n": "indirect 2",
    }


def test_cycles_end(estate: Estate, write: Write, questions: Questions) -> None:
    """A column that feeds itself over two tables is reached once."""
    s = estate.source
    write(
        estate.in_force(
            estate.derivation("one", {"a": [s("two.a"), s("one.a")]}),
            estate.derivation("two", {"a": [s("one.a")]}),
        )
    )
    assert ask(questions, estate, "one.a") == {"two.a": "direct 1"}


def test_only_the_derivation_of_the_last_run_counts(
    estate: Estate, write: Write, questions: Questions
) -> None:
    """What a job read before it was changed is no longer affected."""
    old = estate.derivation("out", {"a": [estate.source("raw.x")]})
    new = estate.derivation("out", {"a": [estate.source("raw.y")]})
    write(
        told(
            old,
            new,
            estate.resolution(new, at="2026-01-02T00:00:00Z", run="second"),
            estate.resolution(old, at="2026-01-01T23:59:59.5Z", run="first"),
        )
    )
    assert ask(questions, estate, "raw.x") == {}
    assert ask(questions, estate, "raw.y") == {"out.a": "direct 1"}


def test_a_late_better_resolution_of_the_same_event_wins(
    estate: Estate, write: Write, questions: Questions
) -> None:
    """The greater rank is in force, whichever arrives first."""
    guessed = estate.derivation("out", inputs=["raw"], method=Method.INFERRED)
    known = estate.derivation("out", {"a": [estate.source("raw.x")]})
    write(told(known, estate.resolution(known, rank="2")))
    write(told(guessed, estate.resolution(guessed, rank="1")))
    assert ask(questions, estate, "raw.x") == {"out.a": "direct 1"}
    impact = questions.impact(f"{estate.namespace}/raw.x")
    assert [each.evidence.subtype for each in impact.reach.columns if each.evidence] == ["IDENTITY"]


def test_a_run_back_to_an_earlier_derivation_puts_it_in_force_again(
    estate: Estate, write: Write, questions: Questions
) -> None:
    """The last run counts, not the newest derivation."""
    old = estate.derivation("out", {"a": [estate.source("raw.x")]})
    new = estate.derivation("out", {"a": [estate.source("raw.y")]})
    write(
        told(
            old,
            new,
            estate.resolution(old, at="2026-01-01T00:00:00Z", run="1"),
            estate.resolution(new, at="2026-01-02T00:00:00Z", run="2"),
            estate.resolution(old, at="2026-01-03T00:00:00Z", run="3"),
        )
    )
    assert ask(questions, estate, "raw.x") == {"out.a": "direct 1"}
    assert ask(questions, estate, "raw.y") == {}


def test_two_statements_of_one_event_into_one_table_are_both_in_force(
    estate: Estate, write: Write, questions: Questions
) -> None:
    """A script may insert twice into one table."""
    one = estate.derivation("out", {"a": [estate.source("raw.x")]}, job="script")
    two = estate.derivation("out", {"b": [estate.source("raw.x")]}, job="script")
    write(told(one, two, estate.resolution(one, two)))
    assert ask(questions, estate, "raw.x") == {"out.a": "direct 1", "out.b": "direct 1"}


def test_unknown_columns_reach_every_column_of_the_output(
    estate: Estate, write: Write, questions: Questions
) -> None:
    """Where no column is known, each may depend on each, and the answer says indirectly."""
    write(
        estate.in_force(
            estate.derivation("mid", inputs=["raw"], method=Method.INFERRED),
            estate.derivation("end", {"k": [estate.source("mid.a")]}),
            estate.derivation("raw", {"x": [estate.source("origin.o")]}),
        )
    )
    assert ask(questions, estate, "raw.x") == {"mid.a": "indirect 1", "end.k": "indirect 2"}
    assert ask(questions, estate, "origin.o") == {
        "raw.x": "direct 1",
        "mid.a": "indirect 2",
        "end.k": "indirect 3",
    }
    upstream = columns(questions.trace(f"{estate.namespace}/end.k"))
    assert upstream == {"mid.a": "direct 1", "raw.x": "indirect 2", "origin.o": "indirect 3"}


def test_rows_that_are_only_counted_break_with_the_dataset_not_with_a_column(
    estate: Estate, write: Write, questions: Questions
) -> None:
    """`count(*)` rests on a table, on none of its columns."""
    s = estate.source
    write(
        estate.in_force(
            estate.derivation("total", {"n": []}, inputs=["raw"]),
            estate.derivation("other", {"x": [s("raw.x")]}),
        )
    )
    assert ask(questions, estate, "raw.x") == {"other.x": "direct 1"}
    assert ask(questions, estate, "raw") == {"other.x": "direct 1", "total.n": "indirect 1"}


def test_answers_are_cut_at_their_budgets_and_say_so(
    estate: Estate, write: Write, questions: Questions
) -> None:
    """A chain of ten is cut by depth, and by number of nodes."""
    s = estate.source
    chain = [estate.derivation(f"t{i + 1}", {"a": [s(f"t{i}.a")]}) for i in range(10)]
    write(estate.in_force(*chain))
    subject = f"{estate.namespace}/t0.a"
    whole = questions.impact(subject).reach
    deep = questions.impact(subject, Ask(depth_max=3)).reach
    many = questions.impact(subject, Ask(nodes_max=4)).reach
    assert (len(whole.columns), whole.complete) == (10, True)
    assert (len(deep.columns), deep.cut) == (3, "deeper than 3 hops")
    assert (len(many.columns), many.cut) == (4, "more than 4 nodes")


def model(estate: Estate, version: str, run: str) -> ModelVersion:
    return ModelVersion(
        namespace=estate.namespace,
        name="delay",
        version=version,
        run_id=f"{estate.namespace}/{run}",
        inputs=(
            ModelInput(
                namespace=estate.namespace, name="features", fields=("f", "g"), role="train"
            ),
        ),
        hyperparameters={"lr": 0.1, "layers": 2},
        seeds={"torch": 7},
    )


def test_impact_names_models_and_jobs(estate: Estate, write: Write, questions: Questions) -> None:
    """A model is affected by the columns it was trained on, and by a filter on its rows."""
    s = estate.source
    write(
        estate.in_force(
            estate.derivation(
                "features",
                {"f": [s("raw.x")], "g": [s("raw.y")], "unused": [s("raw.z")]},
                dataset=[s("raw.w", "FILTER")],
            )
        )
        + told(model(estate, "1", "training"))
    )
    found = {c: questions.impact(f"{estate.namespace}/raw.{c}") for c in "xzw"}
    assert [(m.version, [c.field for c in m.columns], m.direct) for m in found["x"].models] == [
        ("1", ["f"], True)
    ]
    assert found["z"].models == ()
    assert [(len(m.columns), m.direct) for m in found["w"].models] == [(2, False)]
    assert [job.name for job in found["x"].jobs] == ["make_features"]


def test_trace_of_a_model_gives_its_passport_and_source_columns(
    estate: Estate, write: Write, questions: Questions
) -> None:
    """Run, dataset version, commit, hyperparameters and seeds are all there, of the last run."""
    s = estate.source
    job = JobRef(namespace=estate.namespace, name="train")
    code = JobVersion(namespace=estate.namespace, name="train", commit="c0ffee")
    last = model(estate, "2", "b").model_copy(
        update={
            "job_version": record_id(code),
            "inputs": (
                ModelInput(
                    namespace=estate.namespace,
                    name="features",
                    version="v7",
                    fields=("f",),
                    role="train",
                ),
            ),
        }
    )
    runs = [
        RunState(run_id=f"{estate.namespace}/{run}", job=job, state="COMPLETE", at=at)
        for run, at in (("b", "2026-02-01T00:00:00Z"), ("a", "2026-01-01T00:00:00Z"))
    ]
    write(
        told(last, model(estate, "9", "a"), code, *runs)
        + estate.in_force(
            estate.derivation("features", {"f": [s("mid.m")], "g": [s("raw.q")]}),
            estate.derivation("mid", {"m": [s("raw.x")]}),
        )
    )
    trace = questions.trace(f"{estate.namespace}/delay")
    assert trace.passport and trace.passport.code
    model_version = trace.passport.model
    assert (model_version.version, trace.passport.code.commit) == ("2", "c0ffee")
    assert model_version.run_id == f"{estate.namespace}/b"
    assert model_version.hyperparameters == {"lr": 0.1, "layers": 2}
    assert model_version.seeds == {"torch": 7}
    assert [(d.name, d.version, d.role) for d in model_version.inputs] == [
        ("features", "v7", "train")
    ]
    assert columns(trace) == {"features.f": "direct 0", "mid.m": "direct 1", "raw.x": "direct 2"}
    assert [source.field for source in trace.sources] == ["x"]


@pytest.mark.parametrize(
    "text",
    [
        "{table}.dep_delay",
        "{TABLE}.Dep_Delay",
        "main.{table}.dep_delay",
        "{namespace}/main.{table}.dep_delay",
        "{uid}",
    ],
)
def test_subjects_are_found_as_people_type_them(
    estate: Estate, write: Write, questions: Questions, text: str
) -> None:
    """A short, a full and a qualified name and an id lead to the same column, in any case."""
    table = f"flights_{estate.namespace[-6:]}"
    column = InputField(
        namespace=estate.namespace,
        name=f"main.{table}",
        field="dep_delay",
        type=Transformation.DIRECT,
        subtype="IDENTITY",
    )
    write(estate.in_force(estate.derivation("out", {"a": [column]})))
    typed = text.format(
        table=table,
        TABLE=table.upper(),
        namespace=estate.namespace,
        uid=column_uid(estate.namespace, f"main.{table}", "dep_delay"),
    )
    assert columns(questions.impact(typed)) == {"out.a": "direct 1"}


def test_an_unknown_subject_lists_names_near_it(
    estate: Estate, write: Write, questions: Questions
) -> None:
    """A slip in a column's name is answered with the column."""
    table = f"t{estate.namespace[-8:]}"
    write(estate.in_force(estate.derivation(table, {"dep_delay": [estate.source("raw.x")]})))
    with pytest.raises(UnknownSubjectError) as caught:
        questions.impact(f"{table}.dep_dlay")
    assert f"`{table}.dep_delay`" in str(caught.value.remedy)


def test_an_ambiguous_subject_lists_the_candidates(
    write: Write, questions: Questions, estate: Estate
) -> None:
    """The same name in two namespaces is not guessed at."""
    table = f"t{estate.namespace[-8:]}"
    for other in (estate, Estate()):
        write(other.in_force(other.derivation(table, {"a": [other.source("raw.x")]})))
    with pytest.raises(AmbiguousSubjectError) as caught:
        questions.impact(f"{table}.a")
    assert f"`{estate.namespace}/{table}.a`" in caught.value.message
