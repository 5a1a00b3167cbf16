"""The pipeline turns events into records, in any order, and survives whatever comes."""

import itertools
import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.processors.message import Message, Send
from headwater.processors.pipeline import Outcome, Pipeline
from headwater.schemas import facets, topics
from headwater.schemas.records import Derivation, Envelope, Resolution, decode
from headwater.sinks.view import converge

from .logs import (
    NAMESPACE,
    dead_letters,
    envelopes,
    event,
    messages,
    of_kind,
    pipeline,
    process,
    table,
)

COPY = "INSERT INTO b SELECT * FROM a"


def edges(derivation: Any) -> dict[str, list[str]]:
    """The direct sources of each column, by short name."""
    return {
        output.field: [
            f"{source.name.rpartition('.')[2]}.{source.field}"
            for source in output.inputs
            if source.type == "DIRECT"
        ]
        for output in derivation.fields
    }


def test_sql_is_read_with_the_schemas_that_events_state() -> None:
    """`SELECT *` becomes columns once a schema facet has said which."""
    outcome = process(
        [event("copy", 1, sql=COPY, inputs=[table("a", "x", "y")], outputs=[table("b", "x", "y")])]
    )
    (derivation,) = of_kind(outcome, "Derivation")
    assert {"x": ["a.x"], "y": ["a.y"]} == edges(derivation)
    assert [] == dead_letters(outcome)


def test_a_table_that_goes_by_two_names_is_one() -> None:
    """Its client names where it lies, its SQL the metastore's name for it."""

    def stored(path: str, table: str) -> dict[str, Any]:
        identifiers = [{"namespace": "hive://meta:9083", "name": table, "type": "TABLE"}]
        facet = {"symlinks": {"identifiers": identifiers}}
        return {"namespace": "s3://lake", "name": path, "facets": facet}

    said = event(
        "sum",
        1,
        sql="INSERT INTO sales.totals SELECT sum(amount) AS total FROM sales.orders",
        inputs=[stored("raw/o_17", "sales.orders")],
        outputs=[stored("marts/t_4", "sales.totals")],
    )
    (derivation,) = of_kind(process([said]), "Derivation")
    assert isinstance(derivation, Derivation)
    assert ("s3://lake", "marts/t_4") == (derivation.output.namespace, derivation.output.name)
    assert {"total": ["raw/o_17.amount"]} == edges(derivation)


def test_an_unchanged_structure_is_stated_once() -> None:
    """Further runs of an unchanged job send their own few records and no edge."""
    line = pipeline()
    counts = []
    for minute in range(3):
        batch = messages(
            [event("copy", minute, sql=COPY, inputs=[table("a", "x")], outputs=[table("b", "x")])],
            partition=minute,
        )
        outcome = line.process(batch)
        line.confirm(outcome)
        counts.append({e.record.kind for e in envelopes(outcome.sends)})
    assert {"DatasetVersion", "JobVersion", "Derivation", "RunState", "Resolution"} == counts[0]
    assert [{"RunState", "Resolution"}] * 2 == counts[1:]


def test_a_commit_that_leaves_the_columns_alone_writes_no_edge() -> None:
    """The version of the code is a record of its own."""

    def at(commit: str, minute: int) -> dict[str, Any]:
        code = {"sourceCodeLocation": {"type": "git", "repoUrl": "git@x:y", "version": commit}}
        return event(
            "copy",
            minute,
            sql=COPY,
            inputs=[table("a", "x")],
            outputs=[table("b")],
            job_facets=code,
        )

    outcome = process([at("abc", 1), at("def", 2)])
    assert [1, 2] == [len(of_kind(outcome, kind)) for kind in ("Derivation", "JobVersion")]


