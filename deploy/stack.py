"""The embedded stack: Kafka, JanusGraph and Headwater's own services, on this machine."""

import json
import os
import sys
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from .. import __file__ as _package
from ..schemas import environment
from ..schemas.vault import vault_path
from . import janusgraph, jars, kafka
from .capacity import check_capacity
from .endpoints import Endpoints, find_graph, publish, withdraw
from .home import Home, write_json
from .ports import HOST, choose_ports
from .supervisor import Child, ChildStatus, Observe, Supervisor, ignore


@dataclass(frozen=True, slots=True)
class Site:
    """What a service needs to know of the place that it runs in."""

    home: Home
    ports: Mapping[str, int]
    endpoints: Endpoints
    progress: jars.Progress


@dataclass(frozen=True, slots=True)
class Service:
    """A part of the stack.

    Attributes:
        child: Writes its configuration and describes its process.
        memory_mb: What it holds under load, for the check before the start.
        ports: Names of the ports it listens on.
        needs: Names of the services without which it cannot work: it starts after they are ready.
        ours: Whether it tells its metrics and its readiness on the port of its name.
    """

    name: str
    child: Callable[[Site], Child]
    memory_mb: int
    ports: tuple[str, ...]
    needs: tuple[str, ...] = ()
    ours: bool = False


def _kafka(site: Site) -> Child:
    jar_paths = jars.class_path(jars.KAFKA, site.progress)
    port = site.ports["kafka"]
    config = kafka.write_config(site.home.path / "kafka", port, site.ports["kafka-controller"])
    kafka.format_storage(config, jar_paths)
    jvm = kafka.broker(config, jar_paths)
    return Child("kafka", jvm.argv, jvm.env, site.home.log_path("kafka"), kafka.broker_ready(port))


def _janusgraph(site: Site) -> Child:
    port = site.ports["janusgraph"]
    config = janusgraph.write_config(site.home.path / "janusgraph", port)
    jvm = janusgraph.server(config, jars.class_path(jars.JANUSGRAPH, site.progress))
    ready = janusgraph.server_ready(port)
    return Child("janusgraph", jvm.argv, jvm.env, site.home.log_path("janusgraph"), ready)


def own_service(
    name: str,
    module: str,
    *,
    needs: tuple[str, ...] = ("kafka",),
    port_variable: str = environment.METRICS_PORT,
    arguments: tuple[str, ...] = (),
    memory_mb: int = 200,
) -> Service:
    """Describe a service of ours: told where things are by environment, asked by its metrics."""

    def child(site: Site) -> Child:
        url = site.endpoints.metrics_urls[name]
        return Child(
            name,
            (sys.executable, "-m", module, *arguments),
            _environment(site, name, port_variable),
            site.home.log_path(name),
            lambda: _says_ready(url),
            after=needs,
        )

    return Service(name, child, memory_mb, ports=(name,), needs=needs, ours=True)


SERVICES = (
    Service("kafka", _kafka, memory_mb=550, ports=("kafka", "kafka-controller")),
    Service("janusgraph", _janusgraph, memory_mb=750, ports=("janusgraph",)),
    own_service("worker", "headwater.processors.worker"),
    own_service("graph-sink", "headwater.sinks.graph", needs=("kafka", "janusgraph")),
    own_service("ledger", "headwater.sinks.ledger"),
    own_service(
        "gateway",
        "headwater.producers.gateway",
        port_variable=environment.GATEWAY_PORT,
    ),
    own_service(
        "api",
        "headwater.deploy.cli",
        port_variable=environment.API_PORT,
        arguments=("serve",),
    ),
)
"""Every service, in the order of their start; those that do not wait for another start together."""

ALL = tuple(service.name for service in SERVICES)
PORTS = tuple(port for service in SERVICES for port in service.ports)
MEMORY_MB = sum(service.memory_mb for service in SERVICES)


def with_needed(names: Iterable[str]) -> tuple[Service, ...]:
    """Return some services, Kafka, which every stack has, and all that they need."""
    wanted = {"kafka", *names}
    # A service needs only such as come before it.
    for service in reversed(SERVICES):
        wanted.update(service.needs if service.name in wanted else ())
    return tuple(service for service in SERVICES if service.name in wanted)


