"""Heads: the chain of notes in a file, one JSON text a line."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from ...schemas.errors import HeadwaterError


def read_heads(path: Path) -> list[str]:
    """Return the notes of a file; a last line that was not wholly written is left out.

    Raises:
        HeadwaterError: If the file holds anything else.
    """
    if not path.exists():
        return []
    return [_note(line, path) for line in path.read_bytes().split(b"\n")[:-1]]


def append_heads(path: Path, notes: Iterable[str]) -> None:
    """Add notes to a file and bring them to the disk."""
    with path.open("ab+") as file:
        _cut_torn_line(path)
        file.write(b"".join(line(note) for note in notes))
        file.flush()
        os.fsync(file.fileno())


def line(note: str) -> bytes:
    """Return a note as a line."""
    return json.dumps(note, ensure_ascii=False).encode() + b"\n"


def _note(data: bytes, path: Path) -> str:
    try:
        note = json.loads(data)
    except ValueError:
        note = None
    if not isinstance(note, str) or line(note) != data + b"\n":
        raise HeadwaterError(
            f"{path} holds a line that is no head of the ledger",
            remedy="Restore the file from a copy, or from the topic lineage.heads.",
        )
    return note


def _cut_torn_line(path: Path) -> None:
    """Take off what a crash left half written."""
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole != len(data):
        os.truncate(path, whole)
