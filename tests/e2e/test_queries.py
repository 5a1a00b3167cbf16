"""A database's own log delivers through: from the file to the graph."""

from pathlib import Path

import pytest

from headwater.deploy import queries
from headwater.deploy.accounting import Log, settle
from headwater.deploy.demo.story import short
from headwater.deploy.emitting import emitting
from headwater.deploy.stack import Stack
from headwater.schemas import topics
from headwater.sinks.graph.connection import GraphConnection
from headwater.sinks.graph.questions import Questions
from tests.queries.record import CSV

pytestmark = [pytest.mark.stack]


def test_the_statements_of_a_log_are_in_the_graph_once(
    whole_stack: Stack, log: Log, graph: GraphConnection, tmp_path: Path
) -> None:
    """Importing twice gives one answer: the temporary table leads to what it was made from."""
    known = queries.source("postgres://logged:5432")
    before = sum(log.ends(topics.EVENTS.name).values())
    for _ in range(2):
        with emitting(whole_stack.kafka_bootstrap) as emitter:
            done = queries.take(CSV, known, emitter, refused=tmp_path / "refused.jsonl")
    settle(log, before + 2 * done.emitted, timeout_s=60, progress=lambda worker, sink: None)
    impact = Questions(graph).impact("shop.public.customers.email")
    assert {"picked.email", "contacts.email"} == {short(r.name) for r in impact.reach.columns}
    assert ["create picked", "create reports.contacts"] == [
        job.name.rpartition(" ")[0] for job in impact.jobs
    ]
