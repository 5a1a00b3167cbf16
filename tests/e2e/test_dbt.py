"""dbt delivers through: OpenLineage's wrapper by Kafka and by HTTP, and our own."""

import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from headwater.deploy.accounting import Log, settle
from headwater.deploy.demo.story import short
from headwater.deploy.stack import Stack
from headwater.schemas import topics
from headwater.sinks.graph.connection import GraphConnection
from headwater.sinks.graph.questions import Questions
from tests.dbt.engine import Project, require

pytestmark = [
    pytest.mark.dbt,
    pytest.mark.long,
    pytest.mark.stack,
    pytest.mark.timeout(600),
]

TRANSPORT = "OPENLINEAGE__TRANSPORT__"
BUILD_EVENTS = 22
"""Of the wrapper: dbt's own run, seven models, a snapshot and three of tests, each its two ends."""


def by_kafka(stack: Stack) -> dict[str, str]:
    return {
        f"{TRANSPORT}TYPE": "kafka",
        f"{TRANSPORT}TOPIC": topics.EVENTS.name,
        f"{TRANSPORT}CONFIG": f'{{"bootstrap.servers": "{stack.kafka_bootstrap}"}}',
    }


def by_http(stack: Stack) -> dict[str, str]:
    assert stack.endpoints.openlineage_url
    return {"OPENLINEAGE_URL": stack.endpoints.openlineage_url}


def by_our_own(stack: Stack) -> dict[str, str]:
    return {
        "HEADWATER_KAFKA_BOOTSTRAP": stack.kafka_bootstrap,
        "PYTHONPATH": str(Path(__file__).parents[2] / ".src"),
    }


@pytest.mark.parametrize("transport", [by_kafka, by_http, by_our_own])
def test_the_columns_of_a_project_are_in_the_graph(
    whole_stack: Stack, log: Log, graph: GraphConnection, tmp_path: Path, transport: Any
) -> None:
    """A payment's cents are in what customers spent and in the revenue of a day."""
    require()
    shop = f"shop_{uuid.uuid4().hex[:8]}"
    project = Project(tmp_path, shop)
    before = sum(log.ends(topics.EVENTS.name).values())
    buried = sum(log.ends(topics.DEAD_LETTERS.name).values())
    settings = transport(whole_stack) | {"HEADWATER_SPOOL_DIR": str(tmp_path / "spool")}
    if transport is by_our_own:
        ours = (sys.executable, "-m", "headwater.deploy.cli", "run", "dbt", "build")
        project.run(*ours, settings=settings)
    else:
        project.run("dbt-ol", "build", settings=settings)
    settle(log, before + BUILD_EVENTS, timeout_s=60, progress=lambda worker, sink: None)
    impact = Questions(graph).impact(f"{shop}.raw.payments.cents")
    reached = {(short(related.name), related.direct) for related in impact.reach.columns}
    assert {
        ("stg_payments.amount", True),
        ("customers.lifetime_value", True),
        ("daily_revenue.revenue", True),
    } <= reached
    assert buried == sum(log.ends(topics.DEAD_LETTERS.name).values())
