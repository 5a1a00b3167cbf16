"""What an emitter can be told, and where it is read from: arguments, then the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KAFKA_BOOTSTRAP = "HEADWATER_KAFKA_BOOTSTRAP"
"""Kafka's bootstrap servers. Default: `127.0.0.1:9092`. Example: `broker-1:9092,broker-2:9092`."""

SPOOL_DIR = "HEADWATER_SPOOL_DIR"
"""Where events lie until Kafka has them. Default: `$XDG_STATE_HOME/headwater/spool`, which is
`~/.local/state/headwater/spool` where that is unset. Example: `/var/spool/headwater`."""

NAMESPACE = "HEADWATER_NAMESPACE"
"""The namespace of jobs that state none. Default: `OPENLINEAGE_NAMESPACE`, else `default`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitterConfig:
    """Settings of an emitter.

    Attributes:
        bootstrap: Kafka's bootstrap servers.
        kafka: Further librdkafka settings, such as SASL and TLS. Never logged.
        spool_dir: Where events lie until Kafka has them.
        spool_bytes_max: What all sessions of a destination may take there.
        segment_bytes: Size from which a segment is sealed.
        linger_s: How long a first event waits for others to travel with it.
        close_timeout_s: How long the end of the process may wait for Kafka.
        namespace: The namespace of jobs that state none.
    """

    bootstrap: str = "127.0.0.1:9092"
    kafka: Mapping[str, Any] = field(default_factory=dict, repr=False)
    spool_dir: Path = field(default_factory=lambda: _spool_dir(os.environ))
    spool_bytes_max: int = 256 * 1024 * 1024
    segment_bytes: int = 4 * 1024 * 1024
    linger_s: float = 0.05
    close_timeout_s: float = 2.0
    namespace: str = "default"


def from_environment(environment: Mapping[str, str], **arguments: Any) -> EmitterConfig:
    """Return the settings: what `arguments` state, then the environment, then the defaults."""
    read: dict[str, Any] = {"spool_dir": _spool_dir(environment)}
    if bootstrap := environment.get(KAFKA_BOOTSTRAP):
        read["bootstrap"] = bootstrap
    if namespace := environment.get(NAMESPACE) or environment.get("OPENLINEAGE_NAMESPACE"):
        read["namespace"] = namespace
    return EmitterConfig(**{**read, **arguments})


def _spool_dir(environment: Mapping[str, str]) -> Path:
    if stated := environment.get(SPOOL_DIR):
        return Path(stated)
    state = environment.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "headwater" / "spool"
