"""Snapshots bring an index back in a fraction of the time; what cannot be trusted is refused."""

import time
from pathlib import Path

import pytest

from headwater.schemas.records import decode, encode
from headwater.sinks.answers import Position
from headwater.sinks.index import LineageIndex
from headwater.sinks.index.snapshot import SnapshotError

from ...bench import index as bench
from ..graph.estate import Estate


@pytest.fixture(name="saved")
def _saved(tmp_path: Path) -> Path:
    estate = Estate("db://one")
    index = LineageIndex()
    for offset, envelope in enumerate(
        estate.in_force(estate.derivation("out", {"a": [estate.source("raw.x")]}))
    ):
        index.add(envelope, position=Position("lineage.records", 2, offset))
    index.save(tmp_path / "index")
    return tmp_path / "index"


def test_a_snapshot_keeps_the_offsets(saved: Path) -> None:
    """Reading goes on after them."""
    assert (Position("lineage.records", 2, 1),) == LineageIndex.load(saved).offsets


@pytest.mark.parametrize("place", [0, 20, 200, -1])
def test_a_changed_byte_is_noticed(saved: Path, place: int) -> None:
    """Wherever it is."""
    data = bytearray(saved.read_bytes())
    data[place] ^= 1
    saved.write_bytes(data)
    with pytest.raises(SnapshotError):
        LineageIndex.load(saved)


def test_a_snapshot_of_another_form_is_refused(saved: Path) -> None:
    """Such as that of a newer version, which may mean something else by the same names."""
    _, _, rest = saved.read_bytes().partition(b" ")
    saved.write_bytes(b"headwater-index/999 " + rest)
    with pytest.raises(SnapshotError, match="no snapshot of the form"):
        LineageIndex.load(saved)


def test_a_restart_takes_a_fraction_of_the_build(tmp_path: Path) -> None:
    """It loads what was there and takes in what came since; decoding it all takes far longer."""
    index = LineageIndex()
    records = bench.envelopes(bench.Estate(columns=5_000, edges=25_000))
    encoded = [encode(envelope) for envelope in records]
    began = time.thread_time()
    for envelope in encoded[:-20]:
        index.add(decode(envelope))
    build_s = time.thread_time() - began
    index.save(tmp_path / "index")
    began = time.thread_time()
    again = LineageIndex.load(tmp_path / "index")
    for envelope in encoded[-20:]:
        index.add(decode(envelope))
        again.add(decode(envelope))
    restart_s = time.thread_time() - began
    assert index.sizes == again.sizes
    assert index.diff(bench.START, bench.CHANGE) == again.diff(bench.START, bench.CHANGE)
    assert restart_s < build_s / 2, (restart_s, build_s)


def test_a_cut_file_is_noticed(saved: Path) -> None:
    """As after a full disk."""
    saved.write_bytes(saved.read_bytes()[:-10])
    with pytest.raises(SnapshotError):
        LineageIndex.load(saved)
