"""Replays: the same events give the same view, however they lie in the log."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import headwater
from headwater.deploy import cli, elsewhere
from headwater.deploy import replay as replay_module
from headwater.deploy.comparison import Comparison, compare, of_events
from headwater.deploy.replay import Replayed, Span, recorded, replay
from headwater.processors.message import Message, Position
from headwater.processors.pipeline import Pipeline
from headwater.processors.resolve import RESOLVER
from headwater.schemas import environment, facets
from headwater.schemas.canonical import canonical
from headwater.schemas.errors import HeadwaterError
from headwater.schemas.records import Annotation, Basis, Envelope, Resolution, encode, wrap
from headwater.schemas.records import decode as decode_record
from headwater.schemas.sealed import Seal, as_it_is, split_sealed
from headwater.schemas.topics import EVENTS, RECORDS
from headwater.schemas.vault import Vault
from headwater.sinks.archive.archive import Archive
from headwater.sinks.ledger.chain import read_chain
from headwater.sinks.ledger.heads import read_heads
from headwater.sinks.ledger.leaf import Entry
from headwater.sinks.ledger.ledger import Ledger, heads_path
from headwater.sinks.ledger.merkle import Frontier
from headwater.sinks.view import converge

from ..processors.logs import resolver

NAMESPACE = "duckdb://replay"
START = datetime(2026, 1, 1, tzinfo=UTC)
TABLES = ("a", "b", "c")
COLUMNS = ("id", "x", "y", "z")
STATEMENTS = (
    "INSERT INTO {out} SELECT * FROM {one}",
    "CREATE TABLE {out} AS SELECT id, x FROM {one} JOIN {two} USING (id)",
    "INSERT INTO {out} SELECT {one}.*, {two}.y FROM {one}, {two} WHERE {one}.id = {two}.id",
    "INSERT INTO {out} SELECT id, sum(x) AS x FROM {one} GROUP BY id",
)


class InterruptedRunError(Exception):
    """The process ended here."""


@dataclass
class ListLog:
    """A log in memory, and a source of itself; it may end a process after some messages."""

    partitions_: list[list[bytes]]
    topic: str = EVENTS.name
    fuse: list[int] = field(default_factory=list)

    @contextmanager
    def open(self) -> Iterator["ListLog"]:
        """Open it."""
        yield self

    def partitions(self, topic: str) -> dict[int, tuple[int, int]]:
        """Return the offsets of each partition."""
        assert topic == self.topic
        return {number: (0, len(values)) for number, values in enumerate(self.partitions_)}

    def entries(self, topic: str, partition: int, start: int, end: int) -> Iterator[Entry]:
        """Yield messages, a minute apart."""
        for offset in range(start, end):
            if self.fuse:
                self.fuse[0] -= 1
                if self.fuse[0] < 0:
                    raise InterruptedRunError
            at_ms = int((START + timedelta(minutes=offset)).timestamp() * 1000)
            yield Entry(topic, partition, offset, at_ms, b"k", self.partitions_[partition][offset])


def dataset(name: str, columns: Sequence[str] | None) -> dict[str, Any]:
    """Return a dataset as an event names it, with its schema or without."""
    stated = {"schema": facets.schema([(c, "int") for c in columns])} if columns else {}
    return {"namespace": NAMESPACE, "name": name, "facets": stated}


def event(
    minute: int,
    job: str,
    sql: str | None,
    inputs: Sequence[dict[str, Any]],
    outputs: Sequence[dict[str, Any]] = (),
) -> bytes:
    """Return a COMPLETE event."""
    return canonical(
        {
            "eventType": "COMPLETE",
            "eventTime": (START + timedelta(minutes=minute)).isoformat(),
            "producer": "urn:test",
            "run": {"runId": f"run-{job}-{minute}", "facets": {}},
            "job": {
                "namespace": "jobs",
                "name": job,
                "facets": {"sql": facets.sql(sql, "duckdb")} if sql else {},
            },
            "inputs": list(inputs),
            "outputs": list(outputs),
        }
    )


@st.composite
def logs(draw: st.DrawFn) -> list[bytes]:
    """Draw the events of a log, in the order of their times."""
    made = []
    for minute in range(draw(st.integers(2, 7))):
        one, two = draw(st.permutations(TABLES))[:2]
        schema = draw(st.none() | st.lists(st.sampled_from(COLUMNS), min_size=1, unique=True))
        sql = draw(st.none() | st.sampled_from(STATEMENTS))
        text = sql.format(one=one, two=two, out="out") if sql else None
        made.append(
            event(
                minute,
                draw(st.sampled_from(["load", "report"])),
                text,
                [dataset(one, schema), dataset(two, None)],
                [dataset("out", None)] if sql else [],
            )
        )
    return made


def scattered(chance: random.Random, events: Sequence[bytes]) -> list[list[bytes]]:
    """Return events over some partitions, in any order, some of them twice, with poison."""
    messages = [*events, *chance.choices(events, k=len(events) // 2), b"poison"]
    chance.shuffle(messages)
    partitions: list[list[bytes]] = [[] for _ in range(chance.randint(1, 3))]
    for message in messages:
        chance.choice(partitions).append(message)
    return partitions


def live(partitions: Sequence[Sequence[bytes]], seal: Seal = as_it_is) -> list[Envelope]:
    """Return what a worker records of a log, one partition after the other."""
    pipeline = Pipeline(resolver(), seal)
    made = []
    for number, values in enumerate(partitions):
        for offset, value in enumerate(values):
            message = Message(Position(EVENTS.name, number, offset), b"k", value)
            outcome = pipeline.process([message])
            pipeline.confirm(outcome)
            made += [decode_record(s.value) for s in outcome.sends if s.topic == RECORDS.name]
    return made


def interrupted(
    chance: random.Random, log: ListLog, directory: Path, vault: Path | None = None
) -> Replayed:
    """Replay a log in several goes, each ended anywhere and its last bytes torn."""
    messages = sum(map(len, log.partitions_))
    for _ in range(chance.randint(0, 3)):
        log.fuse = [chance.randint(0, 2 * messages)]
        try:
            replay(log, directory, resolver, vault=vault)
        except InterruptedRunError:
            tear(chance, directory)
    log.fuse = []
    return replay(log, directory, resolver, vault=vault)


def tear(chance: random.Random, directory: Path) -> None:
    """Take off the end of a file, as a crash before its last sync may."""
    for path in directory.glob("*.jsonl"):
        with path.open("rb+") as file:
            file.truncate(max(0, path.stat().st_size - chance.choice([0, 0, 1, 20, 500])))


@pytest.fixture(autouse=True, scope="module")
def _small_batches() -> Iterator[None]:
    """Have several batches even in a small log."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replay_module, "BATCH_EVENTS", 2)
        yield


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(logs(), st.integers(0, 2**32))
def test_one_set_of_events_has_one_digest(events: list[bytes], seed: int) -> None:
    """In order or shuffled, once or twice, together or split, whole or interrupted."""
    chance = random.Random(seed)
    partitions = scattered(chance, events)
    with TemporaryDirectory() as folder:
        ordered = replay(ListLog([events]), Path(folder, "one"), resolver)
        other = interrupted(chance, ListLog(partitions), Path(folder, "two"))
        digest = ordered.view().digest()
        assert other.view().digest() == digest
        assert converge(recorded(Path(folder, "two"))).digest() == digest
    assert converge(live(partitions)).digest() == digest


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(logs(), st.integers(0, 2**32))
def test_erasing_somebody_changes_no_digest(events: list[bytes], seed: int) -> None:
    """Before it, after it, and for what a worker makes of events that come only then."""
    chance = random.Random(seed)
    owned = [owned_by(chance.choice(["ana", "bo", "cy"]), each) for each in events]
    partitions = scattered(chance, owned)
    with TemporaryDirectory() as folder:
        path = Path(folder, "vault")
        with closing(Vault(path)) as vault:
            made = live(partitions, vault.seal)
            owners = {e.record.value for e in made if isinstance(e.record, Annotation)}
            assert owners and all(map(split_sealed, owners))
            before = converge(made).digest()
            replayed = replay(ListLog([owned]), Path(folder, "one"), resolver, vault=path)
            assert replayed.view().digest() == before
            vault.erase("Ana", at="2026-02-01T00:00:00Z")
            assert converge(live(partitions, vault.seal)).digest() == before
        after = interrupted(chance, ListLog(partitions), Path(folder, "two"), path)
        assert after.view().digest() == before


