"""What the ledger signs: heads of its trees (C2SP tlog-checkpoint) and its keys.

Both are lines of text, the first naming what they are of. Two more lines of ours follow,
which the format allows: when it was signed, and the hash of the note that was signed before,
so that none can be taken out from between others.

    headwater/5f1c/lineage.records/0        headwater/5f1c/keys
    20852163                                1
    CsUYapGGPo4dkMgIAUqom/…=                headwater/5f1c+530d903a+AekyeRrm56h…
    at 2026-01-31T12:00:00Z                 at 2026-02-01T08:00:00Z
    previous 1iWmh6u0G6E/…=                 previous Zk2p5kB8T0A/…=
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import Self

from .merkle import HASH_BYTES
from .note import NoteError, VerifierKey, decoded

_SIZE_MAX = 2**63
_KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Signed:
    """What every note of the ledger holds.

    Attributes:
        origin: What it is of: `name/topic/partition`, or `name/keys`.
        number: A tree's size, or a key's number.
        content: A root, or a key, as text.
        at: When it was signed, ISO 8601 in UTC, as the signer's clock said.
        previous: The hash of the note before it, in base64; None for the first.
    """

    origin: str
    number: int
    content: str
    at: str
    previous: str | None

    def text(self) -> str:
        """Return the text to sign."""
        lines = [self.origin, str(self.number), self.content, f"at {self.at}"]
        if self.previous is not None:
            lines.append(f"previous {self.previous}")
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a text back.

        Raises:
            NoteError: If it is not what `text` writes.
        """
        lines = dict(enumerate(text.splitlines()))
        number = lines.get(1, "")
        if not (number.isascii() and number.isdigit()) or int(number) >= _SIZE_MAX:
            raise NoteError("a head of the ledger states no size")
        previous = lines[4].removeprefix("previous ") if 4 in lines else None
        found = cls(
            lines[0], int(number), lines.get(2, ""), lines.get(3, "").removeprefix("at "), previous
        )
        if found.text() != text:
            raise NoteError("a head of the ledger has lines that it must not have")
        return found


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The root of a tree at a size."""

    origin: str
    size: int
    root: bytes
    at: str

    @classmethod
    def of(cls, signed: Signed) -> Self:
        """Read what was signed as a checkpoint.

        Raises:
            NoteError: If its root is none.
        """
        root = decoded(signed.content)
        if len(root) != HASH_BYTES:
            raise NoteError(f"the root of {signed.origin} is no hash")
        return cls(signed.origin, signed.number, root, signed.at)


def origin_of(name: str, topic: str, partition: int) -> str:
    """Return what identifies the tree of a partition."""
    return f"{name}/{topic}/{partition}"


def keys_origin(name: str) -> str:
    """Return what identifies the list of a ledger's keys."""
    return f"{name}/{_KEYS}"


def key_of(signed: Signed) -> VerifierKey:
    """Read what was signed as a key of the ledger.

    Raises:
        NoteError: If it is none.
    """
    return VerifierKey.parse(signed.content)


def note_hash(note: str) -> str:
    """Return the hash by which the next note names a note."""
    return base64.b64encode(hashlib.sha256(note.encode()).digest()).decode()
