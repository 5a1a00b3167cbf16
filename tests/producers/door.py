"""A way to a broker that can be open, closed, or lead nowhere."""

import contextlib
import select
import socket
import threading
from types import TracebackType
from typing import Literal, Self

State = Literal["open", "closed", "silent"]


class Door:
    """A TCP proxy in front of an address, at a port of its own that stays the same.

    Open, it forwards. Closed, connections to it are refused. Silent, they are taken and never
    answered, as by a firewall that drops packets or by a stopped process.
    """

    def __init__(self, target: str, state: State = "open") -> None:
        host, port = target.split(":")
        self._target = (host, int(port))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.address = f"127.0.0.1:{self._port}"
        self._state: State = "closed"
        self._listener: socket.socket | None = None
        self._connections: list[socket.socket] = []
        self.turn(state)

    def turn(self, state: State) -> None:
        """Close what is connected, and treat what comes as told."""
        if self._listener:
            # Closing alone would leave it open while a thread waits in `accept`.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        while self._connections:
            with contextlib.suppress(OSError), self._connections.pop() as connection:
                connection.shutdown(socket.SHUT_RDWR)
        self._state = state
        if state != "closed":
            self._listener = socket.create_server(("127.0.0.1", self._port))
            threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.turn("closed")

    def _serve(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._connections.append(client)
                if self._state == "open":
                    server = socket.create_connection(self._target)
                    self._connections.append(server)
                    threading.Thread(target=_forward, args=(client, server), daemon=True).start()


def _forward(one: socket.socket, other: socket.socket) -> None:
    # A ValueError, too: the other thread may have closed a socket that is waited for here.
    with contextlib.suppress(OSError, ValueError), one, other:
        while True:
            for source in select.select([one, other], [], [])[0]:
                data = source.recv(65536)
                if not data:
                    return
                (other if source is one else one).sendall(data)
