"""`Emitter`: takes events from a job, and the job never notices."""

import atexit
import logging
import os
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from ..schemas import names, topics
from .config import EmitterConfig, checked, from_environment
from .outbox import Counts, Outbox
from .oversize import cut
from .transports import connect

_LOG = logging.getLogger(__name__)
_LOG_EVERY_S = 10.0


class Emitter:
    """Appends events to a spool on disk and ships them in the background.

    `emit` neither raises nor waits for a network. What it has taken outlives the process:
    where this one cannot ship it, the next emitter on the host does, or `headwater spool
    push`. It works from any thread, in asyncio, in signal handlers and after `fork`.

    Args:
        config: The settings; those of the environment if None.
        overrides: Single settings, by the names of `EmitterConfig`, which win over it.

    Raises:
        HeadwaterError: If a setting has a value that means nothing.
    """

    def __init__(self, config: EmitterConfig | None = None, **overrides: Any) -> None:
        if config is None:
            self.config = from_environment(os.environ, **overrides)
        else:
            self.config = checked(replace(config, **overrides))
        self._logged_at: dict[str, float] = {}
        self._begin()
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
        """Take an event. One that cannot be taken is dropped, counted by reason and logged.

        Args:
            event: The event, as plain JSON values.
            topic: The Kafka topic it goes to; lineage events go to the configured one.
            key: Its Kafka key; that of OpenLineage's clients if None.
        """
        try:
            self._emit(event, self.config.topic if topic == topics.EVENTS.name else topic, key)
        except Exception as error:
            # The host job outlives whatever is wrong with an event, or with us.
            self._outbox.drop(topic, "unserialisable")
            self._complain("unserialisable", f"{type(error).__name__} in an event for {topic}")

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was taken so far is acknowledged, or refused for good.

        Returns:
            Whether it is; `counts` tells what was refused.
        """
        return self._outbox.flush(timeout_s)

    def close(self, timeout_s: float = 2.0) -> None:
        """End the session within the time given; what is not shipped by then stays spooled.

        Its closing event tells how many events there were. A later `emit` begins another
        session.
        """
        self._outbox.close(timeout_s)

    @property
    def counts(self) -> Counts:
        """What became of the events so far."""
        return self._outbox.counts

    def _emit(self, event: Mapping[str, Any], topic: str, key: str | None) -> None:
        if self.config.transport == "noop":
            return
        if key is None:
            key = names.event_key(event)  # type: ignore[arg-type] # it is only read
        value = orjson.dumps(event, default=_plain)
        if len(value) > self.config.event_bytes_max:
            value = cut(value, self.config.event_bytes_max)
        if not value:
            self._outbox.drop(topic, "oversized")
            self._complain("oversized", f"an event for {topic}")
        elif reason := self._outbox.append(topic, None if key is None else key.encode(), value):
            self._complain(reason, f"an event for {topic}")

    def _complain(self, reason: str, what: str) -> None:
        """Log a drop, each reason at most every ten seconds."""
        now = time.monotonic()
        if now >= self._logged_at.get(reason, now):
            self._logged_at[reason] = now + _LOG_EVERY_S
            count = self.counts.dropped.get(reason, 0)
            _LOG.error("dropped %s: %s (%d so far)", what, reason, count)

    def _begin(self) -> None:
        config = self.config
        self._outbox = Outbox(config.destination, partial(connect, config), config)
        # An emitter that nobody holds any more would leave its thread behind.
        weakref.finalize(self, self._outbox.retire).atexit = False

    def _begin_in_child(self) -> None:
        self._outbox.abandon()
        self._begin()


def _plain(value: Any) -> str:
    """Write what JSON does not know, such as a path or a decimal, as its text."""
    return str(value)


_EMITTERS: "weakref.WeakSet[Emitter]" = weakref.WeakSet()
_DEFAULT_LOCK = threading.Lock()
_default: Emitter | None = None


def _close_all() -> None:
    for emitter in list(_EMITTERS):
        emitter.close(emitter.config.close_timeout_s)


def _begin_all_in_child() -> None:
    global _DEFAULT_LOCK
    _DEFAULT_LOCK = threading.Lock()
    for emitter in list(_EMITTERS):
        emitter._begin_in_child()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_begin_all_in_child)
