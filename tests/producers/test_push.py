"""`headwater spool`: what lies in the spool, and shipping it by hand."""

import json
import os
import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headwater.deploy.commands.spool import command
from headwater.producers import Emitter
from headwater.schemas.errors import HeadwaterError


@pytest.fixture
def orphaned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The spool of a process that was killed after three events."""
    spool = tmp_path / "spool"
    monkeypatch.setenv("HEADWATER_TRANSPORT", "file")
    monkeypatch.setenv("HEADWATER_FILE", str(tmp_path / "out"))
    monkeypatch.setenv("HEADWATER_SPOOL_DIR", str(spool))
    child = os.fork()
    if not child:
        emitter = Emitter(linger_s=60)
        for number in range(3):
            emitter.emit({"n": number})
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    return spool


def test_the_status_counts_what_waits(orphaned: Path) -> None:
    """By destination, without shipping it."""
    done = CliRunner().invoke(command, ["status", "--json"])
    (row,) = json.loads(done.stdout)["destinations"]
    assert row["destination"].startswith("file_")
    assert (row["sessions"], row["orphans"], row["waiting"]) == (1, 1, 3)


def test_a_push_ships_what_waits(orphaned: Path, tmp_path: Path) -> None:
    """And a second one finds nothing."""
    done = CliRunner().invoke(command, ["push"])
    assert done.stdout == "shipped 3 events of 1 sessions\n"
    lines = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert [line.get("n") for line in lines] == [0, 1, 2, None]
    assert lines[-1]["counts"] == {"emitted": 3, "dropped": {}}
    assert CliRunner().invoke(command, ["push"]).stdout == "shipped 0 events of 0 sessions\n"


def test_a_push_that_reaches_nobody_says_so_and_loses_nothing(
    orphaned: Path, tmp_path: Path
) -> None:
    """The events stay for the next one."""
    (tmp_path / "out").mkdir()
    done = CliRunner().invoke(command, ["push", "--timeout", "1"])
    assert isinstance(done.exception, HeadwaterError)
    assert done.exception.message.startswith("not everything in ")
    assert "Is a directory" in done.exception.message
    (tmp_path / "out").rmdir()
    assert CliRunner().invoke(command, ["push"]).stdout == "shipped 3 events of 1 sessions\n"
