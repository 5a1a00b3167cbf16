"""What the gateway is told from outside."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...schemas import environment
from ...schemas.errors import HeadwaterError
from ...schemas.secrets import read_secret

HOST = "HEADWATER_GATEWAY_HOST"
"""The address to bind. Default `127.0.0.1`; any other than loopback demands tokens."""

TOKENS_SHA256 = "HEADWATER_GATEWAY_TOKENS_SHA256"
"""SHA-256, in hex, of each Bearer token that is let in, separated by commas. Default: none,
and then everybody is. `HEADWATER_GATEWAY_TOKENS_SHA256_FILE` names a file of them, a line each,
the holder's name before it, as `headwater serve --new-token` writes them."""

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_DIGEST_LENGTH = 64


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Settings of the gateway.

    Attributes:
        tokens_sha256: Digests of the tokens let in; empty lets everybody in.
        vault: Where personal values are sealed before anything is written; None to leave that
            to the worker, which must have the same.
        body_bytes_max: Of a request as sent, and of its content once decompressed.
        body_timeout_s: How long a request may take to send its body; beyond it, 408.
        batch_events_max: Of one batch; beyond it, 413.
        in_flight_max: Events written to Kafka and not acknowledged; beyond it, 429.
        acknowledge_timeout_s: How long Kafka may take; beyond it, 503.
    """

    kafka_bootstrap: str = "127.0.0.1:9092"
    host: str = "127.0.0.1"
    port: int = 8091
    tokens_sha256: frozenset[str] = frozenset()
    vault: Path | None = None
    body_bytes_max: int = 10 * 1024 * 1024
    body_timeout_s: float = 30.0
    batch_events_max: int = 5_000
    in_flight_max: int = 10_000
    acknowledge_timeout_s: float = 10.0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "GatewaySettings":
        """Read the settings that the environment gives; the others keep their defaults.

        Raises:
            HeadwaterError: If a setting cannot be, or would let the world in unasked.
        """
        default = cls()
        tokens = _digests(read_secret(TOKENS_SHA256, environ) or "")
        if any(len(token) != _DIGEST_LENGTH for token in tokens):
            raise HeadwaterError(
                f"{TOKENS_SHA256} holds what is no SHA-256 in hex",
                remedy="Make one with: printf %s TOKEN | sha256sum",
            )
        host = environ.get(HOST) or default.host
        if host not in _LOOPBACK and not tokens:
            raise HeadwaterError(
                f"the gateway would listen on {host} and let everybody in",
                remedy=f"Set {TOKENS_SHA256}, or bind 127.0.0.1.",
            )
        return cls(
            kafka_bootstrap=environ.get(environment.KAFKA_BOOTSTRAP) or default.kafka_bootstrap,
            host=host,
            port=int(environ.get(environment.GATEWAY_PORT) or default.port),
            tokens_sha256=tokens,
            vault=Path(environ[environment.VAULT]) if environ.get(environment.VAULT) else None,
        )


def _digests(stated: str) -> frozenset[str]:
    """Return the last word of each line, and of what commas separate."""
    parts = stated.lower().replace(",", "\n").splitlines()
    return frozenset(part.split()[-1] for part in parts if part.strip())
