"""A thousand ways to tamper with a log, an export, a head or a proof: each one is noticed."""

import json
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from headwater.schemas.errors import HeadwaterError
from headwater.sinks.ledger.audit import agreed_heads
from headwater.sinks.ledger.chain import read_chain
from headwater.sinks.ledger.export import verify_export, write_export
from headwater.sinks.ledger.heads import read_heads
from headwater.sinks.ledger.key_file import read_key
from headwater.sinks.ledger.leaf import Entry
from headwater.sinks.ledger.ledger import heads_path, tree_path
from headwater.sinks.ledger.proof import check as check_proof
from headwater.sinks.ledger.proof import encode, parse, prove
from headwater.sinks.ledger.tree_file import TreeFile
from headwater.sinks.ledger.verify import Fault, nothing_stated
from headwater.sinks.ledger.witness import check_witness, witness

from .conftest import Tampering
from .history import TOPIC, check, entries, fill, heads, stated

SIZE = 47


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of two partitions."""
    directory = tmp_path_factory.mktemp("tamper") / "ledger"
    fill(directory, [*entries(SIZE), *entries(9, partition=1)])
    return directory


@pytest.fixture(scope="module")
def export(directory: Path) -> bytes:
    """An export of the ledger."""
    path = directory.parent / "export.jsonl"
    log = [*entries(SIZE), *entries(9, partition=1)]
    key = read_key(directory / "ledger.key")
    assert write_export(str(path), heads(directory), log, key) == SIZE + 9
    return path.read_bytes()


def flipped(chance: random.Random, data: bytes) -> bytes:
    """Return bytes of which one has one or more bits the other way."""
    altered = bytearray(data)
    altered[chance.randrange(len(data))] ^= chance.randrange(1, 256)
    return bytes(altered)


def flip_entry(chance: random.Random, entry: Entry) -> Entry:
    """Return a message with one byte altered, of its key, value, headers or time."""
    ways: list[Callable[[], Entry]] = [lambda: entry._replace(timestamp_ms=entry.timestamp_ms ^ 1)]
    if entry.key:
        ways.append(lambda: entry._replace(key=flipped(chance, entry.key or b"")))
    if entry.value:
        ways.append(lambda: entry._replace(value=flipped(chance, entry.value or b"")))
    if entry.headers:
        ways.append(lambda: entry._replace(headers=entry.headers[1:]))
        ways.append(lambda: entry._replace(headers=(*entry.headers, ("x", None))))
    if entry.value is None:
        ways.append(lambda: entry._replace(value=b""))
    return chance.choice(ways)()


def tamper(chance: random.Random, log: list[Entry]) -> tuple[list[Entry], int]:
    """Return a log with one message altered, taken out, put in or two changed places.

    Also the first offset that is no longer as it was.
    """
    altered = list(log)
    at = chance.randrange(len(log))
    match chance.choice(["flip", "delete", "swap", "insert", "truncate"]):
        case "flip":
            altered[at] = flip_entry(chance, log[at])
        case "delete":
            # What comes after it moves up, as in a log that was written anew.
            altered = [e._replace(offset=n) for n, e in enumerate(log[:at] + log[at + 1 :])]
        case "swap":
            at, other = sorted(chance.sample(range(len(log)), 2))
            altered[at] = log[other]._replace(offset=at)
            altered[other] = log[at]._replace(offset=other)
        case "insert":
            made = Entry(TOPIC, 0, at, 1_760_000_000_000, b"k", b"forged")
            altered = [e._replace(offset=n) for n, e in enumerate([*log[:at], made, *log[at:]])]
        case "truncate":
            del altered[at:]
    return altered, at


def test_every_alteration_of_a_log_is_found_at_its_offset(
    directory: Path, tampering: Tampering
) -> None:
    """With the leaf hashes at hand, the first fault is the first offset that was altered."""
    log, notes, leaves = entries(SIZE), heads(directory), stated(directory)
    assert check(log, notes, stated=leaves).findings == []
    for _ in range(tampering.rounds):
        altered, at = tamper(tampering.chance, log)
        found = check(altered, notes, stated=leaves).findings
        assert found and found[0].first == at, (altered, at, found)


def test_every_alteration_of_a_log_is_found_by_the_heads_alone(
    directory: Path, tampering: Tampering
) -> None:
    """Without the leaf hashes it is narrowed down to what lies between two heads."""
    log, notes = entries(SIZE), heads(directory)
    for _ in range(tampering.rounds):
        altered, at = tamper(tampering.chance, log)
        found = check(altered, notes, stated=nothing_stated).findings
        assert found
        assert found[0].first <= at <= found[0].last + 1
        assert found[0].fault is Fault.UNLOCATED


def test_a_message_taken_out_in_place_is_found_missing(directory: Path) -> None:
    """Also without the leaf hashes, as its offset is empty."""
    log, notes = entries(SIZE), heads(directory)
    for leaves in (stated(directory), nothing_stated):
        found = check([*log[:17], *log[18:]], notes, stated=leaves).findings
        assert (Fault.MISSING, 17, 17) in [(f.fault, f.first, f.last) for f in found]


def test_several_alterations_are_all_found(directory: Path) -> None:
    """The walk goes on behind the first one."""
    log = entries(SIZE)
    for at in (3, 4, 21, 40):
        log[at] = log[at]._replace(value=b"forged")
    found = check(log, heads(directory), stated=stated(directory)).findings
    assert [(f.fault, f.first, f.last) for f in found] == [
        (Fault.ALTERED, 3, 4),
        (Fault.ALTERED, 21, 21),
        (Fault.ALTERED, 40, 40),
    ]


def test_altered_leaf_hashes_do_not_accuse_the_log(directory: Path) -> None:
    """The heads decide which of the two was altered."""
    leaves = stated(directory)
    found = check(
        entries(SIZE), heads(directory), stated=lambda n: b"\0" * 32 if n == 5 else leaves(n)
    ).findings
    assert [(f.fault, f.first) for f in found] == [(Fault.HASHES_ALTERED, 5)]


def test_leaf_hashes_altered_with_the_log_hide_nothing(directory: Path) -> None:
    """Whoever alters both still cannot sign."""
    log = entries(SIZE)
    log[25] = log[25]._replace(value=b"forged")
    fill(directory.parent / "forged", log)
    found = check(log, heads(directory), stated=stated(directory.parent / "forged")).findings
    assert [(f.fault, f.first, f.last) for f in found] == [(Fault.UNLOCATED, 20, 29)]


def test_a_gap_that_was_there_before_is_told(tmp_path: Path) -> None:
    """What was deleted before the ledger came by is signed as absent, and named."""
    log = [entry for entry in entries(30) if entry.offset not in (11, 12)]
    fill(tmp_path, log)
    for leaves in (stated(tmp_path), nothing_stated):
        found = check(log, heads(tmp_path), stated=leaves).findings
        assert [(f.fault, f.first, f.last) for f in found] == [(Fault.GAP, 11, 12)]


def damage(chance: random.Random, data: bytes) -> bytes:
    """Return a file with a byte altered, taken out or put in, or two lines the other way."""
    at = chance.randrange(len(data))
    lines = data.splitlines(keepends=True)
    match chance.choice(["flip", "flip", "delete", "insert", "swap", "drop", "repeat"]):
        case "flip":
            return flipped(chance, data)
        case "delete":
            return data[:at] + data[at + 1 :]
        case "insert":
            return data[:at] + bytes([chance.randrange(256)]) + data[at:]
        case "swap":
            first, second = chance.sample(range(len(lines)), 2)
            lines[first], lines[second] = lines[second], lines[first]
        case "drop":
            del lines[chance.randrange(len(lines))]
        case "repeat":
            lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
    return b"".join(lines)


def test_every_damage_to_an_export_is_noticed(
    export: bytes, tmp_path: Path, tampering: Tampering
) -> None:
    """Bytes flipped, taken out or put in, lines swapped, dropped or repeated."""
    path = tmp_path / "export.jsonl"
    path.write_bytes(export)
    assert verify_export(str(path)).ok
    for _ in range(tampering.rounds):
        damaged = damage(tampering.chance, export)
        if damaged == export:
            continue
        path.write_bytes(damaged)
        try:
            faults = verify_export(str(path)).faults()
        except HeadwaterError as error:
            faults = [error.message]
        assert faults, damaged


def test_an_altered_message_of_an_export_is_named(export: bytes, tmp_path: Path) -> None:
    """Also when the seal, too, tells of it."""
    path = tmp_path / "export.jsonl"
    lines = export.splitlines(keepends=True)
    for number, line in enumerate(lines):
        said = json.loads(line)
        if said.get("entry", {}).get("offset") == 33:
            lines[number] = line.replace(b'"timestamp_ms":1760000000033', b'"timestamp_ms":176')
    path.write_bytes(b"".join(lines))
    report = verify_export(str(path))
    findings = [finding for verdict in report.verdicts for finding in verdict.findings]
    assert [(f.fault, f.partition, f.first) for f in findings] == [(Fault.ALTERED, 0, 33)]
    assert report.problems == ["the export is not as it was sealed"]


def test_an_export_by_another_key_is_refused(export: bytes, directory: Path) -> None:
    """An export that proves itself with a key of its own is not the ledger's."""
    other = directory.parent / "other"
    fill(other, entries(3))
    key = read_key(other / "ledger.key")
    path = directory.parent / "foreign.jsonl"
    write_export(str(path), heads(other), entries(3), key)
    assert verify_export(str(path)).ok
    with pytest.raises(HeadwaterError, match="not signed by the key"):
        verify_export(str(path), trusted=read_key(directory / "ledger.key").verifier)


