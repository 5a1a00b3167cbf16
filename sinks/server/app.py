"""The application: routes, and what every answer has in common."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import orjson
from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ... import __version__
from ...schemas.errors import HeadwaterError
from ...schemas.sealed import reveal
from ...schemas.vault import unsealing
from ..answers import AmbiguousSubjectError, UnknownSubjectError, plain
from ..compliance.policy import POLICY_BYTES_MAX, PolicyError
from . import metrics, pages
from .access_log import AccessLog
from .callers import Caller
from .counters import Count, Counters
from .feed import Feed
from .guard import Guard, caller_of, everything
from .letters import redrive
from .live import Live, LiveEvent, live_event
from .losses import Accounting
from .openapi import PREFIX, document
from .parameters import values
from .problem import ProblemError
from .questions import QUESTIONS, Question, Sources
from .settings import Settings
from .sights import Sights

Endpoint = Callable[[Request], Awaitable[Response]]


class Server:
    """What the routes share: the feed, and the live clients."""

    def __init__(self, settings: Settings) -> None:
        self.live = Live()
        self.feed = Feed(settings, self._publish)
        self.sights = Sights(settings.policy, settings.mask_key)
        self.access = AccessLog(settings.kafka_bootstrap)
        self.salt = hashlib.sha256(f"{settings.policy}".encode() + settings.mask_key).hexdigest()
        self.counters = Counters(settings.kafka_bootstrap, self._publish_count, self._stand)
        self.accounting = Accounting(settings.kafka_bootstrap, lambda: self.counters.committed)
        self.unseal = unsealing(settings.vault)
        self._loop: asyncio.AbstractEventLoop | None = None

    @asynccontextmanager
    async def running(self, _app: Starlette) -> AsyncIterator[None]:
        """Read Kafka as long as the application runs."""
        self._loop = asyncio.get_running_loop()
        self.access.start()
        self.feed.start()
        self.counters.start()
        try:
            yield
        finally:
            self.live.close()
            await run_in_threadpool(self.counters.stop)
            await run_in_threadpool(self.accounting.stop)
            await run_in_threadpool(self.feed.stop)
            await run_in_threadpool(self.access.stop)

    def _publish(self, events: Sequence[LiveEvent]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            about = [event.about for event in events]
            shown = {
                roles: self.sights.shown(self.feed.index, roles, about) for roles in self.live.roles
            }
            self._loop.call_soon_threadsafe(self.live.publish, events, shown)

    def _stand(self, reachable: bool) -> None:
        metrics.KAFKA.set(reachable)
        if self._loop is not None and not self._loop.is_closed():
            told = live_event(None, "kafka", {"reachable": reachable})
            self._loop.call_soon_threadsafe(self.live.stand, told)

    def _publish_count(self, count: Count) -> None:
        self._publish([live_event(None, "counters", count._asdict())])


def create_app(settings: Settings) -> tuple[Starlette, Server]:
    """Return the application, and what it runs on."""
    server = Server(settings)
    routes = [
        *(
            Route(PREFIX + each.path, _answering(server, each), methods=_methods(each))
            for each in QUESTIONS
        ),
        Route(f"{PREFIX}/live", _live(server)),
        Route(f"{PREFIX}/counters", _closed(_counters(server))),
        Route(f"{PREFIX}/health/losses", _closed(_losses(server))),
        Route(f"{PREFIX}/dead-letters/redrive", _closed(_redriving(server)), methods=["POST"]),
        Route("/healthz", _healthz(server)),
        Route("/readyz", _readyz(server)),
        Route("/metrics", _closed(_metrics(server))),
        Route("/openapi.json", _openapi),
        *pages.routes(),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Guard, settings=settings, log=server.access)],
        lifespan=server.running,
        exception_handlers={
            HTTPException: _http_problem,
            ProblemError: _refused,
            HeadwaterError: _problem,
            Exception: _unexpected,
        },
    )
    return app, server


def _closed(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that answers only those who see everything."""

    async def closed(request: Request) -> Response:
        everything(request)
        return await endpoint(request)

    return closed


def _answering(server: Server, question: Question) -> Endpoint:
    async def answer(request: Request) -> Response:
        began = time.perf_counter()
        try:
            response = await _answer(server, question, request)
        except ProblemError as problem:
            response = problem.response()
        metrics.REQUESTS.labels(question.path, str(response.status_code)).inc()
        metrics.DURATION.labels(question.path).observe(time.perf_counter() - began)
        return response

    return answer


