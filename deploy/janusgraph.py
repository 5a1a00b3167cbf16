"""The embedded graph: JanusGraph on BerkeleyJE behind a Gremlin server that takes bytecode only."""

import json
from collections.abc import Callable
from pathlib import Path

from .jvm import Jvm, jvm
from .ports import HOST, port_answers

HEAP_MB = 512
_BOOT = Path(__file__).with_name("janusgraph.groovy")
_SCHEMA = Path(__file__).parents[1] / "sinks" / "graph" / "schema.json"
_IO_REGISTRY = "org.janusgraph.graphdb.tinkerpop.JanusGraphIoRegistry"
_QUERY_TIMEOUT_S = 5


def write_config(directory: Path, port: int) -> Path:
    """Write the graph's and the server's settings and return the path of the latter."""
    directory.mkdir(exist_ok=True)
    graph = directory / "graph.properties"
    settings = _graph_settings(directory / "data")
    graph.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    server = directory / "server.yaml"
    server.write_text(json.dumps(_server_settings(graph, port), indent=2) + "\n")
    return server


def server(config: Path, class_path: tuple[Path, ...]) -> Jvm:
    """Describe the server's JVM."""
    return jvm(
        "groovy.ui.GroovyMain",
        [str(_BOOT), str(config)],
        class_path=class_path,
        heap_mb=HEAP_MB,
    )


def server_ready(port: int) -> Callable[[], bool]:
    """Return a probe that is true once the server answers a traversal."""

    def ready() -> bool:
        return port_answers(port) and ask(gremlin_url(port))

    return ready


def gremlin_url(port: int) -> str:
    """Return the address that Gremlin clients connect to."""
    return f"ws://{HOST}:{port}/gremlin"


def ask(url: str) -> bool:
    """Tell whether a Gremlin server answers a traversal rightly.

    Raises:
        Exception: It does not answer; which one depends on the transport.
    """
    from gremlin_python.driver.driver_remote_connection import DriverRemoteConnection
    from gremlin_python.process.anonymous_traversal import traversal

    connection = DriverRemoteConnection(
        url, "g", pool_size=1, max_workers=1, read_timeout=_QUERY_TIMEOUT_S
    )
    try:
        answer: int = traversal().with_remote(connection).inject(1).next()
    finally:
        connection.close()
    return answer == 1


def _graph_settings(data: Path) -> dict[str, object]:
    return {
        "gremlin.graph": "org.janusgraph.core.JanusGraphFactory",
        "storage.backend": "berkeleyje",
        "storage.directory": data,
        "storage.berkeleyje.cache-percentage": 35,
        # With less, two writers that look for the same vertex or edge at once both find none,
        # and both make it: a unique index does not stop them.
        "storage.berkeleyje.isolation-level": "SERIALIZABLE",
        # Below this it refuses to write; by default that is 5 GB.
        "storage.berkeleyje.ext.je-freeDisk": 256 * 1024 * 1024,
        # Nothing enters the graph that the schema does not name.
        "schema.default": "none",
        "schema.init.strategy": "json",
        "schema.init.json.file": _SCHEMA,
    }


def _server_settings(graph: Path, port: int) -> dict[str, object]:
    package = "org.apache.tinkerpop.gremlin"
    return {
        "host": HOST,
        "port": port,
        "evaluationTimeout": 30_000,
        "maxContentLength": 10 * 1024 * 1024,
        "channelizer": f"{package}.server.channel.WebSocketChannelizer",
        "graphManager": f"{package}.server.util.DefaultGraphManager",
        "graphs": {"graph": str(graph)},
        "scriptEngines": {},
        "serializers": [
            {
                "className": f"{package}.util.ser.GraphBinaryMessageSerializerV1",
                "config": {"ioRegistries": [_IO_REGISTRY]},
            }
        ],
    }
