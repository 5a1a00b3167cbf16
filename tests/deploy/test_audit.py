"""The commands on a Kafka of their own: events in, records out, signed, archived, replayed."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from gremlin_python.process.graph_traversal import __
from typer.testing import CliRunner, Result

from headwater.deploy import cli
from headwater.deploy.accounting import Log
from headwater.deploy.home import Home
from headwater.deploy.stack import Stack
from headwater.processors.message import Message, Position, Send
from headwater.processors.pipeline import Pipeline
from headwater.processors.resolver_pool import ResolverPool
from headwater.schemas import environment, facets
from headwater.schemas.canonical import canonical
from headwater.schemas.errors import HeadwaterError
from headwater.schemas.topics import EVENTS, GRAPH_SINK_GROUP, RECORDS
from headwater.schemas.vault import Vault
from headwater.sinks.archive.archive import Archive
from headwater.sinks.graph.connection import GraphConnection
from headwater.sinks.graph.consumer import run as run_graph_sink
from headwater.sinks.graph.settings import Settings as GraphSettings
from headwater.sinks.index import LineageIndex
from headwater.sinks.ledger.chain import read_chain
from headwater.sinks.ledger.consumer import run
from headwater.sinks.ledger.heads import read_heads
from headwater.sinks.ledger.kafka_log import KafkaLog
from headwater.sinks.ledger.ledger import heads_path
from headwater.sinks.ledger.note import SigningKey
from headwater.sinks.ledger.settings import Settings

from .test_replay import COLUMNS, dataset, event

pytestmark = pytest.mark.stack

DEADLINE_S = 60
OUT = [dataset("out", None)]


def trained(user: str) -> bytes:
    """Return the event of a training run, whose command line names somebody."""
    said = json.loads(event(3, "train", None, [dataset("a", None)]))
    command = [f"/home/{user}/bin/python", "train.py"]
    said["run"]["facets"][facets.TRAINING] = facets.own(facets.TRAINING, command=command)
    model = {facets.MODEL: facets.own(facets.MODEL, version="1")}
    said["outputs"] = [{"namespace": "models", "name": "churn", "facets": model}]
    return canonical(said)


MADE = [
    trained("alice"),
    event(0, "load", "INSERT INTO out SELECT * FROM a", [dataset("a", None)], OUT),
    event(1, "report", "INSERT INTO out SELECT id FROM a", [dataset("a", None)], OUT),
    event(2, "describe", None, [dataset("a", COLUMNS)]),
    b"poison",
]


@dataclass(frozen=True)
class Site:
    """A running Kafka and graph, with the home that the commands look into."""

    kafka: str
    gremlin: str
    home: Path

    @property
    def ledger(self) -> Path:
        return self.home / "ledger"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Topics under their real names, filled by the steps of a worker, and signed for."""
    home = Home(tmp_path_factory.mktemp("audit") / "home")
    with pytest.MonkeyPatch.context() as patch, Stack(home, ("kafka", "janusgraph")) as stack:
        patch.setenv(environment.HOME, str(home.path))
        site = Site(stack.kafka_bootstrap, stack.gremlin_url, home.path)
        produce(site, [Send(EVENTS.name, b"k", value) for value in MADE])
        produce(site, worked(site))
        sign(site)
        yield site


def produce(site: Site, sends: list[Send]) -> None:
    """Send messages to Kafka."""
    producer = Producer({"bootstrap.servers": site.kafka})
    for send in sends:
        producer.produce(send.topic, send.value, send.key, headers=list(send.headers))
    assert producer.flush(DEADLINE_S) == 0


def worked(site: Site) -> list[Send]:
    """Return what a worker makes of the events, as they lie in Kafka."""
    with (
        closing(ResolverPool()) as resolver,
        closing(KafkaLog(site.kafka)) as log,
        closing(Vault(site.home / "vault.sqlite")) as vault,
    ):
        pipeline = Pipeline(resolver, vault.seal)
        sends = []
        for number, (low, high) in log.partitions(EVENTS.name).items():
            for entry in log.entries(EVENTS.name, number, low, high):
                message = Message(Position(*entry[:3]), entry.key, entry.value)
                outcome = pipeline.process([message])
                pipeline.confirm(outcome)
                sends += outcome.sends
    return sends


