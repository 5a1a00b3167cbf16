"""How fast the ledger builds, a log verifies, and events replay.

Everything runs in one process on one core, in interleaved rounds whose median counts, over
events and records of the size and shape that a warehouse's jobs have. The disk is the one
that the temporary directory lies on.

Run as `python -m tests.bench.time` or `make bench-time`.
"""

import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from headwater.deploy.replay import recorded, replay
from headwater.processors.decode import decode
from headwater.processors.resolver_pool import ResolverPool
from headwater.schemas import facets
from headwater.schemas.canonical import canonical
from headwater.schemas.records import Envelope
from headwater.schemas.records import encode as encode_record
from headwater.schemas.topics import EVENTS, RECORDS
from headwater.schemas.vault import Vault
from headwater.sinks.ledger.chain import read_chain
from headwater.sinks.ledger.heads import read_heads
from headwater.sinks.ledger.leaf import Entry
from headwater.sinks.ledger.ledger import Ledger, heads_path, tree_path
from headwater.sinks.ledger.proof import check, encode, parse, prove
from headwater.sinks.ledger.tree_file import TreeFile
from headwater.sinks.ledger.verify import PartitionCheck
from headwater.sinks.view import converge

ROUNDS = 3
LEAVES = 100_000
MILLION = 1_000_000
EVENTS_COUNT = 3_000
JOBS = 200
CHECKPOINT_EVERY = 10_000
RESULT = Path(".bench/time.json")


@dataclass(frozen=True)
class Figure:
    """A measured value; `met` is None where no aim is set.

    Attributes:
        cpu: The value by this process's own time: what it would be on a quiet machine.
    """

    name: str
    value: float
    cpu: float
    unit: str
    aim: float | None
    met: bool | None


