"""Who asks: holders of static tokens, and whoever an identity provider vouches for."""

import json
import logging
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...schemas.errors import HeadwaterError
from .policy import Policy, Power
from .tokens import Tokens

log = logging.getLogger(__name__)

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
        powers: What they may do besides.
    """

    name: str
    roles: frozenset[str] | None = None
    powers: frozenset[Power] = frozenset(Power)


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
        roles, policy = self._policy.roles_of(name, claims), self._policy
        return Caller(name, None if policy.everything(roles) else roles, policy.powers(roles))


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
        self._read_at = time.monotonic()
        try:
            self._keys = self._published()
        except (OSError, ValueError, jwt.PyJWTError) as error:
            raise self._unreadable(str(error)) from None
        if not self._keys:
            raise self._unreadable("it holds none that only the issuer can sign with")

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
        except (self._jwt.PyJWTError, RecursionError):
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
            self._keys = self._published()
        except (OSError, ValueError, self._jwt.PyJWTError) as error:
            log.warning("the old keys of %s go on: %s", self._issuer.issuer, error)

    def _published(self) -> dict[str | None, Any]:
        """Return the keys that the issuer publishes by now."""
        said = json.loads(_read(self._issuer.keys))
        keys = said.get("keys") if isinstance(said, dict) else None
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise ValueError("it is no JWKS: an object with a list of `keys`")
        found = self._jwt.PyJWKSet.from_dict(said).keys
        return {key.key_id: key for key in found if _checks(key)}

    def _unreadable(self, why: str) -> HeadwaterError:
        return HeadwaterError(
            f"the keys of {self._issuer.issuer} cannot be read from {self._issuer.keys}: {why}",
            remedy="Name a file with a JWKS, or the https address of one.",
        )


def _checks(key: Any) -> bool:
    """Whether a key is one to check signatures with that only the issuer can make."""
    return key.algorithm_name in ALGORITHMS and key.public_key_use in (None, "sig")


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows nobody to where anybody could answer."""

    def redirect_request(self, *asked: Any) -> urllib.request.Request | None:
        if not str(asked[-1]).startswith("https://"):
            raise OSError(f"it leads on to {asked[-1]}")
        return super().redirect_request(*asked)


def _read(keys: str) -> str:
    if not keys.startswith("https://"):
        return Path(keys).read_text()
    opener = urllib.request.build_opener(_HttpsOnly)
    with opener.open(keys, timeout=_KEYS_TIMEOUT_S) as answer:
        data: bytes = answer.read(_KEYS_BYTES_MAX)
        return data.decode()
