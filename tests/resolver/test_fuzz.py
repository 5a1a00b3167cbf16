"""The resolver over statements nobody wrote: it answers, quickly, and invents no column."""

import random
import re
import time
from functools import cache

import duckdb
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.processors.resolve import Answer, Naming, resolve
from headwater.processors.resolve.literals import fingerprint, shortened, strip_literals
from headwater.processors.resolve.outline import outline
from headwater.schemas.names import DatasetName
from headwater.schemas.records import FieldType, Subtype, Unresolved

from .corpus import DIALECTS, NAMESPACE, Case, cases
from .grammar import TABLES, queries

# A statement of this size takes milliseconds; this allows for a machine that is busy.
ANSWER_TIMEOUT_S = 5.0
_RANKS = {subtype.value: rank for rank, subtype in enumerate(Subtype)}
_RELAXED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def lookup(name: DatasetName) -> tuple[FieldType, ...] | None:
    """Return the columns of a table of the grammar."""
    columns = TABLES.get(name.name.lower())
    return tuple(FieldType(name=column) for column in columns) if columns else None


def ask(sql: str, dialect: str | None = None) -> Answer:
    """Resolve a text and see that it takes no longer than it may."""
    began = time.monotonic()
    found = resolve(sql, dialect=dialect, naming=Naming(namespace=NAMESPACE), schemas=lookup)
    assert time.monotonic() - began < ANSWER_TIMEOUT_S, sql
    return found


@given(queries())
@_RELAXED
def test_a_generated_query_is_resolved_to_columns_that_exist(sql: str) -> None:
    """Each source is a column of a table that the query names; nothing stays open."""
    found = ask(sql, "duckdb")
    (output,) = found.outputs
    assert () == (*found.unresolved, *output.unresolved), sql
    for edge in (*output.indirect, *(e for column in output.fields for e in column.inputs)):
        assert edge.field in TABLES[edge.name], sql
        assert re.search(rf"\b{edge.name}\b", sql), sql


@given(queries())
@_RELAXED
def test_the_same_query_has_the_same_answer_in_canonical_order(sql: str) -> None:
    """Twice asked is twice the same; sources and inputs are sorted and unique."""
    found = ask(sql, "duckdb")
    assert found == ask(sql, "duckdb")
    (output,) = found.outputs
    keys = [
        [(e.namespace, e.name, e.field, _RANKS[e.subtype]) for e in edges]
        for edges in (output.indirect, *(column.inputs for column in output.fields))
    ]
    assert [sorted(set(key)) for key in keys] == keys, sql
    assert sorted(set(output.inputs)) == list(output.inputs)


@given(queries(), st.sampled_from(["postgres", "snowflake", "bigquery", "spark", "tsql", "oracle"]))
@_RELAXED
def test_a_query_written_in_another_dialect_has_the_same_edges(sql: str, dialect: str) -> None:
    """What a query derives from does not depend on how a dialect writes it."""
    written = sqlglot.transpile(sql, read="duckdb", write=dialect)[0]
    assert _folded(ask(sql, "duckdb")) == _folded(ask(written, dialect)), written


def _folded(found: Answer) -> list[tuple[set[tuple[str, str, str]], ...]]:
    return [
        tuple(
            {(e.name.lower(), e.field.lower(), e.subtype) for e in edges}
            for edges in (output.indirect, *(column.inputs for column in output.fields))
        )
        for output in found.outputs
    ]


@given(st.text(max_size=200), st.sampled_from(DIALECTS[1:]))
@_RELAXED
def test_any_text_is_answered(text: str, dialect: str) -> None:
    """Garbage has an answer: that it is garbage, or nothing at all."""
    ask(text, dialect)


@given(st.integers(0, 2**32 - 1))
@_RELAXED
def test_a_statement_with_words_dropped_doubled_or_swapped_is_answered(seed: int) -> None:
    """A mangled statement is answered, and no edge of it is to a column that does not exist."""
    draw = random.Random(seed)
    case = draw.choice(_written())
    sql = mangled(case.sql, draw)
    assert_real(case, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1i FROM n WHERE i < 10)"
        " SELECT i FROM n",
        "WITH RECURSIVE n AS (SELECT a FROM t UNION ALL SELECT nope + a FROM n, u) SELECT a FROM n",
        "SELECT * RENAME (d AS) FROM t",
    ],
)
def test_what_mangling_once_showed_is_answered(sql: str) -> None:
    """A recursion over names that nobody knows finds the same unknown column in each round."""
    for dialect in DIALECTS[1:]:
        ask(sql, dialect)


@pytest.mark.long
@pytest.mark.parametrize("part", range(8))
def test_many_mangled_statements_are_answered(part: int) -> None:
    """The same over thousands of them."""
    draw = random.Random(part)
    for case in _written():
        assert_real(case, mangled(case.sql, draw))