def test_every_damage_to_the_heads_is_noticed(
    directory: Path, tmp_path: Path, tampering: Tampering
) -> None:
    """Any byte of any head, and any head that is taken out, put in or moved.

    Only a chain that ends earlier is a chain: that it did, the copy in the topic tells, or
    a witness.
    """
    whole = heads_path(directory).read_bytes()
    notes = heads(directory)
    path, kept = tmp_path / "heads.jsonl", str(tmp_path / "witness.json")
    witness(kept, notes)
    for _ in range(tampering.rounds):
        damaged = damage(tampering.chance, whole)
        path.write_bytes(damaged)
        for copy in (partial(check_witness, kept), partial(agreed, notes)):
            noticed = damaged == whole
            try:
                read = read_heads(path)
                read_chain(read)
                copy(read)
            except HeadwaterError:
                noticed = True
            assert noticed, damaged


def agreed(sent: list[str], read: list[str]) -> None:
    """Compare heads with those in the topic, as verifying does."""
    assert read, "no damage of one line leaves none"
    agreed_heads(read, sent)


@pytest.fixture(scope="module")
def proof(directory: Path) -> bytes:
    """A proof of a message."""
    tree = TreeFile(tree_path(directory, TOPIC, 0), writable=False)
    notes = heads(directory)
    made = prove(entries(SIZE)[29], tree, notes, read_chain(notes))
    tree.close()
    return encode(made)


