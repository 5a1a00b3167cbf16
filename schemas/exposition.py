"""What a service without a page of its own tells over HTTP: whether it runs, whether it works,
and its metrics.

On loopback anybody may ask. Elsewhere the first two are for whoever starts and restarts it;
metrics need a token.
"""

import hmac
import ipaddress
import os
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .environment import METRICS_HOST, METRICS_PORT, METRICS_TOKEN
from .errors import HeadwaterError
from .secrets import read_secret

_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_REQUEST_TIMEOUT_S = 10.0

Answer = tuple[int, bytes]
"""A status and what is said with it."""


def expose(
    metrics: Callable[[], bytes],
    ready: Callable[[], bool],
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Answer `/healthz`, `/readyz` and `/metrics` for as long as the process lives.

    Nothing is answered where the environment names no port.

    Args:
        metrics: Returns them in Prometheus' text format.
        ready: Whether the service does its work now.

    Raises:
        HeadwaterError: If the environment names what is no port, or one that is taken.
    """
    stated = environ.get(METRICS_PORT) or "0"
    if not stated.isdecimal():
        remedy = "Set it to a port, or to 0 for none."
        raise HeadwaterError(f"{METRICS_PORT} is {stated!r}", remedy=remedy)
    if not int(stated):
        return
    host = environ.get(METRICS_HOST) or "127.0.0.1"
    token = read_secret(METRICS_TOKEN, environ)

    def answer(path: str, authorization: str) -> Answer:
        match path.partition("?")[0]:
            case "/healthz":
                return 200, b"ok\n"
            case "/readyz":
                return (200, b"ready\n") if ready() else (503, b"not ready\n")
            case "/metrics" if _loopback(host) or _opens(token, authorization):
                return 200, metrics()
            case "/metrics":
                return 401, f"a token is needed: {METRICS_TOKEN} of the service\n".encode()
        return 404, b"/healthz, /readyz, /metrics\n"

    _serve(host, int(stated), answer)


def _serve(host: str, port: int, answer: Callable[[str, str], Answer]) -> None:
    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_TIMEOUT_S

        def do_GET(self) -> None:
            status, told = answer(self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Type", _TEXT)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing: probes come every few seconds."""

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

    try:
        server = Server((host, port), Handler)
    except OSError as error:
        raise HeadwaterError(
            f"{host}:{port} cannot be listened on: {error.strerror}",
            remedy=f"Set {METRICS_PORT} to another port.",
        ) from error
    threading.Thread(target=server.serve_forever, name="exposition", daemon=True).start()


def _opens(token: str | None, authorization: str) -> bool:
    scheme, _, given = authorization.partition(" ")
    known = token is not None and hmac.compare_digest(given.strip().encode(), token.encode())
    return known and scheme.lower() == "bearer"


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