@dataclass(frozen=True)
class Spent:
    """How long something took, in seconds: by the clock, and of this process's own time."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Log:
    """A log of events in memory, and a source of itself."""

    entries_: list[Entry]

    @contextmanager
    def open(self) -> Iterator["Log"]:
        """Open it."""
        yield self

    def partitions(self, topic: str) -> dict[int, tuple[int, int]]:
        """Return its one partition."""
        return {0: (0, len(self.entries_))} if topic == EVENTS.name else {}

    def entries(self, topic: str, partition: int, start: int, end: int) -> Iterator[Entry]:
        """Yield messages."""
        return itertools.islice(self.entries_, start, end)


@dataclass(frozen=True)
class Sample:
    """What is measured with: events, the records they come to, and those as they are sent."""

    log: Log
    records: list[Envelope]
    made: list[bytes]


def event(number: int) -> bytes:
    """Return a run of one of the jobs: a join of two tables with a condition and a sum."""
    job = number % JOBS
    columns = [(f"c{place}", "DOUBLE") for place in range(12)]
    tables = [
        {
            "namespace": "postgres://warehouse:5432",
            "name": f"dw.public.{name}_{job}",
            "facets": {"schema": facets.schema(columns)},
        }
        for name in ("orders", "customers", "report")
    ]
    sql = (
        f"INSERT INTO report_{job} SELECT o.c0, o.c1, c.c2, sum(o.c3 * c.c4) AS c5 "
        f"FROM orders_{job} o JOIN customers_{job} c ON o.c0 = c.c0 "
        f"WHERE o.c6 > 10 GROUP BY o.c0, o.c1, c.c2"
    )
    return canonical(
        {
            "eventType": "COMPLETE",
            "eventTime": f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z",
            "producer": "urn:bench",
            "run": {"runId": f"0197{number:08d}", "facets": {}},
            "job": {
                "namespace": "airflow",
                "name": f"load_{job}",
                "facets": {"sql": facets.sql(sql, "postgres")},
            },
            "inputs": tables[:2],
            "outputs": tables[2:],
        }
    )


def log_of(topic: str, values: list[bytes], count: int) -> Iterator[Entry]:
    """Yield so many messages of a partition."""
    for offset, value in zip(range(count), itertools.cycle(values), strict=False):
        yield Entry(topic, 0, offset, 1_760_000_000_000 + offset, b"job:airflow/load", value)


def timed(work: Callable[[], object]) -> Spent:
    """Return how long something takes."""
    start, own = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - start, time.process_time() - own)


def median(spent: Iterable[Spent]) -> Spent:
    """Return the medians of both times."""
    each = list(spent)
    return Spent(statistics.median(s.wall for s in each), statistics.median(s.cpu for s in each))


def build(directory: Path, entries: Iterator[Entry]) -> None:
    """Build and sign a tree."""
    with Ledger(directory) as ledger:
        for count, entry in enumerate(entries, start=1):
            ledger.append(entry)
            if count % CHECKPOINT_EVERY == 0:
                ledger.checkpoint()
        ledger.checkpoint()


def verify(directory: Path, entries: Iterator[Entry], *, decoded: bool = False) -> None:
    """Verify a log, and decode each event if asked."""
    chain = read_chain(read_heads(heads_path(directory)))
    (((topic, partition), checkpoints),) = chain.trees()
    with closing(TreeFile(tree_path(directory, topic, partition), writable=False)) as tree:
        comparison = PartitionCheck(topic, partition, checkpoints, stated=tree.leaf)
        for entry in entries:
            comparison.take(entry)
            if decoded:
                decode(entry.value)
        assert not comparison.end().findings


def seal(path: Path, log: Log) -> None:
    """Decode events and seal the name in each: a tenth as many people as there are events."""
    with closing(Vault(path)) as vault:
        for number, entry in enumerate(log.entries_):
            owned = json.loads(entry.value or b"")
            owners = {"owners": [{"name": f"person {number % (EVENTS_COUNT // 10)}"}]}
            owned["job"]["facets"]["ownership"] = owners
            decode(canonical(owned), vault.seal)


def check_time(directory: Path, entry: Entry) -> Spent:
    """Return how long the check of a proof takes."""
    notes = read_heads(heads_path(directory))
    chain = read_chain(notes)
    with closing(TreeFile(tree_path(directory, entry.topic, 0), writable=False)) as tree:
        proof = encode(prove(entry, tree, notes, chain))
    return median(timed(lambda: check(parse(proof), trusted=chain.keys[-1])) for _ in range(500))


def measure_round(folder: Path, signed: Path, sample: Sample) -> dict[str, Spent]:
    """Measure each thing once."""
    made = sample.made
    return {
        "build": timed(lambda: build(folder / "ledger", log_of(RECORDS.name, made, LEAVES))),
        "verify": timed(lambda: verify(folder / "ledger", log_of(RECORDS.name, made, LEAVES))),
        "decode": timed(lambda: verify(signed, iter(sample.log.entries_), decoded=True)),
        "replay": timed(lambda: replay(sample.log, folder / "replay", ResolverPool)),
        "digest": timed(lambda: converge(sample.records).digest()),
        "seal": timed(lambda: seal(folder / "vault", sample.log)),
    }


def measure(folder: Path) -> list[Figure]:
    """Measure everything."""
    events = [event(number) for number in range(EVENTS_COUNT)]
    log = Log(list(log_of(EVENTS.name, events, EVENTS_COUNT)))
    replay(log, folder / "first", ResolverPool)
    records = list(recorded(folder / "first"))
    made = [encode_record(record) for record in records]
    build(folder / "events", iter(log.entries_))
    sample = Sample(log, records, made)
    rounds = [
        measure_round(folder / str(number), folder / "events", sample) for number in range(ROUNDS)
    ]
    spent = {name: median(each[name] for each in rounds) for name in rounds[0]}
    million = timed(lambda: build(folder / "million", log_of(RECORDS.name, made, MILLION)))
    last = next(itertools.islice(log_of(RECORDS.name, made, MILLION), MILLION // 3, None))
    checked = check_time(folder / "million", last)
    return [
        at_most("1,000,000 leaves built and signed", million, 1, "s", 10),
        at_most("proof checked, of 1,000,000 leaves", checked, 1000, "ms", 1),
        at_least("ledger", LEAVES, spent["build"], "leaves/s", None),
        at_least("verify", LEAVES, spent["verify"], "records/s", None),
        at_least("decode and verify", EVENTS_COUNT, spent["decode"], "events/s", 2000),
        at_least("decode and seal names", EVENTS_COUNT, spent["seal"], "events/s", None),
        at_least("replay, SQL resolved", EVENTS_COUNT, spent["replay"], "events/s", None),
        at_least("digest", len(records), spent["digest"], "records/s", None),
    ]


def at_most(name: str, spent: Spent, scale: float, unit: str, aim: float) -> Figure:
    """Return a time that should be short."""
    wall, cpu = spent.wall * scale, spent.cpu * scale
    return Figure(name, wall, cpu, unit, aim, wall <= aim)


def at_least(name: str, count: int, spent: Spent, unit: str, aim: float | None) -> Figure:
    """Return a rate that should be high."""
    wall, cpu = count / spent.wall, count / spent.cpu
    return Figure(name, wall, cpu, unit, aim, None if aim is None else wall >= aim)


def show(figures: list[Figure]) -> None:
    """Print the table, and what the limits are."""
    print(f"{'':<36} {'by clock':>10} {'own time':>10}")
    for each in figures:
        aim = "" if each.aim is None else f"aim {each.aim:,.0f}: {'met' if each.met else 'NOT met'}"
        digits = 2 if each.value < 100 else 0
        print(
            f"{each.name:<36} {each.value:>10,.{digits}f} {each.cpu:>10,.{digits}f} "
            f"{each.unit:<10} {aim}"
        )
    print(
        "One core. Building and verifying are bound by SHA-256 calls from Python (two a leaf) "
        "and by encoding;\ndecoding by the validation of events; replaying by the canonical "
        "JSON and hashes of the records made.\nPartitions replay in parallel: --processes."
    )


def main() -> None:
    """Measure, print and write the figures."""
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder))
    show(figures)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps([asdict(each) for each in figures], indent=2) + "\n")


if __name__ == "__main__":
    main()
