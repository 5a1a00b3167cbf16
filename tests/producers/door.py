"""A way to a broker that can be open, closed, or lead nowhere."""

import contextlib
import random
import select
import socket
import threading
from types import TracebackType
from typing import Literal, Self

State = Literal["open", "closed", "silent"]

# Below the kernel's range for outgoing connections, one of which could take the port, or even
# meet itself on it: TCP lets a client that tries often enough connect to its own end.
_PORTS = range(20_000, 32_000)


class Door:
    """A TCP proxy in front of an address, at a port of its own that stays the same.

    Open, it forwards. Closed, connections to it are refused. Silent, they are taken and never
    answered, as by a firewall that drops packets or by a stopped process.
    """

    def __init__(self, target: str, state: State = "open") -> None:
        host, port = target.split(":")
        self._target = (host, int(port))
        self._socket = _bound()
        self.address = "{}:{}".format(*self._socket.getsockname())
        self._state: State = "closed"
        self._listening: threading.Thread | None = None
        self._connections: list[socket.socket] = []
        self.turn(state)

    def turn(self, state: State) -> None:
        """Close what is connected, and treat what comes as told."""
        if self._listening:
            # It stays bound: nobody else gets the port while the door is closed.
            self._socket.shutdown(socket.SHUT_RDWR)
            self._listening.join()
            self._listening = None
        while self._connections:
            with contextlib.suppress(OSError), self._connections.pop() as connection:
                connection.shutdown(socket.SHUT_RDWR)
        self._state = state
        if state != "closed":
            self._socket.listen()
            self._listening = threading.Thread(target=self._serve, daemon=True)
            self._listening.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.turn("closed")
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                self._connections.append(client)
                if self._state == "open":
                    server = socket.create_connection(self._target)
                    self._connections.append(server)
                    threading.Thread(target=_forward, args=(client, server), daemon=True).start()


def _bound() -> socket.socket:
    """Return a socket at a port that nobody else has."""
    for port in random.sample(_PORTS, len(_PORTS)):
        found = socket.socket()
        try:
            found.bind(("127.0.0.1", port))
        except OSError:
            found.close()
        else:
            return found
    raise OSError("every port is taken")


def _forward(one: socket.socket, other: socket.socket) -> None:
    # A ValueError, too: the other thread may have closed a socket that is waited for here.
    with contextlib.suppress(OSError, ValueError), one, other:
        while True:
            for source in select.select([one, other], [], [])[0]:
                data = source.recv(65536)
                if not data:
                    return
                (other if source is one else one).sendall(data)
