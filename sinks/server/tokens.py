"""Static tokens, of which only hashes are kept.

A token is 256 random bits, so a plain SHA-256 of it is as good as a slow hash of a password.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from ...schemas.errors import HeadwaterError

PREFIX = "hw_"

_LINE = re.compile(r"(\S+) ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Hashes of tokens by the names of their holders."""

    hashes: dict[str, str]

    def holder(self, token: str) -> str | None:
        """Return whose token this is; None if it is nobody's."""
        given = hashed(token)
        found = [name for name, held in self.hashes.items() if hmac.compare_digest(held, given)]
        return found[0] if found else None


def new_token() -> str:
    """Return a token that nobody can guess."""
    return PREFIX + secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def read_tokens(path: Path) -> Tokens:
    """Read a file with a holder's name and a hash in each line.

    Raises:
        HeadwaterError: If it cannot be read, or holds something else, or nothing.
    """
    try:
        lines = [line for line in path.read_text().splitlines() if line.strip()]
    except OSError as error:
        raise HeadwaterError(f"the tokens in {path} cannot be read: {error.strerror}") from None
    matches = [_LINE.fullmatch(line) for line in lines]
    hashes = {match[1]: match[2] for match in matches if match}
    if not lines or len(hashes) < len(lines):
        raise HeadwaterError(
            f"{path} is no list of tokens: each line is a name and a hash, each name once",
            remedy="Add lines with `headwater serve --new-token NAME`.",
        )
    return Tokens(hashes)