def test_what_the_client_declares_is_taken_over_what_the_sql_says() -> None:
    """A `columnLineage` facet is the client's own knowledge."""
    source = {"namespace": "s3://lake", "name": "raw", "field": "z"}
    how = [{"type": "DIRECT", "subtype": "IDENTITY", "masking": True}]
    facet = {"fields": {"x": {"inputFields": [source | {"transformations": how}]}}}
    outcome = process(
        [
            event(
                "copy",
                1,
                sql=COPY,
                inputs=[table("a", "x")],
                outputs=[table("b", columnLineage=facet)],
            )
        ]
    )
    (derivation,) = of_kind(outcome, "Derivation")
    assert isinstance(derivation, Derivation)
    assert "declared" == derivation.method
    assert {"x": ["raw.z"]} == edges(derivation)
    assert derivation.fields[0].inputs[0].masking


def test_a_column_keeps_its_source_where_rows_depend_on_the_same_one() -> None:
    """Spark's listener states `GROUP BY year(x)` as a direct transformation of the rows."""
    how = [{"type": "DIRECT", "subtype": "TRANSFORMATION"}]
    source = {"namespace": "pg", "name": "a", "field": "x", "transformations": how}
    facet = {"fields": {"year": {"inputFields": [source]}}, "dataset": [source]}
    outcome = process(
        [event("years", 1, inputs=[table("a", "x")], outputs=[table("b", columnLineage=facet)])]
    )
    (derivation,) = of_kind(outcome, "Derivation")
    assert isinstance(derivation, Derivation)
    assert {"year": ["a.x"]} == edges(derivation)
    assert [("INDIRECT", "FILTER")] == [(i.type, i.subtype) for i in derivation.dataset]


def test_without_sql_or_facets_the_datasets_are_tied_and_it_says_so() -> None:
    """Dataset-level lineage is marked as inferred."""
    outcome = process([event("copy", 1, inputs=[table("a")], outputs=[table("b")])])
    (derivation,) = of_kind(outcome, "Derivation")
    assert isinstance(derivation, Derivation)
    assert ("inferred", ()) == (derivation.method, derivation.fields)


def test_literals_never_reach_a_record() -> None:
    """What a statement compares with may be personal."""
    sql = "INSERT INTO b SELECT x FROM a WHERE name = 'Jane Doe' AND phone = 5551234"
    outcome = process(
        [event("copy", 1, sql=sql, inputs=[table("a", "x", "name", "phone")], outputs=[table("b")])]
    )
    records = [send.value for send in outcome.sends]
    assert records
    assert not any(b"Jane" in value or b"5551234" in value for value in records)


def test_a_late_schema_resolves_again_and_outranks() -> None:
    """An event read without a schema is read again when the schema comes."""
    line = pipeline()
    early = line.process(
        messages([event("copy", 5, sql=COPY, inputs=[table("a")], outputs=[table("b")])])
    )
    late = line.process(messages([event("fill", 1, outputs=[table("a", "x")])], partition=1))
    assert 1 == late.counts["resolved_again"]
    resolutions = [*of_kind(early, "Resolution"), *of_kind(late, "Resolution")]
    ranks = [r.rank for r in resolutions if isinstance(r, Resolution) and r.job.name == "copy"]
    assert 2 == len(ranks)
    assert ranks[0] < ranks[1]
    final = [
        d for d in of_kind(late, "Derivation") if isinstance(d, Derivation) and d.job.name == "copy"
    ]
    assert [{"x": ["a.x"]}] == [edges(d) for d in final]


def test_a_schema_learned_from_another_worker_counts_as_one_seen() -> None:
    """Workers share schemas through a topic."""
    teller, hearer = pipeline(), pipeline()
    told = teller.process(messages([event("fill", 1, outputs=[table("a", "x")])]))
    schemas = [decode(send.value) for send in told.sends if send.topic == topics.SCHEMAS.name]
    hearer.process(
        messages([event("copy", 5, sql=COPY, inputs=[table("a")], outputs=[table("b")])])
    )
    learned = hearer.learn(schemas)
    assert [{"x": ["a.x"]}] == [edges(d) for d in of_kind(learned, "Derivation")]
    assert [] == [send for send in learned.sends if send.topic == topics.SCHEMAS.name]


def test_what_was_not_acknowledged_is_sent_again() -> None:
    """A redelivered event is processed again: its records may never have arrived."""
    line = pipeline()
    batch = messages([event("copy", 1, sql=COPY, inputs=[table("a", "x")], outputs=[table("b")])])
    lost = line.process(batch)
    again = line.process(batch)
    assert {e.id for e in envelopes(lost.sends)} == {e.id for e in envelopes(again.sends)}
    assert 1 == again.counts["redelivered"]


