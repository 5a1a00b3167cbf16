"""Spark's own integration delivers through: OpenLineage's Java client, by Kafka and by HTTP."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.deploy.accounting import Log, settle
from headwater.deploy.demo.story import short
from headwater.deploy.stack import Stack
from headwater.schemas import topics
from headwater.sinks.graph.connection import GraphConnection
from headwater.sinks.graph.questions import Questions
from tests.spark.engine import Statement, job, require

pytestmark = [
    pytest.mark.spark,
    pytest.mark.long,
    pytest.mark.stack,
    pytest.mark.timeout(600),
]

TRANSPORT = "spark.openlineage.transport"
STRINGS = "org.apache.kafka.common.serialization.StringSerializer"


def by_kafka(stack: Stack) -> dict[str, str]:
    """Return the settings of a Spark that writes to the topic."""
    return {
        f"{TRANSPORT}.type": "kafka",
        f"{TRANSPORT}.topicName": topics.EVENTS.name,
        f"{TRANSPORT}.properties.bootstrap.servers": stack.kafka_bootstrap,
        f"{TRANSPORT}.properties.key.serializer": STRINGS,
        f"{TRANSPORT}.properties.value.serializer": STRINGS,
    }


def by_http(stack: Stack) -> dict[str, str]:
    """Return the settings of a Spark that posts to the gateway."""
    assert stack.endpoints.openlineage_url
    return {
        f"{TRANSPORT}.type": "http",
        f"{TRANSPORT}.url": stack.endpoints.openlineage_url,
        f"{TRANSPORT}.compression": "gzip",
    }


@pytest.mark.parametrize("transport", [by_kafka, by_http])
def test_the_columns_of_a_spark_job_are_in_the_graph(
    whole_stack: Stack,
    log: Log,
    graph: GraphConnection,
    tmp_path: Path,
    transport: Callable[[Stack], dict[str, str]],
) -> None:
    """The table it makes breaks with the column that it sums up, and its job is named."""
    require()
    orders, totals = (f"{name}_{uuid.uuid4().hex[:8]}" for name in ("orders", "totals"))
    before = sum(log.ends(topics.EVENTS.name).values())
    buried = sum(log.ends(topics.DEAD_LETTERS.name).values())
    statements = [
        Statement(f"CREATE TABLE {orders} AS SELECT 1 AS id, 2 AS amount"),
        Statement(
            f"CREATE TABLE {totals} AS SELECT id, sum(amount) AS total FROM {orders} GROUP BY id"
        ),
    ]
    said = job(statements, transport(whole_stack), tmp_path)
    assert [None, None] == [one.error for one in said]
    # Spark tells of the session and of each statement, of their starts and of their ends.
    settle(log, before + 6, timeout_s=60, progress=lambda worker, sink: None)
    impact = Questions(graph).impact(f"{orders}.amount")
    assert [(f"{totals}.total", True)] == [
        (short(related.name), related.direct) for related in impact.reach.columns
    ]
    assert any(totals in name.name for name in impact.jobs)
    assert buried == sum(log.ends(topics.DEAD_LETTERS.name).values())
