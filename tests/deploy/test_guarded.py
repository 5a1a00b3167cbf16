"""On a Kafka that guards itself, every part does its work with the rights it is granted."""

import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from headwater.deploy.acls import RIGHTS, grant
from headwater.deploy.kafka import create_topics
from headwater.deploy.ports import HOST, choose_ports
from headwater.producers import Emitter, dataset, run
from headwater.producers.config import from_environment
from headwater.schemas.topics import ALL, Topic
from headwater.sinks.index import Client

from .guarded import Guarded, guarded_kafka

pytestmark = pytest.mark.stack

PARTITIONS = 3
_TIMEOUT_S = 90.0
_COMMANDS = {
    "worker": ("worker",),
    "graph-sink": ("graph-sink",),
    "ledger": ("ledger",),
    "gateway": ("gateway", "--port", "{port}"),
    "api": ("serve", "--port", "{port}"),
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A Kafka with the topics, and each part's rights granted to a user of its name."""
    with guarded_kafka(tmp_path_factory.mktemp("guarded")) as running:
        with pytest.MonkeyPatch.context() as patched:
            for name, value in running.admin().items():
                patched.setenv(name, value)
            create_topics(running.bootstrap, map(_sized, ALL))
            for part in RIGHTS:
                grant(running.bootstrap, part, f"User:{part}")
        yield running


def _sized(topic: Topic) -> Topic:
    return topic if topic.partitions == 1 else replace(topic, partitions=PARTITIONS)


@dataclass(frozen=True, slots=True)
class Part:
    """A service as a process of its own."""

    process: "subprocess.Popen[bytes]"
    log: Path
    port: int

    def ready(self) -> bool:
        """Whether it says that it does its work."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


class Parts:
    """Starts services, each as the user who may do its work."""

    def __init__(self, guarded: Guarded, gremlin_url: str, directory: Path) -> None:
        self._guarded = guarded
        self._directory = directory
        self.places = {
            "HEADWATER_HOME": str(directory / "home"),
            "HEADWATER_GREMLIN_URL": gremlin_url,
        }
        self.started: dict[str, Part] = {}

    def start(self, part: str, instance: str = "") -> None:
        """Start one; several of a part by instances."""
        name = instance or part
        port = choose_ports([name], {})[name]
        own = {"HEADWATER_METRICS_PORT": str(port), "HEADWATER_INSTANCE": instance}
        told = self._guarded.user(part) | self.places | own
        words = [word.format(port=port) for word in _COMMANDS[part]]
        log = self._directory / f"{name}.log"
        with log.open("ab") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "headwater.deploy.cli", *words],
                env=self._guarded.process(told),
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self.started[name] = Part(process, log, port)

    def all_ready(self) -> bool:
        """Whether every one is."""
        return all(part.ready() for part in self.started.values())

    def kill(self, name: str) -> None:
        """End one as a machine that fails does."""
        part = self.started.pop(name)
        part.process.kill()
        part.process.wait()

    def stop(self) -> None:
        """End all."""
        for part in self.started.values():
            part.process.terminate()
        for part in self.started.values():
            try:
                part.process.wait(15)
            except subprocess.TimeoutExpired:
                part.process.kill()
                part.process.wait()


@pytest.fixture
def parts(guarded: Guarded, gremlin_url: str, tmp_path: Path) -> Iterator[Parts]:
    """What starts services; all are ended with the test."""
    made = Parts(guarded, gremlin_url, tmp_path)
    with ExitStack() as cleanup:
        cleanup.callback(made.stop)
        yield made


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something, not for ever."""
    deadline = time.monotonic() + _TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.2)


def emit(guarded: Guarded, directory: Path, jobs: range) -> None:
    """Emit the runs of some jobs, each of which reads what the one before it wrote."""
    config = from_environment(guarded.process(guarded.user("emitter")), spool_dir=directory)
    emitter = Emitter(config)
    for number in jobs:
        with run(f"job_{number}", namespace="guarded", emitter=emitter) as r:
            r.reads(dataset("guarded://", f"table_{number}"))
            r.writes(dataset("guarded://", f"table_{number + 1}"))
    assert emitter.flush(30)
    emitter.close()


def accounted(guarded: Guarded) -> bool:
    """Whether nothing that was emitted waits, by the word of whoever may read the log."""
    done = guarded.command("completeness", "--json", **guarded.user("auditor"))
    assert not done.stderr
    return done.returncode == 0 and '"waiting": 0' in done.stdout


def test_every_part_works_with_no_more_than_its_rights(
    guarded: Guarded, parts: Parts, tmp_path: Path
) -> None:
    """From an event to the graph, the API and the ledger; two workers share three partitions."""
    for part in ("graph-sink", "ledger", "gateway", "api"):
        parts.start(part)
    for instance in ("worker-1", "worker-2"):
        parts.start("worker", instance)
    emit(guarded, tmp_path, range(40))
    wait_until(parts.all_ready)
    wait_until(lambda: accounted(guarded))
    api = Client(f"http://{HOST}:{parts.started['api'].port}")
    wait_until(lambda: len(api.impact("guarded:///table_0").reach.datasets) == 40)
    parts.stop()
    auditor = guarded.user("auditor") | parts.places
    for words in (("audit", "verify", "--graph"), ("replay", "--compare")):
        done = guarded.command(*words, "--json", **auditor)
        assert 0 == done.returncode, done.stdout + done.stderr
    for log in tmp_path.glob("*.log"):
        told = log.read_text()
        assert not re.search(r"(?i)authorization|not authorized|denied", told), told
        assert f"of-{log.stem}" not in told


@pytest.mark.long
def test_a_worker_that_is_lost_and_one_that_joins_change_nothing(
    guarded: Guarded, parts: Parts, tmp_path: Path
) -> None:
    """Three partitions pass from two workers to one, and on to two: the records are the same."""
    for instance in ("worker-1", "worker-2"):
        parts.start("worker", instance)
    wait_until(parts.all_ready)
    for step, jobs in enumerate((range(100, 140), range(140, 180), range(180, 220))):
        emit(guarded, tmp_path, jobs)
        if step == 0:
            parts.kill("worker-1")
        if step == 1:
            parts.start("worker", "worker-3")
    wait_until(lambda: accounted(guarded))
    wait_until(parts.all_ready)
    done = guarded.command(
        "replay", "--compare", "--json", **guarded.user("auditor") | parts.places
    )
    assert 0 == done.returncode, done.stdout + done.stderr


def test_without_rights_a_part_says_so(guarded: Guarded) -> None:
    """By name, and with what to do."""
    stranger = guarded.user("stranger")
    done = guarded.command("topics", "show", **stranger)
    assert 1 == done.returncode
    assert "lineage.events does not exist" in done.stdout
    done = guarded.command("topics", "grant", "worker", "User:stranger", **stranger)
    assert 1 == done.returncode
    assert re.fullmatch(r"error: Kafka does not grant .*\nremedy: .*ALTER.*\n", done.stderr)