def owned_by(name: str, value: bytes) -> bytes:
    """Return an event whose job somebody owns."""
    said = json.loads(value)
    said["job"]["facets"]["ownership"] = {"owners": [{"name": name}]}
    return canonical(said)


def test_a_star_is_resolved_by_a_schema_that_came_later() -> None:
    """The replay knows every schema before it reads the first statement."""
    events = [
        event(0, "load", "INSERT INTO out SELECT * FROM a", [dataset("a", None)]),
        event(1, "describe", None, [dataset("a", ["id", "x"])]),
    ]
    with TemporaryDirectory() as folder:
        made = replay(ListLog([events]), Path(folder), resolver)
        edges = [e for e in recorded(Path(folder)) if e.record.kind == "Derivation"]
        resolutions = [e for e in recorded(Path(folder)) if e.record.kind == "Resolution"]
    assert (len(edges), len(resolutions)) == (1, 1)
    assert made.counts["resolved_again"] == 0
    derivation: Any = edges[0].record
    assert [output.field for output in derivation.fields] == ["id", "x"]


@pytest.mark.parametrize(
    ("span", "jobs"),
    [
        (Span(start=2), {"j2", "j3"}),
        (Span(since=START + timedelta(minutes=1)), {"j1", "j2", "j3"}),
        (Span(until=START + timedelta(minutes=1)), {"j0"}),
        (Span(1, START, START + timedelta(minutes=3)), {"j1", "j2"}),
    ],
)
def test_a_span_is_replayed_alone(span: Span, jobs: set[str], tmp_path: Path) -> None:
    """From an offset, or between two times of the log."""
    events = [event(n, f"j{n}", None, [dataset("a", ["id"])]) for n in range(4)]
    replay(ListLog([events]), tmp_path, resolver, span=span)
    found = {e.record.job.name for e in recorded(tmp_path) if e.record.kind == "RunState"}
    assert found == jobs


