"""Tree file: the hashes of a tree on disk, so that it resumes and proves in logarithmic memory.

Each leaf hash is followed by the hashes of the subtrees that it completes. The file only
grows, and what a crash left half written at its end is cut off.
"""

import os
from pathlib import Path

from .merkle import HASH_BYTES, Frontier, consistency_path, frontier, inclusion_path

_BUFFER_BYTES = 1 << 20


class TreeFile:
    """A tree whose hashes lie in a file.

    Args:
        path: The file; it is created where it is missing.
        writable: Whether leaves will be appended; a reader leaves the file as it is.
    """

    def __init__(self, path: Path, *, writable: bool = True) -> None:
        self.path = path
        if writable:
            path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT if writable else os.O_RDONLY
        self._file = os.open(path, flags | os.O_CLOEXEC, 0o644)
        size = _leaves_in(os.fstat(self._file).st_size // HASH_BYTES)
        if writable:
            os.ftruncate(self._file, _hashes_of(size) * HASH_BYTES)
        self._written = _hashes_of(size) * HASH_BYTES
        self._buffer = bytearray()
        self._frontier = frontier(self.node, size)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._frontier.size

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash; it is on disk after `sync`."""
        self._buffer += b"".join(self._frontier.append(leaf))
        if len(self._buffer) >= _BUFFER_BYTES:
            self._flush()

    def sync(self) -> None:
        """Bring all leaves to the disk."""
        self._flush()
        os.fsync(self._file)

    def close(self) -> None:
        """Write what is left and let go of the file."""
        self._flush()
        os.close(self._file)

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the tree, as it is or as it was of a size."""
        return self._frontier.root() if size is None else self.frontier(size).root()

    def leaf(self, index: int) -> bytes:
        """Return a leaf hash."""
        return self.node(0, index)

    def node(self, level: int, index: int) -> bytes:
        """Return the root of a complete subtree.

        Raises:
            ValueError: If the file does not hold it.
        """
        last = ((index + 1) << level) - 1
        place = (_hashes_of(last) + level) * HASH_BYTES
        if place >= self._written:
            self._flush()
        found = os.pread(self._file, HASH_BYTES, place)
        if len(found) != HASH_BYTES:
            raise ValueError(f"{self.path} holds no node {index} of level {level}")
        return found

    def frontier(self, size: int) -> Frontier:
        """Return the frontier that the tree had when it was of a size."""
        return frontier(self.node, size)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the proof that a leaf is in the tree of a size."""
        return inclusion_path(self.node, index, size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of one size grew into that of another."""
        return consistency_path(self.node, old, new)

    def _flush(self) -> None:
        pending = memoryview(bytes(self._buffer))
        self._buffer.clear()
        while pending:
            written = os.pwrite(self._file, pending, self._written)
            self._written += written
            pending = pending[written:]


def _hashes_of(size: int) -> int:
    """How many hashes a tree of so many leaves has: all nodes of all its complete subtrees."""
    return 2 * size - size.bit_count()


def _leaves_in(hashes: int) -> int:
    """How many leaves stand in a file of so many hashes with all that they complete."""
    low, high = hashes // 2, hashes
    while low < high:
        middle = (low + high + 1) // 2
        if _hashes_of(middle) <= hashes:
            low = middle
        else:
            high = middle - 1
    return low
