"""The ledger: the trees of all partitions and the chain of their signed heads, in a directory.

ledger.key              the private key, for its owner alone
ledger.pub              the public key, for whoever verifies
heads.jsonl             every note ever signed
trees/<topic>/<n>       the hashes of a partition's tree
"""

import base64
import fcntl
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from ...schemas.errors import HeadwaterError
from .chain import key_note, read_chain
from .checkpoint import Checkpoint, origin_of
from .heads import append_heads, read_heads
from .key_file import read_key, write_key
from .leaf import Entry, absent_hash, entry_hash
from .note import SigningKey, VerifierKey, sign
from .tree_file import TreeFile

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


class LedgerError(HeadwaterError):
    """The ledger's own files contradict each other, or what it is given."""


class Ledger:
    """A ledger to append to. One process at a time may open it.

    Args:
        directory: Where it lies; it is made, with a new key, where there is none.
        clock: Says when a head is signed.

    Raises:
        LedgerError: If another process has it open, or its trees are not those it signed.
        ChainError: If its heads are no chain.
    """

    def __init__(self, directory: Path, *, clock: Clock = _now) -> None:
        self.directory = directory
        self._clock = clock
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _lock(directory)
        self.chain = read_chain(read_heads(heads_path(directory)))
        self._key = self._open_key()
        self._trees: dict[tuple[str, int], TreeFile] = {}
        self._to_meet: dict[Path, list[Checkpoint]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def public_key(self) -> VerifierKey:
        """The key that its heads are signed with."""
        return self._key.verifier

    def size(self, topic: str, partition: int) -> int:
        """Return how many leaves a partition's tree has, which is the next offset it takes."""
        return self._tree(topic, partition).size

    def leaf(self, topic: str, partition: int, offset: int) -> bytes:
        """Return the leaf hash of an offset that it has seen."""
        return self._tree(topic, partition).leaf(offset)

    def append(self, entry: Entry) -> int:
        """Add a message.

        Returns:
            How many offsets before it hold no message.

        Raises:
            LedgerError: If its offset was passed already, or the log that a lost tree is built
                anew from is not the one that was signed.
        """
        tree = self._trees.get(entry[:2]) or self._tree(entry.topic, entry.partition)
        expected = tree.size
        if entry.offset < expected:
            raise LedgerError(
                f"offset {entry.offset} of {entry.topic}/{entry.partition} comes again "
                f"after {expected - 1}"
            )
        for offset in range(expected, entry.offset):
            self._add_leaf(tree, absent_hash(entry.topic, entry.partition, offset))
        self._add_leaf(tree, entry_hash(entry))
        return entry.offset - expected

    def checkpoint(self) -> list[str]:
        """Sign the head of every tree that grew since its last one; return the notes."""
        grown = [
            (origin_of(self.chain.name, *place), tree)
            for place, tree in sorted(self._trees.items())
            if tree.size > self.chain.size(origin_of(self.chain.name, *place))
        ]
        for _, tree in grown:
            tree.sync()
        return [self._sign_head(origin, tree) for origin, tree in grown]

    def rotate(self) -> str:
        """Replace the key by a new one, which the old one signs; return the note."""
        new = SigningKey.generate(self._key.name)
        note = key_note(self.chain, new, self._key, at=self._at())
        # The heads go first: with the old key left over from a crash, opening fails loudly.
        write_key(self._key_path.with_suffix(".next"), new)
        self._add(note)
        write_key(self._key_path, new)
        self._key_path.with_suffix(".next").unlink()
        self._key = new
        self._publish_key()
        return note

    def close(self) -> None:
        """Let go of the files."""
        for tree in self._trees.values():
            tree.close()
        os.close(self._lock)

    @property
    def _key_path(self) -> Path:
        return self.directory / "ledger.key"

    def _tree(self, topic: str, partition: int) -> TreeFile:
        place = (topic, partition)
        if place not in self._trees:
            tree = TreeFile(tree_path(self.directory, topic, partition))
            self._check(origin_of(self.chain.name, topic, partition), tree)
            self._trees[place] = tree
        return self._trees[place]

    def _check(self, origin: str, tree: TreeFile) -> None:
        """Refuse to go on with a tree other than the one that was signed.

        One that is shorter is built on from the log, and compared with each head on the way.
        """
        heads = self.chain.checkpoints.get(origin, [])
        reached = [head for head in heads if head.size <= tree.size]
        if reached and tree.root(reached[-1].size) != reached[-1].root:
            raise LedgerError(
                f"{tree.path} is not the tree whose {reached[-1].size} leaves the ledger signed",
                remedy=f"Remove {tree.path} and start again: the tree is built anew from the "
                "log and compared with every head.",
            )
        if len(reached) < len(heads):
            self._to_meet[tree.path] = heads[len(reached) :][::-1]

    def _add_leaf(self, tree: TreeFile, leaf: bytes) -> None:
        tree.append(leaf)
        if self._to_meet:
            self._meet(tree)

    def _meet(self, tree: TreeFile) -> None:
        """Compare a tree that is built on from the log with the head of its size."""
        to_meet = self._to_meet.get(tree.path)
        if not to_meet or to_meet[-1].size != tree.size:
            return
        if to_meet.pop().root != tree.root():
            raise LedgerError(
                f"the log leads to another tree of {tree.size} leaves than was signed for",
                remedy="See what was altered with `headwater audit verify`; where retention took "
                f"messages, restore {tree.path} from a copy.",
            )
        if not to_meet:
            del self._to_meet[tree.path]

    def _sign_head(self, origin: str, tree: TreeFile) -> str:
        root = base64.b64encode(tree.root()).decode()
        signed = self.chain.next(origin, tree.size, root, self._at())
        note = sign(signed.text(), self._key.renamed(origin))
        self._add(note)
        return note

    def _add(self, note: str) -> None:
        self.chain.add(note)
        append_heads(heads_path(self.directory), [note])

    def _open_key(self) -> SigningKey:
        if not self._key_path.exists():
            return self._new_key()
        key = read_key(self._key_path)
        upcoming = self._key_path.with_suffix(".next")
        if upcoming.exists() and self.chain.keys[-1:] == [read_key(upcoming).verifier]:
            upcoming.replace(self._key_path)
            key = read_key(self._key_path)
            self._publish_key(key)
        if self.chain.keys[-1:] != [key.verifier]:
            raise LedgerError(
                f"{self._key_path} is not the key that the heads were last signed with",
                remedy="Restore the key; without it this ledger cannot be continued.",
            )
        return key

    def _new_key(self) -> SigningKey:
        if self.chain.length:
            raise LedgerError(
                f"the signing key {self._key_path} is missing",
                remedy="Restore it; without it this ledger cannot be continued.",
            )
        key = SigningKey.generate(f"headwater/{secrets.token_hex(4)}")
        write_key(self._key_path, key)
        self._add(key_note(self.chain, key, at=self._at()))
        self._publish_key(key)
        return key

    def _publish_key(self, key: SigningKey | None = None) -> None:
        public = (key or self._key).verifier
        public_key_path(self.directory).write_text(f"{public}\n")

    def _at(self) -> str:
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def heads_path(directory: Path) -> Path:
    """Where a ledger's heads lie."""
    return directory / "heads.jsonl"


def public_key_path(directory: Path) -> Path:
    """Where a ledger's public key lies."""
    return directory / "ledger.pub"


def tree_path(directory: Path, topic: str, partition: int) -> Path:
    """Where the tree of a partition lies."""
    return directory / "trees" / topic / str(partition)


def _lock(directory: Path) -> int:
    file = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise LedgerError(
            f"another process has the ledger in {directory} open",
            remedy="Stop it first: two would sign two histories.",
        ) from None
    return file
