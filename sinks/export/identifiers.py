"""Digests and addresses as records state them, where they are what the standards ask for."""

import re

_SHA256 = re.compile(r"sha256:([0-9a-f]{64})")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[!-~]{1,2000}")


def sha256_of(stated: str | None) -> str | None:
    """Return the hex of a digest stated as `sha256:…`; None for any other text."""
    found = _SHA256.fullmatch(stated or "")
    return found.group(1) if found else None


def uri_of(stated: str | None) -> str | None:
    """Return a text if it is a URI with a place in it; None for any other, such as `git@host`."""
    return stated if _URI.fullmatch(stated or "") else None
