"""The ledger's directory: what is signed, and how it goes on after a stop, a crash, a theft."""

import os
from pathlib import Path

import pytest

from headwater.schemas.errors import HeadwaterError
from headwater.sinks.ledger.chain import ChainError, read_chain
from headwater.sinks.ledger.heads import append_heads
from headwater.sinks.ledger.key_file import read_key, read_public_key
from headwater.sinks.ledger.ledger import (
    Ledger,
    LedgerError,
    heads_path,
    public_key_path,
    tree_path,
)
from headwater.sinks.ledger.note import SigningKey, open_note, sign, split

from .history import TOPIC, check, entries, fill, heads, ticking


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where a ledger may lie."""
    return tmp_path / "ledger"


def test_heads_are_notes_that_foreign_tools_can_open(directory: Path) -> None:
    """A head states origin, size and root, and is signed under its origin's name."""
    fill(directory, entries(7))
    key = read_public_key(str(public_key_path(directory)))
    note = heads(directory)[-1]
    origin, size, root, *_ = open_note(note, key.renamed(f"{key.name}/{TOPIC}/0")).splitlines()
    assert (origin, size, len(root)) == (f"{key.name}/{TOPIC}/0", "7", 44)


def test_the_signing_key_is_its_owners_alone(directory: Path) -> None:
    """The file is made with mode 0600, and one that others may read is refused."""
    fill(directory, entries(1))
    path = directory / "ledger.key"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(HeadwaterError, match="others may read"):
        Ledger(directory)


def test_a_ledger_resumes_where_it_stopped(directory: Path, tmp_path: Path) -> None:
    """Stopped and started again, in the middle of a batch, it signs the same roots."""
    log = entries(40)
    fill(tmp_path / "whole", log)
    for part in (log[:13], log[13:14], log[14:]):
        with Ledger(directory, clock=ticking) as ledger:
            assert ledger.size(TOPIC, 0) == part[0].offset
            for entry in part:
                ledger.append(entry)
            ledger.checkpoint()
    ends = [read_chain(heads(d)).trees()[0][1][-1] for d in (tmp_path / "whole", directory)]
    assert ends[0].root == ends[1].root
    assert check(log, heads(directory)).findings == []


def test_nothing_is_signed_when_nothing_came(directory: Path) -> None:
    """An idle ledger adds no heads."""
    with Ledger(directory) as ledger:
        ledger.append(entries(1)[0])
        assert len(ledger.checkpoint()) == 1
        assert ledger.checkpoint() == []


def test_an_offset_that_comes_again_is_refused(directory: Path) -> None:
    """A log that was rewound is not the log that was signed."""
    with Ledger(directory) as ledger:
        ledger.append(entries(3)[2])
        with pytest.raises(LedgerError, match="comes again"):
            ledger.append(entries(3)[2])


def test_two_processes_cannot_sign_at_once(directory: Path) -> None:
    """The second one is told so."""
    with Ledger(directory), pytest.raises(LedgerError, match="another process"):
        Ledger(directory)


def test_a_tree_that_is_not_the_one_signed_is_refused(directory: Path) -> None:
    """Nothing is built on hashes that were altered."""
    fill(directory, entries(20))
    path = tree_path(directory, TOPIC, 0)
    altered = bytearray(path.read_bytes())
    altered[-1] ^= 1
    path.write_bytes(altered)
    with Ledger(directory) as ledger, pytest.raises(LedgerError, match="is not the tree"):
        ledger.size(TOPIC, 0)


def test_a_head_half_written_by_a_crash_is_cut_off(directory: Path) -> None:
    """The chain goes on from the last whole one."""
    fill(directory, entries(20))
    before = heads(directory)
    with heads_path(directory).open("ab") as file:
        file.write(b'"half a head')
    assert heads(directory) == before
    with Ledger(directory) as ledger:
        ledger.append(entries(21)[20])
        ledger.checkpoint()
    assert heads(directory)[:-1] == before
    read_chain(heads(directory))


def test_a_new_key_is_signed_by_the_old_one(directory: Path) -> None:
    """After a rotation only the new key counts, and either tells the ledger."""
    fill(directory, entries(10))
    old = read_key(directory / "ledger.key")
    with Ledger(directory) as ledger:
        ledger.rotate()
        ledger.append(entries(11)[10])
        ledger.checkpoint()
    new = read_public_key(str(public_key_path(directory)))
    assert new != old.verifier
    for trusted in (old.verifier, new):
        assert read_chain(heads(directory), trusted=trusted).keys == [old.verifier, new]
    with pytest.raises(ChainError, match="not signed by the key"):
        read_chain(heads(directory), trusted=SigningKey.generate(old.name).verifier)


def test_a_retired_key_signs_nothing_any_more(directory: Path) -> None:
    """A head by the old key after the rotation is refused."""
    fill(directory, entries(10))
    old = read_key(directory / "ledger.key")
    with Ledger(directory) as ledger:
        ledger.rotate()
        chain = ledger.chain
        origin = f"{old.name}/{TOPIC}/0"
        root = split(heads(directory)[1])[0].splitlines()[2]
        forged = chain.next(origin, 11, root, "2026-01-31T12:00:00Z")
    append_heads(heads_path(directory), [sign(forged.text(), old.renamed(origin))])
    with pytest.raises(ChainError, match="not signed by"):
        read_chain(heads(directory))


@pytest.mark.parametrize("written", [0, 1])
def test_a_rotation_cut_short_is_finished_or_undone(directory: Path, written: int) -> None:
    """A crash before the head leaves the old key in use, one after it the new."""
    fill(directory, entries(10))
    path = directory / "ledger.key"
    before = path.read_bytes(), heads(directory)
    with Ledger(directory) as ledger:
        note = ledger.rotate()
    upcoming = path.read_bytes()
    path.write_bytes(before[0])
    path.with_suffix(".next").write_bytes(upcoming)
    os.chmod(path.with_suffix(".next"), 0o600)  # noqa: PTH101
    heads_path(directory).unlink()
    append_heads(heads_path(directory), [*before[1], *[note][:written]])
    with Ledger(directory) as ledger:
        assert ledger.public_key == ledger.chain.keys[-1]
        assert len(ledger.chain.keys) == 1 + written
        ledger.append(entries(11)[10])
        ledger.checkpoint()
    read_chain(heads(directory))


def test_a_ledger_without_its_key_cannot_be_continued(directory: Path) -> None:
    """It says so rather than to begin another history."""
    fill(directory, entries(10))
    (directory / "ledger.key").unlink()
    with pytest.raises(LedgerError, match="missing"):
        Ledger(directory)
