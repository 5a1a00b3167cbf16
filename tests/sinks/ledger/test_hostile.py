"""Ledger, witness and archive on a full disk, and under a clock that runs backwards."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from headwater.sinks.archive.archive import Archive
from headwater.sinks.ledger.chain import read_chain
from headwater.sinks.ledger.leaf import Entry
from headwater.sinks.ledger.ledger import Ledger, LedgerError, tree_path
from headwater.sinks.ledger.merkle import Frontier
from headwater.sinks.ledger.witness import check_witness, witness

from .history import TOPIC, check, entries, fill, heads, stated, ticking

LOG = entries(3000)

FULL = """
import resource, signal, sys, pathlib
sys.path[:0] = sys.argv[3].split(':')
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))
directory = pathlib.Path(sys.argv[1])
"""


def run_on_full_disk(directory: Path, size_bytes: int, code: str) -> str:
    """Run code where no file may grow beyond a size; return what it says on standard error."""
    argv = [sys.executable, "-c", FULL + code, str(directory), str(size_bytes), ":".join(sys.path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    return done.stderr


FILLING = """
from tests.sinks.ledger.history import fill, entries
fill(directory, entries(3000), every=100)
"""


@pytest.mark.parametrize("size_bytes", [2_000, 5_003, 40_000])
def test_a_ledger_on_a_full_disk_goes_on_when_there_is_room(
    tmp_path: Path, size_bytes: int
) -> None:
    """Whichever file was the one that could not grow, and in the middle of whatever it held."""
    directory = tmp_path / "ledger"
    said = run_on_full_disk(directory, size_bytes, FILLING)
    assert "File too large" in said
    signed = read_chain(heads(directory)).size(f"{read_chain(heads(directory)).name}/{TOPIC}/0")
    with Ledger(directory) as ledger:
        assert ledger.size(TOPIC, 0) >= signed
        for entry in LOG[ledger.size(TOPIC, 0) :]:
            ledger.append(entry)
        ledger.checkpoint()
    assert check(LOG, heads(directory), stated=stated(directory)).findings == []


def test_a_witness_on_a_full_disk_keeps_what_it_saw(tmp_path: Path) -> None:
    """It is not overwritten by half of something else."""
    directory, target = tmp_path / "ledger", tmp_path / "witness.json"
    fill(directory, LOG[:10])
    witness(str(target), heads(directory))
    before = target.read_bytes()
    fill(directory, LOG[10:20])
    code = f"""
from headwater.sinks.ledger.witness import witness
from tests.sinks.ledger.history import heads
witness({str(target)!r}, heads(directory))
"""
    assert "File too large" in run_on_full_disk(directory, 50, code)
    assert target.read_bytes() == before
    check_witness(str(target), heads(directory))


@pytest.mark.parametrize("scheme", ["", "memory://"])
def test_an_archive_that_was_cut_short_leaves_no_segment(tmp_path: Path, scheme: str) -> None:
    """The disk is full, the network gone: the next time all of it is written."""
    fill(tmp_path / "ledger", LOG[:100])
    archive = Archive(f"{scheme}{tmp_path}/archive")
    notes = heads(tmp_path / "ledger")

    def broken(*_: object) -> Iterator[Entry]:
        yield from LOG[:50]
        raise OSError(28, os.strerror(28))

    def whole(*_: object) -> Iterator[Entry]:
        return iter(LOG[:100])

    with pytest.raises(OSError, match="No space"):
        archive.add(read_chain(notes), notes, broken, lambda *_: Frontier())
    assert archive.segments() == {}
    archive.add(read_chain(notes), notes, whole, lambda *_: Frontier())
    assert archive.verify().ok
    assert list(archive.entries(TOPIC, 0, 0, 100)) == LOG[:100]


def test_a_clock_that_runs_backwards_changes_no_order(tmp_path: Path) -> None:
    """What comes after what is told by the chain; the times are what the clock said."""
    hours = iter(range(100))

    def clock() -> datetime:
        return ticking() - timedelta(hours=next(hours))

    with Ledger(tmp_path, clock=clock) as ledger:
        for entry in LOG[:30]:
            ledger.append(entry)
            ledger.checkpoint()
        ledger.rotate()
    checkpoints = read_chain(heads(tmp_path)).trees()[0][1]
    assert [checkpoint.size for checkpoint in checkpoints] == list(range(1, 31))
    assert [c.at for c in checkpoints] == sorted((c.at for c in checkpoints), reverse=True)
    assert check(LOG[:30], heads(tmp_path)).findings == []


@pytest.mark.parametrize("kept", [0, 0.1, 0.5, 0.999])
def test_a_tree_that_was_lost_is_built_anew_from_the_log(tmp_path: Path, kept: float) -> None:
    """All of it or its end; every head on the way must be met, and nothing is signed before."""
    fill(tmp_path, LOG[:200])
    path = tree_path(tmp_path, TOPIC, 0)
    whole, before = path.read_bytes(), heads(tmp_path)
    for log, wrong in ((LOG[:210], None), (_altered(150), 160), (_altered(199), 200)):
        path.write_bytes(whole[: int(len(whole) * kept)])
        with Ledger(tmp_path) as ledger:
            start = ledger.size(TOPIC, 0)
            assert ledger.checkpoint() == []
            if wrong is not None and start < wrong - 10:
                with pytest.raises(LedgerError, match=f"another tree of {wrong} leaves"):
                    _append(ledger, log[start:])
            else:
                _append(ledger, LOG[start:210])
                assert path.read_bytes()[: len(whole)] == whole[: path.stat().st_size]
    assert heads(tmp_path) == before


def _altered(at: int) -> list[Entry]:
    return [*LOG[:at], LOG[at]._replace(value=b"forged"), *LOG[at + 1 : 210]]


def _append(ledger: Ledger, log: list[Entry]) -> None:
    for entry in log:
        ledger.append(entry)