def assert_real(case: Case, sql: str) -> None:
    """Resolve a text over a case's tables: each source in a known table is a column of it."""
    tables = {name.lower(): {c.lower() for c, _ in t.columns} for name, t in case.tables.items()}

    def known(name: DatasetName) -> tuple[FieldType, ...] | None:
        columns = tables.get(name.name.lower())
        return tuple(FieldType(name=c) for c in columns) if columns else None

    dialect = None if case.dialect == "ansi" else case.dialect
    began = time.monotonic()
    found = resolve(sql, dialect=dialect, naming=Naming(namespace=NAMESPACE), schemas=known)
    assert time.monotonic() - began < ANSWER_TIMEOUT_S, sql
    changed = re.search(r"\b(alter|create|into|update)\b", sql, re.IGNORECASE)
    for output in found.outputs:
        for edge in (*output.indirect, *(e for f in output.fields for e in f.inputs)):
            table = tables.get(edge.name.lower())
            assert changed or table is None or edge.field.lower() in table, sql


def mangled(sql: str, draw: random.Random) -> str:
    """Drop, double, swap or replace a few words of a statement."""
    words = re.findall(r"\w+|\s+|[^\w\s]", sql)
    for _ in range(draw.randrange(1, 4)):
        place = draw.randrange(len(words))
        other = draw.randrange(len(words))
        match draw.randrange(4):
            case 0:
                words[place] = ""
            case 1:
                words.insert(place, words[other])
            case 2:
                words[place], words[other] = words[other], words[place]
            case _:
                words = words[: max(1, place)]
    return "".join(words)


@cache
def _written() -> list[Case]:
    """Return one case of each statement, its dialect by turns."""
    chosen: dict[str, list[Case]] = {}
    for case in cases():
        chosen.setdefault(f"{case.family}: {case.title}", []).append(case)
    return [of_one[i % len(of_one)] for i, of_one in enumerate(chosen.values())]


@pytest.mark.parametrize(
    "piece",
    [
        "$a{0}$ ",
        "q'< ",
        "q'{0} ",
        "'",
        '"',
        "`",
        "[",
        "e'\\",
        "/* ",
        "#",
        "1e",
        "in (1,",
        "c as (",
        '"""',
    ],
)
def test_a_text_is_prepared_in_a_time_that_grows_with_its_length(piece: str) -> None:
    """What a worker does itself with a text has no deadline: it must end at any text."""
    text = "".join(piece.format(number) for number in range(10_000))
    for dialect in ("postgres", "oracle", "bigquery", "tsql", "snowflake", "mysql"):
        began = time.thread_time()
        strip_literals(text, dialect)
        fingerprint(text, dialect)
        shortened(text, dialect)
        outline(text, dialect, Naming(), "timeout")
        assert time.thread_time() - began < 1.0


def test_stripping_literals_twice_is_stripping_them_once() -> None:
    """What has no literals any more stays as it is, and says the same."""
    for case in _written():
        once = strip_literals(case.sql, case.dialect)
        assert once == strip_literals(once, case.dialect)


def test_no_text_of_a_statement_is_in_its_stripped_form() -> None:
    """A quoted text is personal data until proved otherwise."""
    secret = "SELECT id FROM orders WHERE status = 'Anna Schmidt' AND amount > 4711 -- 'Eva'"
    stripped = strip_literals(secret, "postgres")
    assert not re.search("Anna|Schmidt|4711|Eva", stripped)


def test_what_a_marker_says_holds_no_literal() -> None:
    """The details of what could not be resolved name columns and constructs alone."""
    found = ask("SELECT nope, 'Anna Schmidt' FROM t WHERE nix = 'Eva' AND (", "duckdb")
    for output in found.outputs:
        for problem in output.unresolved:
            _assert_clean(problem)
    for problem in found.unresolved:
        _assert_clean(problem)


def _assert_clean(problem: Unresolved) -> None:
    assert not re.search("Anna|Schmidt|Eva", problem.detail or "")


@pytest.mark.parametrize("depth", [50, 400])
def test_deep_nesting_is_answered(depth: int) -> None:
    """Parentheses, subqueries and operators may be nested as deep as a generator nests them."""
    ask("SELECT " + "(" * depth + "a" + ")" * depth + " FROM t", "postgres")
    ask("SELECT a FROM " + "(SELECT a FROM " * depth + "t" + ") s" * depth, "postgres")
    ask("SELECT " + " + ".join(["a"] * depth * 5) + " AS s FROM t", "postgres")


@given(queries())
@_RELAXED
def test_the_grammar_writes_what_an_engine_runs(sql: str) -> None:
    """The generated statements are SQL: were they not, the tests above would show nothing."""
    _engine().execute(sql).fetchall()


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    engine = duckdb.connect()
    for table, columns in TABLES.items():
        engine.execute(f"CREATE TABLE {table} ({', '.join(f'{c} INT' for c in columns)})")
    return engine