BAD = {
    "poison bytes": b"\xff\xfe\x00",
    "nothing": b"",
    "a deep bomb": b"[" * 200_000,
    "wrong types": b'{"eventTime": 5, "job": [], "run": "x"}',
    "a number": b"1",
    "an event cut off": b'{"eventTime": "2026-01-01T00:00:00Z", "job": {"name',
}


@pytest.mark.parametrize("value", BAD.values(), ids=BAD)
def test_bad_input_is_a_dead_letter_and_the_next_event_is_processed(value: bytes) -> None:
    """Original bytes untouched, reason and place in the headers, nothing else disturbed."""
    outcome = process([value, event("copy", 1, inputs=[table("a")], outputs=[table("b")])])
    (letter,) = dead_letters(outcome)
    headers = dict(letter.headers)
    assert (value, b"key") == (letter.value, letter.key)
    assert "decode" == headers[topics.STAGE_HEADER]
    assert headers[topics.REASON_HEADER]
    assert "0" == headers[topics.SOURCE_OFFSET_HEADER]
    assert 1 == len(of_kind(outcome, "Derivation"))


def test_facets_of_the_wrong_shape_do_not_cost_the_event() -> None:
    """What a client gets wrong in a facet is left out; the run is still recorded."""
    broken: dict[str, Any] = {
        "schema": {"fields": "x"},
        "columnLineage": {"fields": {"x": {"inputFields": [7, {"field": None}]}}},
        "version": [],
    }
    sloppy = {"sql": 5, "sourceCodeLocation": "here", "lineage": {"entries": [None, {}]}}
    outcome = process(
        [event("copy", 1, inputs=[table("a")], outputs=[table("b", **broken)], job_facets=sloppy)]
    )
    assert [] == dead_letters(outcome)
    assert 1 == len(of_kind(outcome, "RunState"))


# The one idea: any permutation and duplication of a log gives the same converged view.

STATEMENTS = [
    "INSERT INTO b SELECT * FROM a",
    "INSERT INTO c (p, q) SELECT x, y FROM a JOIN b USING (x)",
    "CREATE TABLE d AS SELECT a.*, count(*) OVER (PARTITION BY y) AS n FROM a",
    "INSERT INTO a SELECT * FROM d",
    "ALTER TABLE a ADD COLUMN w int",
    "ALTER TABLE b DROP COLUMN y",
    "ALTER TABLE b RENAME COLUMN x TO w",
    "ALTER TABLE d RENAME TO b",
    "ALTER TABLE a SWAP WITH c",
    "CREATE TABLE IF NOT EXISTS c (p int, w int)",
    "CREATE OR REPLACE VIEW c AS SELECT * FROM b",
    "DROP TABLE a; CREATE TABLE a AS SELECT * FROM c",
    "DROP TABLE b",
]
IN_SESSION = [
    "SET search_path TO staging",
    "CREATE TEMP TABLE d AS SELECT y, x FROM a",
    "DROP TABLE d",
    "INSERT INTO b SELECT * FROM d",
]
COLUMNS = [("x",), ("x", "y"), ("y", "x", "z"), ("q", "p")]


def in_session(session: str | None) -> dict[str, Any]:
    """Return the job facets of a statement that some session runs."""
    context = facets.own(
        facets.SQL_CONTEXT, namespace=NAMESPACE, catalog="shop", schema="public", session=session
    )
    return {facets.SQL_CONTEXT: context}


CONTEXT = in_session(None)

schema_events = st.builds(
    lambda name, columns, minute: event(f"fill_{name}", minute, outputs=[table(name, *columns)]),
    st.sampled_from("abcd"),
    st.sampled_from(COLUMNS),
    st.integers(0, 9),
)
sql_events = st.builds(
    lambda sql, minute, state: event("job", minute, sql=sql, state=state, job_facets=CONTEXT),
    st.sampled_from(STATEMENTS),
    st.integers(0, 9),
    st.sampled_from(["START", "COMPLETE"]),
)
session_events = st.builds(
    lambda sql, minute, state: event(
        "session", minute, sql=sql, state=state, job_facets=in_session("s1")
    ),
    st.sampled_from(IN_SESSION),
    st.integers(0, 9),
    st.sampled_from(["START", "COMPLETE"]),
)
logs = st.lists(st.one_of(schema_events, sql_events, session_events), min_size=2, max_size=10)


