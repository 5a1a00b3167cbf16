"""What an emitter can be told, and where that is read: arguments over `HEADWATER_*` over
what OpenLineage's own client reads, where the two mean the same.
"""

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..schemas import topics
from ..schemas.environment import KAFKA_BOOTSTRAP
from ..schemas.errors import HeadwaterError
from ..schemas.kafka import kafka_settings
from ..schemas.secrets import read_secret
from .openlineage_config import openlineage_settings

TRANSPORT = "HEADWATER_TRANSPORT"
"""Where events go: `kafka`, `http`, `file`, `console` or `noop`. Default: `kafka`, or what an
`openlineage.yml` or `OPENLINEAGE_*` says. Example: `http`."""

TOPIC = "HEADWATER_TOPIC"
"""The topic of lineage events. Default: `lineage.events`. Example: `lineage.events.staging`."""

URL = "HEADWATER_URL"
"""Where the `http` transport posts. Default: `http://127.0.0.1:5000/api/v1/lineage`. Example:
`https://lineage.example.com/api/v1/lineage`."""

API_KEY = "HEADWATER_API_KEY"
"""The `http` transport's bearer token, or `HEADWATER_API_KEY_FILE` with its file. Default: none.
Example: `s3cr3t`."""

FILE = "HEADWATER_FILE"
"""The file that the `file` transport appends to, one event a line. Default: `lineage.jsonl`.
Example: `/var/log/lineage.jsonl`."""

SPOOL_DIR = "HEADWATER_SPOOL_DIR"
"""Where events lie until they are acknowledged. Default: `$XDG_STATE_HOME/headwater/spool`,
which is `~/.local/state/headwater/spool` where that is unset. Example: `/var/spool/headwater`."""

SPOOL_BYTES_MAX = "HEADWATER_SPOOL_BYTES_MAX"
"""What the events for one destination may take there. Default: `268435456`. Example:
`1073741824`."""

WHEN_FULL = "HEADWATER_WHEN_FULL"
"""What gives way in a full spool: `drop_newest` or `drop_oldest`. Default: `drop_newest`.
Example: `drop_oldest`."""

FSYNC = "HEADWATER_FSYNC"
"""When an event outlives a loss of power, and not only the end of its process: `off` (when the
system writes it), `interval` (within half a second) or `every` (before `emit` returns, which
then waits for the disk). Default: `off`. Example: `interval`."""

EVENT_BYTES_MAX = "HEADWATER_EVENT_BYTES_MAX"
"""Size up to which an event is sent whole; above it, its largest facets are cut. Default:
`1000000`. Example: `500000`."""

CLOSE_TIMEOUT_S = "HEADWATER_CLOSE_TIMEOUT_S"
"""How long the end of a process may wait for its last events to be acknowledged. Default: `2`.
Example: `0.5`."""

NAMESPACE = "HEADWATER_NAMESPACE"
"""The namespace of jobs that state none. Default: `OPENLINEAGE_NAMESPACE`, else `default`.
Example: `warehouse`."""


