"""Heavy and hostile statements cost their columns, nothing else."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from headwater.processors.derive import Question
from headwater.processors.pipeline import Pipeline, SchemaLookup
from headwater.processors.resolve import Answer, resolve
from headwater.processors.resolve.sandbox import Limits, Request, Sandbox
from headwater.processors.resolver_pool import ResolverPool
from headwater.schemas.names import DatasetName
from headwater.schemas.records import FieldType

from ..logs import event, messages, of_kind, table

PLAIN = "insert into o (q) select a from t where b = 1"
HOSTILE = {
    "200 parentheses": "insert into o select " + "(" * 200 + "a" + ")" * 200 + " from t",
    "20,000 parentheses": "insert into o select " + "(" * 20_000 + "a" + ")" * 20_000 + " from t",
    "100,000 parentheses": f"insert into o select {'(' * 100_000}a{')' * 100_000} from t",
    "100,000 minus signs": "insert into o select " + "- " * 100_000 + "a from t",
    "20,000 types of a type": "insert into o select cast(a as "
    + "array<" * 20_000
    + "int"
    + ">" * 20_000
    + ") x from t",
    "300 subqueries": "insert into o select * from " + "(select * from " * 300 + "t" + ") x" * 300,
    "500 nested cases": "insert into o select "
    + "case when a then " * 500
    + "b"
    + " end" * 500
    + " c from t",
    "5,000 additions": "insert into o select " + "+".join(["a"] * 5_000) + " x from t",
    "5,000 conditions": "insert into o select a from t where " + " or ".join(["a = 1"] * 5_000),
    "3,000 unions": "insert into o " + " union all ".join(["select a from t"] * 3_000),
    "a list of 100,000": "insert into o select a from t where a in ("
    + ",".join(map(str, range(100_000)))
    + ")",
    "a diamond of 20 CTEs": "insert into o with c0 as (select a from t)"
    + "".join(
        f", c{n} as (select x.a from c{n - 1} x join c{n - 1} y on x.a = y.a)" for n in range(1, 21)
    )
    + " select a from c20",
    "a literal of 10 MB": "insert into o select a, '" + "x" * 10_000_000 + "' from t",
}


def known(dataset: DatasetName) -> tuple[FieldType, ...] | None:
    return (FieldType(name="a"), FieldType(name="b")) if dataset.name == "t" else None


@pytest.fixture(scope="module", name="sandbox")
def _sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_statements_end_in_time_with_their_tables(sandbox: Sandbox, name: str) -> None:
    """The worst inputs known end within the deadline, at least at table level."""
    started_at = time.monotonic()
    requests = [Request(HOSTILE[name], "postgres", schemas=known), Request(PLAIN, schemas=known)]

    hostile, plain = sandbox.resolve_many(requests)

    assert time.monotonic() - started_at < 20
    assert hostile.outputs[0].dataset == DatasetName("", "o")
    assert hostile.outputs[0].inputs == (DatasetName("", "t"),)
    assert plain == resolve(PLAIN, schemas=known)


def test_a_child_answers_as_this_process_does(sandbox: Sandbox) -> None:
    """Schemas travel with the request, also those that its words do not show."""
    sql = "insert into o select * from t join (select * from t) y on y.a = t.a"

    (answer,) = sandbox.resolve_many([Request(sql, "postgres", schemas=known)])

    assert answer == resolve(sql, dialect="postgres", schemas=known)


def test_a_statement_past_the_deadline_has_its_reason() -> None:
    """It is told as a timeout, and the sandbox goes on."""
    sandbox = Sandbox(limits=Limits(timeout_s=0.05))
    try:
        assert _reason(sandbox, HOSTILE["3,000 unions"]) == "timeout"
        assert sandbox.resolve_many([Request(PLAIN)]) == [resolve(PLAIN)]
    finally:
        sandbox.close()


def test_a_statement_beyond_the_memory_has_its_reason() -> None:
    """A child without memory loses its statement alone."""
    sandbox = Sandbox(limits=Limits(memory_max_bytes=150 * 1024 * 1024))
    try:
        columns = ", ".join(f"a + {n} as c{n}" for n in range(25_000))
        assert _reason(sandbox, f"insert into o select {columns} from t") in (
            "out_of_memory",
            "crashed",
            "timeout",
        )
        assert sandbox.resolve_many([Request(PLAIN)]) == [resolve(PLAIN)]
    finally:
        sandbox.close()


def test_texts_beyond_all_bounds_are_not_parsed(sandbox: Sandbox) -> None:
    """A text that stays too large without its literals is read for its tables only."""
    columns = ", ".join(f"column_{n}" for n in range(120_000))

    assert _reason(sandbox, f"insert into o select {columns} from t") == "too_large"


def _reason(sandbox: Sandbox, sql: str) -> str:
    (answer,) = sandbox.resolve_many([Request(sql, "postgres")])
    assert isinstance(answer, Answer)
    assert answer.outputs[0].dataset == DatasetName("", "o")
    return answer.unresolved[0].reason


def test_of_what_children_die_costs_that_statement_its_columns_and_no_other(
    sandbox: Sandbox,
) -> None:
    """A segmentation fault amid a statement, as compiled code may raise one."""
    lookups = [known, _dying(known), known, _dying(known)]

    answers = sandbox.resolve_many([Request(PLAIN, schemas=lookup) for lookup in lookups])

    assert [()] * 2 == [answer.unresolved for answer in answers[::2]]
    assert ["crashed"] * 2 == [answer.unresolved[0].reason for answer in answers[1::2]]
    assert answers[1].outputs[0].inputs == (DatasetName("", "t"),)


def test_a_statement_does_not_answer_for_the_child_that_it_was_given(sandbox: Sandbox) -> None:
    """One that died of something else is followed by another, with the same statement."""
    request = Request(PLAIN, schemas=_dying(known, times=1))

    assert sandbox.resolve_many([request]) == [resolve(PLAIN, schemas=known)]


def test_the_stream_goes_on_where_a_child_dies_and_it_is_counted() -> None:
    """The event keeps its tables, says why it has no columns, and the next has its own."""
    pool = ResolverPool()

    def resolver(asked: Sequence[tuple[Question, SchemaLookup]]) -> list[Answer]:
        return pool([(q, _dying(look) if "doomed" in q.sql else look) for q, look in asked])

    log = [
        event("one", 1, sql="INSERT INTO doomed SELECT * FROM a", outputs=[table("doomed")]),
        event("two", 2, sql="INSERT INTO b SELECT * FROM a", inputs=[table("a", "x")]),
    ]
    outcome = Pipeline(resolver).process(messages(log))
    pool.close()

    derived = {d.job.name: d for d in of_kind(outcome, "Derivation")}  # type: ignore[union-attr]
    assert {"crashed": 1} == outcome.unresolved
    assert ["crashed"] == [problem.reason for problem in derived["one"].unresolved]  # type: ignore[union-attr]
    assert ["x"] == [column.field for column in derived["two"].fields]  # type: ignore[union-attr]


def test_a_child_whose_parent_is_gone_ends(sandbox: Sandbox) -> None:
    """Nobody would end it, were it amid a statement: it does so itself."""
    sandbox.resolve_many([Request(PLAIN)])
    children = multiprocessing.active_children()
    assert children

    for child in children:
        os.kill(child.pid or 0, signal.SIGALRM)
        child.join(10)

    assert [-signal.SIGALRM] * len(children) == [child.exitcode for child in children]
    assert sandbox.resolve_many([Request(PLAIN)]) == [resolve(PLAIN)]


def _dying(
    lookup: Callable[[DatasetName], tuple[FieldType, ...] | None], times: int = 2
) -> Callable[[DatasetName], tuple[FieldType, ...] | None]:
    """Return a lookup that ends whoever waits for its first answers."""
    left = [None] * times

    def look(dataset: DatasetName) -> tuple[FieldType, ...] | None:
        if left:
            left.pop()
            for child in multiprocessing.active_children():
                os.kill(child.pid or 0, signal.SIGSEGV)
                child.join(10)
        return lookup(dataset)

    return look