def sign(site: Site) -> None:
    """Run the ledger until its heads cover all that is in Kafka."""
    stop = threading.Event()
    settings = Settings(site.kafka, site.ledger, checkpoint_s=0.1)
    thread = threading.Thread(target=run, args=(settings, stop))
    thread.start()
    deadline = time.monotonic() + DEADLINE_S
    try:
        while not covered(site):
            assert time.monotonic() < deadline, "the ledger did not sign all"
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(DEADLINE_S)


def covered(site: Site) -> bool:
    """Whether the heads cover all messages."""
    chain = read_chain(read_heads(heads_path(site.ledger)))
    if not chain.keys:
        return False
    with closing(KafkaLog(site.kafka)) as log:
        return all(
            chain.size(f"{chain.name}/{topic}/{partition}") == high
            for topic in (EVENTS.name, RECORDS.name)
            for partition, (_, high) in log.partitions(topic).items()
        )


def headwater(*words: str) -> Result:
    """Run a command."""
    result = CliRunner().invoke(cli.build(list(words)), list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def answer(*words: str) -> Any:
    """Run a command that must succeed and return its JSON."""
    result = headwater(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_whole_log_verifies(site: Site) -> None:
    """Events and records, every message of them."""
    said = answer("audit", "verify")
    read = {(p["topic"], p["partition"]): p["read"] for p in said["partitions"]}
    assert sum(n for (topic, _), n in read.items() if topic == EVENTS.name) == len(MADE)
    assert said["faults"] == []
    assert "all as it was signed" in headwater("audit", "verify").stdout


def test_a_record_is_proven_offline(site: Site, tmp_path: Path) -> None:
    """By its id, with the public key alone; with one byte altered it is not."""
    with closing(KafkaLog(site.kafka)) as log:
        entry = next(
            entry
            for number, (low, high) in log.partitions(RECORDS.name).items()
            for entry in log.entries(RECORDS.name, number, low, high)
        )
    record = json.loads(entry.value or b"")["id"]
    proof = tmp_path / "proof.json"
    key = headwater("audit", "key").stdout.strip()
    assert headwater("audit", "prove", record, "--out", str(proof)).exit_code == 0
    said = answer("audit", "check", str(proof), "--key", key)
    assert json.loads(said["value"])["id"] == record
    proof.write_bytes(proof.read_bytes().replace(record.encode(), record[::-1].encode()))
    with pytest.raises(HeadwaterError, match="is not what the head"):
        headwater("audit", "check", str(proof), "--key", key)


def test_an_export_proves_itself(site: Site, tmp_path: Path) -> None:
    """In one file, which names the message that was altered in it."""
    export = tmp_path / "export.jsonl"
    key = headwater("audit", "key").stdout.strip()
    headwater("audit", "export", str(export))
    assert headwater("audit", "verify", "--from", str(export), "--key", key).exit_code == 0
    export.write_bytes(export.read_bytes().replace(b"INSERT INTO out SELECT * ", b"SELECT 1 ", 1))
    result = headwater("audit", "verify", "--from", str(export))
    assert result.exit_code == 1
    assert "not the message that was signed for" in result.stdout


def test_a_replay_says_what_was_recorded(site: Site) -> None:
    """From Kafka, and in two processes, with the digest of the live records."""
    said = answer("replay", "--compare")
    assert said["same"] is True
    assert said["digest"] == said["live_digest"]
    assert said["dead_letter"] == 1
    assert answer("replay", "--processes", "2")["digest"] == said["digest"]


def test_a_witness_keeps_the_last_head(site: Site, tmp_path: Path) -> None:
    """And verifying compares with it."""
    target = str(tmp_path / "witness.json")
    headwater("audit", "witness", target)
    assert headwater("audit", "verify", "--witness", target).exit_code == 0
    heads = read_heads(heads_path(site.ledger))
    Path(target).write_text(json.dumps({"heads": len(heads), "last": heads[0]}))
    with pytest.raises(HeadwaterError, match="witnessed"):
        headwater("audit", "verify", "--witness", target)


def test_an_answer_convinces_somebody_who_has_only_the_key(site: Site, tmp_path: Path) -> None:
    """No home, no Kafka: the bundle, the public key, and an archive for the doubtful."""
    bundle, archive = str(tmp_path / "bundle.json.gz"), str(tmp_path / "archive")
    key = headwater("audit", "key").stdout.strip()
    said = headwater("audit", "export", bundle, "--subject", "out.id", "--as-of", "2030-01-01")
    assert said.exit_code == 0, said.output
    headwater("archive", archive)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(environment.HOME, str(tmp_path / "nothing"))
        proven = answer("audit", "check", bundle, "--key", key, "--archive", archive)
        assert {(c["name"], c["field"]) for c in proven["answer"]["sources"]} == {("a", "id")}
        assert "Proven" in headwater("audit", "check", bundle, "--key", key).stdout
        with pytest.raises(HeadwaterError, match="public key"):
            headwater("audit", "check", bundle)


def test_an_archive_is_verified_and_replayed_without_kafka(site: Site, tmp_path: Path) -> None:
    """In files and on another target of fsspec; with a byte altered it is refused."""
    live = answer("replay")["digest"]
    key = headwater("audit", "key").stdout.strip()
    folder = f"memory://{tmp_path.name}"
    for archive in (str(tmp_path / "archive"), folder):
        headwater("archive", archive)
    with pytest.MonkeyPatch.context() as patch:
        # Another home, without a stack; only the keys of names must be the same.
        patch.setenv(environment.HOME, str(tmp_path / "home"))
        patch.setenv(environment.VAULT, str(site.home / "vault.sqlite"))
        for archive in (str(tmp_path / "archive"), folder):
            said = answer("audit", "verify", "--from", archive, "--key", key)
            assert sum(p["read"] for p in said["partitions"]) > len(MADE)
            replayed = answer("replay", "--from", archive, "--compare")
            assert (replayed["digest"], replayed["same"]) == (live, True)
        stranger = SigningKey.generate("headwater/stranger").verifier
        with pytest.raises(HeadwaterError, match="not signed by the key"):
            headwater("audit", "verify", "--from", archive, "--key", str(stranger))
        segment = next((tmp_path / "archive" / RECORDS.name).rglob("*.parquet"))
        data = bytearray(segment.read_bytes())
        for at in range(len(data) // 8, len(data) // 2):
            data[at] ^= 1
        segment.write_bytes(bytes(data))
        assert headwater("audit", "verify", "--from", str(tmp_path / "archive")).exit_code == 1


def test_an_erased_person_is_gone_and_every_proof_stays(site: Site, tmp_path: Path) -> None:
    """A proof from before, the log, an archive and the digest of a replay, all as they were."""
    key = headwater("audit", "key").stdout.strip()
    digest, archive = answer("replay")["digest"], str(tmp_path / "archive")
    model = passport(site)
    proof = str(tmp_path / "proof.json")
    headwater("audit", "prove", model["id"], "--out", proof)
    headwater("archive", archive)
    shown = json.loads(answer("audit", "check", proof, "--key", key)["value"])
    assert shown["record"]["command"][0] == "/home/alice/bin/python"

    planned = answer("erase", "ALICE", "--dry-run")
    assert planned["records"] == [
        {"kind": "ModelVersion", "about": "model:models/churn", "records": 1}
    ]
    assert [each["messages"] for each in planned["in_the_open"]] == [1]
    assert planned["erased_at"] is None
    erased = answer("erase", "alice")
    assert erased["erased_at"] and erased["person"] == planned["person"]
    assert "not erased" not in headwater("erase", "alice").stdout

    shown = json.loads(answer("audit", "check", proof, "--key", key)["value"])
    assert shown["record"]["command"][0] == "/home/erased/bin/python"
    assert passport(site) == model
    produce(site, [each for each in worked(site) if b'"Erasure"' in each.value])
    sign(site)
    assert headwater("audit", "verify").exit_code == 0
    assert headwater("audit", "verify", "--from", archive).exit_code == 0
    assert answer("replay", "--from", archive)["digest"] == digest
    said = answer("replay", "--compare")
    assert said["same"] is True
    assert said["Erasure"] == 1
    with pytest.raises(HeadwaterError, match="no record names bob"):
        headwater("erase", "bob")


def passport(site: Site) -> Any:
    """Return the model's record, as it lies in the log."""
    with closing(KafkaLog(site.kafka)) as log:
        values = [
            entry.value or b""
            for number, (low, high) in log.partitions(RECORDS.name).items()
            for entry in log.entries(RECORDS.name, number, low, high)
        ]
    (found,) = [value for value in values if b'"kind":"ModelVersion"' in value]
    assert b"alice" not in found
    return json.loads(found)


def test_an_index_is_built_from_a_replay(site: Site, tmp_path: Path) -> None:
    """With its digest and sizes; the snapshot is one that the API loads."""
    snapshot = tmp_path / "snapshot"
    said = answer("replay", "--into", "index", "--snapshot", str(snapshot))
    assert said["digest"] == answer("replay")["digest"]
    assert said["built"]["derivations"] == 2
    assert LineageIndex.load(snapshot).sizes == said["built"]


def sink(site: Site) -> None:
    """Run the graph sink until it has committed every record."""
    stop = threading.Event()
    settings = GraphSettings(site.kafka, site.gremlin)
    thread = threading.Thread(target=run_graph_sink, args=(settings, stop))
    thread.start()
    log = Log(site.kafka)
    deadline = time.monotonic() + DEADLINE_S
    try:
        while log.lag(GRAPH_SINK_GROUP, RECORDS.name):
            assert time.monotonic() < deadline, "the sink did not write all"
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(DEADLINE_S)


def test_a_replay_goes_into_a_fresh_graph_only(site: Site, tmp_path: Path) -> None:
    """Not into that of the running stack, nor into one that holds something, unless told."""
    into = ("replay", "--into", "graph", "--gremlin", site.gremlin, "--kafka", site.kafka)
    with pytest.raises(HeadwaterError, match="the graph of the running stack"):
        headwater(*into)
    with pytest.MonkeyPatch.context() as patch:
        # For another home it is a graph like any other, and empty as yet.
        patch.setenv(environment.VAULT, str(site.home / "vault.sqlite"))
        patch.setenv(environment.HOME, str(tmp_path / "home"))
        built = answer(*into)
        assert built["digest"] == answer("replay", "--kafka", site.kafka)["digest"]
        assert built["built"]["vertices"] > 10
        with pytest.raises(HeadwaterError, match="is not empty"):
            headwater(*into)
        assert answer(*into, "--existing")["built"] == built["built"]


TAMPER: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any] | None]] = [
    (
        "the Column {} of the graph is not as its records state it",
        lambda g: g.V().has_label("Column").has("field", "x").limit(1),
        lambda t: t.property("field", "forged"),
    ),
    (
        "the ModelVersion {} of the graph is not as its records state it",
        lambda g: g.V().has_label("ModelVersion"),
        lambda t: t.property("content", "{}"),
    ),
    ("the graph lacks the edge {}", lambda g: g.E().has_label("VERSION_OF").limit(1), None),
    ("the graph lacks the vertex {}", lambda g: g.V().has_label("Derivation").limit(1), None),
    (
        "the RESOLVED_TO edge {} of the graph is not as its records state it",
        lambda g: g.E().has_label("RESOLVED_TO").limit(1),
        lambda t: t.property("rank", "9"),
    ),
    (
        "no record states the Dataset {}",
        lambda g: g.V().has("uid", "dataset:forged"),
        lambda t: t.property("name", "forged"),
    ),
    (
        "no record states the CHILD_OF edge {} from",
        lambda g: g.E().has("uid", "edge:forged"),
        lambda t: t.property("derivation", "forged"),
    ),
]


