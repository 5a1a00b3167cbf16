"""Events of whoever sends them go all the way to the graph, and nothing on the way is lost."""

import os
import signal
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer

from headwater.deploy.accounting import Log, settle
from headwater.deploy.commands.completeness import sessions
from headwater.deploy.demo.story import short
from headwater.deploy.stack import Stack
from headwater.producers import Emitter, dataset, run
from headwater.schemas import topics
from headwater.sinks.graph.connection import GraphConnection
from headwater.sinks.graph.questions import Questions

pytestmark = pytest.mark.stack

SETTLE_S = 60.0


def wait_until_settled(log: Log, emitted: int = 0) -> None:
    """Wait until worker and sink have taken everything."""
    settle(log, emitted, timeout_s=SETTLE_S, progress=lambda worker, sink: None)


def produce(stack: Stack, *values: bytes, key: bytes = b"run:etl/x") -> None:
    """Write raw messages to the events topic."""
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap, "acks": "all"})
    for value in values:
        producer.produce(topics.EVENTS.name, value, key)
    assert 0 == producer.flush(20)


def test_an_event_of_the_official_client_is_processed_like_our_own(
    whole_stack: Stack, log: Log, graph: GraphConnection
) -> None:
    """openlineage-python over its Kafka transport, SQL and schema facets included."""
    client_module = pytest.importorskip("openlineage.client")
    from openlineage.client import event_v2, facet_v2
    from openlineage.client.transport.kafka import KafkaConfig, KafkaTransport

    config = KafkaConfig(
        config={"bootstrap.servers": whole_stack.kafka_bootstrap}, topic=topics.EVENTS.name
    )
    client = client_module.OpenLineageClient(transport=KafkaTransport(config))
    fields = [facet_v2.schema_dataset.SchemaDatasetFacetFields(name=n) for n in ("id", "amount")]
    schema: dict[str, Any] = {"schema": facet_v2.schema_dataset.SchemaDatasetFacet(fields=fields)}
    sql = facet_v2.sql_job.SQLJobFacet(
        query="INSERT INTO totals_ol SELECT id, sum(amount) AS total FROM orders_ol GROUP BY id"
    )
    run_id = str(uuid.uuid4())
    for state in (event_v2.RunState.START, event_v2.RunState.COMPLETE):
        client.emit(
            event_v2.RunEvent(
                eventType=state,
                eventTime=datetime.now(UTC).isoformat(),
                run=event_v2.Run(runId=run_id),
                job=event_v2.Job("etl", "totals_ol", facets={"sql": sql}),
                producer="https://example.com/etl",
                inputs=[
                    event_v2.InputDataset("postgres://db", "shop.public.orders_ol", facets=schema)
                ],
                outputs=[event_v2.OutputDataset("postgres://db", "shop.public.totals_ol")],
            )
        )
    client.close()
    wait_until_settled(log)
    impact = Questions(graph).impact("orders_ol.amount")
    assert [("totals_ol.total", True)] == [
        (short(related.name), related.direct) for related in impact.reach.columns
    ]
    assert ["totals_ol"] == [job.name for job in impact.jobs]


def test_bad_input_is_buried_and_what_follows_is_processed(
    whole_stack: Stack, log: Log, graph: GraphConnection
) -> None:
    """Poison lands in the dead letters, byte for byte; the next event reaches the graph."""
    poison = [
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"eventTime": 7}',
        b"",
        uuid.uuid4().bytes * 60_000,
    ]
    table = f"after_{uuid.uuid4().hex[:8]}"
    good = {
        "eventTime": "2026-01-01T00:00:00Z",
        "job": {"namespace": "etl", "name": "j"},
        "inputs": [{"namespace": "pg", "name": "before"}],
        "outputs": [{"namespace": "pg", "name": table}],
    }
    before = log.ends(topics.DEAD_LETTERS.name)
    produce(whole_stack, *poison, orjson.dumps(good))
    wait_until_settled(log)
    letters = [
        letter
        for letter in log.read(topics.DEAD_LETTERS.name)
        if letter.offset >= before.get((letter.topic, letter.partition), 0)
    ]
    assert sorted(poison) == sorted(letter.value or b"" for letter in letters)
    reasons = {dict(letter.headers or ())[topics.REASON_HEADER] for letter in letters}
    assert {b"not_json", b"too_deep", b"not_an_event", b"empty"} == reasons
    assert [table] == [d.name.name for d in Questions(graph).impact("before").reach.datasets]


