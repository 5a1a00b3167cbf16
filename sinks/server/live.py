"""The live feed: each message once in memory, to every client through a bounded queue."""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

import orjson

from ..answers import Position
from ..index.annotations import Target
from . import metrics
from .problem import ProblemError

CLIENTS_MAX = 200
QUEUE_MAX = 256
REMEMBERED = 4_096
"""How many messages a client that comes back can have missed without asking anew."""

HEARTBEAT_S = 15.0

_RUN = secrets.token_hex(4)
"""Part of every id: of another server, or of this one before a restart, none is remembered here.

Else the offset of another cluster's log could be taken for one of this."""


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """A message as clients get it.

    Attributes:
        id: Where it stood and who says so, which is what a client names to go on after it; None
            for what is true of a moment only, and not worth telling later.
        about: What it names; None for what only those may see who see everything.
    """

    id: str | None
    data: bytes
    about: Target | None = None


def live_event(
    position: Position | None, kind: str, told: dict[str, Any], about: Target | None = None
) -> LiveEvent:
    """Return an event of a kind."""
    place = None if position is None else ":".join(map(str, position)) + f"@{_RUN}"
    line = b"" if place is None else b"id: %b\n" % place.encode()
    parts = line, kind.encode(), orjson.dumps(told)
    return LiveEvent(place, b"%bevent: %b\ndata: %b\n\n" % parts, about)


Shown = Mapping[frozenset[str], Sequence[bool]]
"""For each set of roles that follows, which of some events it may see."""


class _Client:
    def __init__(self, roles: frozenset[str] | None) -> None:
        self.roles = roles
        self.waiting: deque[LiveEvent] = deque()
        self.missed = 0
        self.wake = asyncio.Event()

    def put(self, event: LiveEvent) -> None:
        if len(self.waiting) >= QUEUE_MAX:
            self.missed += len(self.waiting)
            metrics.MISSED.inc(len(self.waiting))
            self.waiting.clear()
        self.waiting.append(event)
        self.wake.set()


class Live:
    """Hands events to all clients. To be used in one event loop only."""

    def __init__(self, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._heartbeat_s = heartbeat_s
        self._clients: set[_Client] = set()
        self._recent: deque[LiveEvent] = deque(maxlen=REMEMBERED)
        self._standing: LiveEvent | None = None
        self._closed = False

    @property
    def roles(self) -> set[frozenset[str]]:
        """The roles of those who follow and do not see everything."""
        return {each.roles for each in self._clients.copy() if each.roles is not None}

    def publish(self, events: Sequence[LiveEvent], shown: Shown = MappingProxyType({})) -> None:
        """Hand events to every client that may see them; none is waited for."""
        self._recent.extend(event for event in events if event.id is not None)
        for client in self._clients:
            if client.roles is None:
                for event in events:
                    client.put(event)
                continue
            # Of roles that began to follow a moment ago nothing is known yet.
            for event, may in zip(events, shown.get(client.roles, ()), strict=False):
                if may:
                    client.put(event)

    def stand(self, event: LiveEvent) -> None:
        """Tell all clients what holds until another such event, and whoever comes, first."""
        self._standing = event
        for client in self._clients:
            client.put(event)

    def close(self) -> None:
        """End every client's stream."""
        self._closed = True
        for client in self._clients:
            client.wake.set()

    def subscribe(
        self, last_id: str | None, roles: frozenset[str] | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Return the stream of a new client.

        Args:
            roles: What decides which events it may see; None for all. With roles nothing is
                sent again, as only the moment of an event tells what they let see.
            last_id: The id of the last event it had; it gets what came after that, or is told
                to ask anew where that is no longer known.

        Raises:
            ProblemError: If there are as many clients as there may be.
        """
        if len(self._clients) >= CLIENTS_MAX:
            raise ProblemError(
                503,
                "too_many_clients",
                f"{CLIENTS_MAX} clients follow the live feed already",
                remedy="Try again later, or share one stream between the tabs of a browser.",
            )
        return self._stream(last_id, roles)

    def _first(self, client: _Client, last_id: str | None) -> bytes:
        """Return what a stream begins with, and queue what the client has missed."""
        if last_id is None:
            return b"retry: 2000\n\n"
        if client.roles is not None:
            return _resync(None)
        place = next((n for n, event in enumerate(self._recent) if event.id == last_id), None)
        if place is None or len(self._recent) - place - 1 > QUEUE_MAX:
            return _resync(None)
        client.waiting.extend(islice(self._recent, place + 1, None))
        client.wake.set()
        return b": resumed\n\n"

    async def _stream(
        self, last_id: str | None, roles: frozenset[str] | None
    ) -> AsyncGenerator[bytes, None]:
        client = _Client(roles)
        self._clients.add(client)
        metrics.CLIENTS.set(len(self._clients))
        try:
            yield self._first(client, last_id) + (self._standing.data if self._standing else b"")
            while not self._closed:
                try:
                    await asyncio.wait_for(client.wake.wait(), self._heartbeat_s)
                except TimeoutError:
                    yield b": heartbeat\n\n"
                    continue
                client.wake.clear()
                missed, client.missed = client.missed, 0
                events = b"".join(event.data for event in client.waiting)
                client.waiting.clear()
                yield (_resync(missed) if missed else b"") + events
        finally:
            self._clients.discard(client)
            metrics.CLIENTS.set(len(self._clients))


def _resync(missed: int | None) -> bytes:
    """Return the event that tells a client to ask anew; it knows best what."""
    return b"event: resync\ndata: %b\n\n" % orjson.dumps({"missed": missed})