async def _answer(server: Server, question: Question, request: Request) -> Response:
    if not question.scoped:
        everything(request)
    caller = caller_of(request)
    said = values(question.parameters, request.query_params)
    # Taken before the question is asked: what comes in between only makes it too old.
    etag = _etag(server, caller, said)
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    if request.method == "POST":
        said["body"] = await _text(request)
    if question.volatile or request.method == "POST":
        headers = {"cache-control": "no-store"}
    elif etag in [each.strip() for each in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)

    def body() -> bytes:
        with server.sights.seen(server.feed.index, caller.roles) as index:
            found = question.answer(Sources(index, server.feed), said)
        # Bytes are evidence: another word in them and they prove nothing.
        if isinstance(found, bytes):
            return found
        answer = plain(found)
        # Personal values stay sealed to those who do not see everything.
        return orjson.dumps(answer if caller.roles is not None else reveal(answer, server.unseal))

    try:
        answer = await run_in_threadpool(body)
    except UnknownSubjectError as error:
        raise ProblemError(404, "unknown_subject", error.message, remedy=error.remedy) from None
    except PolicyError as error:
        raise ProblemError(400, "invalid_policy", error.message, remedy=error.remedy) from None
    except AmbiguousSubjectError as error:
        raise ProblemError(409, "ambiguous_subject", error.message, remedy=error.remedy) from None
    return Response(answer, media_type="application/json", headers=headers)


def _methods(question: Question) -> list[str]:
    return ["GET"] if question.body is None else ["GET", "POST"]


async def _text(request: Request) -> str:
    """Return the body of a request.

    Raises:
        ProblemError: If it is too large, or no text.
    """
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > POLICY_BYTES_MAX:
            raise ProblemError(413, "too_large", f"the body has more than {POLICY_BYTES_MAX} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ProblemError(400, "no_text", "the body is no UTF-8") from None


def _etag(server: Server, caller: Caller, said: Mapping[str, Any]) -> str:
    """Return what changes as soon as anything more is read, or `yesterday` is another day.

    It differs by what one may see.
    """
    roles = None if caller.roles is None else sorted(caller.roles)
    moments = [value for value in said.values() if isinstance(value, datetime)]
    offsets = map(list, server.feed.offsets())
    read = orjson.dumps([__version__, server.salt, roles, moments, *offsets])
    return f'"{hashlib.sha256(read).hexdigest()[:32]}"'


def _live(server: Server) -> Endpoint:
    async def live(request: Request) -> Response:
        roles = caller_of(request).roles
        stream = server.live.subscribe(request.headers.get("last-event-id"), roles)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    return live


def _counters(server: Server) -> Endpoint:
    async def counters(_request: Request) -> Response:
        counts = [count._asdict() for count in server.counters.counts()]
        return JSONResponse(counts, headers={"cache-control": "no-store"})

    return counters


def _losses(server: Server) -> Endpoint:
    async def losses(_request: Request) -> Response:
        server.accounting.start()
        found = server.accounting.losses(next(iter(server.counters.counts()[-1:]), None))
        return JSONResponse(plain(found), headers={"cache-control": "no-store"})

    return losses


def _redriving(server: Server) -> Endpoint:
    async def redriving(request: Request) -> Response:
        return await redrive(server.feed, request)

    return redriving


def _healthz(server: Server) -> Endpoint:
    async def healthz(_request: Request) -> Response:
        failure = server.feed.failure
        return JSONResponse({"failure": failure}, 503 if failure else 200)

    return healthz


def _readyz(server: Server) -> Endpoint:
    async def readyz(_request: Request) -> Response:
        told = {"ready": server.feed.ready, "kafka": server.counters.reachable}
        return JSONResponse(told, 200 if server.feed.ready else 503)

    return readyz


def _metrics(server: Server) -> Endpoint:
    async def show(_request: Request) -> Response:
        for kind, size in server.feed.index.sizes.items():
            metrics.SIZE.labels(kind).set(size)
        return Response(generate_latest(metrics.REGISTRY), media_type="text/plain; version=0.0.4")

    return show


async def _openapi(_request: Request) -> Response:
    return JSONResponse(document(__version__))


async def _http_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {404: "unknown_path", 405: "method_not_allowed"}
    code = words.get(error.status_code, "refused")
    return ProblemError(error.status_code, code, error.detail.lower()).response()


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return error.response()


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HeadwaterError)
    return ProblemError(500, "failed", error.message, remedy=error.remedy).response()


async def _unexpected(_request: Request, _error: Exception) -> Response:
    return ProblemError(500, "unexpected", "the server failed", remedy="See its log.").response()
