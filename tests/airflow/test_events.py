"""What Airflow's provider tells becomes records; a real Airflow wrote down what is read here."""

import json
from typing import Any

import pytest

from headwater.schemas.records import Annotation, Derivation, RunState
from tests.processors.logs import dead_letters, of_kind, process

from .engine import NAMESPACE
from .record import RECORDED

DAG = "shop_nightly"


def events() -> list[dict[str, Any]]:
    return [json.loads(line) for line in RECORDED.read_text().splitlines()]


def derivations(said: list[dict[str, Any]]) -> dict[str, Derivation]:
    found = [d for d in of_kind(process(said), "Derivation") if isinstance(d, Derivation)]
    return {d.output.name: d for d in found}


def states() -> list[RunState]:
    return [r for r in of_kind(process(events()), "RunState") if isinstance(r, RunState)]


def test_every_event_is_taken() -> None:
    """None is refused."""
    assert [] == dead_letters(process(events()))


def test_columns_are_read_from_the_sql_with_the_schemas_that_airflow_states() -> None:
    """Airflow's own reading knows no aggregates, filters or groups."""
    totals = derivations(events())["shop.public.totals"]
    found = {(i.name, i.field, i.subtype) for f in totals.fields for i in f.inputs}
    assert found == {
        ("shop.public.orders", "customer", "IDENTITY"),
        ("shop.public.orders", "amount", "AGGREGATION"),
    }
    assert {(i.field, i.subtype) for i in totals.dataset} == {
        ("customer", "GROUP_BY"),
        ("id", "FILTER"),
    }


def test_a_table_that_is_not_there_yet_lies_beside_those_that_are_named() -> None:
    """A task that makes a table starts without naming it, and its SQL names it without schema."""
    starts = [e for e in events() if e["job"]["name"] == f"{DAG}.region" and not e["outputs"]]
    assert {"START"} == {e["eventType"] for e in starts}
    assert {"shop.public.totals_east", "shop.public.totals_west"} == set(derivations(starts))


def test_mapped_tasks_are_runs_of_one_job() -> None:
    """Each with its own tables."""
    mapped = [r for r in states() if r.job.name == f"{DAG}.region" and r.state == "COMPLETE"]
    assert 2 == len({r.run_id for r in mapped})
    assert {("shop.public.totals_east",), ("shop.public.totals_west",)} == {
        tuple(o.name for o in r.outputs) for r in mapped
    }


def test_a_retry_is_a_run_of_its_own() -> None:
    """The first try failed, the second did not."""
    tried = [r for r in states() if r.job.name == f"{DAG}.retried" and r.state != "START"]
    assert ["FAIL", "COMPLETE"] == [r.state for r in tried]
    assert 2 == len({r.run_id for r in tried})


def test_tasks_are_runs_within_that_of_their_dag() -> None:
    """Which failed, as one of them did."""
    found = states()
    whole = {r.run_id for r in found if r.job.name == DAG}
    assert 1 == len(whole)
    assert whole == {r.parent for r in found if r.job.name != DAG}
    assert {NAMESPACE} == {r.job.namespace for r in found}
    ended = {r.job.name: r.state for r in found if r.state != "START"}
    assert ended[f"{DAG}.fails"] == ended[DAG] == "FAIL"


@pytest.mark.parametrize(
    ("key", "value"),
    [("owner", "finance"), ("tag", "shop"), ("description", "Sums up the orders of the day.")],
)
def test_what_is_said_of_a_dag_is_said_of_its_tasks(key: str, value: str) -> None:
    """Its owner, tags and documentation are facets of their jobs."""
    found = [a for a in of_kind(process(events()), "Annotation") if isinstance(a, Annotation)]
    assert (f"{DAG}.sum_up", value) in {(a.name, a.value) for a in found if a.key == key}
