"""The file that Weights & Biases writes beside a run: records of protobuf in LevelDB's log.

Its own library no longer reads these, and weighs 55 MB. The framing is LevelDB's documented
log format behind a header of seven bytes; of the messages only a few fields are wanted, whose
numbers protobuf keeps for ever.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .run import UnreadableError

_HEADER = b":W&B\xe1\xbe\x00"
_BLOCK_BYTES = 32 * 1024
_FRAME_BYTES = 7
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_MESSAGE_BYTES_MAX = 256 * 1024 * 1024

Fields = dict[int, list[bytes]]
"""A message's fields by number: each value as its bytes, a number as 8 bytes, lowest first."""


def messages(path: Path) -> Iterator[Fields]:
    """Yield the records of a file; one that was cut off at the end, by a kill, is left out.

    Raises:
        UnreadableError: If it is no such file, or damaged before its end.
    """
    with path.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            raise UnreadableError(f"{path} is no file of a Weights & Biases run")
        for whole in _joined(path, file):
            yield fields(whole)


def fields(message: bytes) -> Fields:
    """Return a protobuf message's fields.

    Raises:
        UnreadableError: If it is no such message.
    """
    found: Fields = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        value, at = _value(message, at, tag & 7)
        found.setdefault(tag >> 3, []).append(value)
    return found


def text(found: Fields, number: int) -> str | None:
    """Return a text field; None where it is not set."""
    values = found.get(number)
    return values[-1].decode(errors="replace") if values else None


def number_of(found: Fields, number: int) -> int | None:
    """Return an integer field; None where it is not set, which protobuf does for 0 too."""
    values = found.get(number)
    return int.from_bytes(values[-1], "little") if values else None


def _joined(path: Path, file: BinaryIO) -> Iterator[bytes]:
    """Yield what the frames hold, those joined that were split at the ends of blocks."""
    parts: list[bytes] = []
    for kind, data in _frames(path, file):
        if kind in (_FULL, _FIRST):
            parts = []
        parts.append(data)
        if sum(map(len, parts)) > _MESSAGE_BYTES_MAX:
            raise UnreadableError(f"{path} holds a record of more than {_MESSAGE_BYTES_MAX} bytes")
        if kind in (_FULL, _LAST):
            yield b"".join(parts)
            parts = []


def _frames(path: Path, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    while True:
        left = _BLOCK_BYTES - file.tell() % _BLOCK_BYTES
        if left < _FRAME_BYTES:
            file.seek(left, 1)
        head = file.read(_FRAME_BYTES)
        if len(head) < _FRAME_BYTES:
            return
        kind, size = head[6], int.from_bytes(head[4:6], "little")
        data = file.read(size)
        if len(data) < size:
            return
        if kind not in (_FULL, _FIRST, _MIDDLE, _LAST):
            raise UnreadableError(f"{path} is damaged at byte {file.tell() - size}")
        if zlib.crc32(data, zlib.crc32(head[6:7])) != int.from_bytes(head[:4], "little"):
            raise UnreadableError(f"{path} is damaged at byte {file.tell() - size}")
        yield kind, data


def _value(message: bytes, at: int, kind: int) -> tuple[bytes, int]:
    match kind:
        case 0:
            number, at = _varint(message, at)
            return number.to_bytes(8, "little"), at
        case 1 | 5:
            size = 8 if kind == 1 else 4
        case 2:
            size, at = _varint(message, at)
        case _:
            raise UnreadableError(f"a record holds a field of the unknown kind {kind}")
    if at + size > len(message):
        raise UnreadableError("a record ends within a field")
    return message[at : at + size], at + size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 64, 7):
        if at >= len(message):
            raise UnreadableError("a record ends within a number")
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & (2**64 - 1), at
    raise UnreadableError("a record holds a number of more than 64 bits")
