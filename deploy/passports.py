"""Model passports: what made a version of a model, put together from the records.

They are read from `lineage.records`, where every fact is exactly as it was stated, and
which outlives any graph. That is a scan; what is no part of a passport is not decoded.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ..schemas.errors import HeadwaterError
from ..schemas.facets import DIRTY_DIFF
from ..schemas.records import (
    Envelope,
    Environment,
    JobVersion,
    ModelVersion,
    content,
    decode,
)
from ..schemas.topics import EVENTS, RECORDS

READ_TIMEOUT_S = 60.0
_KINDS = (b'"kind":"ModelVersion"', b'"kind":"JobVersion"', b'"kind":"Environment"')

R = TypeVar("R", JobVersion, Environment)


@dataclass(frozen=True, slots=True)
class Passport:
    """A version of a model, with the code and environment that made it where they are known."""

    made_at: str
    model: ModelVersion
    code: JobVersion | None
    environment: Environment | None

    @property
    def label(self) -> str:
        """How a person names it."""
        return f"{self.model.name}@{self.model.version}"


def passports(envelopes: Iterable[Envelope]) -> list[Passport]:
    """Return all passports that records state, in the order of their making."""
    known = {envelope.id: envelope for envelope in envelopes}
    made = [each for each in known.values() if isinstance(each.record, ModelVersion)]
    made.sort(key=lambda each: (each.observed_at, each.id))
    return [_passport(each, known) for each in made]


def find(stated: Iterable[Passport], name: str) -> Passport:
    """Return the newest passport of that name.

    Args:
        stated: In the order of their making.
        name: `NAME`, `NAME@VERSION`, or either after `NAMESPACE/`. A version may be cut short.

    Raises:
        HeadwaterError: There is none.
    """
    listed = list(stated)
    found = [each for each in listed if _called(each.model, name)]
    if not found:
        names = ", ".join(sorted({each.model.name for each in listed})) or "none"
        raise HeadwaterError(
            f"no model is called {name!r}", remedy=f"Name one that was recorded: {names}."
        )
    return found[-1]


def flat(passport: Passport) -> dict[str, Any]:
    """Return all that a passport states as dotted keys and plain values."""
    stated: dict[str, Any] = {"model": content(passport.model)}
    for name, part in (("code", passport.code), ("environment", passport.environment)):
        stated[name] = content(part) if part is not None else {}
    inputs = stated["model"].pop("inputs", [])
    stated["inputs"] = {f"{item['namespace']}/{item['name']}": item for item in inputs}
    return dict(_flat("", stated))


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


def _passport(envelope: Envelope, known: Mapping[str, Envelope]) -> Passport:
    model = envelope.record
    assert isinstance(model, ModelVersion)
    return Passport(
        made_at=envelope.observed_at,
        model=model,
        code=_part(known, model.job_version, JobVersion),
        environment=_part(known, model.environment, Environment),
    )


def _part(known: Mapping[str, Envelope], record_id: str | None, kind: type[R]) -> R | None:
    found = known.get(record_id or "")
    return found.record if found is not None and isinstance(found.record, kind) else None


def _called(model: ModelVersion, name: str) -> bool:
    wanted, _, version = name.partition("@")
    own = {model.name, f"{model.namespace}/{model.name}"}
    return wanted in own and model.version.startswith(version)


def _flat(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _flat(f"{key}.{name}" if key else name, member)
    else:
        yield key, value


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
