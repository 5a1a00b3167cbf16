"""Heavy and hostile statements cost their columns, nothing else."""

import time
from collections.abc import Iterator

import pytest

from headwater.processors.resolve import Answer, resolve
from headwater.processors.resolve.sandbox import Request, Sandbox, harmless
from headwater.schemas.names import DatasetName
from headwater.schemas.records import FieldType

PLAIN = "insert into o (q) select a from t where b = 1"
HOSTILE = {
    "200 parentheses": "insert into o select " + "(" * 200 + "a" + ")" * 200 + " from t",
    "20,000 parentheses": "insert into o select " + "(" * 20_000 + "a" + ")" * 20_000 + " from t",
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
    sql = "insert into o select * from t join (select * from t) y on y.a = t.a" + " " * 20_000
    assert not harmless(sql)

    (answer,) = sandbox.resolve_many([Request(sql, "postgres", schemas=known)])

    assert answer == resolve(sql, dialect="postgres", schemas=known)


def test_a_statement_past_the_deadline_has_its_reason() -> None:
    """It is told as a timeout, and the sandbox goes on."""
    sandbox = Sandbox(timeout_s=0.05)
    try:
        first = _reason(sandbox, HOSTILE["3,000 unions"])
        assert first in ("timeout", "crashed")
        assert sandbox.resolve_many([Request(PLAIN)]) == [resolve(PLAIN)]
    finally:
        sandbox.close()


def test_a_statement_beyond_the_memory_has_its_reason() -> None:
    """A child without memory loses its statement alone."""
    sandbox = Sandbox(memory_max_bytes=150 * 1024 * 1024)
    try:
        columns = ", ".join(f"a + {n} as c{n}" for n in range(25_000))
        assert _reason(sandbox, f"insert into o select {columns} from t") in (
            "out_of_memory",
            "crashed",
            "timeout",
        )
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
