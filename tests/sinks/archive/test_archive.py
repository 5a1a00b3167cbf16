"""Archives: what is written is read back, and nothing else passes for it."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.schemas.errors import HeadwaterError
from headwater.sinks.archive import archive as archive_module
from headwater.sinks.archive.archive import Archive
from headwater.sinks.archive.segment import Place, SegmentError
from headwater.sinks.ledger.chain import read_chain
from headwater.sinks.ledger.leaf import Entry
from headwater.sinks.ledger.ledger import Ledger, tree_path
from headwater.sinks.ledger.merkle import Frontier
from headwater.sinks.ledger.note import SigningKey
from headwater.sinks.ledger.tree_file import TreeFile
from headwater.sinks.ledger.verify import Fault

from ..ledger.history import TOPIC, entries, fill, heads

SIZE = 47


@pytest.fixture
def log() -> list[Entry]:
    """The messages of two partitions."""
    return [*entries(SIZE), *entries(9, partition=1)]


@pytest.fixture
def directory(tmp_path: Path, log: list[Entry]) -> Path:
    """A ledger of them, with a head after each ten messages."""
    fill(tmp_path / "ledger", log)
    return tmp_path / "ledger"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive that holds nothing yet."""
    return Archive(str(tmp_path / "archive"))


def add(archive: Archive, directory: Path, log: list[Entry]) -> list[tuple[Place, int]]:
    """Archive a log."""

    def read(topic: str, partition: int, start: int, end: int) -> Iterator[Entry]:
        place = topic, partition
        return (e for e in log if e[:2] == place and start <= e.offset < end)

    def tree(topic: str, partition: int, size: int) -> Frontier:
        opened = TreeFile(tree_path(directory, topic, partition), writable=False)
        found = opened.frontier(size)
        opened.close()
        return found

    notes = heads(directory)
    return archive.add(read_chain(notes), notes, read, tree)


def test_what_is_archived_reads_back(archive: Archive, directory: Path, log: list[Entry]) -> None:
    """Every message with all that belongs to it, from any offset to any other."""
    made = add(archive, directory, log)
    assert [(tuple(place), count) for place, count in made] == [
        ((TOPIC, 0, 0, SIZE), SIZE),
        ((TOPIC, 1, 0, 9), 9),
    ]
    assert archive.partitions(TOPIC) == {0: (0, SIZE), 1: (0, 9)}
    assert list(archive.entries(TOPIC, 0, 0, SIZE)) == entries(SIZE)
    assert list(archive.entries(TOPIC, 0, 7, 23)) == entries(SIZE)[7:23]
    assert archive.verify().ok


def test_an_archive_goes_on_where_it_ended(
    archive: Archive, directory: Path, log: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Segments end with heads, and each begins with the tree that the one before it ended with."""
    monkeypatch.setattr(archive_module, "SEGMENT_MESSAGES_MAX", 25)
    first = add(archive, directory, log)
    assert [place[1:] for place, _ in first] == [(0, 0, 20), (0, 20, 40), (0, 40, SIZE), (1, 0, 9)]
    assert add(archive, directory, log) == []
    more = entries(60)
    fill(directory, more[SIZE:])
    assert [place[2:] for place, _ in add(archive, directory, more)] == [(47, 60)]
    assert list(archive.entries(TOPIC, 0, 0, 60)) == more
    report = archive.verify()
    assert report.faults() == []
    assert [(v.size, v.read) for v in report.verdicts] == [(60, 60), (9, 9)]


def test_a_segment_that_is_missing_is_told(
    archive: Archive, directory: Path, log: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By verifying, and by reading across it."""
    monkeypatch.setattr(archive_module, "SEGMENT_MESSAGES_MAX", 25)
    made = add(archive, directory, log)
    Path(archive.url, made[1][0].path).unlink()
    findings = archive.verify().verdicts[0].findings
    assert [(f.fault, f.first, f.last) for f in findings] == [(Fault.MISSING, 20, 39)]
    with pytest.raises(SegmentError, match="lacks"):
        list(archive.entries(TOPIC, 0, 0, SIZE))


def test_an_altered_message_is_named(archive: Archive, directory: Path, log: list[Entry]) -> None:
    """A log that was altered before it was archived does not pass."""
    log[33] = log[33]._replace(value=b"forged")
    add(archive, directory, log)
    findings = archive.verify().verdicts[0].findings
    assert [(f.fault, f.first, f.last) for f in findings] == [(Fault.UNLOCATED, 30, 39)]


def test_a_segment_in_anothers_place_is_refused(
    archive: Archive, directory: Path, log: list[Entry]
) -> None:
    """A name says nothing."""
    made = add(archive, directory, log)
    first, second = (Path(archive.url, place.path) for place, _ in made)
    first.write_bytes(second.read_bytes())
    assert "it holds" in archive.verify().problems[0]


def test_an_archive_by_another_ledger_is_refused(
    archive: Archive, directory: Path, log: list[Entry]
) -> None:
    """Its heads are not by the key that the reader trusts."""
    add(archive, directory, log)
    stranger = SigningKey.generate("headwater/stranger").verifier
    report = archive.verify(trusted=[stranger])
    assert len(report.problems) == 2
    assert "not signed by a key of the ledger" in report.problems[0]


def test_segments_from_before_a_rotation_stay_valid(
    archive: Archive, directory: Path, log: list[Entry]
) -> None:
    """Each is signed by the key of its time, and all keys are the ledger's."""
    add(archive, directory, log)
    with Ledger(directory) as ledger:
        ledger.rotate()
    more = entries(60)
    fill(directory, more[SIZE:])
    assert len(add(archive, directory, more)) == 1
    keys = read_chain(heads(directory)).keys
    assert len(keys) == 2
    assert archive.verify(trusted=keys).faults() == []


def test_flipped_bytes_change_nothing_unnoticed(
    archive: Archive, directory: Path, log: list[Entry]
) -> None:
    """A flip is noticed, or lies where nothing is read: then every message is as it was."""
    made = add(archive, directory, log)
    path = Path(archive.url, made[0][0].path)
    whole = path.read_bytes()
    chance = random.Random(20260131)
    noticed = 0
    for _ in range(1000):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= chance.randrange(1, 256)
        path.write_bytes(bytes(damaged))
        try:
            ok = archive.verify().ok
        except HeadwaterError:
            ok = False
        if ok:
            assert list(archive.entries(TOPIC, 0, 0, SIZE)) == entries(SIZE)
        noticed += not ok
    assert noticed > 500
