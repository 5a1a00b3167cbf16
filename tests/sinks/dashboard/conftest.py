"""A server over records in memory, and a browser on it."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser

from headwater.schemas.records import Envelope
from headwater.sinks.dashboard import build
from headwater.sinks.server.app import create_app
from headwater.sinks.server.live import LiveEvent
from headwater.sinks.server.settings import Settings

from .browser import Watched, running_browser

NO_KAFKA = "127.0.0.1:1"


class Serving:
    """A server in a thread, which reads no Kafka."""

    def __init__(self, envelopes: Iterable[Envelope], settings: Settings) -> None:
        app, self.server = create_app(settings)
        for envelope in envelopes:
            self.server.feed.index.add(envelope)
        config = uvicorn.Config(app, port=0, lifespan="off", log_level="warning")
        self._uvicorn = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        while not self._uvicorn.started:
            assert self._thread.is_alive()
            self._thread.join(0.01)
        port = self._uvicorn.servers[0].sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"

    def publish(self, *events: LiveEvent) -> None:
        """Tell the live clients, as the consumer of Kafka would."""
        self._loop.call_soon_threadsafe(self.server.live.publish, events)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self.server.live.close)
        self.server.accounting.stop()
        self._uvicorn.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_until_complete(self._uvicorn.serve())
        self._loop.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    build.build()
    with running_browser() as found:
        yield found


@pytest.fixture(scope="package")
def serve() -> Iterator[Callable[..., Serving]]:
    """Return what starts a server over records."""
    started: list[Serving] = []

    def start(envelopes: Iterable[Envelope], **settings: Any) -> Serving:
        started.append(Serving(envelopes, Settings(NO_KAFKA, **settings)))
        return started[-1]

    yield start
    for serving in started:
        serving.stop()


@pytest.fixture
def watch(browser: Browser) -> Iterator[Callable[..., Watched]]:
    """Return what opens a page that is watched until the test is over."""
    opened: list[Watched] = []

    def watching(serving: Serving, **options: Any) -> Watched:
        opened.append(Watched(browser, serving.address, **options))
        return opened[-1]

    yield watching
    for each in opened:
        each.close()