EVENT_BYTES_LIMIT = 7 * 1024 * 1024
"""An event has to fit into what the shipping thread may hold in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitterConfig:
    """Settings of an emitter.

    Attributes:
        transport: Where events go.
        bootstrap: Kafka's bootstrap servers.
        kafka: Further librdkafka settings, such as SASL and TLS. Never logged.
        topic: The topic of lineage events.
        url: Where the `http` transport posts.
        api_key: Its bearer token. Never logged.
        file: The file that the `file` transport appends to.
        spool_dir: Where events lie until they are acknowledged.
        spool_bytes_max: What the events for one destination may take there.
        segment_bytes: Size from which a spool file is sealed and the next begun.
        when_full: What gives way in a full spool.
        fsync: When an event outlives a loss of power.
        fsync_interval_s: The interval of `fsync="interval"`.
        event_bytes_max: Size up to which an event is sent whole.
        linger_s: How long a first event waits for others to travel with it.
        close_timeout_s: How long the end of the process may wait.
        namespace: The namespace of jobs that state none.
    """

    transport: Literal["kafka", "http", "file", "console", "noop"] = "kafka"
    bootstrap: str = "127.0.0.1:9092"
    kafka: Mapping[str, Any] = field(default_factory=dict, repr=False)
    topic: str = topics.EVENTS.name
    url: str = "http://127.0.0.1:5000/api/v1/lineage"
    api_key: str | None = field(default=None, repr=False)
    file: Path | str = Path("lineage.jsonl")
    spool_dir: Path | str = field(default_factory=lambda: _spool_dir(os.environ))
    spool_bytes_max: int = 256 * 1024 * 1024
    segment_bytes: int = 2 * 1024 * 1024
    when_full: Literal["drop_newest", "drop_oldest"] = "drop_newest"
    fsync: Literal["off", "interval", "every"] = "off"
    fsync_interval_s: float = 0.5
    event_bytes_max: int = 1_000_000
    linger_s: float = 0.02
    close_timeout_s: float = 2.0
    namespace: str = "default"

    @property
    def destination(self) -> Path:
        """The spool directory of what leads to the same place, whoever emits it."""
        address = {
            "kafka": self.bootstrap,
            "http": self.url,
            "file": str(Path(self.file).absolute()),
        }
        place = f"{self.transport} {address.get(self.transport, '')}"
        readable = re.sub(r"[^\w.-]+", "_", re.sub(r"://[^/@]*@", "://", place))[:80]
        return Path(self.spool_dir) / f"{readable}-{hashlib.sha256(place.encode()).hexdigest()[:8]}"


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    TRANSPORT: ("transport", str),
    KAFKA_BOOTSTRAP: ("bootstrap", str),
    TOPIC: ("topic", str),
    URL: ("url", str),
    FILE: ("file", Path),
    SPOOL_BYTES_MAX: ("spool_bytes_max", int),
    WHEN_FULL: ("when_full", str),
    FSYNC: ("fsync", str),
    EVENT_BYTES_MAX: ("event_bytes_max", int),
    CLOSE_TIMEOUT_S: ("close_timeout_s", float),
    NAMESPACE: ("namespace", str),
}
_CHOICES = {
    "transport": ("kafka", "http", "file", "console", "noop"),
    "when_full": ("drop_newest", "drop_oldest"),
    "fsync": ("off", "interval", "every"),
}


def from_environment(environment: Mapping[str, str], **arguments: Any) -> EmitterConfig:
    """Return the settings: `arguments`, then the environment, then OpenLineage's, then defaults.

    Raises:
        HeadwaterError: If a setting has a value that means nothing.
    """
    stated = {"spool_dir": _spool_dir(environment), **openlineage_settings(environment)}
    for variable, (name, read) in _READERS.items():
        if text := environment.get(variable):
            stated[name] = _read(variable, text, read)
    if key := read_secret(API_KEY, environment):
        stated["api_key"] = key
    stated["kafka"] = {**stated.get("kafka", {}), **kafka_settings(environment)}
    return checked(EmitterConfig(**{**stated, **arguments}))


def checked(config: EmitterConfig) -> EmitterConfig:
    """Return the settings if each means something."""
    if config.event_bytes_max > EVENT_BYTES_LIMIT:
        raise HeadwaterError(
            f"emitter setting event_bytes_max is {config.event_bytes_max}",
            remedy=f"use at most {EVENT_BYTES_LIMIT}",
        )
    for name, choices in _CHOICES.items():
        if (value := getattr(config, name)) not in choices:
            raise HeadwaterError(
                f"emitter setting {name} is {value!r}", remedy=f"use one of {', '.join(choices)}"
            )
    return config


def _read(variable: str, text: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except ValueError:
        raise HeadwaterError(
            f"{variable} is {text!r}, which is no {read.__name__}", remedy="correct or unset it"
        ) from None


def _spool_dir(environment: Mapping[str, str]) -> Path:
    if stated := environment.get(SPOOL_DIR):
        return Path(stated)
    state = environment.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "headwater" / "spool"
