"""Snapshots that cannot be trusted are refused."""

from pathlib import Path

import pytest

from headwater.sinks.answers import Position
from headwater.sinks.index import LineageIndex
from headwater.sinks.index.snapshot import SnapshotError

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


def test_a_cut_file_is_noticed(saved: Path) -> None:
    """As after a full disk."""
    saved.write_bytes(saved.read_bytes()[:-10])
    with pytest.raises(SnapshotError):
        LineageIndex.load(saved)
