"""The resolver on TPC-H and TPC-DS, all 22 and 99 queries as CREATE TABLE AS, by execution."""

from pathlib import Path

import pytest

from headwater.processors.resolve import Answer, Naming, resolve

from .corpus import NAMESPACE
from .execution import Findings, examine
from .tpc import TARGET, relaxed, suite

QUERIES = [(name, number) for name in ("tpch", "tpcds") for number in suite(name).statements]
_UNSEEN = Path(__file__).with_name("tpc_unseen.txt")


def answered(name: str, sql: str) -> Answer:
    """Resolve a statement over the tables of a suite."""
    naming = Naming(namespace=NAMESPACE)
    return resolve(sql, dialect="duckdb", naming=naming, schemas=suite(name).lookup)


def examined(name: str, number: int, sql: str, **limits: int | None) -> Findings:
    """Hold the answer to a query against what its rows do."""
    return examine(sql, suite(name).schema(number), answered(name, sql), **limits)  # type: ignore[arg-type]


def unseen() -> dict[tuple[str, int], set[str]]:
    """Return the direct edges that the rows drawn do not show, by query; the file says why."""
    found: dict[tuple[str, int], set[str]] = {}
    for line in _UNSEEN.read_text().splitlines():
        if line and not line.startswith("#"):
            name, number, edge = line.split(maxsplit=2)
            found.setdefault((name, int(number)), set()).add(edge)
    return found


@pytest.mark.parametrize(("name", "number"), QUERIES)
def test_every_output_is_resolved(name: str, number: int) -> None:
    """The answer names each column of the result and leaves none open."""
    found = answered(name, suite(name).statements[number])
    (output,) = found.outputs
    assert (NAMESPACE, TARGET) == output.dataset
    assert output.fields
    assert () == (*found.unresolved, *output.unresolved)


@pytest.mark.parametrize(("name", "number"), QUERIES)
def test_a_query_depends_on_nothing_that_is_not_listed(name: str, number: int) -> None:
    """A few columns drawn anew, half of them listed and half not: no unlisted one matters."""
    sql = suite(name).statements[number]
    findings = examined(name, number, sql, seeds=1, seeds_max=1, columns_max=4)
    assert [] == findings.shape
    assert set() == findings.unsound


@pytest.mark.long
@pytest.mark.parametrize(("name", "number"), QUERIES)
def test_a_query_depends_on_all_that_is_listed_and_on_nothing_else(name: str, number: int) -> None:
    """Every column drawn anew, over the query and over it without its constants."""
    sql = suite(name).statements[number]
    findings = examined(name, number, sql, seeds=2, seeds_max=8, columns_max=None)
    wider = examined(name, number, relaxed(sql), seeds=2, seeds_max=30, columns_max=None)
    assert set() == findings.unsound | wider.unsound
    assert (findings.idle & wider.idle) <= unseen().get((name, number), set())
