"""`headwater up` on real processes, and what it does when they are killed."""

import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from confluent_kafka import Consumer, Producer
from gremlin_python.driver.driver_remote_connection import DriverRemoteConnection
from gremlin_python.process.anonymous_traversal import traversal

from headwater.deploy.home import Home

from .test_cli import headwater, start

pytestmark = pytest.mark.stack

_PARTS = ("--only", "kafka", "--only", "janusgraph")
_SCHEMA = Path(__file__).parents[2] / "sinks" / "graph" / "schema.json"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home in which a stack runs in the background."""
    path = tmp_path_factory.mktemp("up") / "home"
    done = headwater("up", "--detach", *_PARTS, home=path)
    assert done.returncode == 0, done.stderr
    yield Home(path)
    headwater("down", "--purge", "--yes", home=path)


def test_up_twice_is_up_once(home: Home) -> None:
    """The second time it says where the first one runs."""
    pid = home.holder()
    done = headwater("up", "--json", *_PARTS, home=home.path)
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"state": "already up"} | _endpoints(home)
    assert pid == home.holder()


def test_status_shows_every_part_ready_and_small(home: Home) -> None:
    """Fresh, both hold far less than the 2 GB that everything may."""
    status = _status(home)
    assert {child["name"]: child["state"] for child in status["children"]} == {
        "kafka": "ready",
        "janusgraph": "ready",
    }
    assert sum(child["memory_mb"] for child in status["children"]) < 1200
    assert {topic["topic"]: topic["end_offset"] for topic in status["topics"]}[
        "lineage.events"
    ] == 0


def test_doctor_is_content(home: Home) -> None:
    """The broker answers where it says it does, and the topics are as declared."""
    done = headwater("doctor", "--json", home=home.path)
    assert done.returncode == 0, done.stdout
    assert all(finding["passed"] for finding in json.loads(done.stdout).values())


def test_everything_listens_on_loopback_alone(home: Home) -> None:
    """Nothing is open to other machines."""
    listening = {
        connection.laddr.ip
        for pid in _pids(home)
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_a_killed_broker_comes_back_with_its_messages(home: Home) -> None:
    """What was acknowledged is still there."""
    bootstrap = _endpoints(home)["kafka_bootstrap"]
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all"})
    producer.produce("training.profiles", b"before", partition=0)
    assert producer.flush(20) == 0
    _kill_and_await(home, "kafka")
    settings = {"bootstrap.servers": bootstrap, "group.id": "t", "auto.offset.reset": "earliest"}
    consumer = Consumer(settings)
    consumer.subscribe(["training.profiles"])
    message = consumer.poll(30)
    consumer.close()
    assert message is not None
    assert message.value() == b"before"


def test_a_killed_graph_comes_back_with_its_vertices(home: Home) -> None:
    """What was answered is still there."""
    schema = json.loads(_SCHEMA.read_text())
    label = schema["vertexLabels"][0]["label"]
    key = next(k["key"] for k in schema["propertyKeys"] if k["className"] == "java.lang.String")
    url = _endpoints(home)["gremlin_url"]
    with _graph(url) as g:
        g.add_v(label).property(key, "before").iterate()
    _kill_and_await(home, "janusgraph")
    with _graph(url) as g:
        assert g.V().has_label(label).values(key).to_list() == ["before"]


def test_children_end_with_a_killed_supervisor(home: Home) -> None:
    """Nothing is left behind, and the next start differs only where a port was taken meanwhile."""
    before, pids = _endpoints(home), _pids(home)
    os.kill(home.holder() or 0, signal.SIGKILL)
    _await(lambda: not any(psutil.pid_exists(pid) for pid in pids))
    assert headwater("status", home=home.path).returncode == 3
    host, port = before["kafka_bootstrap"].split(":")
    with socket.create_server((host, int(port))):
        done = headwater("up", "--detach", "--json", *_PARTS, home=home.path)
    assert done.returncode == 0, done.stderr
    after = json.loads(done.stdout)
    assert after["kafka_bootstrap"] != before["kafka_bootstrap"]
    assert after["gremlin_url"] == before["gremlin_url"]


def test_down_leaves_nothing_running(home: Home) -> None:
    """Neither processes nor addresses."""
    pids = _pids(home)
    done = headwater("down", "--json", home=home.path)
    assert json.loads(done.stdout)["stopped"] is True
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not home.endpoints_path.exists()


def test_damaged_data_are_named(home: Home) -> None:
    """The last lines of the failing child are shown, with the cause, the remedy and the log."""
    copy = home.path.with_name("copy")
    shutil.copytree(home.path, copy)
    (copy / "kafka" / "data" / "meta.properties").write_text("version=7\n")
    done = headwater("up", *_PARTS, home=copy)
    assert done.returncode == 1
    assert "error: kafka could not start: its data are damaged" in done.stderr
    assert "remedy: Restore HEADWATER_HOME" in done.stderr
    assert f"log: {copy / 'logs' / 'kafka.log'}" in done.stderr


def test_up_that_is_interrupted_leaves_nothing_running(home: Home) -> None:
    """Also while its parts are still starting."""
    with start("up", *_PARTS, home=home.path) as process:
        _await(home.children_path.exists)
        pids = [pid for pid in _pids(home) if pid]
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert process.returncode != 0
    assert home.holder() is None
    assert not any(psutil.pid_exists(pid) for pid in pids)


@pytest.mark.long
@pytest.mark.parametrize("part", ["worker", "api"])
def test_one_part_alone_comes_with_what_it_needs(part: str, tmp_path: Path) -> None:
    """Nothing waits for what was not asked for, and nothing complains that it is missing.

    Kafka has just started, and is asked at once how far its groups have come.
    """
    home = Home(tmp_path / "home")
    try:
        done = headwater("up", "--detach", "--json", "--only", part, home=home.path)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["gremlin_url"] is None
        status = headwater("status", "--json", home=home.path)
        assert status.returncode == 0, status.stderr
        children = {c["name"]: c["state"] for c in json.loads(status.stdout)["children"]}
        assert {"kafka": "ready", part: "ready"} == children
        found = headwater("doctor", "--json", home=home.path)
        assert found.returncode == 0, found.stdout
        assert json.loads(found.stdout)["graph"]["passed"] is None
    finally:
        headwater("down", "--purge", "--yes", home=home.path)


def _status(home: Home) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(headwater("status", "--json", home=home.path).stdout)
    return found


def _pids(home: Home) -> list[int]:
    return [child["pid"] for child in json.loads(home.children_path.read_text())]


def _endpoints(home: Home) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(home.endpoints_path.read_text())
    return found


def _child(home: Home, name: str) -> dict[str, Any]:
    children: list[dict[str, Any]] = json.loads(home.children_path.read_text())
    return next(child for child in children if child["name"] == name)


def _kill_and_await(home: Home, name: str) -> None:
    before = _child(home, name)
    os.kill(before["pid"], signal.SIGKILL)
    _await(lambda: _child(home, name)["restarts"] == before["restarts"] + 1)
    _await(lambda: _child(home, name)["state"] == "ready")
    assert "SIGKILL" in _child(home, name)["last_error"]


def _await(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


class _graph:  # noqa: N801
    """A traversal source for the length of a block."""

    def __init__(self, url: str) -> None:
        self._connection = DriverRemoteConnection(url, "g")

    def __enter__(self) -> Any:
        return traversal().with_remote(self._connection)

    def __exit__(self, *error: object) -> None:
        self._connection.close()