def uid_of(find: Callable[[Any], Any], g: Any) -> Any:
    """Return the id of an element."""
    return find(g).values("uid")


def altered(find: Callable[[Any], Any], change: Callable[[Any], Any] | None, g: Any) -> Any:
    """Change an element, or take it out."""
    found = find(g)
    return (change(found) if change else found.side_effect(__.drop())).constant(1)


def test_the_graph_holds_what_the_log_holds(site: Site) -> None:
    """Through the sink; then what is altered, taken out or put in is located and named."""
    sink(site)
    assert answer("audit", "verify", "--graph")["faults"] == []
    connection = GraphConnection(site.gremlin)
    connection.ask(lambda g: g.add_v("Dataset").property("uid", "dataset:forged").constant(1))
    job = connection.ask(lambda g: g.V().has_label("Job").limit(1).values("uid"))[0]
    connection.ask(
        lambda g: (
            g.V()
            .has("uid", job)
            .as_("job")
            .add_e("CHILD_OF")
            .to("job")
            .property("uid", "edge:forged")
            .constant(1)
        )
    )
    told = []
    for fault, find, change in TAMPER:
        (uid,) = connection.ask(partial(uid_of, find))
        told.append(fault.format(uid))
        connection.ask(partial(altered, find, change))
    connection.close()
    result = headwater("audit", "verify", "--graph")
    assert result.exit_code == 1
    for fault in told:
        assert f"FAULT  {fault}" in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("replay", "--snapshot", "x"),
        ("replay", "--into", "graph"),
        ("replay", "--gremlin", "ws://x"),
        ("replay", "--into", "nothing"),
        ("replay", "--from", "x", "--archive", "x"),
        ("audit", "verify", "--from", "x", "--graph"),
        ("audit", "export", "x", "--as-of", "2026-01-01"),
    ],
)
def test_options_that_do_not_go_together_are_refused(site: Site, words: tuple[str, ...]) -> None:
    """Before anything is read."""
    assert headwater(*words).exit_code == 2