class Stack:
    """Runs services for as long as a `with` block lasts.

    Args:
        services: Names of those wanted; what they need comes with them.
        progress: Shows downloads.
        observe: Told of every change of a child.

    Raises:
        HeadwaterError: On entering: the home is in use, memory is missing, or a child failed.
    """

    def __init__(
        self,
        home: Home,
        services: Sequence[str] = ALL,
        *,
        progress: jars.Progress = jars.no_progress,
        observe: Observe = ignore,
    ) -> None:
        self.home = home
        self._services = with_needed(services)
        self._progress = progress
        self._observe = observe
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        self.home.open()
        with ExitStack() as cleanup:
            cleanup.enter_context(self.home.locked())
            check_capacity(self.home, sum(service.memory_mb for service in self._services))
            self._start(cleanup)
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cleanup.close()

    @property
    def kafka_bootstrap(self) -> str:
        return self.endpoints.kafka_bootstrap

    @property
    def gremlin_url(self) -> str:
        return find_graph(self.home)

    def statuses(self) -> tuple[ChildStatus, ...]:
        """Return how each child fares."""
        return self._supervisor.statuses()

    def wait(self) -> None:
        """Stay until Ctrl-C, or until the stack cannot be kept running."""
        self._supervisor.wait()

    def _start(self, cleanup: ExitStack) -> None:
        # A stack that was killed could not take its own back.
        withdraw(self.home)
        ports = self._choose_ports()
        self.endpoints = self._find_endpoints(ports)
        site = Site(self.home, ports, self.endpoints, self._progress)
        children = [service.child(site) for service in self._services]
        self._supervisor = Supervisor(children, self._on_change)
        cleanup.callback(self._supervisor.stop)
        self._supervisor.start()
        cleanup.callback(withdraw, self.home)
        publish(self.home, self.endpoints)

    def _choose_ports(self) -> dict[str, int]:
        """Take the ports of the last start where they are free: what points at them goes on."""
        ports = choose_ports(PORTS, remembered_ports(self.home))
        write_json(_ports_path(self.home), ports)
        return ports

    def _find_endpoints(self, ports: Mapping[str, int]) -> Endpoints:
        names = {service.name for service in self._services}
        ours = [service.name for service in self._services if service.ours]
        graph = "janusgraph" in names
        return Endpoints(
            kafka_bootstrap=f"{HOST}:{ports['kafka']}",
            gremlin_url=janusgraph.gremlin_url(ports["janusgraph"]) if graph else None,
            metrics_urls={name: f"http://{HOST}:{ports[name]}/metrics" for name in ours},
            openlineage_url=f"http://{HOST}:{ports['gateway']}" if "gateway" in names else None,
            api_url=f"http://{HOST}:{ports['api']}" if "api" in names else None,
        )

    def _on_change(self, statuses: tuple[ChildStatus, ...]) -> None:
        # On a full disk the file is out of date until the next change; the stack goes on.
        with suppress(OSError):
            write_json(self.home.children_path, [asdict(status) for status in statuses])
        self._observe(statuses)


def remembered_ports(home: Home) -> dict[str, int]:
    """Return the ports of the last start, none before the first."""
    path = _ports_path(home)
    found: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    return found


def _ports_path(home: Home) -> Path:
    return home.run / "ports.json"


def _environment(site: Site, name: str, port_variable: str) -> dict[str, str]:
    # The folder that `headwater` was imported from, so that a child finds the same one.
    found = str(Path(_package or "").parents[1])
    here = {environment.HOME: str(site.home.path)}
    paths = [found, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONUNBUFFERED": "1",
        environment.HOME: str(site.home.path),
        # Named, so that the gateway seals too: what it writes then names nobody in the open.
        environment.VAULT: os.environ.get(environment.VAULT) or str(vault_path(here)),
        environment.KAFKA_BOOTSTRAP: site.endpoints.kafka_bootstrap,
        environment.GREMLIN_URL: site.endpoints.gremlin_url or "",
        environment.INSTANCE: name,
        port_variable: str(site.ports[name]),
    }


def _says_ready(metrics_url: str) -> bool:
    with urllib.request.urlopen(metrics_url, timeout=2) as answer:  # noqa: S310
        lines = answer.read().decode().splitlines()
    return "headwater_ready 1.0" in lines