def test_a_directory_of_another_replay_is_refused(tmp_path: Path) -> None:
    """Two replays are not mixed."""
    log = ListLog([[event(0, "j", None, [dataset("a", ["id"])])]])
    replay(log, tmp_path, resolver)
    with pytest.raises(HeadwaterError, match="other events"):
        replay(log, tmp_path, resolver, span=Span(start=1))


EVENTS_WITH_LATE_SCHEMA = [
    event(0, "load", "INSERT INTO out SELECT * FROM a", [dataset("a", None)]),
    event(1, "other", "INSERT INTO more SELECT id FROM a", [dataset("a", None)]),
    event(2, "describe", None, [dataset("a", ["id", "x"])]),
]


def compared(made: list[Envelope], folder: Path, **how: bool) -> Comparison:
    """Compare records with a replay of the events above."""
    replay(ListLog([EVENTS_WITH_LATE_SCHEMA]), folder, resolver)
    return compare(lambda: made, lambda: recorded(folder), **how)


def test_a_replay_of_what_the_worker_recorded_differs_in_nothing(tmp_path: Path) -> None:
    """The worker resolved again when the schema came."""
    comparison = compared(live([EVENTS_WITH_LATE_SCHEMA]), tmp_path)
    assert comparison.same
    assert comparison.differences == []
    assert comparison.live.digest() == comparison.replayed.digest()


def test_a_late_schema_is_the_reason_for_other_edges(tmp_path: Path) -> None:
    """A worker that had forgotten the event when the schema came is told apart."""
    early = live([EVENTS_WITH_LATE_SCHEMA[:2]])
    late = live([EVENTS_WITH_LATE_SCHEMA[2:]])
    comparison = compared([*early, *late], tmp_path)
    assert not comparison.same
    assert [d.job.name for d in comparison.differences] == ["load", "other"]
    first = comparison.differences[0]
    assert first.reasons[0].startswith(f"late schema: that of {NAMESPACE}/a, which holds from")
    assert "out.id ← a.id (IDENTITY, positional)" in first.new


def test_an_older_resolver_is_the_reason_for_other_edges(tmp_path: Path) -> None:
    """What an earlier version resolved to is shown with both versions."""
    made = []
    for envelope in live([EVENTS_WITH_LATE_SCHEMA]):
        record = envelope.record
        if isinstance(record, Resolution) and record.job.name == "load":
            older = Basis(resolver="sqlglot/0", schemas=record.basis.schemas)
            record = record.model_copy(update={"basis": older, "derivations": ("f" * 64,)})
        made.append(wrap(record, observed_at="", event_id=envelope.event_id))
    comparison = compared(made, tmp_path)
    assert [d.job.name for d in comparison.differences] == ["load"]
    assert comparison.differences[0].reasons[0].startswith("resolver version: sqlglot/0 live, ")


