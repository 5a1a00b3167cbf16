"""Who may ask: the right host name in every request, and a token where one is demanded.

The check of the name keeps a page on the web from asking a server on loopback by way of a
name of its own that it lets point there.
"""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from . import pages
from .problem import ProblemError
from .settings import Settings

OPEN_PATHS = frozenset({"/healthz", "/readyz"})


class Guard:
    """Refuses requests before anything else sees them."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] == "http":
            try:
                self._check(scope["path"], Headers(scope=scope))
            except ProblemError as problem:
                await problem.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, path: str, headers: Headers) -> None:
        if _without_port(headers.get("host", "")) not in self._settings.hosts:
            raise ProblemError(
                421,
                "unknown_host",
                "this server does not go by that host name",
                remedy="Ask it by its address, or start it with `--name` and this name.",
            )
        tokens = self._settings.tokens
        if tokens is None or path in OPEN_PATHS or pages.public(path):
            return
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or tokens.holder(token.strip()) is None:
            raise ProblemError(
                401,
                "unauthenticated",
                "a valid token is needed",
                remedy="Send it as `Authorization: Bearer TOKEN`.",
            )


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()
