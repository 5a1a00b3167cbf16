"""`Emitter`: takes events from a job and never lets the job notice."""

import atexit
import hashlib
import logging
import os
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson

from ..schemas import names, topics
from .config import EmitterConfig, from_environment
from .kafka import KafkaTransport
from .outbox import Outbox

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a session's events: emitted = acknowledged + dropped + pending."""

    emitted: int
    acknowledged: int
    dropped: Mapping[str, int]
    pending: int


class Emitter:
    """Appends events to a spool on disk and ships them in the background.

    `emit` neither raises nor waits for the network. What it has appended outlives the
    process: where this one cannot ship it, the next emitter on the host does.

    Args:
        config: The settings; those of the environment if None.
        overrides: Single settings, by the names of `EmitterConfig`, which win over it.
    """

    def __init__(self, config: EmitterConfig | None = None, **overrides: Any) -> None:
        if config is None:
            self.config = from_environment(os.environ, **overrides)
        else:
            self.config = replace(config, **overrides)
        self._outbox = _outbox(self.config)
        _EMITTERS.add(self)

    @classmethod
    def default(cls) -> "Emitter":
        """Return the process's own emitter, which the environment configures."""
        global _default
        with _DEFAULT_LOCK:
            _default = _default or cls()
            return _default

    def emit(
        self, event: Mapping[str, Any], *, topic: str = topics.EVENTS.name, key: str | None = None
    ) -> None:
        """Take an event. What cannot be taken is dropped, counted and logged.

        Args:
            event: The event, as plain JSON values.
            topic: The Kafka topic it goes to.
            key: Its Kafka key; that of OpenLineage's clients if None.
        """
        try:
            key = key or names.event_key(event)  # type: ignore[arg-type]
            reason = self._outbox.append(topic, key.encode() if key else None, orjson.dumps(event))
        except Exception as error:
            reason = f"unserialisable ({type(error).__name__})"
            self._outbox.drop(topic, "unserialisable")
        if reason:
            _LOG.error("dropped an event for %s: %s", topic, reason)

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was taken so far is acknowledged; False if time ran out."""
        return self._outbox.flush(timeout_s)

    def close(self, timeout_s: float = 2.0) -> None:
        """End the session within the time given; what is not shipped by then stays spooled.

        A later `emit` begins another session.
        """
        outbox, self._outbox = self._outbox, _outbox(self.config)
        self._closed = outbox
        outbox.close(timeout_s)

    @property
    def counts(self) -> Counts:
        """The counts of the present session."""
        outbox = self._outbox
        tallies = list(outbox.tallies.values())
        emitted = sum(tally.emitted for tally in tallies)
        dropped: dict[str, int] = {}
        for tally in tallies:
            for reason, count in tally.dropped.items():
                dropped[reason] = dropped.get(reason, 0) + count
        acknowledged = outbox.acknowledged
        return Counts(
            emitted, acknowledged, dropped, emitted - acknowledged - sum(dropped.values())
        )


def _outbox(config: EmitterConfig) -> Outbox:
    settings = {**config.kafka, "bootstrap.servers": config.bootstrap}
    name = hashlib.sha256(f"kafka {config.bootstrap}".encode()).hexdigest()[:16]
    return Outbox(
        config.spool_dir / name,
        partial(KafkaTransport, settings),
        spool_bytes_max=config.spool_bytes_max,
        segment_bytes=config.segment_bytes,
        linger_s=config.linger_s,
    )


_EMITTERS: "weakref.WeakSet[Emitter]" = weakref.WeakSet()
_DEFAULT_LOCK = threading.Lock()
_default: Emitter | None = None


@atexit.register
def _close_all() -> None:
    for emitter in list(_EMITTERS):
        emitter.close(emitter.config.close_timeout_s)
