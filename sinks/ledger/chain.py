"""The chain of heads: every note of the ledger in the order of signing, each naming the last.

The first states the ledger's first key; a later key is signed by itself and by the key
before it. From then on only the new one counts, so a key that leaked after it was retired
signs nothing any more.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ...schemas.errors import HeadwaterError
from .checkpoint import Checkpoint, Signed, key_of, keys_origin, note_hash
from .note import NoteError, SigningKey, VerifierKey, open_note, sign, split


class ChainError(HeadwaterError):
    """The heads are not one unbroken chain by the ledger's keys."""


class Chain:
    """The heads of a ledger, checked as they are added.

    Args:
        excerpt: Whether heads between those that are added are left out.

    Attributes:
        keys: The ledger's keys; the last one is in use.
        checkpoints: Those of each tree, by its origin.
        length: How many notes there are.
        last: The hash of the last note.
    """

    def __init__(self, *, excerpt: bool = False) -> None:
        self._excerpt = excerpt
        self.keys: list[VerifierKey] = []
        self.checkpoints: dict[str, list[Checkpoint]] = defaultdict(list)
        self.length = 0
        self.last: str | None = None

    @property
    def name(self) -> str:
        """The ledger's name.

        Raises:
            ChainError: If there is no head yet.
        """
        if not self.keys:
            raise ChainError("there is no head of a ledger")
        return self.keys[-1].name

    def size(self, origin: str) -> int:
        """Return how many leaves of a tree are signed for."""
        checkpoints = self.checkpoints.get(origin)
        return checkpoints[-1].size if checkpoints else 0

    def trees(self) -> list[tuple[tuple[str, int], list[Checkpoint]]]:
        """Return the heads of each tree, by its topic and partition."""
        named = {
            tuple(origin.removeprefix(f"{self.name}/").rsplit("/", 1)): checkpoints
            for origin, checkpoints in self.checkpoints.items()
        }
        return [((topic, int(number)), named[topic, number]) for topic, number in sorted(named)]

    def add(self, note: str) -> None:
        """Add the next note.

        Raises:
            ChainError: If it is not the next one, or not signed as it must be.
        """
        try:
            self._add(note)
        except NoteError as error:
            raise ChainError(f"head {self.length}: {error.message}") from error
        self.last = note_hash(note)
        self.length += 1

    def next(self, origin: str, number: int, content: str, at: str) -> Signed:
        """Return what to sign for the next note."""
        return Signed(origin, number, content, at, self.last)

    def _add(self, note: str) -> None:
        signed = Signed.parse(split(note)[0])
        if signed.previous != self.last and not self._excerpt:
            raise NoteError("it does not follow the head before it: one is missing or altered")
        if not self.keys or signed.origin == keys_origin(self.name):
            self.keys.append(next_key(self.keys, note))
        else:
            self._add_checkpoint(note, signed)

    def _add_checkpoint(self, note: str, signed: Signed) -> None:
        open_note(note, self.keys[-1].renamed(signed.origin))
        checkpoint = Checkpoint.of(signed)
        topic, _, number = signed.origin.removeprefix(f"{self.name}/").rpartition("/")
        if signed.origin != f"{self.name}/{topic}/{number}" or not number.isdecimal():
            raise NoteError(f"{signed.origin} is no tree of the ledger {self.name}")
        if checkpoint.size <= self.size(signed.origin):
            raise NoteError(
                f"the tree of {signed.origin} shrank from {self.size(signed.origin)} "
                f"to {checkpoint.size} leaves"
            )
        self.checkpoints[signed.origin].append(checkpoint)


def read_chain(
    notes: Iterable[str], *, trusted: VerifierKey | None = None, excerpt: bool = False
) -> Chain:
    """Return the chain of notes.

    Args:
        notes: The notes in order.
        trusted: A key that the ledger must have, which the reader knows from elsewhere.
        excerpt: Whether they are what `excerpt_of` chose.

    Raises:
        ChainError: If they are no chain, or the ledger never had the key.
    """
    chain = Chain(excerpt=excerpt)
    for note in notes:
        chain.add(note)
    check_trusted(chain.keys, trusted)
    return chain


def next_key(keys: Sequence[VerifierKey], note: str) -> VerifierKey:
    """Return the key that a note states, which the key before it must have signed too.

    Raises:
        NoteError: If it states none, or is not signed so.
    """
    signed = Signed.parse(split(note)[0])
    key = key_of(signed)
    origin = keys_origin(key.name)
    open_note(note, *(known.renamed(origin) for known in (*keys[-1:], key)))
    if signed.origin != origin or signed.number != len(keys):
        raise NoteError(f"it does not state key {len(keys)} of the ledger")
    if keys and key.name != keys[-1].name:
        raise NoteError("its key has another name than the ledger")
    return key


def excerpt_of(notes: Sequence[str], origin: str, *, start: int, end: int) -> list[str]:
    """Return the heads of one tree from a size to another, and the keys that they need."""
    keys = f"{keys_origin(Signed.parse(split(notes[0])[0]).content.partition('+')[0])}\n"
    chosen = []
    for note in notes:
        of_tree = note.startswith(f"{origin}\n")
        size = int(note.split("\n", 2)[1]) if of_tree else 0
        if note.startswith(keys) or (of_tree and start <= size <= end):
            chosen.append(note)
        if of_tree and size >= end:
            break
    return chosen


def check_trusted(keys: Sequence[VerifierKey], trusted: VerifierKey | None) -> None:
    """Refuse a ledger that never had the key that a reader trusts.

    Raises:
        ChainError: If it had not.
    """
    if trusted is not None and trusted not in keys:
        raise ChainError(
            f"the heads are not signed by the key {trusted}",
            remedy="Ask whoever runs the ledger which key is theirs; trust none that comes "
            "with the data.",
        )


def key_note(chain: Chain, key: SigningKey, *by: SigningKey, at: str) -> str:
    """Return the note that states a ledger's first key, or a new one signed by the old."""
    origin = keys_origin(key.name)
    signed = chain.next(origin, len(chain.keys), str(key.verifier), at)
    return sign(signed.text(), *(signer.renamed(origin) for signer in (*by, key)))