def digest(log: list[Message], cuts: list[int], line: Pipeline) -> str:
    """Process a log in batches that end at some places, and digest the converged view."""
    found = []
    places = [0, *sorted(cuts), len(log)]
    for start, end in itertools.pairwise(places):
        outcome = line.process(log[start:end])
        line.confirm(outcome)
        found += envelopes(outcome.sends)
    return converge(found).digest()


@settings(max_examples=200, deadline=None)
@given(logs, st.randoms(use_true_random=False))
def test_any_permutation_and_duplication_gives_the_same_view(
    log: list[dict[str, Any]], chance: random.Random
) -> None:
    """Facts are a grow-only set: order, repetition and batches do not matter."""
    one = messages(log)
    other = messages([*log, *chance.choices(log, k=3)])
    chance.shuffle(other)
    cuts = [chance.randrange(len(other)) for _ in range(3)]
    assert digest(one, [], pipeline()) == digest(other, cuts, pipeline())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(schema_events, sql_events), min_size=2, max_size=10), st.data())
def test_two_workers_that_tell_each_other_schemas_agree_with_one(
    log: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Whoever reads a partition hears of the others all that its statements rest on."""
    shares: list[list[dict[str, Any]]] = [[], []]
    for said in log:
        shares[data.draw(st.integers(0, 1))].append(said)
    lines = [pipeline(), pipeline()]
    found = []
    told: list[list[Send]] = [[], []]
    for number in data.draw(st.permutations([0, 1])):
        sends = lines[number].process(messages(shares[number], partition=number)).sends
        found += envelopes(sends)
        told[1 - number] += sends
    while any(told):
        for number, line in enumerate(lines):
            heard = [decode(s.value) for s in told[number] if s.topic == topics.SCHEMAS.name]
            told[number] = []
            sends = line.learn(heard).sends
            found += envelopes(sends)
            told[1 - number] += sends
    assert digest(messages(log), [], pipeline()) == converge(found).digest()


def test_ddl_says_what_a_later_statement_reads() -> None:
    """A table that a statement made needs no facet; what alters it counts from then on."""
    line = pipeline()
    log = [
        event("make", 1, sql="CREATE TABLE a (x int, y int)", job_facets=CONTEXT),
        event("early", 2, sql=COPY, job_facets=CONTEXT),
        event("alter", 3, sql="ALTER TABLE a RENAME COLUMN y TO z", job_facets=CONTEXT),
        event("late", 4, sql=COPY, job_facets=CONTEXT),
    ]
    found = [e for said in reversed(log) for e in envelopes(line.process(messages([said])).sends)]
    assert {"early": {"x": ["a.x"], "y": ["a.y"]}, "late": {"x": ["a.x"], "z": ["a.z"]}} == {
        job: in_force(found, job) for job in ("early", "late")
    }


def test_what_failed_or_only_began_made_nothing() -> None:
    """A table is there when its statement has ended well."""
    for state in ("START", "FAIL", "ABORT"):
        made = event("make", 1, sql="CREATE TABLE a (x int)", state=state, job_facets=CONTEXT)
        read = event("late", 4, sql=COPY, job_facets=CONTEXT)
        found = envelopes(process([made, read]).sends)
        assert {} == in_force(found, "late")


def test_a_stated_schema_outdoes_ddl_of_the_same_time() -> None:
    """Whoever looked at the table knows better than whoever read the statement."""
    made = event(
        "make",
        1,
        sql="CREATE TABLE a (x int)",
        job_facets=CONTEXT,
        outputs=[table("a", "x", "added_by_a_trigger")],
    )
    read = event("late", 4, sql=COPY, job_facets=CONTEXT)
    found = envelopes(process([made, read]).sends)
    assert ["x", "added_by_a_trigger"] == sorted(in_force(found, "late"), reverse=True)


def test_statements_of_a_session_see_what_those_before_left() -> None:
    """A temporary table and a search path hold for the session that made them, and no other."""
    one, two = in_session("one"), in_session("two")
    log = [
        event("path", 1, sql="SET search_path TO staging", job_facets=one),
        event("temp", 2, sql="CREATE TEMP TABLE tmp AS SELECT x AS k FROM a", job_facets=one),
        event("fill", 3, sql="INSERT INTO b SELECT k FROM tmp", job_facets=one),
        event("other", 3, sql="INSERT INTO c SELECT k FROM tmp", job_facets=two),
    ]
    found = envelopes(process_all(reversed(log)))
    assert {"k": ["a.x"]} == in_force(found, "fill")
    assert {"k": ["tmp.k"]} == in_force(found, "other")


def process_all(log: Iterable[dict[str, Any]]) -> list[Send]:
    """Process events one by one and return all that is sent."""
    line = pipeline()
    return [send for said in log for send in line.process(messages([said])).sends]


def in_force(found: list[Envelope], job: str) -> dict[str, list[str]]:
    """The edges that hold of a job in the converged view."""
    standing = {id_ for ids in converge(found).derivations.values() for id_ in ids}
    held = {e.id: e.record for e in found if isinstance(e.record, Derivation)}
    merged: dict[str, list[str]] = {}
    for id_, derivation in sorted(held.items()):
        if id_ in standing and derivation.job.name == job:
            merged |= edges(derivation)
    return merged


def restarted(sends: list[Send], before: list[Message]) -> tuple[Pipeline, Outcome]:
    """Return the pipeline of a worker that follows one that is gone, and what it says first."""
    line = pipeline()
    line.learn(decode(s.value) for s in sends if s.topic == topics.SCHEMAS.name)
    line.remember(e.id for e in envelopes(sends))
    return line, line.recall(before)


def test_a_worker_that_starts_anew_still_waits_for_a_schema() -> None:
    """What a worker that is gone was done with is resolved again, and nothing is said twice."""
    before = messages([event("copy", 5, sql=COPY, inputs=[table("a")], outputs=[table("b")])])
    first = pipeline().process(before)
    line, recalled = restarted(first.sends, before)
    assert ([], {"recalled": 1}) == (recalled.sends, recalled.counts)
    late = line.process(messages([event("fill", 1, outputs=[table("a", "x")])], partition=1))
    final = [d for d in of_kind(late, "Derivation") if d.job.name == "copy"]  # type: ignore[union-attr]
    assert [{"x": ["a.x"]}] == [edges(d) for d in final]


def test_a_schema_that_came_while_no_worker_ran_is_used_on_the_next_start() -> None:
    """Another worker told the schema; nobody waited then."""
    before = messages([event("copy", 5, sql=COPY, inputs=[table("a")], outputs=[table("b")])])
    told = process([event("fill", 1, outputs=[table("a", "x")])]).sends
    _, recalled = restarted([*pipeline().process(before).sends, *told], before)
    assert [{"x": ["a.x"]}] == [edges(d) for d in of_kind(recalled, "Derivation")]


def test_what_was_buried_is_not_buried_again_on_the_next_start() -> None:
    """Poison in the tail of the log is no news."""
    _, recalled = restarted([], messages(list(BAD.values())))
    assert ([], {"recalled": 0}) == (recalled.sends, recalled.counts)


@settings(max_examples=60, deadline=None)
@given(logs, st.data())
def test_a_restart_at_any_place_gives_the_same_view(
    log: list[dict[str, Any]], data: st.DataObject
) -> None:
    """A worker's state is a function of the log."""
    place = data.draw(st.integers(0, len(log)))
    whole = messages(log)
    sends = list(pipeline().process(whole[:place]).sends)
    line, recalled = restarted(sends, whole[:place])
    sends += recalled.sends
    sends += line.process(whole[place:]).sends
    assert digest(whole, [], pipeline()) == converge(envelopes(sends)).digest()
