"""The gateway's routes: what OpenLineage's HTTP clients and Marquez agreed on.

`POST /api/v1/lineage` takes one event and answers 201 once Kafka has it, as Marquez does.
`POST /api/v1/lineage/batch` takes an array and answers for each event, as the spec's
OpenAPI document says. An event that could not be placed in the graph is refused here with
its reason, rather than buried later.
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ...schemas import topics
from ...schemas.names import event_key
from ...schemas.openlineage import Event, complaints
from ...schemas.personal import seal_event
from ...schemas.sealed import Seal
from ...schemas.session import of_event
from ...schemas.vault import Vault, VaultError
from . import openapi
from .body import BodyError, read
from .publisher import FullError, Headers, Outgoing, Publisher
from .settings import GatewaySettings

_RETRY_AFTER_S = "2"
_CLOSE_TIMEOUT_S = 5.0
_STAMP_LENGTH_MAX = 64

Handler = Callable[[Request], Awaitable[Response]]


def build(settings: GatewaySettings) -> Starlette:
    """Return the gateway as an ASGI application."""
    gateway = Gateway(settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        gateway.start()
        yield
        await asyncio.to_thread(gateway.close)

    routes = [
        Route("/api/v1/lineage", gateway.one, methods=["POST"]),
        Route("/api/v1/lineage/batch", gateway.many, methods=["POST"]),
        Route("/openapi.json", gateway.describe),
        Route("/healthz", gateway.healthz),
        Route("/readyz", gateway.readyz),
        Route("/metrics", gateway.metrics),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


class Gateway:
    """The handlers and what they share."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._publisher: Publisher | None = None
        self._vault: Vault | None = None
        self._registry = CollectorRegistry()
        self._events = Counter(
            "headwater_gateway_events",
            "Events by what became of them.",
            ["outcome"],
            registry=self._registry,
        )
        self._ready = Gauge("headwater_ready", "Whether events are taken.", registry=self._registry)

    def start(self) -> None:
        """Begin to talk to Kafka."""
        s = self._settings
        self._vault = Vault(s.vault) if s.vault is not None else None
        self._publisher = Publisher(s.kafka_bootstrap, s.in_flight_max, s.acknowledge_timeout_s)

    def close(self) -> None:
        """Wait for what Kafka has yet to acknowledge."""
        if self._publisher is not None:
            self._publisher.close(_CLOSE_TIMEOUT_S)
        if self._vault is not None:
            self._vault.close()

    async def one(self, request: Request) -> Response:
        """Take one event."""
        body = await self._admit(request)
        if isinstance(body, Response):
            return body
        try:
            event = _parse(body)
            key = _check(event)
        except ValueError as error:
            self._events.labels("refused").inc()
            return _error(400, "invalid_event", str(error))
        answer = await self._write([key], [event], [body], _stamp(request))
        if isinstance(answer, Response):
            return answer
        (failure,) = answer
        if failure is not None:
            return _error(503, "kafka_unavailable", failure, retry=True)
        return Response(status_code=201)

    async def many(self, request: Request) -> Response:
        """Take an array of events, and answer for each."""
        body = await self._admit(request)
        if isinstance(body, Response):
            return body
        try:
            events = _parse(body)
            if not isinstance(events, list):
                raise ValueError("a batch is an array of events")
        except ValueError as error:
            return _error(400, "invalid_batch", str(error))
        if len(events) > self._settings.batch_events_max:
            # Refusing each would take longer than taking it.
            most = self._settings.batch_events_max
            return _error(413, "batch_too_large", f"more than {most} events; send several batches")
        failed: list[dict[str, Any]] = []
        placed: list[tuple[int, str | None]] = []
        for index, event in enumerate(events):
            try:
                placed.append((index, _check(event)))
            except ValueError as error:
                failed.append({"index": index, "reason": str(error), "retriable": False})
        self._events.labels("refused").inc(len(failed))
        taken = [events[index] for index, _ in placed]
        answer = await self._write([key for _, key in placed], taken, map(orjson.dumps, taken))
        if isinstance(answer, Response):
            return answer
        failed += [
            {"index": index, "reason": failure, "retriable": True}
            for (index, _), failure in zip(placed, answer, strict=True)
            if failure is not None
        ]
        return JSONResponse(_summary(len(events), failed))

    async def describe(self, _: Request) -> Response:
        """Return the OpenAPI document."""
        return JSONResponse(openapi.DOCUMENT)

    async def healthz(self, _: Request) -> Response:
        """Say that the process runs."""
        return PlainTextResponse("ok")

    async def readyz(self, _: Request) -> Response:
        """Say whether an event would be taken now."""
        ready = await self._ask_ready()
        return PlainTextResponse(
            "ready" if ready else "kafka does not answer", 200 if ready else 503
        )

    async def metrics(self, _: Request) -> Response:
        """Return the counters for Prometheus."""
        self._ready.set(await self._ask_ready())
        return PlainTextResponse(generate_latest(self._registry))

    async def _ask_ready(self) -> bool:
        return self._publisher is not None and await asyncio.to_thread(self._publisher.ready)

    async def _admit(self, request: Request) -> bytes | Response:
        """Return the body of a request that is let in, or the answer that it is not."""
        if not self._allowed(request):
            return _error(401, "unauthorized", "send a token that this gateway knows")
        s = self._settings
        try:
            return await read(request, s.body_bytes_max, s.body_timeout_s)
        except BodyError as error:
            self._events.labels("refused").inc()
            return _error(error.status, "invalid_body", error.message)

    def _allowed(self, request: Request) -> bool:
        tokens = self._settings.tokens_sha256
        if not tokens:
            return True
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        digest = hashlib.sha256(token.encode()).hexdigest()
        known = [hmac.compare_digest(digest, each) for each in tokens]
        return scheme.lower() == "bearer" and any(known)

    async def _write(
        self,
        keys: Iterable[str | None],
        events: Sequence[Any],
        bodies: Iterable[bytes],
        headers: Headers = (),
    ) -> list[str | None] | Response:
        """Write events to Kafka, their names sealed where there is a vault."""
        assert self._publisher is not None
        try:
            values = await asyncio.to_thread(self._sealed, events, list(bodies))
        except VaultError as error:
            return _error(503, "vault_unavailable", error.message, retry=True)
        outgoing = [Outgoing(*each, headers) for each in zip(keys, values, strict=True)]
        try:
            answers = await self._publisher.write(outgoing)
        except FullError:
            self._events.labels("turned_away").inc(len(outgoing))
            return _error(429, "too_many_events", "too many events wait for Kafka", retry=True)
        written = sum(answer is None for answer in answers)
        self._events.labels("written").inc(written)
        self._events.labels("failed").inc(len(answers) - written)
        return answers

    def _sealed(self, events: Sequence[Any], bodies: list[bytes]) -> list[bytes]:
        """Return what to write: a body as it came, unless something in it was sealed."""
        vault = self._vault
        if vault is None:
            return bodies
        return [_sealed(*each, vault.seal) for each in zip(events, bodies, strict=True)]