def test_the_archive_stands_in_for_what_kafka_no_longer_holds(site: Site, tmp_path: Path) -> None:
    """Joined with what Kafka still holds, without a gap and without a message twice."""
    archive = str(tmp_path / "archive")
    before = answer("replay")
    assert sum(each["messages"] for each in answer("archive", archive)) > len(MADE)
    assert answer("archive", archive) == []
    more = event(7, "report", "INSERT INTO out SELECT id FROM a", [dataset("a", None)], OUT)
    produce(site, [Send(EVENTS.name, b"later", more), Send(EVENTS.name, b"k", b"poison again")])
    whole = answer("replay")
    assert whole["first"] == before["first"] + 1
    archived = Archive(archive).partitions(EVENTS.name)
    with closing(KafkaLog(site.kafka)) as log:
        ends = log.partitions(EVENTS.name)
    cut = [TopicPartition(EVENTS.name, number, end) for number, (_, end) in archived.items()]
    admin = AdminClient({"bootstrap.servers": site.kafka})
    for deleted in admin.delete_records(cut).values():
        deleted.result(DEADLINE_S)
    alone = headwater("audit", "verify")
    assert alone.exit_code == 1
    assert "the message that was signed for is missing" in alone.stdout
    assert headwater("audit", "verify", "--archive", archive).exit_code == 0
    assert answer("replay", "--archive", archive) == whole
    assert answer("replay", "--archive", archive, "--processes", "2") == whole
    grown = next(number for number, (_, end) in archived.items() if ends[number][1] > end)
    beyond = [TopicPartition(EVENTS.name, grown, archived[grown][1] + 1)]
    for deleted in admin.delete_records(beyond).values():
        deleted.result(DEADLINE_S)
    with pytest.raises(HeadwaterError, match=f"the archive ends at offset {archived[grown][1]}"):
        headwater("replay", "--archive", archive)


