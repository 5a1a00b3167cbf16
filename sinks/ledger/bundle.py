"""Bundle: an answer, the records that it follows from, and why each is in the log.

For whoever has the ledger's public key and nothing else. The ledger vouches for the whole by
a seal over it; each record proves itself by its way up to a signed head.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ...schemas.canonical import canonical
from ...schemas.errors import HeadwaterError
from .chain import Chain, excerpt_of, read_chain
from .checkpoint import Checkpoint, origin_of
from .entry_json import from_json, to_json
from .leaf import Entry, entry_hash
from .merkle import root_of_inclusion
from .note import NoteError, SigningKey, VerifierKey, decoded, open_note, sign

FORMAT = "headwater-bundle/1"
_SEAL = "bundle"
_MEMBERS = {"format", "statement", "heads", "records", "seal"}

Path = Callable[[Entry, int], list[bytes]]
"""Returns the proof that a message is in the tree of its partition, as it was of a size."""


class BundleError(HeadwaterError):
    """A bundle does not prove what it says."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle whose seal and proofs hold.

    Attributes:
        statement: What it says, and follows from the records by other rules than ours.
        entries: The records, as they lie in the log.
        checkpoints: The heads that cover them.
        key: The key that it is sealed with.
    """

    statement: Any
    entries: list[Entry]
    checkpoints: list[Checkpoint]
    key: VerifierKey


def make_bundle(
    statement: Any, entries: Sequence[Entry], path: Path, notes: Sequence[str], key: SigningKey
) -> dict[str, Any]:
    """Return a bundle as plain JSON values.

    Args:
        statement: What follows from the records.
        entries: The records; a head must cover each.
        path: Proves each of them.
        notes: The ledger's heads.
        key: The ledger's key, which seals it.

    Raises:
        BundleError: If a record is not the one that was signed for.
    """
    chain = read_chain(notes)
    heads = _heads(chain, notes, {entry[:2] for entry in entries})
    said: dict[str, Any] = {
        "format": FORMAT,
        "statement": statement,
        "heads": heads,
        "records": [_proven(entry, path, chain) for entry in entries],
    }
    origin = f"{key.name}/{_SEAL}"
    said["seal"] = sign(_seal_text(origin, said), key.renamed(origin))
    return said


def open_bundle(bundle: Any, *, trusted: VerifierKey) -> Opened:
    """Check the seal of a bundle and the proof of each record.

    Args:
        bundle: What `make_bundle` returned.
        trusted: The key that the reader knows the ledger by.

    Raises:
        BundleError: If either does not hold.
        ChainError: If its heads are not signed as they must be, or not by that ledger.
    """
    if not isinstance(bundle, dict) or bundle.keys() != _MEMBERS or bundle["format"] != FORMAT:
        raise BundleError("this is no bundle of evidence")
    try:
        chain = read_chain(bundle["heads"], trusted=trusted, excerpt=True)
        entries = [_checked(said, chain) for said in bundle["records"]]
        _check_seal(bundle, chain)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError("this is no bundle of evidence") from error
    except NoteError as error:
        raise BundleError(f"the bundle is not as it was sealed: {error.message}") from error
    checkpoints = [heads[-1] for _, heads in chain.trees()]
    return Opened(bundle["statement"], entries, checkpoints, chain.keys[-1])


def _heads(chain: Chain, notes: Sequence[str], places: Iterable[tuple[str, int]]) -> list[str]:
    """Return the keys and the newest head of each partition, in the order of the chain."""
    chosen: set[str] = set()
    for place in places:
        origin = origin_of(chain.name, *place)
        size = chain.size(origin)
        chosen.update(excerpt_of(notes, origin, start=size, end=size))
    # A key that came after all these heads is what seals the bundle.
    chosen.update(excerpt_of(notes, "", start=0, end=0))
    return [note for note in notes if note in chosen]


def _proven(entry: Entry, path: Path, chain: Chain) -> dict[str, Any]:
    checkpoint = _head_of(entry, chain)
    siblings = path(entry, checkpoint.size)
    if _root(entry, checkpoint.size, siblings) != checkpoint.root:
        raise _not_signed(entry)
    return {
        "entry": to_json(entry),
        "path": [base64.b64encode(sibling).decode() for sibling in siblings],
    }


def _checked(said: Any, chain: Chain) -> Entry:
    entry = from_json(said["entry"])
    siblings = [decoded(sibling) for sibling in said["path"]]
    checkpoint = _head_of(entry, chain)
    if said.keys() != {"entry", "path"} or _root(entry, checkpoint.size, siblings) != (
        checkpoint.root
    ):
        raise _not_signed(entry)
    return entry


def _head_of(entry: Entry, chain: Chain) -> Checkpoint:
    checkpoints = chain.checkpoints.get(origin_of(chain.name, entry.topic, entry.partition))
    if not checkpoints or entry.offset >= checkpoints[-1].size:
        raise BundleError(
            f"no head covers offset {entry.offset} of {entry.topic}/{entry.partition}"
        )
    return checkpoints[-1]


def _root(entry: Entry, size: int, siblings: Sequence[bytes]) -> bytes | None:
    return root_of_inclusion(entry_hash(entry), entry.offset, size, siblings)


def _not_signed(entry: Entry) -> BundleError:
    return BundleError(
        f"offset {entry.offset} of {entry.topic}/{entry.partition} is not the message that "
        "was signed for"
    )


def _check_seal(bundle: dict[str, Any], chain: Chain) -> None:
    origin = f"{chain.name}/{_SEAL}"
    said = {name: value for name, value in bundle.items() if name != "seal"}
    if open_note(bundle["seal"], chain.keys[-1].renamed(origin)) != _seal_text(origin, said):
        raise NoteError("its content is another")


def _seal_text(origin: str, said: dict[str, Any]) -> str:
    content = base64.b64encode(hashlib.sha256(canonical(said)).digest()).decode()
    return f"{origin}\n{content}\n"
