"""The ledger of a spooled session: how far it is acknowledged, and its counts.

Two slots of fixed size in one file, written in turn: a write that is cut short leaves the
other slot, and a full disk refuses none, as both were filled when the file was made.
"""

import os
import struct
from dataclasses import dataclass, field
from zlib import crc32

import orjson

_SLOT_BYTES = 4096
_HEAD = struct.Struct("<II")


@dataclass(slots=True)
class Tally:
    """What became of one topic's events. The rest of `emitted` went out or waits."""

    emitted: int = 0
    dropped: dict[str, int] = field(default_factory=dict)

    def drop(self, reason: str) -> None:
        self.dropped[reason] = self.dropped.get(reason, 0) + 1


@dataclass(slots=True)
class State:
    """Every frame before (`segment`, `offset`) is acknowledged or given up."""

    segment: int = 0
    offset: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)


class Ledger:
    """The ledger file of one session. One process at a time holds it, by the session's lock."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.fstat(self._fd).st_size < 2 * _SLOT_BYTES:
            os.pwrite(self._fd, bytes(2 * _SLOT_BYTES), 0)
        self._generation, self.state = self._newest()

    def write(self, *, fsync: bool = False) -> None:
        """Store the state."""
        self._generation += 1
        body = orjson.dumps([self._generation, self.state])
        slot = _HEAD.pack(len(body), crc32(body)) + body
        if len(slot) > _SLOT_BYTES:
            raise ValueError(f"a ledger entry of {len(slot)} bytes exceeds {_SLOT_BYTES}")
        os.pwrite(self._fd, slot, self._generation % 2 * _SLOT_BYTES)
        if fsync:
            os.fsync(self._fd)

    def close(self) -> None:
        os.close(self._fd)

    def _newest(self) -> tuple[int, State]:
        data = os.pread(self._fd, 2 * _SLOT_BYTES, 0)
        slots = [_read(data[:_SLOT_BYTES]), _read(data[_SLOT_BYTES:])]
        return max(slots, key=lambda slot: slot[0])


def _read(slot: bytes) -> tuple[int, State]:
    length, checksum = _HEAD.unpack_from(slot)
    body = slot[_HEAD.size : _HEAD.size + length]
    if not length or len(body) < length or crc32(body) != checksum:
        return 0, State()
    generation, state = orjson.loads(body)
    tallies = {topic: Tally(**tally) for topic, tally in state["tallies"].items()}
    return generation, State(state["segment"], state["offset"], tallies)