def test_a_new_key_goes_on_with_the_old_history(site: Site) -> None:
    """Whoever knows the old key or the new one verifies the whole."""
    old = headwater("audit", "key").stdout.strip()
    new = headwater("audit", "rotate").stdout.strip()
    assert old != new
    produce(site, [Send(EVENTS.name, b"k", b"more poison")])
    sign(site)
    for key in (old, new):
        said = headwater("audit", "verify", "--key", key).stdout
        assert "after the last head" in said
    with pytest.raises(HeadwaterError, match="neither a public key"):
        headwater("audit", "verify", "--key", old[:-1])


def test_the_ledger_runs_as_a_process(site: Site) -> None:
    """It signs what comes in until it is told to stop, and then what it has read."""
    process = subprocess.Popen(
        [sys.executable, "-m", "headwater.sinks.ledger"],
        env=os.environ
        | {
            environment.HOME: str(site.home),
            environment.KAFKA_BOOTSTRAP: site.kafka,
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        stderr=subprocess.PIPE,
    )
    try:
        produce(site, [Send(EVENTS.name, b"k", b"still more poison")])
        deadline = time.monotonic() + DEADLINE_S
        while not covered(site):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        process.terminate()
        errors = process.communicate(timeout=DEADLINE_S)[1]
        assert process.returncode == 0, errors
    finally:
        process.kill()
        process.wait()
