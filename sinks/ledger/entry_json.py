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
    except (KeyError, TypeError, ValueError, NoteError) as error:
        raise ValueError("this is no message of a log") from error
    texts = (entry.topic, *(name for name, _ in entry.headers))
    numbers = (entry.partition, entry.offset, entry.timestamp_ms)
    if not all(isinstance(text, str) for text in texts) or not all(map(_fits, numbers)):
        raise ValueError("this is no message of a log")
    return entry


def _fits(number: object) -> bool:
    return type(number) is int and -1 <= number < 2**63


def _shown(data: bytes | None) -> Any:
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data or b"").decode()}


def _read(said: Any) -> bytes | None:
    if said is None:
        return None
    return said.encode() if isinstance(said, str) else decoded(said["base64"])
