"""Merkle trees as RFC 9162 defines them (section 2.1), which Certificate Transparency uses.

A node without a sibling is promoted as it is, not paired with itself.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH_BYTES = 32
_sha256 = hashlib.sha256
EMPTY_ROOT = _sha256(b"").digest()

Nodes = Callable[[int, int], bytes]
"""Returns the root of the complete subtree number `index` of `2**level` leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return _sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return _sha256(b"\1" + left + right).digest()


class Frontier:
    """The roots of the complete subtrees of a tree, largest first: all that growing it needs.

    Args:
        size: How many leaves the tree has.
        peaks: The roots, one for each bit that is set in `size`.
    """

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has not {len(self.peaks)} peaks")

    def append(self, leaf: bytes) -> list[bytes]:
        """Add a leaf hash; return it and the hashes of the subtrees that it completes."""
        completed = [leaf]
        peaks, rest = self.peaks, self.size
        while rest & 1:
            leaf = _sha256(b"\1" + peaks.pop() + leaf).digest()
            completed.append(leaf)
            rest >>= 1
        peaks.append(leaf)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """Return the root of the tree."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def frontier(nodes: Nodes, size: int) -> Frontier:
    """Return the frontier that a tree had when it was of a size."""
    peaks = []
    start = 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            peaks.append(nodes(level, start >> level))
            start += 1 << level
    return Frontier(size, peaks)


def inclusion_path(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """Return what proves that a leaf is in a tree of a size: its siblings on the way up.

    Raises:
        ValueError: If the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(nodes, middle, end))
            end = middle
        else:
            path.append(_range_root(nodes, start, middle))
            start = middle
    return path[::-1]


def consistency_path(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """Return what proves that a tree grew from one size to another by appending only.

    Raises:
        ValueError: If it did not grow.
    """
    if not 0 < old <= new:
        raise ValueError(f"a tree cannot grow from {old} to {new} leaves")
    path = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_root(nodes, middle, end))
            end = middle
        else:
            path.append(_range_root(nodes, start, middle))
            start = middle
    if start:
        path.append(_range_root(nodes, start, end))
    return path[::-1]


def root_of_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that a proof of inclusion leads to; None if it cannot be one.

    Source: RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size:
        return None
    place, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            root = node_hash(sibling, root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        place, last = place >> 1, last >> 1
    return root if last == 0 else None


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a path proves that the tree of one root grew into that of another.

    Source: RFC 9162, 2.1.4.2.
    """
    if old == new:
        return not path and old_root == new_root
    if not 0 < old < new:
        return False
    hashes = list(path) if old & (old - 1) else [old_root, *path]
    if not hashes:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    from_old = from_new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            from_old = node_hash(sibling, from_old)
            from_new = node_hash(sibling, from_new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            from_new = node_hash(from_new, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and from_old == old_root and from_new == new_root


def _split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def _range_root(nodes: Nodes, start: int, end: int) -> bytes:
    """Return the root over the leaves of a range that is one side of a split."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return nodes(level, start >> level)
    middle = start + _split(size)
    return node_hash(_range_root(nodes, start, middle), _range_root(nodes, middle, end))
