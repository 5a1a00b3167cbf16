"""Archive: the segments of all partitions under a path or URL, as fsspec takes it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import fsspec

from ..ledger.chain import Chain, ChainError, excerpt_of, read_chain
from ..ledger.checkpoint import Checkpoint, origin_of
from ..ledger.leaf import Entry
from ..ledger.merkle import Frontier
from ..ledger.note import VerifierKey
from ..ledger.report import Report
from ..ledger.verify import Fault, Finding, PartitionCheck, Verdict
from .segment import Place, SegmentError, place_of, read_claim, read_rows, write_segment

SEGMENT_MESSAGES_MAX = 500_000
"""A segment ends with the last head before so many; with the next one, if there is none."""

Entries = Callable[[str, int, int, int], Iterator[Entry]]
"""Yields the messages of a topic's partition, from an offset up to another."""

Trees = Callable[[str, int, int], Frontier]
"""Returns the tree of a topic's partition as it was of a size."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive; as a log it holds what its segments hold.

    Attributes:
        url: A path or URL.
    """

    url: str

    @contextmanager
    def open(self) -> Iterator["Archive"]:
        """Open it, as the source of a replay."""
        yield self

    def segments(self) -> dict[tuple[str, int], list[Place]]:
        """Return the segments of each partition, in order."""
        system, root = fsspec.core.url_to_fs(self.url)
        found: dict[tuple[str, int], list[Place]] = defaultdict(list)
        for path in sorted(system.find(root)):
            place = place_of(path)
            if place is not None:
                found[place.topic, place.partition].append(place)
        return dict(found)

    def partitions(self, topic: str) -> dict[int, tuple[int, int]]:
        """Return the first and the next offset of each partition of a topic."""
        return {
            partition: (places[0].start, places[-1].end)
            for (name, partition), places in self.segments().items()
            if name == topic
        }

    def entries(self, topic: str, partition: int, start: int, end: int) -> Iterator[Entry]:
        """Yield the messages from an offset up to another; they are not verified here.

        Raises:
            SegmentError: If a segment is damaged, or missing between others.
        """
        reached = None
        for place in self.segments().get((topic, partition), []):
            if reached is not None and place.start > reached:
                raise SegmentError(f"the archive lacks {topic}/{partition} from offset {reached}")
            reached = place.end
            if place.end > start and place.start < end:
                with self._file(place) as file:
                    yield from (e for e, _ in read_rows(file) if start <= e.offset < end)

    def add(
        self, chain: Chain, notes: Sequence[str], entries: Entries, trees: Trees
    ) -> list[tuple[Place, int]]:
        """Write what heads cover and no segment holds yet.

        Args:
            chain: The ledger's heads.
            notes: The notes that they were read from.
            entries: Where the messages are.
            trees: The ledger's trees.

        Returns:
            The new segments, with the number of messages in each.
        """
        archived = self.segments()
        made = []
        for (topic, partition), checkpoints in chain.trees():
            places = archived.get((topic, partition))
            for place in _to_come(topic, partition, checkpoints, places[-1].end if places else 0):
                count = self._add(place, chain.name, notes, entries, trees)
                made.append((place, count))
        return made

    def chain(self) -> Chain:
        """Return the heads in the segment that knows the most keys: all that the archive knows.

        Heads between those of a segment are left out. Where no segment can be read, there
        are none.
        """
        chains = [Chain(excerpt=True)]
        for place in (place for places in self.segments().values() for place in places):
            try:
                with self._file(place) as file:
                    chains.append(read_chain(read_claim(file).notes, excerpt=True))
            except (SegmentError, ChainError):
                continue  # Verifying the segment says so.
        return max(chains, key=lambda chain: len(chain.keys))

    def verify(self, *, trusted: Collection[VerifierKey] | None = None) -> Report:
        """Verify every segment.

        Args:
            trusted: All keys of the ledger, as its heads state them; a segment knows those
                that there were when it was written.
        """
        report = Report(self.chain())
        for (topic, partition), places in self.segments().items():
            verdict = Verdict(topic, partition, 0)
            report.verdicts.append(verdict)
            for place in places:
                try:
                    self._verify(place, verdict, trusted)
                except (SegmentError, ChainError) as error:
                    report.problems.append(f"{place.path}: {error.message}")
                    verdict.size = place.end
        return report

    def _add(
        self, place: Place, name: str, notes: Sequence[str], entries: Entries, trees: Trees
    ) -> int:
        origin = origin_of(name, place.topic, place.partition)
        system, path = fsspec.core.url_to_fs(self._url(place))
        system.makedirs(system._parent(path), exist_ok=True)
        # A file that a crash left half written never gets its name.
        with system.transaction, system.open(path, "wb") as file:
            return write_segment(
                file,
                place,
                trees(place.topic, place.partition, place.start),
                excerpt_of(notes, origin, start=place.start, end=place.end),
                entries(*place),
            )

    def _verify(
        self, place: Place, verdict: Verdict, trusted: Collection[VerifierKey] | None
    ) -> None:
        with self._file(place) as file:
            claim = read_claim(file)
            if claim.place != place:
                raise SegmentError(f"it holds {claim.place.path}")
            chain = read_chain(claim.notes, excerpt=True)
            if trusted is not None and not set(chain.keys) <= set(trusted):
                raise ChainError("it is not signed by a key of the ledger")
            if place.start > verdict.size:
                gap = Finding(*place[:2], Fault.MISSING, verdict.size, place.start - 1)
                verdict.findings.append(gap)
            found = _compared(claim.tree, place, chain, file)
        verdict.findings.extend(found.findings)
        verdict.read += found.read
        verdict.size = place.end

    @contextmanager
    def _file(self, place: Place) -> Iterator[Any]:
        with fsspec.open(self._url(place), "rb") as file:
            yield file

    def _url(self, place: Place) -> str:
        return f"{self.url.rstrip('/')}/{place.path}"


