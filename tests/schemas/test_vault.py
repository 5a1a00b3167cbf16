"""The vault: names are sealed, opened again, and gone for good once their key is."""

import multiprocessing
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.schemas.sealed import ERASED, reveal, split_sealed
from headwater.schemas.vault import Vault, VaultError

AT = "2026-02-01T00:00:00.000000Z"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a vault may lie."""
    return tmp_path / "vault.sqlite"


@given(st.text(min_size=1))
def test_what_is_sealed_opens_again(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """Any text, the same way each time, also by another process that opens the file later."""
    path = tmp_path_factory.getbasetemp() / "shared.sqlite"
    with closing(Vault(path)) as vault:
        sealed = vault.seal(name)
        assert name not in sealed or len(name) < 3
        assert vault.unseal(sealed) == name
        assert vault.seal(sealed) == sealed
    with closing(Vault(path)) as vault:
        assert vault.seal(name) == sealed


def test_every_way_to_spell_a_name_has_one_key(path: Path) -> None:
    """Upper and lower case are one person, and each opens to what was written."""
    with closing(Vault(path)) as vault:
        spelled = [vault.seal(name) for name in ("alice", "Alice", "ALICE ")]
        keys = {split_sealed(text) and split_sealed(text)[0] for text in spelled}  # type: ignore[index]
        assert (len(set(spelled)), len(keys)) == (3, 1)
        assert [vault.unseal(text) for text in spelled] == ["alice", "Alice", "ALICE "]
        person = vault.find("aLICE")
        assert person and set(person.sealed) == set(spelled)


def test_an_erased_person_cannot_be_read_and_keeps_their_text(path: Path) -> None:
    """The same name seals to the same text as before, so that a replay makes the same records."""
    with closing(Vault(path)) as vault:
        sealed, other = vault.seal("alice"), vault.seal("bob")
        erased = vault.erase("Alice", at=AT)
        assert erased and (erased.sealed, erased.erased_at) == ((sealed,), AT)
        assert vault.unseal(sealed) is None
        assert vault.seal("alice") == sealed
        assert vault.unseal(other) == "bob"
        assert reveal({"by": [sealed, f"/home/{other}/x"]}, vault.unseal) == {
            "by": [ERASED, "/home/bob/x"]
        }
        assert vault.erase("alice", at="later") == erased


def test_an_erased_person_who_comes_again_stays_erased(path: Path) -> None:
    """Also spelled in a way that was not seen before; every process agrees on the text."""
    with closing(Vault(path)) as vault:
        vault.seal("alice")
        vault.erase("alice", at=AT)
        sealed = vault.seal("ALICE")
        assert vault.unseal(sealed) is None
    with closing(Vault(path)) as vault:
        assert vault.seal("ALICE") == sealed


def test_nobody_is_erased_whom_no_record_names(path: Path) -> None:
    """Erasing makes no key."""
    with closing(Vault(path)) as vault:
        assert vault.erase("nobody", at=AT) is None
        assert vault.sealed("nobody") is None


def test_the_key_is_gone_from_the_file(path: Path) -> None:
    """It is overwritten, and the name itself never stood there."""
    with closing(Vault(path)) as vault:
        vault.seal("alice.the.analyst")
        with closing(sqlite3.connect(path)) as database:
            key = database.execute("SELECT key FROM people").fetchone()[0]
        assert key in path.read_bytes()
        vault.erase("alice.the.analyst", at=AT)
        left = b"".join(each.read_bytes() for each in path.parent.iterdir())
    assert key not in left
    assert b"alice" not in left


def test_the_vault_is_its_owners_alone(path: Path) -> None:
    """The file is made with mode 0600, and one that others may read is refused."""
    Vault(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(VaultError, match="others may read"):
        Vault(path)


def test_a_damaged_vault_is_refused(path: Path) -> None:
    """It is never begun anew: what was sealed under it would be lost unnoticed."""
    path.write_bytes(b"no database at all, and longer than a header of one would be" * 20)
    path.chmod(0o600)
    with pytest.raises(VaultError, match="cannot be used"):
        Vault(path)


def test_a_text_sealed_elsewhere_opens_to_nothing(path: Path) -> None:
    """Another vault's, one with a letter changed, and one that only looks like one."""
    with closing(Vault(path.with_name("other"))) as other, closing(Vault(path)) as vault:
        sealed = vault.seal("alice")
        wrong = sealed[:-1] + ("A" if sealed[-1] != "A" else "B")
        for text in (other.seal("alice"), wrong, f"sealed:{'0' * 16}.AA", "alice"):
            assert vault.unseal(text) is None


def _seal_many(path: Path, names: list[str], told: "multiprocessing.Queue[list[str]]") -> None:
    with closing(Vault(path)) as vault:
        told.put([vault.seal(name) for name in names])


def test_processes_agree_on_every_text(path: Path) -> None:
    """Four that meet the same new names at once."""
    names = [f"person {number}" for number in range(25)]
    context = multiprocessing.get_context("spawn")
    told: multiprocessing.Queue[list[str]] = context.Queue()
    running = [context.Process(target=_seal_many, args=(path, names, told)) for _ in range(4)]
    for process in running:
        process.start()
    found = {tuple(told.get(timeout=60)) for _ in running}
    for process in running:
        process.join()
    assert len(found) == 1
