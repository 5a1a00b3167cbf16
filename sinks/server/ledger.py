"""The ledger over HTTP: its heads, messages of the log, and proofs for the browser to check."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ...schemas.errors import HeadwaterError
from ...schemas.topics import EVENTS, RECORDS
from ..ledger.chain import read_chain
from ..ledger.heads import read_heads
from ..ledger.kafka_log import KafkaLog
from ..ledger.leaf import Entry
from ..ledger.ledger import heads_path, public_key_path, tree_path
from ..ledger.proof import encode, prove
from ..ledger.tree_file import TreeFile
from .feed import Feed
from .problem import ProblemError

TOPICS = (RECORDS.name, EVENTS.name)
"""What the ledger commits to."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest signed head of a partition."""

    topic: str
    partition: int
    size: int
    root: str
    at: str


@dataclass(frozen=True, slots=True)
class Heads:
    """The newest head of every partition.

    Attributes:
        key: The ledger's public key, which a reader should know by another way.
        notes_count: How many notes were ever signed.
    """

    name: str
    key: str
    heads: tuple[Head, ...]
    notes_count: int


@dataclass(frozen=True, slots=True)
class Logged:
    """A message of the log in short."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: str
    kind: str
    id: str | None
    size_bytes: int


def heads(feed: Feed, _said: Mapping[str, Any]) -> Heads:
    """Return the newest heads.

    Raises:
        ProblemError: If no ledger runs here.
    """
    directory = _directory(feed)
    notes = read_heads(heads_path(directory))
    chain = read_chain(notes)
    newest = [
        Head(topic, partition, points[-1].size, points[-1].root.hex(), points[-1].at)
        for (topic, partition), points in chain.trees()
    ]
    key = public_key_path(directory).read_text().strip()
    return Heads(chain.name, key, tuple(newest), len(notes))


def proof(feed: Feed, said: Mapping[str, Any]) -> bytes:
    """Return the proof that a message is in the log, as it is checked: byte for byte.

    Raises:
        ProblemError: If there is no ledger, no such message, or no head that covers it yet.
    """
    directory = _directory(feed)
    notes = read_heads(heads_path(directory))
    topic, partition, offset = said["topic"], said["partition"], said["offset"]
    with closing(KafkaLog(feed.settings.kafka_bootstrap)) as log:
        entry = next(iter(_entries(log, topic, partition, offset, 1)), None)
    if entry is None or entry.offset != offset:
        raise ProblemError(404, "unknown_message", f"{topic}/{partition} holds no offset {offset}")
    with closing(TreeFile(tree_path(directory, topic, partition), writable=False)) as tree:
        try:
            return encode(prove(entry, tree, notes, read_chain(notes)))
        except HeadwaterError as error:
            raise ProblemError(409, "not_proven", error.message, remedy=error.remedy) from None


def entries(feed: Feed, said: Mapping[str, Any]) -> list[Logged]:
    """Return messages of a partition, the newest first."""
    topic, partition, limit = said["topic"], said["partition"], said["limit"]
    with closing(KafkaLog(feed.settings.kafka_bootstrap)) as log:
        first, end = log.partitions(topic).get(partition, (0, 0))
        before = end if said["before"] is None else min(end, said["before"])
        start = max(first, before - limit)
        found = list(_entries(log, topic, partition, start, before - start))
    return [_short(entry) for entry in found][::-1]


def _entries(log: KafkaLog, topic: str, partition: int, start: int, count: int) -> list[Entry]:
    first, end = log.partitions(topic).get(partition, (0, 0))
    if not first <= start < end:
        return []
    return list(log.entries(topic, partition, start, min(start + count, end)))


def _short(entry: Entry) -> Logged:
    said = _record(entry.value or b"")
    kind = said.get("record", {}).get("kind") or said.get("eventType") or "message"
    return Logged(
        entry.topic,
        entry.partition,
        entry.offset,
        entry.timestamp_ms,
        (entry.key or b"").decode(errors="replace"),
        str(kind),
        str(said["id"]) if "id" in said else None,
        len(entry.value or b""),
    )


def _record(value: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(value)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _directory(feed: Feed) -> Path:
    directory = feed.settings.ledger
    if directory is None or not heads_path(directory).exists():
        raise ProblemError(
            404,
            "no_ledger",
            "no ledger is kept where this server runs",
            remedy="`headwater up` runs one; elsewhere name its directory in HEADWATER_LEDGER_DIR.",
        )
    return directory
