"""What a worker is told from outside."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..schemas import environment, topics
from ..schemas.vault import vault_path


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Settings of a worker.

    Attributes:
        kafka_bootstrap: Kafka's `host:port[,host:port]`.
        group: The consumer group that the workers share.
        instance: A name kept over restarts; None for none.
        vault: Where the keys of personal values lie.
        batch_size_max: Events that are processed, and acknowledged, together.
        batch_wait_s: How long to wait for a batch to fill.
        resolver_processes: Child processes that read SQL.
    """

    kafka_bootstrap: str = "127.0.0.1:9092"
    group: str = topics.WORKER_GROUP
    instance: str | None = None
    vault: Path = field(default_factory=vault_path)
    batch_size_max: int = 500
    batch_wait_s: float = 0.02
    resolver_processes: int = 1

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "WorkerSettings":
        """Read the settings that the environment gives; the others keep their defaults."""
        bootstrap = environ.get(environment.KAFKA_BOOTSTRAP)
        return cls(
            kafka_bootstrap=bootstrap or cls().kafka_bootstrap,
            instance=environ.get(environment.INSTANCE),
            vault=vault_path(environ),
        )
