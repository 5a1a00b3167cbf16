"""How long the gateway waits for a request's head: uvicorn itself would wait for ever."""

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol


class PatientProtocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type] # chosen when imported
    """Closes a connection on which no whole head has come for `head_timeout_s`.

    How long a body may take is the handler's to say.
    """

    head_timeout_s = 10.0

    def connection_made(self, transport: Any) -> None:
        """Take a connection, and begin to look after it."""
        super().connection_made(transport)
        self._look_later(None)

    def _look_later(self, seen: object) -> None:
        loop = asyncio.get_running_loop()
        self._look = loop.call_later(self.head_timeout_s, self._close_if_stalled, seen)

    def _close_if_stalled(self, seen: object) -> None:
        """Close if what was served at the last look is still the newest request, and over."""
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self.cycle is seen:
            self.transport.close()
        else:
            self._look_later(self.cycle)

    def connection_lost(self, error: Exception | None) -> None:
        """Let go of a connection."""
        self._look.cancel()
        super().connection_lost(error)
