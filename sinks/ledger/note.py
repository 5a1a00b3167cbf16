"""Signed notes, the text format of transparency logs (C2SP signed-note), with Ed25519.

    text, of lines
    (an empty line)
    — key name base64(key id, signature)

The signature covers the text with its last newline. A key's id is the start of the SHA-256
over its name and public key, so that a key of another name is another key.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ...schemas.errors import HeadwaterError

_ED25519 = b"\x01"
_KEY_BYTES = 32
_ID_BYTES = 4
_SIGNATURE_BYTES = 64
_SIGNATURES_MAX = 100
_DASH = "— "
_PRIVATE = "PRIVATE+KEY+"


class NoteError(HeadwaterError):
    """A note, or a key, that is malformed or not signed as it must be."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name. As text: `name+id+base64`."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The start of the hash that notes name the key by."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[
            :_ID_BYTES
        ]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(_ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key from its text.

        Raises:
            NoteError: If it is no Ed25519 key, or its id is not that of its name and key.
        """
        name, key_id, key = _key_parts(text)
        found = cls(name, key)
        if found.id != key_id:
            raise NoteError(f"the key {text!r} does not have the id that it states")
        return found

    def renamed(self, name: str) -> "VerifierKey":
        """Return the same key under another name."""
        return VerifierKey(_checked_name(name), self.public)

    def verify(self, signature: bytes, text: str) -> bool:
        """Whether a signature is this key's over a text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key under a name. As text, for its file only: `PRIVATE+KEY+name+id+base64`."""

    name: str
    seed: bytes

    @classmethod
    def generate(cls, name: str) -> Self:
        """Make a new key."""
        return cls(_checked_name(name), Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key from its text.

        Raises:
            NoteError: If it is none. The message does not show it.
        """
        try:
            if not text.startswith(_PRIVATE):
                raise NoteError("it does not begin as one")
            name, key_id, seed = _key_parts(text.removeprefix(_PRIVATE))
        except NoteError:
            raise NoteError("this is no private key of a signed note") from None
        found = cls(name, seed)
        if found.verifier.id != key_id:
            raise NoteError("the private key does not have the id that it states")
        return found

    def secret(self) -> str:
        """Return the text that `parse` reads."""
        key = _base64(_ED25519 + self.seed)
        return f"{_PRIVATE}{self.name}+{self.verifier.id.hex()}+{key}"

    @property
    def verifier(self) -> VerifierKey:
        """The public key."""
        return VerifierKey(self.name, self._private().public_key().public_bytes_raw())

    def renamed(self, name: str) -> "SigningKey":
        """Return the same key under another name."""
        return SigningKey(_checked_name(name), self.seed)

    def sign(self, text: str) -> bytes:
        """Return the signature over a text."""
        return self._private().sign(text.encode())

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def sign(text: str, *keys: SigningKey) -> str:
    """Return a note: a text, signed with each key.

    Raises:
        NoteError: If the text cannot stand in a note.
    """
    _check_text(text)
    lines = (f"{_DASH}{key.name} {_base64(key.verifier.id + key.sign(text))}\n" for key in keys)
    return f"{text}\n{''.join(lines)}"


def open_note(note: str, *keys: VerifierKey) -> str:
    """Return the text of a note that every one of the keys signed.

    Signatures by other keys are passed over, as a witness may add one.

    Raises:
        NoteError: If the note is malformed, or a signature is missing or wrong.
    """
    text, signatures = split(note)
    for key in keys:
        found = [s for name, key_id, s in signatures if name == key.name and key_id == key.id]
        if not found:
            raise NoteError(f"the note is not signed by the key {key}")
        if not all(key.verify(signature, text) for signature in found):
            raise NoteError(f"the note's signature is not that of the key {key}")
    return text


def split(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Return a note's text and its signatures (key name, key id, signature), not checked.

    Raises:
        NoteError: If it is no note.
    """
    body, border, tail = note.rpartition("\n\n")
    text = body + "\n"
    _check_text(text)
    lines = tail.split("\n")
    if not border or lines.pop() != "" or not 0 < len(lines) <= _SIGNATURES_MAX:
        raise NoteError("the note does not end with its signatures")
    return text, [_signature(line) for line in lines]


def decoded(text: str) -> bytes:
    """Return the bytes of canonical base64: one text alone stands for them.

    Raises:
        NoteError: If it is not.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or _base64(data) != text:
        raise NoteError("there is no canonical base64 where it must be")
    return data


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    data = decoded(encoded)
    if not line.startswith(_DASH) or len(data) != _ID_BYTES + _SIGNATURE_BYTES:
        raise NoteError("a signature of the note is malformed")
    return _checked_name(name), data[:_ID_BYTES], data[_ID_BYTES:]


def _key_parts(text: str) -> tuple[str, bytes, bytes]:
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = decoded(encoded)
    if len(data) != 1 + _KEY_BYTES or not data.startswith(_ED25519):
        raise NoteError(f"the key {text!r} is no Ed25519 key")
    if len(key_id) != 2 * _ID_BYTES or set(key_id) - set("0123456789abcdef"):
        raise NoteError(f"the key {text!r} has a malformed id")
    return _checked_name(name), bytes.fromhex(key_id), data[1:]


def _checked_name(name: str) -> str:
    if not name or "+" in name or any(c.isspace() for c in name):
        raise NoteError(
            f"{name!r} cannot name a key", remedy="Use a name without spaces and without `+`."
        )
    return name


def _check_text(text: str) -> None:
    """Refuse what could be read in two ways."""
    if not text.endswith("\n") or _unprintable(text):
        raise NoteError("the text of a note must be lines without control characters")


def _unprintable(characters: Iterable[str]) -> bool:
    return any(c < " " and c != "\n" for c in characters)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
