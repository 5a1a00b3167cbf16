"""The resolver against an engine: what changes an output is listed, what is listed matters."""

import dataclasses
import re
from collections.abc import Mapping

import pytest

from headwater.processors.resolve import Answer
from headwater.schemas.records import InputField, OutputField

from .corpus import NAMESPACE, Case, Table, cases
from .execution import Findings, NotRunError, Schema, examine
from .test_corpus import answer

ENGINE = "duckdb"
# What the engine itself reads: its own SQL and what every dialect shares.
_OWN = {ENGINE, "ansi"}


def statements() -> list[Case]:
    """Return each statement of the corpus once, to be read as the engine reads it."""
    chosen: dict[str, Case] = {}
    for case in cases():
        key = f"{case.family}: {case.title}"
        if key not in chosen or case.dialect in _OWN:
            chosen[key] = case
    return list(chosen.values())


STATEMENTS = statements()
IDS = [f"{case.family}: {case.title}" for case in STATEMENTS]


@pytest.mark.parametrize("case", STATEMENTS, ids=IDS)
def test_an_output_depends_on_what_is_listed_and_on_nothing_else(case: Case) -> None:
    """No unlisted column changes an output; every direct edge is seen to change it."""
    assert_sound(case, seeds=1, seeds_max=12)


@pytest.mark.long
@pytest.mark.parametrize("case", STATEMENTS, ids=IDS)
def test_an_output_depends_on_what_is_listed_whatever_the_rows(case: Case) -> None:
    """The same over many more rows."""
    assert_sound(case, seeds=8, seeds_max=40)


def assert_sound(case: Case, *, seeds: int, seeds_max: int) -> None:
    """Run a case's statement and hold the answer in the engine's dialect against it."""
    if case.not_executed:
        pytest.skip(case.not_executed)
    try:
        findings = run(case, seeds, seeds_max)
    except NotRunError as refusal:
        assert case.dialect not in _OWN or excused(case), str(refusal)
        pytest.skip("what the engine does not run: another's SQL, or tables of unknown schema")
    assert [] == findings.shape
    assert set() == findings.unsound
    if not case.no_effect:
        assert set() == findings.idle


def excused(case: Case) -> bool:
    """Whether a statement cannot run: it is invalid, or names a table that nobody described."""
    labels = [edge for o in case.outputs.values() for _, edges in o.fields for edge in edges]
    indirect = [edge for output in case.outputs.values() for edge in output.indirect]
    named = {edge.dataset for edge in (*labels, *indirect)} | {*case.outputs} - {None}
    inputs = {name for output in case.outputs.values() for name in output.inputs or ()}
    return bool(case.unresolved or not (named | inputs) <= set(case.tables))


def run(case: Case, seeds: int, seeds_max: int, given: Answer | None = None) -> Findings:
    """Examine a case's statement with the resolver's answer, or another one."""
    as_read = dataclasses.replace(case, dialect=ENGINE)
    return examine(
        case.sql,
        schema(case),
        given or answer(as_read),
        seeds=seeds,
        seeds_max=seeds_max,
    )


def schema(case: Case) -> Schema:
    """Return the tables of a case that its text names."""
    tables = {
        name: _columns(table)
        for name, table in case.tables.items()
        if re.search(rf"\b{re.escape(name.rsplit('.', 1)[-1])}\b", case.sql, re.IGNORECASE)
    }
    names = [name for name in case.settings.get("unique", "").split(",") if name]
    unique = frozenset((n.rpartition(".")[0], n.rpartition(".")[2]) for n in names)
    default = [case.settings[key] for key in ("catalog", "schema") if key in case.settings]
    return Schema(tables, unique, default=".".join(default) or None)


def _columns(table: Table) -> tuple[tuple[str, str], ...]:
    """Return a table's columns without the members of structs, which are no columns there."""
    names = {name for name, _ in table.columns}
    return tuple(c for c in table.columns if c[0].partition(".")[0] not in names - {c[0]})


def test_the_check_sees_an_edge_left_out() -> None:
    """An answer without one of its edges is found unsound: the check can fail."""
    for case in _samples():
        whole = answer(case)
        (output,) = whole.outputs
        for position, column in enumerate(output.fields):
            fields = _with(output.fields, position, column.inputs[1:])
            lacking = dataclasses.replace(output, fields=fields, indirect=())
            findings = run(case, 6, 6, dataclasses.replace(whole, outputs=(lacking,)))
            assert findings.unsound, (case.title, column.field)


def test_the_check_sees_an_edge_invented() -> None:
    """An answer with a direct edge too many is found out."""
    for case in _samples():
        whole = answer(case)
        (output,) = whole.outputs
        invented = dataclasses.replace(output.fields[0].inputs[0], field="ordered_at")
        fields = _with(output.fields, 0, (*output.fields[0].inputs, invented))
        wrong = dataclasses.replace(output, fields=fields)
        findings = run(case, 3, 3, dataclasses.replace(whole, outputs=(wrong,)))
        assert {"orders.ordered_at"} == {arrow.split(" -> ")[0] for arrow in findings.idle}


def _with(
    fields: tuple[OutputField, ...], position: int, inputs: tuple[InputField, ...]
) -> tuple[OutputField, ...]:
    changed = OutputField(field=fields[position].field, inputs=inputs)
    return (*fields[:position], changed, *fields[position + 1 :])


def _samples() -> list[Case]:
    """Return statements over `orders` whose columns each rest on one source at least."""
    texts: Mapping[str, str] = {
        "a filter": "SELECT id, amount FROM orders WHERE status = 'paid'",
        "a sum": "SELECT customer_id, SUM(amount) AS s FROM orders GROUP BY customer_id",
        "a case": "SELECT CASE WHEN status = 'paid' THEN amount END AS v FROM orders",
    }
    tables = next(case.tables for case in STATEMENTS if "orders" in case.tables)
    return [Case("check", title, ENGINE, sql, tables) for title, sql in texts.items()]


def test_names_lead_into_the_namespace_of_the_cases() -> None:
    """The answers are about the tables that hold the rows."""
    (case, *_) = _samples()
    assert {NAMESPACE} == {dataset.namespace for dataset in answer(case).outputs[0].inputs}
