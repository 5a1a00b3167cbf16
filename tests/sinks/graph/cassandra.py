"""JanusGraph on Cassandra, one node of each, as child processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from headwater.deploy import janusgraph, jars
from headwater.deploy.jvm import Jvm, jvm
from headwater.deploy.ports import HOST, choose_ports, port_answers
from headwater.deploy.supervisor import Child, Supervisor

_HEAP_MB = 1024

# What Cassandra 5 asks of a Java that closes itself to it.
_EXPORTED = (
    "java.base/java.lang.ref",
    "java.base/jdk.internal.misc",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.sql/java.sql",
)
_OPENED = (
    "java.base/java.io",
    "java.base/java.lang",
    "java.base/java.lang.module",
    "java.base/java.lang.reflect",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.util.jar",
    "java.base/sun.nio.ch",
    "java.management/javax.management",
    "jdk.management/com.sun.management.internal",
)


@contextmanager
def graph_on_cassandra(directory: Path) -> Iterator[str]:
    """Run both for as long as a `with` block lasts; yield the graph's address."""
    ports = choose_ports(["storage", "cql", "janusgraph"], {})
    store = _cassandra(directory / "cassandra", ports["storage"], ports["cql"])
    graph = _janusgraph(directory / "janusgraph", ports["cql"], ports["janusgraph"])
    children = [
        Child(
            "cassandra",
            store.argv,
            store.env,
            directory / "cassandra.log",
            lambda: port_answers(ports["cql"]),
        ),
        Child(
            "janusgraph",
            graph.argv,
            graph.env,
            directory / "janusgraph.log",
            janusgraph.server_ready(ports["janusgraph"]),
            after=("cassandra",),
        ),
    ]
    supervisor = Supervisor(children, lambda _statuses: None)
    supervisor.start()
    try:
        yield janusgraph.gremlin_url(ports["janusgraph"])
    finally:
        supervisor.stop()


def _cassandra(directory: Path, storage_port: int, cql_port: int) -> Jvm:
    directory.mkdir()
    config = directory / "cassandra.yaml"
    seeds = {"seeds": f"{HOST}:{storage_port}"}
    provider = "org.apache.cassandra.locator.SimpleSeedProvider"
    settings = {
        "cluster_name": "headwater",
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        "num_tokens": 1,
        "listen_address": HOST,
        "storage_port": storage_port,
        "rpc_address": HOST,
        "native_transport_port": cql_port,
        "endpoint_snitch": "SimpleSnitch",
        "commitlog_sync": "periodic",
        "commitlog_sync_period": "10000ms",
        "data_file_directories": [str(directory / "data")],
        "commitlog_directory": str(directory / "commitlog"),
        "saved_caches_directory": str(directory / "caches"),
        "hints_directory": str(directory / "hints"),
        "cdc_raw_directory": str(directory / "cdc"),
        "seed_provider": [{"class_name": provider, "parameters": [seeds]}],
    }
    config.write_text(yaml.safe_dump(settings))
    daemon = jvm(
        "org.apache.cassandra.service.CassandraDaemon",
        [],
        class_path=jars.class_path(jars.CASSANDRA),
        heap_mb=_HEAP_MB,
    )
    java, *rest = daemon.argv
    options = (
        # Java 21 has a security manager only where it is asked for; Cassandra sets one.
        "-Djava.security.manager=allow",
        f"-Dcassandra.config={config.as_uri()}",
        f"-Dcassandra.storagedir={directory}",
        "-Dcassandra-foreground=yes",
        # There is no other node to wait for.
        "-Dcassandra.ring_delay_ms=0",
        "-Dcassandra.skip_wait_for_gossip_to_settle=0",
        *(word for name in _EXPORTED for word in ("--add-exports", f"{name}=ALL-UNNAMED")),
        *(word for name in _OPENED for word in ("--add-opens", f"{name}=ALL-UNNAMED")),
    )
    return Jvm((java, *options, *rest), daemon.class_path)


def _janusgraph(directory: Path, cql_port: int, port: int) -> Jvm:
    config = janusgraph.write_config(directory, port)
    graph = directory / "graph.properties"
    kept = [line for line in graph.read_text().splitlines() if not line.startswith("storage.")]
    settings = {
        "storage.backend": "cql",
        "storage.hostname": HOST,
        "storage.port": cql_port,
        "storage.cql.local-datacenter": "datacenter1",
        "storage.cql.keyspace": "headwater",
        "graph.set-vertex-id": "true",
        "graph.allow-custom-vid-types": "true",
    }
    graph.write_text("\n".join([*kept, *(f"{key}={value}" for key, value in settings.items())]))
    return janusgraph.server(config, jars.class_path(jars.JANUSGRAPH_ON_CASSANDRA))
