"""Verify: whether a log is the one whose heads were signed, and if not, from where on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from .checkpoint import Checkpoint
from .leaf import Entry, absent_hash, entry_hash
from .merkle import Frontier

Stated = Callable[[int], bytes | None]
"""Returns the leaf hash that a copy of the tree states for an offset, if there is one."""


class Fault(StrEnum):
    """What may be wrong with offsets of a partition."""

    ALTERED = "altered"
    MISSING = "missing"
    INSERTED = "inserted"
    SHRUNK = "shrunk"
    GAP = "gap"
    UNSIGNED = "unsigned"
    HASHES_ALTERED = "hashes altered"
    UNLOCATED = "altered somewhere between"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault and the offsets that it concerns, first and last."""

    topic: str
    partition: int
    fault: Fault
    first: int
    last: int

    def __str__(self) -> str:
        offsets = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        return f"{self.topic}/{self.partition} offset {offsets}: {_EXPLAINED[self.fault]}"


_EXPLAINED = {
    Fault.ALTERED: "not the message that was signed for",
    Fault.MISSING: "the message that was signed for is missing",
    Fault.INSERTED: "a message that does not belong there",
    Fault.SHRUNK: "the log ends before it; its messages were signed for",
    Fault.GAP: "no message was there when the ledger came by",
    Fault.UNSIGNED: "no head covers it",
    Fault.HASHES_ALTERED: "the log is as it was signed, but the stored leaf hash is not",
    Fault.UNLOCATED: "not what was signed for; one or more of these",
}


@dataclass(slots=True)
class Verdict:
    """What was found of a partition.

    Attributes:
        size: How many offsets its heads cover.
        read: How many messages were read.
        unsigned: How many came after the last head, as the newest ones of a live log do.
    """

    topic: str
    partition: int
    size: int
    read: int = 0
    unsigned: int = 0
    findings: list[Finding] = field(default_factory=list)


def nothing_stated(_offset: int) -> None:
    """Say that there is no copy of the tree to compare with."""


class PartitionCheck:
    """Compares the messages of a partition with its heads, in one walk.

    While all is well there is one tree, of what was read. From the first leaf that is not as
    stated there is a second one, of what is stated: if that is the one that was signed, the
    differences are where the log was altered, and the walk goes on from it.

    Args:
        checkpoints: The heads of the partition's tree, smallest first.
        stated: What a copy of the tree's leaves says, to tell which offset is at fault. It
            need not be trusted.
        start: The tree before the first message, where the log does not begin at 0.
        end: Up to which offset to compare, where not to the last head.
    """

    def __init__(
        self,
        topic: str,
        partition: int,
        checkpoints: Sequence[Checkpoint],
        *,
        stated: Stated = nothing_stated,
        start: Frontier | None = None,
        end: int | None = None,
    ) -> None:
        self._tree = start or Frontier()
        within = [each for each in checkpoints if end is None or each.size <= end]
        self._checkpoints = [each for each in within if each.size > self._tree.size][::-1]
        self._verdict = Verdict(topic, partition, within[-1].size if within else 0)
        self._stated = stated
        self._claimed: Frontier | None = None
        self._suspects: list[tuple[Fault, int, bool]] = []
        self._proven = self._tree.size

    def take(self, entry: Entry) -> None:
        """Take the next message of the log."""
        verdict = self._verdict
        verdict.read += 1
        if (entry.topic, entry.partition) != (verdict.topic, verdict.partition):
            self._find(Fault.INSERTED, self._tree.size)
        elif entry.offset >= verdict.size:
            verdict.unsigned += 1
        elif entry.offset < self._tree.size:
            self._find(Fault.INSERTED, entry.offset)
        else:
            self._take_absent(Fault.MISSING, entry.offset)
            self._leaf(Fault.ALTERED, entry.offset, entry_hash(entry))

    def end(self, reaches: int = 0) -> Verdict:
        """Return the verdict, now that there is no further message.

        Args:
            reaches: The next offset of the log, where it is known: what is not there before
                that was taken out, and the log did not shrink.
        """
        self._take_absent(Fault.MISSING, min(reaches, self._verdict.size))
        self._take_absent(Fault.SHRUNK, self._verdict.size)
        self._report((fault, at) for fault, at, _ in self._suspects)
        return self._verdict

    def _take_absent(self, fault: Fault, end: int) -> None:
        verdict = self._verdict
        for offset in range(self._tree.size, end):
            leaf = absent_hash(verdict.topic, verdict.partition, offset)
            self._leaf(fault, offset, leaf)

    def _leaf(self, fault: Fault, offset: int, leaf: bytes) -> None:
        claim = self._stated(offset)
        contradicted = claim is not None and claim != leaf
        if contradicted:
            self._claimed = self._claimed or Frontier(self._tree.size, self._tree.peaks)
        if contradicted or fault is not Fault.ALTERED:
            self._suspects.append((fault, offset, contradicted))
        if self._claimed is not None:
            self._claimed.append(claim or leaf)
        self._tree.append(leaf)
        if self._checkpoints and self._checkpoints[-1].size == self._tree.size:
            self._compare(self._checkpoints.pop().root)

    def _compare(self, root: bytes) -> None:
        """Compare with a head, and tell what the leaves that are not as stated mean."""
        suspects, self._suspects = self._suspects, []
        claimed, self._claimed = self._claimed, None
        if self._tree.root() == root:
            self._report((Fault.HASHES_ALTERED if no else Fault.GAP, at) for _, at, no in suspects)
        elif claimed is not None and claimed.root() == root:
            self._report((fault if no else Fault.GAP, at) for fault, at, no in suspects)
            self._tree = claimed
        else:
            self._find(Fault.UNLOCATED, self._proven, self._tree.size - 1)
            self._report((fault, at) for fault, at, _ in suspects)
            # Every later head covers these leaves too, so none of them can be met.
            self._checkpoints.clear()
        self._proven = self._tree.size

    def _report(self, suspects: Iterable[tuple[Fault, int]]) -> None:
        for fault, first, last in _runs(suspects):
            self._find(fault, first, last)

    def _find(self, fault: Fault, first: int, last: int | None = None) -> None:
        verdict = self._verdict
        end = first if last is None else last
        verdict.findings.append(Finding(verdict.topic, verdict.partition, fault, first, end))


def _runs(suspects: Iterable[tuple[Fault, int]]) -> Iterator[tuple[Fault, int, int]]:
    """Join offsets of one fault that follow each other."""
    run: tuple[Fault, int, int] | None = None
    for fault, offset in suspects:
        if run is not None and run[0] is fault and run[2] + 1 == offset:
            run = (fault, run[1], offset)
        else:
            if run is not None:
                yield run
            run = (fault, offset, offset)
    if run is not None:
        yield run