def test_an_event_that_was_never_recorded_is_named(tmp_path: Path) -> None:
    """And one that the log of events lacks, unless only a part was replayed."""
    everything = live([EVENTS_WITH_LATE_SCHEMA])
    of_load = [e for e in everything if "load" in encode(e).decode()]
    comparison = compared([e for e in everything if e not in of_load], tmp_path)
    assert [d.reasons for d in comparison.differences] == [("not recorded live",)]
    folder = tmp_path / "part"
    replay(ListLog([EVENTS_WITH_LATE_SCHEMA[1:]]), folder, resolver)
    part = compare(lambda: everything, lambda: recorded(folder))
    assert [d.reasons for d in part.differences] == [("not in the log of events",)]
    part = compare(lambda: everything, lambda: recorded(folder), whole=False)
    assert part.same


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An archive of two partitions of events, and of what a worker made of them."""
    folder = tmp_path_factory.mktemp("archive")
    events = [
        *EVENTS_WITH_LATE_SCHEMA,
        *(
            event(
                3 + n, "load", f"INSERT INTO out SELECT id, x AS x{n} FROM a", [dataset("a", None)]
            )
            for n in range(200)
        ),
    ]
    records = [encode(envelope) for envelope in live([events])]
    spread = {
        (EVENTS.name, 0): events[::2],
        (EVENTS.name, 1): events[1::2],
        (RECORDS.name, 0): records,
    }
    log = ListLog([])
    with Ledger(folder / "ledger") as ledger:
        for (topic, partition), values in spread.items():
            log.partitions_ = [[], []]
            log.partitions_[partition] = values
            for entry in log.entries(topic, partition, 0, len(values)):
                ledger.append(entry)
        ledger.checkpoint()

    def entries(topic: str, partition: int, start: int, end: int) -> Iterator[Entry]:
        log.partitions_ = [[], []]
        log.partitions_[partition] = spread[topic, partition]
        return log.entries(topic, partition, start, end)

    notes = read_heads(heads_path(folder / "ledger"))
    Archive(str(folder / "archive")).add(
        read_chain(notes), notes, entries, lambda _topic, _partition, _size: Frontier()
    )
    return str(folder / "archive")


KILLED = """
import sys, pathlib
from headwater.deploy import replay
from headwater.processors.resolver_pool import ResolverPool
from headwater.sinks.archive.archive import Archive
replay.BATCH_EVENTS = 3
replay.replay(Archive(sys.argv[1]), pathlib.Path(sys.argv[2]), ResolverPool)
"""


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.long)])
def test_a_replay_that_was_killed_goes_on(archive: str, tmp_path: Path, kills: int) -> None:
    """By SIGKILL, anywhere after it had begun to write: what it comes to stays the same."""
    whole = replay(Archive(archive), tmp_path / "whole", resolver).view().digest()
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    directory = tmp_path / "killed"
    for _ in range(kills):
        argv = [sys.executable, "-c", KILLED, archive, str(directory)]
        process = subprocess.Popen(argv, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
        _wait_for_growth(directory, process)
        time.sleep(chance.uniform(0, 0.2))
        process.kill()
        process.wait()
    made = replay(Archive(archive), directory, resolver)
    assert made.view().digest() == whole


def _wait_for_growth(directory: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until more is written than there is now, or nothing is left to write."""
    before = _written_bytes(directory)
    deadline = time.monotonic() + 60
    while _written_bytes(directory) == before and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _written_bytes(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.glob("*.jsonl"))


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """The Python of another Headwater: its resolver has another number and reads no schemas."""
    package = tmp_path / "earlier" / "headwater"
    for name in ("deploy", "processors", "producers", "schemas", "sinks", "__init__.py"):
        source = Path(headwater.__file__).parent / name
        if source.is_dir():
            shutil.copytree(source.resolve(), package / name)
        else:
            shutil.copy(source, package / name)
    answer = package / "processors" / "resolve" / "answer.py"
    answer.write_text(answer.read_text().replace(RESOLVER, "headwater-sql/0"))
    resolve = package / "processors" / "resolve" / "__init__.py"
    before, after = "    visit = Visit(", "    schemas = no_schemas\n    visit = Visit("
    assert before in resolve.read_text()
    resolve.write_text(resolve.read_text().replace(before, after, 1))
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={package.parent} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return python


def test_an_earlier_resolver_replays_where_it_is_installed(
    archive: str, earlier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What differs is shown edge by edge, with both versions as the reason."""
    monkeypatch.setenv(environment.HOME, str(tmp_path / "home"))
    words = ["replay", "--from", archive, "--compare", "--json"]
    today = CliRunner().invoke(cli.build(words), words)
    assert (today.exit_code, json.loads(today.stdout)["same"]) == (0, True)
    words += ["--resolver-python", str(earlier)]
    then = CliRunner().invoke(cli.build(words), words)
    assert then.exit_code == 1, then.output
    said = json.loads(then.stdout)
    first = said["differences"][0]
    assert first["job"]["name"] == "load"
    assert first["reasons"][0] == f"resolver version: {RESOLVER} live, headwater-sql/0 replayed"
    assert "out.id ← a.id (IDENTITY, positional)" in first["gone"]
    assert said["digest"] != said["live_digest"] == json.loads(today.stdout)["digest"]


def test_a_python_without_headwater_is_told(archive: str, tmp_path: Path) -> None:
    """Also one that does not exist."""
    with pytest.raises(HeadwaterError, match="did not replay"):
        elsewhere.replay(tmp_path / "nothing", tmp_path, ["--from", archive])


def test_profiles_are_not_compared() -> None:
    """They do not come from the log of events."""
    from headwater.schemas.records import TrainingProfile

    profile = TrainingProfile(run_id="r", seq=0, first_step=0, last_step=1)
    made = wrap(profile, observed_at="", event_id="")
    assert list(of_events([made])) == []
