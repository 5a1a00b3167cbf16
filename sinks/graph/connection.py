"""The way to a Gremlin server: bytecode out, rows back, two kinds of failure."""

import contextlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from gremlin_python.driver.aiohttp.transport import AiohttpTransport
from gremlin_python.driver.driver_remote_connection import DriverRemoteConnection
from gremlin_python.driver.protocol import GremlinServerError
from gremlin_python.process.anonymous_traversal import traversal
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource

from ...schemas.errors import HeadwaterError
from .access import Access, read_access

Build = Callable[[GraphTraversalSource], GraphTraversal]


class GraphUnavailableError(HeadwaterError):
    """The graph gave no answer, or one that says to try again."""


class GraphRefusalError(HeadwaterError):
    """The graph answered that it cannot do what was asked."""


class GraphConnection:
    """One websocket to a Gremlin server, rebuilt after whatever breaks it.

    It takes traversals only, never script text. Requests run on a thread of its own,
    since the driver cannot work inside a running event loop.

    Args:
        url: Such as `ws://127.0.0.1:8182/gremlin`.
        access: What to be let in with; what the environment says if None.
        timeout_s: How long one request may take to be sent, and how long to be answered.

    Raises:
        HeadwaterError: If a file that the environment names cannot be read.
    """

    def __init__(self, url: str, *, access: Access | None = None, timeout_s: float = 30.0) -> None:
        self.url = url
        self._access = read_access() if access is None else access
        self._tls = self._access.tls()
        self._timeout_s = timeout_s
        self._remote: DriverRemoteConnection | None = None
        self._transports: list[AiohttpTransport] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gremlin")

    def start(self, build: Build) -> Future[list[Any]]:
        """Send the traversal that `build` makes; its rows come with the future.

        The future raises GraphUnavailableError where a later try may succeed, and
        GraphRefusalError where the same request would fail again.
        """
        return self._thread.submit(self._ask, build)

    def ask(self, build: Build) -> list[Any]:
        """Send the traversal that `build` makes and return its rows.

        Raises:
            GraphUnavailableError: If a later try may succeed.
            GraphRefusalError: If the same request would fail again.
        """
        return self.start(build).result()

    def close(self) -> None:
        """Close the websocket; an answer still awaited is given up."""
        self._thread.submit(self._drop)
        self._thread.shutdown(wait=False)

    def _ask(self, build: Build) -> list[Any]:
        asked = build(self._source())
        try:
            return asked.to_list()  # type: ignore[no-any-return]
        except GremlinServerError as error:
            raise _translated(error, self.url) from error
        except UnicodeEncodeError as error:
            raise GraphRefusalError(f"a value cannot be sent to the graph: {error}") from error
        except Exception as error:
            # The driver and what lies below it raise errors of many families, some of them
            # bare. A socket that failed once is never used again: the driver's pool would
            # hand it out, or wait for ever for one that it lost.
            self._drop()
            raise _unavailable(self.url, error) from error

    def _source(self) -> GraphTraversalSource:
        if self._remote is None:
            self._remote = DriverRemoteConnection(
                self.url,
                pool_size=1,
                transport_factory=self._new_transport,
                username=self._access.username,
                password=self._access.password,
                headers=self._headers(),
            )
        return traversal().with_remote(self._remote)

    def _headers(self) -> dict[str, str]:
        try:
            return self._access.headers(self.url)
        except HeadwaterError as error:
            # A role's credentials may come again, as a graph does.
            raise GraphUnavailableError(error.message, remedy=error.remedy) from error

    def _new_transport(self) -> AiohttpTransport:
        trusting = {"ssl_options": self._tls} if self._tls is not None else {}
        transport = AiohttpTransport(
            read_timeout=self._timeout_s, write_timeout=self._timeout_s, **trusting
        )
        self._transports.append(transport)
        return transport

    def _drop(self) -> None:
        # The driver loses a transport that fails to connect, so each is closed here.
        # Closing what is already broken may fail in as many ways as using it.
        for closable in (self._remote, *self._transports):
            with contextlib.suppress(Exception):
                closable.close()
        self._remote = None
        self._transports.clear()


# Status codes of Gremlin Server that say nothing against the request itself: it wants a
# login, is busy, ran out of time, or says so ("server error temporary").
_TRY_AGAIN_CODES = frozenset({401, 403, 407, 429, 595, 596, 598})

# What a plain 500 says when it tells of the store, or of another writer, not of the request.
_TRY_AGAIN_WORDS = (
    "BackendException",
    "ConcurrentModification",
    "LockingException",
    "sleepycat",
    "TimeLimitExceeded",
    "Timeout",
    "Throttling",
    "UnavailableException",
    # Two writers made the same vertex at once: the next try finds it.
    "uniqueness constraint",
)


def _translated(error: GremlinServerError, url: str) -> HeadwaterError:
    attributes = error.status_attributes or {}
    told = " ".join([str(error.status_message), *map(str, attributes.get("exceptions") or ())])
    if error.status_code in _TRY_AGAIN_CODES or any(word in told for word in _TRY_AGAIN_WORDS):
        return _unavailable(url, error)
    return GraphRefusalError(f"the graph refused a request: {error.status_message}")


def _unavailable(url: str, error: Exception) -> GraphUnavailableError:
    return GraphUnavailableError(
        f"the graph at {url} gives no answer: {type(error).__name__}: {error}",
        remedy="See whether it runs: `headwater status`; `headwater up` starts it.",
    )
