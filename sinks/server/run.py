"""Run the server until it is told to stop."""

import contextlib
import signal
import socket
from collections.abc import Callable

import uvicorn

from ...schemas.errors import HeadwaterError
from .app import create_app
from .settings import Settings

_STOP_TIMEOUT_S = 5


def serve(settings: Settings, on_listening: Callable[[str], None]) -> None:
    """Answer until SIGTERM or SIGINT.

    Args:
        settings: Where to listen, and what to read.
        on_listening: Called with the address once the port is taken.

    Raises:
        HeadwaterError: If the address cannot be listened on.
    """
    app, server = create_app(settings)
    with contextlib.closing(_listen(settings)) as listening:
        host, port = listening.getsockname()[:2]
        on_listening(f"http://{f'[{host}]' if ':' in host else host}:{port}")
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_STOP_TIMEOUT_S,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            # Uvicorn takes these over, and raises them again when it has ended in order.
            signal.signal(number, lambda *_: None)
        _Uvicorn(config, server.live.close).run(sockets=[listening])


class _Uvicorn(uvicorn.Server):
    """Ends the live streams first: uvicorn waits for every response."""

    def __init__(self, config: uvicorn.Config, before_shutdown: Callable[[], None]) -> None:
        super().__init__(config)
        self._before_shutdown = before_shutdown

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, streams first."""
        self._before_shutdown()
        await super().shutdown(sockets)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise HeadwaterError(
            f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}",
            remedy="Choose another port with `--port`, or 0 for any that is free.",
        ) from None
    return listening
