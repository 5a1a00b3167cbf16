"""Who may ask: the right host name in every request, and a token where one is demanded.

The check of the name keeps a page on the web from asking a server on loopback by way of a
name of its own that it lets point there.
"""

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import pages
from .access_log import Access, AccessLog
from .callers import LOOPBACK, Caller, Callers
from .policy import Power
from .problem import ProblemError
from .settings import Settings
from .tokens import PREFIX

OPEN_PATHS = frozenset({"/healthz", "/readyz"})


_TOKEN = re.compile(rf"{PREFIX}[\w-]{{20,}}|eyJ[\w-]+\.[\w-]+\.[\w-]*")
"""What somebody may have put into an address by mistake, where it does not belong."""

_ASKED_MAX = 32
_ASKED_LENGTH_MAX = 256
"""How many parameters the access log keeps of a request, and how much of each."""


_ANYBODY = Caller("", frozenset(), frozenset())
"""Whoever asks for what tells nothing."""


class Guard:
    """Refuses requests before anything else sees them, and writes down what was decided."""

    def __init__(self, app: ASGIApp, settings: Settings, log: AccessLog) -> None:
        self._app = app
        self._settings = settings
        self._callers = Callers(settings.tokens, settings.issuer, settings.policy)
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller: Caller | None = None
        written = False

        async def sending(message: Message) -> None:
            nonlocal written
            if message["type"] == "http.response.start" and not written:
                written = True
                self._write(scope, caller, message["status"], Headers(raw=message["headers"]))
            await send(message)

        try:
            caller = await self._caller(scope["path"], Headers(scope=scope))
            scope.setdefault("state", {})["caller"] = caller
            await self._app(scope, receive, sending)
        except ProblemError as problem:
            await problem.response()(scope, receive, sending)
        finally:
            # What failed without an answer was decided all the same.
            if not written:
                self._write(scope, caller, 500, Headers())

    def _write(self, scope: Scope, caller: Caller | None, status: int, headers: Headers) -> None:
        if scope["path"] in OPEN_PATHS or pages.public(scope["path"]):
            return
        roles = None if caller is None or caller.roles is None else tuple(sorted(caller.roles))
        self._log.write(
            Access(
                at=datetime.now(UTC),
                who=None if caller is None else caller.name,
                roles=roles,
                path=_kept(scope["path"]),
                asked=_asked(scope["query_string"]),
                status=status,
                bytes=int(headers.get("content-length", "0")),
            )
        )

    async def _caller(self, path: str, headers: Headers) -> Caller:
        for name in ("host", "authorization"):
            if len(headers.getlist(name)) > 1:
                raise ProblemError(400, "repeated_header", f"`{name}` is given more than once")
        if "content-length" in headers and "transfer-encoding" in headers:
            raise ProblemError(400, "two_lengths", "the request states its length in two ways")
        if _without_port(headers.get("host", "")) not in self._settings.hosts:
            raise ProblemError(
                421,
                "unknown_host",
                "this server does not go by that host name",
                remedy="Ask it by its address, or start it with `--name` and this name.",
            )
        if not self._callers.demanded:
            return LOOPBACK
        if path in OPEN_PATHS or pages.public(path):
            return _ANYBODY
        scheme, _, token = headers.get("authorization", "").partition(" ")
        caller = await run_in_threadpool(self._callers.find, token.strip())
        if scheme.lower() != "bearer" or caller is None:
            raise ProblemError(
                401,
                "unauthenticated",
                "a valid token is needed",
                remedy="Send it as `Authorization: Bearer TOKEN`.",
            )
        return caller


def caller_of(request: Request) -> Caller:
    """Return who asks."""
    caller: Caller = request.state.caller
    return caller


def demand(request: Request, power: Power) -> None:
    """Let nobody pass but those who have a power.

    Raises:
        ProblemError: If it is somebody else.
    """
    if power not in caller_of(request).powers:
        raise ProblemError(
            403,
            "not_for_your_role",
            f"this needs a role that may `{power}`",
            remedy=f"Whoever keeps the access policy can give you one: `- may: [{power}]`.",
        )


def _asked(query: bytes) -> dict[str, list[str]]:
    """Return the parameters of a request as the access log keeps them."""
    try:
        asked = parse_qs(query.decode(errors="replace"), keep_blank_values=True)
    except ValueError:
        return {}
    return {
        _kept(name): [_kept(each) for each in values[:_ASKED_MAX]]
        for name, values in list(asked.items())[:_ASKED_MAX]
    }


def _kept(text: str) -> str:
    """Return a text of a request as the access log keeps it: cut, and without tokens."""
    return _TOKEN.sub("(a token)", text)[:_ASKED_LENGTH_MAX]


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()
