"""A message of a log as JSON, byte for byte, and legible where it is text."""

import base64
from typing import Any

from .leaf import Entry
from .note import NoteError, decoded


def to_json(entry: Entry) -> dict[str, Any]:
    """Return an entry as plain JSON values."""
    return {
        "topic": entry.topic,
        "partition": entry.partition,
        "offset": entry.offset,
        "timestamp_ms": entry.timestamp_ms,
        "key": _shown(entry.key),
        "value": _shown(entry.value),
        "headers": [[name, _shown(value)] for name, value in entry.headers],
    }


def from_json(said: Any) -> Entry:
    """Read an entry back.

    Raises:
        ValueError: If it is none.
    """
    try:
        entry = Entry(
            said["topic"],
            said["partition"],
            said["offset"],
            said["timestamp_ms"],
            _read(said["key"]),
            _read(said["value"]),
            tuple((name, _read(value)) for name, value in said["headers"]),
        )
    except (KeyError, TypeError, NoteError) as error:
        raise ValueError("this is no message of a log") from error
    if not isinstance(entry.topic, str) or not all(type(n) is int for n in entry[1:4]):
        raise ValueError("this is no message of a log")
    return entry


def _shown(data: bytes | None) -> Any:
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data or b"").decode()}


def _read(said: Any) -> bytes | None:
    if said is None:
        return None
    return said.encode() if isinstance(said, str) else decoded(said["base64"])
