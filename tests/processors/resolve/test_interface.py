"""What `resolve` promises whatever the text."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.processors.resolve import Answer, Naming, Session, resolve, strip_literals
from headwater.schemas.names import DatasetName
from headwater.schemas.records import FieldType, KnownBy

ROOT = Path(__file__).parents[3]
T = (FieldType(name="a"), FieldType(name="b"))


def schemas(dataset: DatasetName) -> tuple[FieldType, ...] | None:
    return T if dataset.name.rsplit(".", 1)[-1].lower() == "t" else None


def reasons(answer: Answer) -> set[str]:
    return {one.reason for one in answer.unresolved}


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["", "snowflake", "tsql", "bigquery", "nonsense"]))
def test_no_text_makes_it_raise(sql: str, dialect: str) -> None:
    """Any text gives an answer."""
    assert isinstance(resolve(sql, dialect=dialect), Answer)


_WORDS = st.sampled_from(
    """select from where group by order insert into values update set delete merge using on
    when matched then case end with as union all ( ) , ; * a b t u 'x' 1 = . join left begin
    declare if create table view over partition pivot unnest lateral [ ] {{ }} @v $$ :""".split()
)


@settings(max_examples=500, deadline=None)
@given(st.lists(_WORDS, max_size=40), st.sampled_from(["postgres", "tsql", "snowflake", "oracle"]))
def test_no_mixture_of_words_makes_it_raise(words: list[str], dialect: str) -> None:
    """Text that looks like SQL gives an answer, too, and names no column that is not there."""
    answer = resolve(" ".join(words), dialect=dialect, schemas=schemas)
    for output in answer.outputs:
        for edge in [*output.indirect, *(one for field in output.fields for one in field.inputs)]:
            if edge.known_by is KnownBy.CATALOG:
                assert edge.field.lower() in ("a", "b")


def test_parse_errors_are_data() -> None:
    """Text that is no SQL has its reason."""
    assert reasons(resolve("select from where )))")) == {"parse_error"}


def test_a_text_that_does_not_parse_keeps_its_tables() -> None:
    """Table-level lineage is read from the words."""
    answer = resolve("insert into o select ))) from t join db.u on 1", dialect="postgres")

    (output,) = answer.outputs
    assert output.dataset == DatasetName("", "o")
    assert output.inputs == (DatasetName("", "db.u"), DatasetName("", "t"))


def test_the_dialect_that_it_parsed_in_is_said() -> None:
    """A statement in a relative's syntax parses there."""
    answer = resolve("select a from t qualify row_number() over (order by b) = 1", dialect="mysql")

    assert answer.outputs


def test_datasets_that_the_event_names_win() -> None:
    """A table whose name ends one of them is that dataset."""
    known = DatasetName("postgres://h:5432", "shop.public.t")
    answer = resolve(
        "insert into o select a from public.t",
        dialect="postgres",
        naming=Naming(namespace="n", known=(known, DatasetName("x", "other"))),
    )

    assert answer.outputs[0].inputs == (known,)
    assert answer.outputs[0].dataset == DatasetName("n", "o")


def test_a_session_is_carried_from_text_to_text() -> None:
    """USE and temporary tables hold for the next text of the session."""
    session = Session()
    resolve("create temp table x as select a from t", dialect="postgres", session=session)
    resolve("set search_path to s2", dialect="postgres", session=session)

    answer = resolve("insert into o (q) select a from x", dialect="postgres", session=session)

    (output,) = answer.outputs
    assert output.dataset == DatasetName("", "s2.o")
    assert output.inputs == (DatasetName("", "t"),)


def test_consulted_names_every_schema_that_was_asked_for() -> None:
    """Known or not, sorted, and only tables whose columns matter."""
    answer = resolve("insert into o (q) select a from t join w on t.b = w.b", schemas=schemas)

    assert answer.consulted == (DatasetName("", "t"), DatasetName("", "w"))


def test_answers_can_be_sent_to_another_process() -> None:
    """An answer survives pickling."""
    answer = resolve("insert into o select * from t where b = 1", schemas=schemas)

    assert pickle.loads(pickle.dumps(answer)) == answer


LITERALS = [
    ("postgres", "select 'it''s', 1.5e3, t1 -- x\nfrom t /* 'y' */", "select ?, ?, t1 from t"),
    ("postgres", r"select 'x\', a from t where b = 'secret'", "select ?, a from t where b = ?"),
    ("mysql", r"select 'x\'secret', \"s2\" from t".replace('\\"', '"'), "select ?, ? from t"),
    ("postgres", 'select "name" from t where a = $$secret$$', 'select "name" from t where a = ?'),
    ("bigquery", 'select """a secret""", r\'b\' from `p.t`', "select ?, ? from `p.t`"),
    ("tsql", "select [a 1] from t where b = N'x'", "select [a 1] from t where b = ?"),
    ("oracle", "select q'[it's]' from dual", "select ? from dual"),
    ("snowflake", "select $1, a1, 5 from @s // secret", "select $1, a1, ? from @s"),
    ("postgres", "select 'never closed secret", "select ?"),
]


@pytest.mark.parametrize(("dialect", "sql", "expected"), LITERALS)
def test_literals_and_comments_are_stripped(dialect: str, sql: str, expected: str) -> None:
    """Only names, words and places of literals are left."""
    assert expected == strip_literals(sql, dialect)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_stripping_never_fails(sql: str) -> None:
    """Any text can be stripped in any dialect."""
    for dialect in ("postgres", "mysql", "bigquery", "tsql", None):
        strip_literals(sql, dialect)


def test_every_family_of_sql_is_known_from_the_start() -> None:
    """What a statement means must not depend on what was resolved before it."""
    program = """
import importlib, pkgutil
from headwater.processors import resolve
from headwater.processors.resolve.visit import expression, from_item, query, statement

def known():
    return [set(each) for each in (expression, from_item, query, statement)]

before = known()
for module in pkgutil.iter_modules(resolve.__path__):
    importlib.import_module(f"{resolve.__name__}.{module.name}")
assert before == known()
"""
    environ = {"PYTHONPATH": str(ROOT / ".src")}
    subprocess.run([sys.executable, "-c", program], env=environ, check=True)


def test_a_table_made_in_a_way_that_no_parser_takes_is_said() -> None:
    """It is not passed over in silence."""
    found = resolve("CREATE TABLE o AS SELECT FROM WHERE ((", dialect="bigquery")
    assert {"parse_error"} == reasons(found)