def _compared(tree: Frontier, place: Place, chain: Chain, file: Any) -> Verdict:
    """Compare the messages of a segment with the heads that it holds."""
    checkpoints = dict(chain.trees()).get((place.topic, place.partition), [])
    if place.end not in {checkpoint.size for checkpoint in checkpoints}:
        raise SegmentError("no head ends with its last message")
    claims: dict[int, bytes] = {}
    check = PartitionCheck(
        place.topic,
        place.partition,
        _from(checkpoints, place, tree),
        stated=claims.get,
        start=tree,
        end=place.end,
    )
    for entry, leaf in read_rows(file):
        claims[entry.offset] = leaf
        check.take(entry)
        claims.clear()
    verdict = check.end()
    if verdict.unsigned:
        last = place.end + verdict.unsigned - 1
        verdict.findings.append(Finding(*place[:2], Fault.UNSIGNED, place.end, last))
    return verdict


def _from(checkpoints: list[Checkpoint], place: Place, tree: Frontier) -> list[Checkpoint]:
    """Refuse a tree that is not the one signed at the segment's start."""
    for checkpoint in checkpoints:
        if checkpoint.size == place.start and checkpoint.root != tree.root():
            raise SegmentError("the tree that it goes on from is not the one that was signed")
    return checkpoints


def _to_come(
    topic: str, partition: int, checkpoints: Sequence[Checkpoint], start: int
) -> Iterator[Place]:
    """Yield the segments that are still to be written, each from a head to another."""
    end = start
    for checkpoint in checkpoints:
        if checkpoint.size <= start:
            continue
        if end > start and checkpoint.size - start > SEGMENT_MESSAGES_MAX:
            yield Place(topic, partition, start, end)
            start = end
        end = checkpoint.size
    if end > start:
        yield Place(topic, partition, start, end)
