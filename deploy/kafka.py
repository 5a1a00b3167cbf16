"""The embedded broker: Kafka in KRaft mode, one node, on loopback."""

import base64
import subprocess
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

from ..schemas.environment import KAFKA_SETTING_PREFIX
from ..schemas.errors import HeadwaterError
from ..schemas.kafka import kafka_client, kafka_settings
from ..schemas.topics import ALL, Topic
from .diagnosis import diagnose
from .jvm import Jvm, jvm
from .ports import HOST, port_answers

HEAP_MB = 384
_FORMAT_TIMEOUT_S = 60


def write_config(directory: Path, port: int, controller_port: int) -> Path:
    """Write the broker's settings and return their path.

    Raises:
        HeadwaterError: Clients are told to log in, which this broker has nobody do.
    """
    if kafka_settings().get("security.protocol", "plaintext").lower() != "plaintext":
        raise HeadwaterError(
            "the embedded Kafka is asked for a login or TLS, and has neither",
            remedy=f"Unset {KAFKA_SETTING_PREFIX}SECURITY_PROTOCOL and those with it.",
        )
    directory.mkdir(exist_ok=True)
    path = directory / "server.properties"
    settings = _settings(directory / "data", port, controller_port)
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    return path


def broker(config: Path, class_path: tuple[Path, ...]) -> Jvm:
    """Describe the broker's JVM."""
    return jvm(
        "kafka.Kafka",
        [str(config)],
        class_path=class_path,
        heap_mb=HEAP_MB,
        quiet=("org.apache.kafka.common.config", "kafka.server.KafkaConfig"),
    )


def format_storage(config: Path, class_path: tuple[Path, ...]) -> None:
    """Prepare the log directory, once.

    Raises:
        HeadwaterError: Kafka refuses.
    """
    if (config.parent / "data" / "meta.properties").exists():
        return
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    # One argument: an id may start with a dash.
    arguments = ["format", f"--cluster-id={cluster_id}", "--config", str(config)]
    tool = jvm("kafka.tools.StorageTool", arguments, class_path=class_path, heap_mb=128)
    done = subprocess.run(
        tool.argv,
        env=tool.env,
        capture_output=True,
        text=True,
        timeout=_FORMAT_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        diagnosis = diagnose((done.stdout + done.stderr).splitlines(), done.returncode)
        raise HeadwaterError(
            f"Kafka's storage cannot be formatted: {diagnosis.cause}", remedy=diagnosis.remedy
        )


def broker_ready(port: int, topics: Iterable[Topic] = ALL) -> Callable[[], bool]:
    """Return a probe that is true once the broker answers and every topic exists."""

    def ready() -> bool:
        if not port_answers(port):
            return False
        create_topics(f"{HOST}:{port}", topics)
        return True

    return ready


def create_topics(
    bootstrap: str,
    topics: Iterable[Topic] = ALL,
    *,
    replicas: int = 1,
    replicas_in_sync_min: int = 1,
) -> list[str]:
    """Create the topics that do not exist yet; those that do are left as they are.

    Args:
        replicas: On how many brokers each message lies.
        replicas_in_sync_min: How many of them must have it before it is acknowledged.

    Returns:
        The names of those that were created.

    Raises:
        confluent_kafka.KafkaException: The broker does not answer, or refuses.
    """
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({**kafka_client(bootstrap), "log_level": 0})
    existing = admin.list_topics(timeout=5).topics
    missing = [
        NewTopic(
            topic.name,
            topic.partitions,
            replicas,
            config=topic.config() | {"min.insync.replicas": str(replicas_in_sync_min)},
        )
        for topic in topics
        if topic.name not in existing
    ]
    for created in admin.create_topics(missing, operation_timeout=10).values() if missing else ():
        try:
            created.result(timeout=15)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    return [topic.topic for topic in missing]


def _settings(data: Path, port: int, controller_port: int) -> dict[str, object]:
    listener = f"PLAINTEXT://{HOST}:{port}"
    return {
        "process.roles": "broker,controller",
        "node.id": 1,
        # A static quorum: the ports may differ from one start to the next.
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "listeners": f"{listener},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": listener,
        "controller.listener.names": "CONTROLLER",
        "log.dirs": data,
        # Every topic is declared, with its settings, before anything reads or writes it.
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        # After a kill the broker is let in again only when the session of the one before is over.
        "broker.session.timeout.ms": 4_000,
        "broker.heartbeat.interval.ms": 1_000,
        "message.max.bytes": max(topic.message_bytes_max for topic in ALL),
        "replica.fetch.max.bytes": max(topic.message_bytes_max for topic in ALL),
        "num.network.threads": 2,
        "num.io.threads": 4,
        # Kafka sets 128 MB of heap aside for this by default.
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        "log.segment.bytes": 128 * 1024 * 1024,
    }
