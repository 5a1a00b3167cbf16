"""The home refuses what it does not know, and one stack at a time uses it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headwater.deploy.home import LAYOUT, Home, HomeInUseError, find_home
from headwater.schemas.errors import HeadwaterError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.open()
    return made


def test_a_home_is_made_once(home: Home) -> None:
    """Opening it again leaves it as it is."""
    (home.path / "kept").touch()
    home.open()
    assert (home.path / "kept").exists()
    assert json.loads(home.version_path.read_text()) == {"layout": LAYOUT}


def test_a_directory_of_someone_else_is_refused(tmp_path: Path) -> None:
    """Neither written to nor, later, purged."""
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(HeadwaterError, match="not Headwater's"):
        Home(tmp_path).open()


def test_what_services_put_there_without_a_stack_is_ours(tmp_path: Path) -> None:
    """Commands go on where a ledger or an API ran by itself."""
    (tmp_path / "vault.sqlite").touch()
    (tmp_path / "ledger").mkdir()
    Home(tmp_path).open()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "3"])
def test_a_damaged_version_is_refused(home: Home, content: str) -> None:
    """What cannot be read is not guessed at."""
    home.version_path.write_text(content)
    with pytest.raises(HeadwaterError, match="damaged"):
        home.open()


def test_another_layout_is_refused_with_both_numbers(home: Home) -> None:
    """The reader learns which Headwater to use."""
    home.version_path.write_text(json.dumps({"layout": LAYOUT + 1}))
    with pytest.raises(HeadwaterError, match=f"layout {LAYOUT + 1}.* layout {LAYOUT}"):
        home.open()


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """The message names the variable to set."""
    (tmp_path / "file").touch()
    with pytest.raises(HeadwaterError) as caught:
        Home(tmp_path / "file" / "home").open()
    assert "HEADWATER_HOME" in (caught.value.remedy or "")


def test_one_process_holds_a_home(home: Home) -> None:
    """The second is told which process has it."""
    with home.locked():
        assert home.holder() == os.getpid()
        with pytest.raises(HomeInUseError, match=str(os.getpid())), home.locked():
            pass
    assert home.holder() is None


def test_a_process_that_is_killed_holds_nothing(home: Home) -> None:
    """No stale lock is left behind."""
    code = (
        "import os, signal; from pathlib import Path; from headwater.deploy.home import Home\n"
        f"with Home(Path({str(home.path)!r})).locked(): os.kill(os.getpid(), signal.SIGKILL)"
    )
    source = str(Path(__file__).parents[2] / ".src")
    subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": source}, check=False
    )
    assert home.holder() is None


def test_purge_removes_only_a_home(tmp_path: Path, home: Home) -> None:
    """A directory that was named by mistake stays."""
    home.purge()
    assert not home.path.exists()
    with pytest.raises(HeadwaterError):
        Home(tmp_path).purge()
    assert tmp_path.exists()


def test_the_environment_names_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Else it lies in the user's home."""
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    assert find_home().path == tmp_path
    monkeypatch.delenv("HEADWATER_HOME")
    assert find_home().path == Path.home() / ".headwater"
