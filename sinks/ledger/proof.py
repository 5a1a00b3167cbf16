"""Proof: one message and why it is in the log, for whoever has the ledger's public key."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...schemas.canonical import canonical
from ...schemas.errors import HeadwaterError
from .chain import Chain, excerpt_of, read_chain
from .checkpoint import Checkpoint, origin_of
from .entry_json import from_json, to_json
from .leaf import Entry, entry_hash
from .merkle import root_of_inclusion
from .note import NoteError, VerifierKey, decoded
from .tree_file import TreeFile

FORMAT = "headwater-proof/1"


class ProofError(HeadwaterError):
    """A proof proves nothing."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A message that was in a log when a head of it was signed."""

    entry: Entry
    checkpoint: Checkpoint
    key: VerifierKey


def prove(entry: Entry, tree: TreeFile, notes: Sequence[str], chain: Chain) -> dict[str, Any]:
    """Return the proof that a message is in a log, as plain JSON values.

    Args:
        entry: The message.
        tree: The tree of its partition.
        notes: The ledger's heads.
        chain: What they were read as.

    Raises:
        ProofError: If no head covers the message yet, or it is not what was signed for.
    """
    origin = origin_of(chain.name, entry.topic, entry.partition)
    size = chain.size(origin)
    if entry.offset >= size:
        raise ProofError(
            f"no head covers offset {entry.offset} of {entry.topic}/{entry.partition} yet",
            remedy="Wait for the next one: `headwater status` shows whether the ledger runs.",
        )
    path = tree.inclusion(entry.offset, size)
    if root_of_inclusion(entry_hash(entry), entry.offset, size, path) != tree.root(size):
        raise ProofError(
            f"offset {entry.offset} of {entry.topic}/{entry.partition} is not the message that "
            "was signed for",
            remedy="See what else was altered: headwater audit verify.",
        )
    return {
        "format": FORMAT,
        "entry": to_json(entry),
        "path": [base64.b64encode(sibling).decode() for sibling in path],
        "heads": excerpt_of(notes, origin, start=size, end=size),
    }


def check(proof: Any, *, trusted: VerifierKey) -> Proven:
    """Check a proof, with the public key alone.

    Args:
        proof: What `prove` returned.
        trusted: The key that the reader knows the ledger by; the newest that it knows, for
            whoever has an older one may have signed the rest.

    Raises:
        ProofError: If it does not prove its message.
        ChainError: If its heads are not signed as they must be, or not by that ledger.
    """
    try:
        entry = from_json(proof["entry"])
        path = [decoded(sibling) for sibling in proof["path"]]
        chain = read_chain(proof["heads"], trusted=trusted, excerpt=True)
        ((place, (checkpoint,)),) = chain.trees()
        known = proof["format"] == FORMAT and proof.keys() == _MEMBERS
    except (KeyError, TypeError, ValueError, AttributeError, NoteError) as error:
        raise ProofError("this is no proof of a message") from error
    root = root_of_inclusion(entry_hash(entry), entry.offset, checkpoint.size, path)
    if not known or place != entry[:2] or root != checkpoint.root:
        raise ProofError(
            f"offset {entry.offset} of {entry.topic}/{entry.partition} is not what the head "
            "of its log was signed for"
        )
    return Proven(entry, checkpoint, chain.keys[-1])


def parse(data: bytes) -> Any:
    """Read the JSON of a proof.

    Raises:
        ProofError: If it is none.
    """
    try:
        proof = json.loads(data)
        written = encode(proof)
    except (ValueError, RecursionError) as error:
        raise ProofError("this is no proof of a message") from error
    if written != data:
        raise ProofError("the proof is not as it was written")
    return proof


def encode(proof: Any) -> bytes:
    """Return a proof as JSON, in the one form that `parse` takes."""
    return canonical(proof) + b"\n"


_MEMBERS = {"format", "entry", "path", "heads"}
