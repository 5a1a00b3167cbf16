"""Small logs of OpenLineage events for the tests of the pipeline."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from headwater.processors.message import Message, Position, Send
from headwater.processors.pipeline import Outcome, Pipeline
from headwater.processors.resolve.sandbox import Sandbox
from headwater.processors.resolver_pool import ResolverPool
from headwater.schemas import facets, topics
from headwater.schemas.records import AnyRecord, Envelope, decode

SANDBOX = Sandbox()
"""One for all tests: to start a child for each would take longer than they do."""

NAMESPACE = "postgres://db:5432"


def event(
    job: str,
    minute: int,
    *,
    sql: str | None = None,
    inputs: Sequence[dict[str, Any]] = (),
    outputs: Sequence[dict[str, Any]] = (),
    state: str = "COMPLETE",
    job_facets: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a run event; runs are told apart by job and minute."""
    said = dict(job_facets or {})
    if sql is not None:
        said["sql"] = facets.sql(sql)
    return {
        "eventTime": f"2026-01-01T00:{minute:02d}:00Z",
        "eventType": state,
        "producer": "test",
        "run": {"runId": f"{job}-{minute}"},
        "job": {"namespace": "etl", "name": job, "facets": said},
        "inputs": list(inputs),
        "outputs": list(outputs),
    }


def table(name: str, *columns: str, **more: Any) -> dict[str, Any]:
    """Return a dataset, with a schema if columns are given."""
    said = dict(more)
    if columns:
        said["schema"] = facets.schema([(column, "int") for column in columns])
    return {"namespace": NAMESPACE, "name": f"shop.public.{name}", "facets": said}


def messages(values: Iterable[Any], *, partition: int = 0) -> list[Message]:
    """Lay events, or raw bytes, in a partition of the events topic."""
    return [
        Message(
            Position(topics.EVENTS.name, partition, offset),
            b"key",
            value if isinstance(value, bytes) else orjson.dumps(value),
        )
        for offset, value in enumerate(values)
    ]


def resolver() -> ResolverPool:
    """Return a resolver that knows no statement yet."""
    return ResolverPool(SANDBOX)


def pipeline() -> Pipeline:
    """Return a pipeline with the real resolver."""
    return Pipeline(resolver())


def process(values: Iterable[Any]) -> Outcome:
    """Run events through a pipeline of their own in one batch."""
    return pipeline().process(messages(values))


def envelopes(sends: Iterable[Send]) -> list[Envelope]:
    """Return the records among what is sent."""
    return [decode(send.value) for send in sends if send.topic == topics.RECORDS.name]


def of_kind(outcome: Outcome, kind: str) -> list[AnyRecord]:
    """Return the records of one kind that an outcome sends."""
    return [e.record for e in envelopes(outcome.sends) if e.record.kind == kind]


def dead_letters(outcome: Outcome) -> list[Send]:
    """Return what an outcome sends to the dead letters."""
    return [send for send in outcome.sends if send.topic == topics.DEAD_LETTERS.name]
