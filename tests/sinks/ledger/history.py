"""Logs to sign and to tamper with."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from headwater.sinks.ledger.chain import Chain, read_chain
from headwater.sinks.ledger.heads import read_heads
from headwater.sinks.ledger.leaf import Entry
from headwater.sinks.ledger.ledger import Ledger, heads_path, tree_path
from headwater.sinks.ledger.tree_file import TreeFile
from headwater.sinks.ledger.verify import PartitionCheck, Stated, Verdict, nothing_stated

TOPIC = "lineage.records"
_START = datetime(2026, 1, 31, 12, tzinfo=UTC)


def entries(count: int, *, partition: int = 0, seed: int = 0) -> list[Entry]:
    """Return the messages of a partition, of every shape that Kafka allows."""
    chance = random.Random(seed + partition)
    return [_entry(chance, partition, offset) for offset in range(count)]


def _entry(chance: random.Random, partition: int, offset: int) -> Entry:
    return Entry(
        TOPIC,
        partition,
        offset,
        1_760_000_000_000 + offset,
        chance.choice([None, b"", b"job:ns/load", b"\xff\xfe"]),
        chance.choice([None, b"", b'{"id":"%d","name":"caf\xc3\xa9"}' % offset, b"\x00\x80\xff"]),
        tuple(
            chance.choice([("headwater-seq", b"7"), ("trace", None), ("trace", b"\xff")])
            for _ in range(chance.randrange(3))
        ),
    )


def ticking() -> datetime:
    """Return a time; every test has the same."""
    return _START + timedelta(seconds=1)


def fill(directory: Path, log: Iterable[Entry], *, every: int = 10) -> None:
    """Build a ledger of a log, with a head after each so many messages."""
    with Ledger(directory, clock=ticking) as ledger:
        for count, entry in enumerate(log, start=1):
            ledger.append(entry)
            if count % every == 0:
                ledger.checkpoint()
        ledger.checkpoint()


def heads(directory: Path) -> list[str]:
    """Return a ledger's heads."""
    return read_heads(heads_path(directory))


def stated(directory: Path, partition: int = 0) -> Stated:
    """Return what a ledger's own copy of a tree says."""
    tree = TreeFile(tree_path(directory, TOPIC, partition), writable=False)
    leaves = [tree.leaf(index) for index in range(tree.size)]
    tree.close()
    return lambda offset: leaves[offset] if offset < len(leaves) else None


def check(
    log: Sequence[Entry],
    notes: Sequence[str],
    *,
    stated: Stated = nothing_stated,
    partition: int = 0,
) -> Verdict:
    """Verify a copy of a partition."""
    chain: Chain = read_chain(notes)
    checkpoints = dict(chain.trees())[TOPIC, partition]
    comparison = PartitionCheck(TOPIC, partition, checkpoints, stated=stated)
    for entry in log:
        comparison.take(entry)
    return comparison.end()
