"""The contract between the stack and Headwater's own services."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from headwater.deploy import jars, stack
from headwater.deploy.endpoints import (
    Endpoints,
    NotRunningError,
    find_endpoints,
    find_graph,
    publish,
)
from headwater.deploy.home import Home
from headwater.deploy.ports import HOST, choose_ports
from headwater.deploy.stack import Site, Stack, own_service
from headwater.deploy.supervisor import Supervisor, ignore
from headwater.schemas.errors import HeadwaterError

_SERVICE = """
import json, os, pathlib, signal, threading, time
from prometheus_client import Gauge, start_http_server

ready = Gauge("headwater_ready", "Whether this service does its work.")
start_http_server(int(os.environ["HEADWATER_METRICS_PORT"]), "127.0.0.1")
home = pathlib.Path(os.environ["HEADWATER_HOME"])
(home / "told.json").write_text(json.dumps(dict(os.environ)))
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
while not (home / "may-be-ready").exists():
    time.sleep(0.02)
ready.set(1)
stop.wait()
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.open()
    return made


def test_a_service_is_told_where_things_are_and_is_ready_when_it_says_so(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By environment one way, by a metric the other; it waits for what it needs."""
    (tmp_path / "a_service.py").write_text(_SERVICE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    ports = choose_ports(["a-service"], {})
    url = f"http://{HOST}:{ports['a-service']}/metrics"
    endpoints = Endpoints("kafka:1", "ws://graph:2/gremlin", {"a-service": url})
    site = Site(home, ports, endpoints, jars.no_progress)
    child = own_service("a-service", "a_service").child(site)
    assert child.after == ("kafka",)

    answers: list[bool] = []

    def ready() -> bool:
        answers.append(child.ready())
        (home.path / "may-be-ready").touch()
        return answers[-1]

    supervisor = Supervisor([replace(child, after=(), ready=ready)], ignore)
    supervisor.start()
    supervisor.stop()
    assert answers[0] is False
    assert answers[-1] is True
    told = json.loads((home.path / "told.json").read_text())
    assert told["HEADWATER_KAFKA_BOOTSTRAP"] == "kafka:1"
    assert told["HEADWATER_GREMLIN_URL"] == "ws://graph:2/gremlin"
    assert told["HEADWATER_HOME"] == str(home.path)


def test_a_stack_without_room_starts_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how much is needed and how much there is, and lets go of the home."""
    monkeypatch.setattr("headwater.deploy.capacity.memory_free_mb", lambda: 700)
    with pytest.raises(HeadwaterError, match="needs 1300 MB of memory and 700 MB are free"):
        Stack(home, ("kafka", "janusgraph")).__enter__()
    assert home.holder() is None
    assert not home.children_path.exists()


def test_endpoints_of_a_killed_stack_are_not_found(home: Home) -> None:
    """The file that it left behind does not count."""
    publish(home, Endpoints("kafka:1", "ws://graph:2/gremlin"))
    with pytest.raises(NotRunningError):
        find_endpoints(home)


def test_endpoints_are_found_while_a_stack_runs(home: Home) -> None:
    """As they were published, and not before."""
    endpoints = Endpoints("kafka:1", "ws://graph:2/gremlin", {"worker": "http://worker:3/metrics"})
    with home.locked():
        with pytest.raises(HeadwaterError, match="still starting"):
            find_endpoints(home)
        publish(home, endpoints)
        assert find_endpoints(home) == endpoints


@pytest.mark.parametrize("wanted", [*((name,) for name in stack.ALL), stack.ALL, ()])
def test_a_service_waits_only_for_what_starts_before_it(wanted: tuple[str, ...]) -> None:
    """Else it would wait for ever; what it needs is started, though nobody named it."""
    endpoints = Endpoints("", "", dict.fromkeys(stack.ALL, ""))
    site = Site(Home(Path("/nowhere")), dict.fromkeys(stack.PORTS, 1), endpoints, jars.no_progress)
    started = stack.with_needed(wanted)
    names = [service.name for service in started]
    assert {"kafka", *wanted} <= set(names)
    for child in (service.child(site) for service in started if service.ours):
        assert set(child.after) <= set(names[: names.index(child.name)])


def test_nothing_is_started_that_is_not_needed() -> None:
    """The worker does without the graph, and its sink does not."""
    assert ["kafka", "worker"] == [service.name for service in stack.with_needed(["worker"])]
    sink = stack.with_needed(["graph-sink"])
    assert ["kafka", "janusgraph", "graph-sink"] == [service.name for service in sink]


def test_the_graph_of_a_stack_without_one_is_not_named(home: Home) -> None:
    """What asks for it is told why there is none."""
    with home.locked():
        publish(home, Endpoints("kafka:1"))
        with pytest.raises(HeadwaterError, match="runs without a graph"):
            find_graph(home)
