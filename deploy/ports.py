"""Free TCP ports of the loopback interface."""

import random
import socket
from collections.abc import Iterable, Iterator, Mapping

HOST = "127.0.0.1"

# Below the kernel's range for outgoing connections (32768 and up), so that none of those can
# take a port between its choice and its use.
_RANGE = range(20_000, 32_000)


def choose_ports(names: Iterable[str], preferred: Mapping[str, int]) -> dict[str, int]:
    """Return a free port for each name: the preferred one where nobody else took it."""
    chosen: dict[str, int] = {}
    for name in names:
        wanted = preferred.get(name)
        candidates = _candidates(wanted)
        chosen[name] = next(p for p in candidates if p not in chosen.values() and port_free(p))
    return chosen


def port_free(port: int) -> bool:
    """Tell whether a server could bind this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def port_answers(port: int) -> bool:
    """Tell whether something accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _candidates(wanted: int | None) -> Iterator[int]:
    if wanted is not None:
        yield wanted
    yield from random.sample(_RANGE, len(_RANGE))
