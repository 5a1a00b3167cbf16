"""The ledger of a spooled session: how far it is acknowledged, and its counts.

Two slots of fixed size in one file, written in turn: a write that is cut short leaves the
other slot, and a full disk refuses none, as both were filled when the file was made.
"""

import os
import struct
from dataclasses import dataclass, field
from zlib import crc32

import orjson

_SLOT_BYTES = 4 * 1024
_HEAD = struct.Struct("<II")


@dataclass(slots=True)
class Tally:
    """How many events one topic of a session has seen, and which of them were dropped."""

    emitted: int = 0
    dropped: dict[str, int] = field(default_factory=dict)

    def count(self, sequence: int) -> None:
        """Have the count cover an event. Nothing can interrupt it between look and change."""
        if sequence >= self.emitted:
            self.emitted = sequence + 1

    def drop(self, reason: str, count: int = 1) -> None:
        self.dropped[reason] = self.dropped.get(reason, 0) + count

    @property
    def accepted(self) -> int:
        return self.emitted - sum(self.dropped.values())


@dataclass(slots=True)
class State:
    """Every frame before (`segment`, `offset`) is acknowledged or given up."""

    segment: int = 0
    offset: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)

    def start_of(self, segment: int) -> int:
        """Return the offset from which a segment is still to be shipped."""
        return self.offset if segment == self.segment else 0


class Ledger:
    """The ledger file of one session. Whoever holds the session's lock writes it."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._generation, self.state = self._newest()
        except BaseException:
            os.close(self._fd)
            raise

    def write(self) -> None:
        """Store the state."""
        self._generation += 1
        body = orjson.dumps([self._generation, self.state])
        if len(body) > _SLOT_BYTES - _HEAD.size:
            # Dozens of topics: the place matters more than counts a crash would lose.
            place = State(self.state.segment, self.state.offset)
            body = orjson.dumps([self._generation, place])
        slot = _HEAD.pack(len(body), crc32(body)) + body
        os.pwrite(self._fd, slot, self._generation % 2 * _SLOT_BYTES)

    def sync(self) -> None:
        """Have the state outlive a loss of power."""
        os.fsync(self._fd)

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _newest(self) -> tuple[int, State]:
        if os.fstat(self._fd).st_size < 2 * _SLOT_BYTES:
            os.pwrite(self._fd, bytes(2 * _SLOT_BYTES), 0)
        data = os.pread(self._fd, 2 * _SLOT_BYTES, 0)
        return max(map(_read, (data[:_SLOT_BYTES], data[_SLOT_BYTES:])), key=lambda slot: slot[0])


def _read(slot: bytes) -> tuple[int, State]:
    length, checksum = _HEAD.unpack_from(slot)
    body = slot[_HEAD.size : _HEAD.size + length]
    if not length or len(body) < length or crc32(body) != checksum:
        return 0, State()
    generation, state = orjson.loads(body)
    tallies = {topic: Tally(**tally) for topic, tally in state["tallies"].items()}
    return generation, State(state["segment"], state["offset"], tallies)
