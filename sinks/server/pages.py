"""The dashboard's pages: static files under a policy that lets nothing else run."""

import gzip
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .. import dashboard

FOLDER = Path(dashboard.__file__).parent / "static"
PATHS = ("/", "/lineage", "/runs", "/models", "/audit", "/health", "/dead-letters")
"""What the page itself tells apart; each is served the same document."""

ASSETS = "/assets/"

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # Text cannot become markup or code: the one policy makes the address of our own worker.
        "require-trusted-types-for 'script'",
        "trusted-types headwater",
    )
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Headwater</title>
<h1>The dashboard is not built</h1>
<p>The query API answers all the same: see <a href="/openapi.json">/openapi.json</a>.
<p>In a checkout build it with <code>make dashboard</code>, which fetches its packages with npm,
and start this server again. A wheel of Headwater contains it.
</html>
"""


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it is sent."""

    type: str
    etag: str
    plain: bytes
    packed: bytes

    @classmethod
    def read(cls, path: Path) -> "_File":
        data = path.read_bytes()
        etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
        return cls(_TYPES[path.suffix], etag, data, gzip.compress(data, mtime=0))

    def response(self, request: Request) -> Response:
        headers = _HEADERS | {
            "etag": self.etag,
            "cache-control": "no-cache",
            "vary": "accept-encoding",
        }
        if request.headers.get("if-none-match") == self.etag:
            return Response(status_code=304, headers=headers)
        packed = "gzip" in request.headers.get("accept-encoding", "")
        if packed:
            headers["content-encoding"] = "gzip"
        return Response(
            self.packed if packed else self.plain, media_type=self.type, headers=headers
        )


def routes(folder: Path = FOLDER) -> list[Route]:
    """Return the routes of the pages, or of one that says how to build them."""
    if not (folder / "index.html").is_file():
        return [Route(path, _not_built) for path in PATHS]
    files = {path.name: _File.read(path) for path in folder.iterdir() if path.suffix in _TYPES}
    page = _sending(files.pop("index.html"))
    assets = [Route(f"{ASSETS}{name}", _sending(file)) for name, file in files.items()]
    return [*(Route(path, page) for path in PATHS), *assets]


def public(path: str) -> bool:
    """Whether a path holds only the empty page: it tells nothing, and asks for a token."""
    return path in PATHS or path.startswith(ASSETS)


def _sending(file: _File) -> Callable[[Request], Awaitable[Response]]:
    async def send(request: Request) -> Response:
        return file.response(request)

    return send


async def _not_built(_request: Request) -> Response:
    return Response(_NOT_BUILT, 503, _HEADERS, "text/html; charset=utf-8")
