"""What the server is told from outside."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from ...schemas.errors import HeadwaterError
from ...schemas.vault import vault_path
from .tokens import Tokens

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the server.

    Attributes:
        names: Host names under which browsers may reach it, besides those of loopback.
        tokens: Who may ask; None for whoever reaches the port, which is loopback's then.
        ledger: The ledger's directory, for its heads and proofs; None if there is none here.
        vault: Where the keys of personal values lie.
        snapshot: Where the index is kept over a restart; None to build it anew each time.
    """

    kafka_bootstrap: str
    host: str = "127.0.0.1"
    port: int = 0
    names: tuple[str, ...] = ()
    tokens: Tokens | None = None
    snapshot: Path | None = None
    ledger: Path | None = None
    vault: Path = field(default_factory=vault_path)

    def __post_init__(self) -> None:
        if self.tokens is None and not _loopback(self.host):
            raise HeadwaterError(
                f"anybody could ask the server at {self.host}",
                remedy="Give it a file of tokens, or let it listen on 127.0.0.1.",
            )

    @property
    def hosts(self) -> frozenset[str]:
        """The host names that requests may give."""
        return frozenset(name.lower() for name in (*LOOPBACK_NAMES, self.host, *self.names))


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
