"""What the server is told from outside."""

import ipaddress
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from ...schemas.errors import HeadwaterError
from ...schemas.vault import vault_path
from .callers import Issuer
from .policy import Policy
from .tokens import Tokens

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the server.

    Attributes:
        names: Host names under which browsers may reach it, besides those of loopback.
        tokens, issuer: Who may ask; where both are None, whoever reaches the port, which is
            loopback's then.
        policy: Who sees what; None for everything.
        mask_key: What masked names are made with; the same gives the same over a restart.
        ledger: The ledger's directory, for its heads and proofs; None if there is none here.
        vault: Where the keys of personal values lie.
        snapshot: Where the index is kept over a restart; None to build it anew each time.
    """

    kafka_bootstrap: str
    host: str = "127.0.0.1"
    port: int = 0
    names: tuple[str, ...] = ()
    tokens: Tokens | None = None
    issuer: Issuer | None = None
    policy: Policy | None = None
    mask_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    snapshot: Path | None = None
    ledger: Path | None = None
    vault: Path = field(default_factory=vault_path)

    def __post_init__(self) -> None:
        if self.tokens or self.issuer:
            return
        if not _loopback(self.host):
            raise HeadwaterError(
                f"anybody could ask the server at {self.host}",
                remedy="Give it a file of tokens or an issuer, or let it listen on 127.0.0.1.",
            )
        if self.policy is not None:
            raise HeadwaterError(
                "a policy decides nothing where nobody says who they are",
                remedy="Give a file of tokens, or an issuer, too.",
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