def _sealed(event: Any, body: bytes, seal: Seal) -> bytes:
    before = orjson.dumps(event)
    seal_event(event, seal)
    after = orjson.dumps(event)
    return body if after == before else after


def _parse(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg}") from error


def _stamp(request: Request) -> Headers:
    """Return session and number of an event of Headwater's own emitter, for Kafka's headers."""
    names = (topics.SESSION_HEADER, topics.SEQUENCE_HEADER)
    stated = ((name, request.headers.get(name, "")[:_STAMP_LENGTH_MAX]) for name in names)
    return tuple((name, value.encode()) for name, value in stated if value)


def _check(event: Any) -> str | None:
    """Return the key of an event.

    Raises:
        ValueError: If the worker could not place it.
    """
    if close := of_event(event):
        return f"session:{close.session}"
    try:
        Event.model_validate(event)
    except ValidationError as error:
        raise ValueError(complaints(error)) from error
    return event_key(event)


def _summary(received: int, failed: list[dict[str, Any]]) -> dict[str, Any]:
    retriable = sum(each["retriable"] for each in failed)
    return {
        "status": "partial_success" if failed else "success",
        "summary": {
            "received": received,
            "successful": received - len(failed),
            "failed": len(failed),
            "retriable": retriable,
            "non_retriable": len(failed) - retriable,
        },
        "failed_events": sorted(failed, key=lambda each: each["index"]),
    }


def _error(status: int, code: str, message: str, *, retry: bool = False) -> Response:
    headers = {"retry-after": _RETRY_AFTER_S} if retry else None
    return JSONResponse({"code": code, "message": message}, status, headers)
