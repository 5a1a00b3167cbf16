"""Signed notes against the examples of C2SP and of Go's module database."""

import random

import pytest

from headwater.sinks.ledger.note import NoteError, SigningKey, VerifierKey, open_note, sign, split

PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETERS_NOTE = (
    f"{PETERS_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2"
    "pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ON"
    "ncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)


def test_signing_gives_the_published_note() -> None:
    """Key, id, signature and text are byte for byte those of Go's module database."""
    key = SigningKey.parse(PETER_SECRET)
    assert str(key.verifier) == PETER
    assert key.secret() == PETER_SECRET
    assert sign(PETERS_TEXT, key) == PETERS_NOTE


@pytest.mark.parametrize(("note", "key"), [(PETERS_NOTE, PETER), (EXAMPLE_NOTE, EXAMPLE)])
def test_published_notes_open(note: str, key: str) -> None:
    """The examples verify with their keys, and with no other."""
    assert open_note(note, VerifierKey.parse(key)) == note.partition("\n\n")[0] + "\n"
    stranger = SigningKey.generate(key.partition("+")[0]).verifier
    with pytest.raises(NoteError, match="not signed by"):
        open_note(note, stranger)


def test_a_foreign_signature_is_passed_over() -> None:
    """A witness may sign too: its key need not be known."""
    witness = SigningKey.generate("witness")
    note = sign(PETERS_TEXT, SigningKey.parse(PETER_SECRET), witness)
    assert open_note(note, VerifierKey.parse(PETER)) == PETERS_TEXT
    assert [name for name, _, _ in split(note)[1]] == ["PeterNeumann", "witness"]


def test_every_flipped_bit_of_a_note_is_noticed() -> None:
    """There is one way to write a note, and it is signed to the last byte."""
    key = VerifierKey.parse(PETER)
    data = PETERS_NOTE.encode()
    for place in range(len(data)):
        for bit in range(8):
            altered = bytearray(data)
            altered[place] ^= 1 << bit
            with pytest.raises((NoteError, UnicodeDecodeError)):
                open_note(altered.decode(), key)


@pytest.mark.parametrize(
    "text",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3",
        "PeterNeumann",
        "",
    ],
)
def test_malformed_keys_are_refused(text: str) -> None:
    """Of another length or algorithm, with the id of another key, or no key at all."""
    with pytest.raises(NoteError):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— PeterNeumann AAAA\n",
        PETERS_NOTE.rstrip("\n"),
        PETERS_NOTE + "\n",
        PETERS_NOTE + "more\n",
        PETERS_NOTE.replace("—", "-"),
        PETERS_NOTE.replace("problem,\n", "problem,\r\n"),
    ],
)
def test_malformed_notes_are_refused(note: str) -> None:
    """Whatever is no text, empty line and signatures."""
    with pytest.raises(NoteError):
        open_note(note, VerifierKey.parse(PETER))


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb"])
def test_names_that_would_break_a_note_are_refused(name: str) -> None:
    """Spaces and plus signs end a name."""
    with pytest.raises(NoteError):
        SigningKey.generate(name)


def test_a_private_key_shows_nowhere() -> None:
    """Neither as text nor in an error."""
    seed = random.Random(1).randbytes(32)
    key = SigningKey("name", seed)
    assert key.secret() not in repr(key)
    assert str(seed) not in repr(key)
    with pytest.raises(NoteError) as caught:
        SigningKey.parse(key.secret()[:-3])
    assert key.secret()[20:40] not in str(caught.value)
