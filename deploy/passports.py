"""Model passports from the log.

They are read from `lineage.records`, where every fact is exactly as it was stated, and
which outlives any graph. That is a scan; what is no part of a passport is not decoded.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from ..schemas.errors import HeadwaterError
from ..schemas.facets import DIRTY_DIFF
from ..schemas.records import decode
from ..schemas.topics import EVENTS, RECORDS
from ..sinks.passport import Passport, passports

READ_TIMEOUT_S = 60.0
_KINDS = (b'"kind":"ModelVersion"', b'"kind":"JobVersion"', b'"kind":"Environment"')


def read(bootstrap: str) -> list[Passport]:
    """Return all passports in a Kafka cluster.

    Raises:
        HeadwaterError: Kafka does not answer.
    """
    wanted = (
        decode(value)
        for value in _values(bootstrap, RECORDS.name)
        if any(kind in value for kind in _KINDS)
    )
    return passports(wanted)


def read_diff(bootstrap: str, run_id: str) -> Mapping[str, Any] | None:
    """Return the diff that a run was started with, from its events; None where there is none."""
    import orjson

    sought = run_id.encode()
    for value in _values(bootstrap, EVENTS.name):
        if sought in value and DIRTY_DIFF.encode() in value:
            facet = orjson.loads(value).get("job", {}).get("facets", {}).get(DIRTY_DIFF)
            if isinstance(facet, dict):
                return facet
    return None


def _values(bootstrap: str, topic: str) -> Iterator[bytes]:
    """Yield every message of a topic that is there now."""
    from confluent_kafka import Consumer, KafkaException, TopicPartition

    settings = {"bootstrap.servers": bootstrap, "group.id": "headwater-passport"}
    consumer = Consumer({**settings, "enable.auto.commit": False, "enable.partition.eof": True})
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        yield from _until_end(consumer, len(partitions))
    except KafkaException as error:
        raise HeadwaterError(
            f"Kafka at {bootstrap} does not answer: {error}",
            remedy="Start the stack with `headwater up`, or name another with --kafka.",
        ) from error
    finally:
        consumer.close()


def _until_end(consumer: Any, open_partitions: int) -> Iterator[bytes]:
    from confluent_kafka import KafkaError, KafkaException

    deadline = time.monotonic() + READ_TIMEOUT_S
    while open_partitions:
        message = consumer.poll(1.0)
        if message is None:
            if time.monotonic() > deadline:
                raise KafkaException("no message for too long")
            continue
        if message.error() is None:
            deadline = time.monotonic() + READ_TIMEOUT_S
            yield message.value() or b""
        elif message.error().code() == KafkaError._PARTITION_EOF:
            open_partitions -= 1
        else:
            raise KafkaException(message.error())