def test_every_flip_in_a_proof_is_noticed(
    proof: bytes, directory: Path, tampering: Tampering
) -> None:
    """Every byte of it is needed."""
    key = read_key(directory / "ledger.key").verifier
    proven = check_proof(parse(proof), trusted=key)
    assert (proven.entry, proven.checkpoint.size) == (entries(SIZE)[29], SIZE)
    for at in range(len(proof)):
        damaged = bytearray(proof)
        damaged[at] ^= tampering.chance.randrange(1, 256)
        with pytest.raises(HeadwaterError):
            check_proof(parse(bytes(damaged)), trusted=key)


def test_what_was_altered_cannot_be_proven(directory: Path) -> None:
    """There is no proof for a message other than the one signed for."""
    tree = TreeFile(tree_path(directory, TOPIC, 0), writable=False)
    notes = heads(directory)
    forged = entries(SIZE)[29]._replace(value=b"forged")
    with pytest.raises(HeadwaterError, match="not the message"):
        prove(forged, tree, notes, read_chain(notes))
    tree.close()


def test_a_proof_is_checked_within_a_millisecond(proof: bytes, directory: Path) -> None:
    """The best of several runs, as the machine is shared."""
    key = read_key(directory / "ledger.key").verifier
    spent_s = []
    for _ in range(200):
        start = time.perf_counter()
        check_proof(parse(proof), trusted=key)
        spent_s.append(time.perf_counter() - start)
    assert min(spent_s) < 0.001
