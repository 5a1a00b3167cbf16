"""Airflow's provider delivers through: OpenLineage's Python client, by Kafka and by HTTP."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headwater.deploy.accounting import Log, settle
from headwater.deploy.demo.story import short
from headwater.deploy.stack import Stack
from headwater.schemas import topics
from headwater.sinks.graph.connection import GraphConnection
from headwater.sinks.graph.questions import Questions
from tests.airflow.engine import require, run_dag
from tests.airflow.postgres import postgres

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.long,
    pytest.mark.stack,
    pytest.mark.timeout(600),
]

DAG_EVENTS = 15
"""The two ends of six tasks' seven runs, and that of the DAG; there are more."""


def by_kafka(stack: Stack) -> dict[str, Any]:
    return {
        "type": "kafka",
        "topic": topics.EVENTS.name,
        "config": {"bootstrap.servers": stack.kafka_bootstrap},
    }


def by_http(stack: Stack) -> dict[str, Any]:
    return {"type": "http", "url": stack.endpoints.openlineage_url}


@pytest.mark.parametrize("transport", [by_kafka, by_http])
def test_the_columns_of_a_dag_are_in_the_graph(
    whole_stack: Stack,
    log: Log,
    graph: GraphConnection,
    tmp_path: Path,
    transport: Callable[[Stack], dict[str, Any]],
) -> None:
    """The totals, and the tables of the mapped tasks, break with the column that is summed up."""
    require()
    shop = f"shop_{uuid.uuid4().hex[:8]}"
    before = sum(log.ends(topics.EVENTS.name).values())
    buried = sum(log.ends(topics.DEAD_LETTERS.name).values())
    with postgres(tmp_path, shop) as port:
        run_dag("shop_nightly", tmp_path / "airflow", port, shop, transport(whole_stack))
    settle(log, before + DAG_EVENTS, timeout_s=60, progress=lambda worker, sink: None)
    impact = Questions(graph).impact(f"{shop}.public.orders.amount")
    assert {("totals.total", True), ("totals_east.total", True), ("totals_west.total", True)} == {
        (short(related.name), related.direct) for related in impact.reach.columns
    }
    assert {"shop_nightly.sum_up", "shop_nightly.region"} <= {name.name for name in impact.jobs}
    assert buried == sum(log.ends(topics.DEAD_LETTERS.name).values())