def pid_of(stack: Stack, name: str) -> int:
    """Return the process id of a running child."""
    (pid,) = [status.pid for status in stack.statuses() if status.name == name]
    assert pid
    return pid


def restarted(stack: Stack, name: str, old: int) -> bool:
    """Whether another process of a child is ready."""
    return any(
        status.name == name and status.pid not in (None, old) and status.state == "ready"
        for status in stack.statuses()
    )


def until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@pytest.mark.parametrize("victim", ["worker", "graph-sink"])
def test_a_killed_part_loses_nothing(
    whole_stack: Stack, log: Log, graph: GraphConnection, victim: str
) -> None:
    """SIGKILL in the middle of the stream: every run is in the graph once."""
    job = f"killed_{victim}_{uuid.uuid4().hex[:8]}"
    emitter = Emitter(bootstrap=whole_stack.kafka_bootstrap)
    for number in range(200):
        with run(job, namespace="etl", emitter=emitter) as r:
            r.reads(dataset("pg", f"in_{number % 7}"))
            r.writes(dataset("pg", f"out_{job}"))
        if number == 100:
            old = pid_of(whole_stack, victim)
            os.kill(old, signal.SIGKILL)
    assert emitter.flush(30)
    emitter.close()
    until(lambda: restarted(whole_stack, victim, old))
    wait_until_settled(log)
    runs = graph.ask(
        lambda g: g.V().has("Job", "leaf", job).in_("EXECUTED").has_label("Run").dedup().count()
    )
    edges = graph.ask(lambda g: g.V().has("Job", "leaf", job).in_e("EXECUTED").count())
    assert ([200], [400]) == (runs, edges)


def test_a_statement_waits_for_its_schema_beyond_the_end_of_its_worker(
    whole_stack: Stack, log: Log, graph: GraphConnection
) -> None:
    """The schema comes when the worker that read the statement is gone."""
    suffix = uuid.uuid4().hex[:8]
    source, target = f"late_{suffix}", f"copy_{suffix}"
    sql = {"query": f"INSERT INTO {target} SELECT * FROM {source}"}
    copied = {
        "eventTime": "2026-01-02T00:00:00Z",
        "job": {"namespace": "etl", "name": target, "facets": {"sql": sql}},
        "inputs": [{"namespace": "pg", "name": f"s.{source}"}],
        "outputs": [{"namespace": "pg", "name": f"s.{target}"}],
    }
    schema = {
        "eventTime": "2026-01-01T00:00:00Z",
        "dataset": {
            "namespace": "pg",
            "name": f"s.{source}",
            "facets": {"schema": {"fields": [{"name": "x"}]}},
        },
    }
    produce(whole_stack, orjson.dumps(copied))
    wait_until_settled(log)
    old = pid_of(whole_stack, "worker")
    os.kill(old, signal.SIGKILL)
    until(lambda: restarted(whole_stack, "worker", old))
    produce(whole_stack, orjson.dumps(schema))
    wait_until_settled(log)

    def found() -> list[str]:
        wait_until_settled(log)
        impact = Questions(graph).impact(f"s.{source}")
        return [short(each.name) for each in impact.reach.columns]

    until(lambda: f"{target}.x" in found())


def test_every_event_of_a_session_is_accounted_for(whole_stack: Stack, log: Log) -> None:
    """emitted = stored + dead-lettered + dropped, by the numbers in the log."""
    emitter = Emitter(bootstrap=whole_stack.kafka_bootstrap)
    job = f"accounted_{uuid.uuid4().hex[:8]}"
    for _ in range(5):
        with run(job, namespace="etl", emitter=emitter):
            pass
    emitter.emit({"job": {"namespace": "etl", "name": job}})  # no time: the worker refuses it
    emitter.close(20)
    wait_until_settled(log)
    (session,) = sessions(log, job)
    assert (11, 10, 1, {}, 0, 0) == (
        session.emitted,
        session.stored,
        session.dead_lettered,
        session.dropped,
        session.waiting,
        session.lost,
    )
