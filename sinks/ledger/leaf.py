r"""Leaf: a message of a log as the bytes that a tree commits to.

The number of a leaf in its tree is the offset of its message. An offset that holds no
message any more when the ledger gets there (a transaction's marker, a deletion) has a leaf
of its own kind, so that the two stay the same.

The bytes of a leaf, numbers big-endian, lengths in 4 bytes:

    "headwater-leaf/1\n"
    length, topic | partition (4) | offset (8) | timestamp in ms (8, -1 for none)
    key, then value: 0, or else 1, length, bytes
    number of headers (4); for each: length, name; 0, or else 1, length, bytes

An absent one: `"headwater-absent/1\n"`, length, topic, partition (4), offset (8).
"""

import struct
from functools import lru_cache
from typing import NamedTuple

from .merkle import leaf_hash

_PRESENT = b"headwater-leaf/1\n"
_ABSENT = b"headwater-absent/1\n"
_NULL = b"\0"
_POSITION = struct.Struct(">IQ")
_POSITION_AND_TIME = struct.Struct(">IQq")
_LENGTH = struct.Struct(">I")
_SOME = struct.Struct(">BI")

Header = tuple[str, bytes | None]


class Entry(NamedTuple):
    """A message where it lies in a log.

    Attributes:
        timestamp_ms: When the producer, or the broker, says it was written; -1 if neither does.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()


def entry_hash(entry: Entry) -> bytes:
    """Return the leaf hash of a message."""
    return leaf_hash(_encode(entry))


def absent_hash(topic: str, partition: int, offset: int) -> bytes:
    """Return the leaf hash of an offset that holds no message."""
    return leaf_hash(_ABSENT + _text(topic) + _POSITION.pack(partition, offset))


def _encode(entry: Entry) -> bytes:
    topic, partition, offset, timestamp_ms, key, value, headers = entry
    parts = [
        _beginning(topic),
        _POSITION_AND_TIME.pack(partition, offset, timestamp_ms),
        _bytes(key),
        _bytes(value),
        _LENGTH.pack(len(headers)),
    ]
    for name, content in headers:
        parts += (_text(name), _bytes(content))
    return b"".join(parts)


@lru_cache(maxsize=64)
def _beginning(topic: str) -> bytes:
    return _PRESENT + _text(topic)


def _text(text: str) -> bytes:
    data = text.encode()
    return _LENGTH.pack(len(data)) + data


def _bytes(data: bytes | None) -> bytes:
    return _NULL if data is None else _SOME.pack(1, len(data)) + data
