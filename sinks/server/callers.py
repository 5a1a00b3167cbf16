"""Who asks: holders of static tokens, and whoever an identity provider vouches for."""

import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...schemas.errors import HeadwaterError
from .policy import Policy
from .tokens import Tokens

ALGORITHMS = frozenset(("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"))
"""Signatures that only the issuer can make: none that the key to check would do for."""

_LEEWAY_S = 30
_KEYS_BYTES_MAX = 1024 * 1024
_KEYS_TIMEOUT_S = 5.0
_KEYS_KEPT_S = 300.0
_KEYS_AGAIN_S = 30.0
"""However many tokens name keys that are not known, they are looked up so seldom."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who may ask.

    Attributes:
        roles: What decides what they see; None for everything.
    """

    name: str
    roles: frozenset[str] | None = None


LOOPBACK = Caller("loopback")
"""Whoever reaches a port of this machine that demands nothing."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """An identity provider whose JWTs are taken.

    Attributes:
        audience: What its tokens must name as theirs.
        keys: A file with its JWKS, or the https address of it.
    """

    issuer: str
    audience: str
    keys: str


class Callers:
    """Tells callers by their tokens."""

    def __init__(self, tokens: Tokens | None, issuer: Issuer | None, policy: Policy | None) -> None:
        self._tokens = tokens
        self._jwts = None if issuer is None else _Jwts(issuer)
        self._policy = policy

    @property
    def demanded(self) -> bool:
        """Whether anybody must say who they are."""
        return self._tokens is not None or self._jwts is not None

    def find(self, token: str) -> Caller | None:
        """Return whose token this is; None if it is nobody's. May wait for an issuer's keys."""
        holder = self._tokens.holder(token) if self._tokens else None
        if holder is not None:
            return self._caller(holder, {})
        claims = self._jwts.claims(token) if self._jwts else None
        return None if claims is None else self._caller(claims["sub"], claims)

    def _caller(self, name: str, claims: dict[str, Any]) -> Caller:
        if self._policy is None:
            return Caller(name)
        roles = self._policy.roles_of(name, claims)
        return Caller(name, None if self._policy.everything(roles) else roles)


class _Jwts:
    """Checks the signature, the issuer, the audience and the times of JWTs."""

    def __init__(self, issuer: Issuer) -> None:
        try:
            import jwt
        except ImportError:
            raise HeadwaterError(
                "tokens of an issuer cannot be checked: PyJWT is missing",
                remedy="pip install 'headwater[http]'",
            ) from None
        self._jwt = jwt
        self._issuer = issuer
        self._lock = threading.Lock()
        self._keys: dict[str | None, Any] = {}
        self._read_at = float("-inf")
        self._refresh(_KEYS_KEPT_S)

    def claims(self, token: str) -> dict[str, Any] | None:
        """Return what a token says; None if it is not to be believed."""
        try:
            key = self._key(self._jwt.get_unverified_header(token).get("kid"))
            if key is None:
                return None
            claims: dict[str, Any] = self._jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self._issuer.audience,
                issuer=self._issuer.issuer,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except self._jwt.PyJWTError:
            return None
        return claims

    def _key(self, kid: str | None) -> Any:
        with self._lock:
            self._refresh(_KEYS_KEPT_S if kid in self._keys else _KEYS_AGAIN_S)
            return self._keys.get(kid)

    def _refresh(self, kept_s: float) -> None:
        """Read the keys again if they are older; where they cannot be, the old ones go on."""
        if time.monotonic() - self._read_at < kept_s:
            return
        self._read_at = time.monotonic()
        try:
            keys = self._jwt.PyJWKSet.from_json(_read(self._issuer.keys)).keys
        except (OSError, ValueError, self._jwt.PyJWTError) as error:
            if not self._keys:
                raise HeadwaterError(
                    f"the keys of {self._issuer.issuer} cannot be read from {self._issuer.keys}: "
                    f"{error}",
                    remedy="Name a file with a JWKS, or the https address of one.",
                ) from None
            return
        self._keys = {key.key_id: key for key in keys if key.algorithm_name in ALGORITHMS}


def _read(keys: str) -> str:
    if not keys.startswith("https://"):
        return Path(keys).read_text()
    with urllib.request.urlopen(keys, timeout=_KEYS_TIMEOUT_S) as answer:  # noqa: S310
        data: bytes = answer.read(_KEYS_BYTES_MAX)
        return data.decode()
