"""Dead letters, one by one: what was refused, and sending it on its way again."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson
from confluent_kafka import Message, Producer
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ...schemas.kafka import kafka_client
from ...schemas.topics import (
    DEAD_LETTERS,
    ERROR_HEADER,
    EVENTS,
    PROFILES,
    REASON_HEADER,
    SOURCE_OFFSET_HEADER,
    SOURCE_PARTITION_HEADER,
    SOURCE_TOPIC_HEADER,
    STAGE_HEADER,
)
from ..ledger.entry_json import to_json
from ..ledger.kafka_log import KafkaLog
from ..ledger.leaf import Entry
from .feed import Feed
from .problem import ProblemError

SHOWN_BYTES_MAX = 64 * 1024
"""How much of a message is shown."""

REDRIVEN_HEADER = "headwater-redriven"
"""Where the dead letter lay that a message was sent again from."""

_SOURCES = frozenset({EVENTS.name, PROFILES.name})
_OURS = frozenset(
    {
        REASON_HEADER,
        STAGE_HEADER,
        ERROR_HEADER,
        SOURCE_TOPIC_HEADER,
        SOURCE_PARTITION_HEADER,
        SOURCE_OFFSET_HEADER,
    }
)
_FLUSH_TIMEOUT_S = 10.0
_BODY_BYTES_MAX = 1024


@dataclass(frozen=True, slots=True)
class Redriven:
    """Where a message now lies that was sent again."""

    topic: str
    partition: int
    offset: int


def letter(feed: Feed, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a dead letter with its content, as much of it as is shown.

    Raises:
        ProblemError: If there is none at that place.
    """
    entry = _find(feed, said["partition"], said["offset"])
    value = entry.value or b""
    shown = entry._replace(value=value[:SHOWN_BYTES_MAX])
    return {**to_json(shown), "size_bytes": len(value), "shown_bytes": len(shown.value or b"")}


async def redrive(feed: Feed, request: Request) -> Response:
    """Send a dead letter's original bytes to the topic that they came from.

    Raises:
        ProblemError: If the request is not one of the page's own, or there is no such letter.
    """
    _check_origin(request.headers)
    place = await _place(request)
    done = await run_in_threadpool(_redrive, feed, *place)
    return JSONResponse(
        {"topic": done.topic, "partition": done.partition, "offset": done.offset},
        headers={"cache-control": "no-store"},
    )


def _check_origin(headers: Headers) -> None:
    """Refuse what another site lets a browser send: that needs no answer to do harm."""
    origin = headers.get("origin")
    site = headers.get("sec-fetch-site", "same-origin")
    json = headers.get("content-type", "").partition(";")[0].strip() == "application/json"
    foreign = origin is not None and origin.partition("://")[2] != headers.get("host")
    if foreign or not json or site not in ("same-origin", "none"):
        raise ProblemError(
            403,
            "foreign_origin",
            "only the dashboard's own pages and programs may send messages again",
            remedy="Send JSON, and from a browser only from this address.",
        )


async def _place(request: Request) -> tuple[int, int]:
    data = await request.body()
    try:
        said = orjson.loads(data[:_BODY_BYTES_MAX])
        partition, offset = said["partition"], said["offset"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        partition = offset = None
    if not (type(partition) is int and type(offset) is int and min(partition, offset) >= 0):
        raise ProblemError(400, "invalid_body", "the body must name a `partition` and an `offset`")
    return partition, offset


def _redrive(feed: Feed, partition: int, offset: int) -> Redriven:
    entry = _find(feed, partition, offset)
    source = dict(entry.headers).get(SOURCE_TOPIC_HEADER) or b""
    topic = source.decode(errors="replace")
    if topic not in _SOURCES:
        raise ProblemError(
            409,
            "no_source",
            f"the letter does not come from {' or '.join(sorted(_SOURCES))}",
            remedy="What a sink refused is sent again by a replay: `headwater replay --help`.",
        )
    where = f"{partition}:{offset}".encode()
    kept = [header for header in entry.headers if header[0] not in _OURS | {REDRIVEN_HEADER}]
    headers: list[tuple[str, str | bytes | None]] = [*kept, (REDRIVEN_HEADER, where)]
    return _send(feed, topic, entry, headers)


def _send(
    feed: Feed, topic: str, entry: Entry, headers: list[tuple[str, str | bytes | None]]
) -> Redriven:
    sent: list[Message] = []
    producer = Producer({**kafka_client(feed.settings.kafka_bootstrap), "enable.idempotence": True})

    def note(error: object, message: Message) -> None:
        if error is None:
            sent.append(message)

    producer.produce(topic, entry.value, entry.key, headers=headers, on_delivery=note)
    producer.flush(_FLUSH_TIMEOUT_S)
    if not sent:
        raise ProblemError(503, "not_sent", "Kafka did not take the message", remedy="Try again.")
    return Redriven(topic, int(sent[0].partition() or 0), int(sent[0].offset() or 0))


def _find(feed: Feed, partition: int, offset: int) -> Entry:
    with closing(KafkaLog(feed.settings.kafka_bootstrap)) as log:
        first, end = log.partitions(DEAD_LETTERS.name).get(partition, (0, 0))
        if first <= offset < end:
            for entry in log.entries(DEAD_LETTERS.name, partition, offset, offset + 1):
                return entry
    raise ProblemError(404, "unknown_letter", f"no dead letter lies at {partition}:{offset}")
