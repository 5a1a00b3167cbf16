"""Canonical JSON (RFC 8785) and the content ids made from it."""

import base64
import hashlib
from typing import Any

import orjson
import rfc8785

# Kinds of values for which orjson's sorted output is already RFC 8785: it orders keys by
# code point and RFC 8785 by UTF-16 unit, the same for ASCII keys; numbers agree for
# integers within the doubles' exact range.
_INTEGER_MAX = 2**53 - 1
_EXACT_SCALARS = (str, bool, type(None))


def canonical(value: Any) -> bytes:
    """Return the canonical JSON of a value (RFC 8785).

    Raises:
        rfc8785.CanonicalizationError: For what JSON cannot hold: NaN, infinities,
            integers beyond 2**53 - 1, lone surrogates, keys that are not strings.
    """
    if _plain(value):
        try:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:
            pass
    return rfc8785.dumps(value)


def _plain(value: Any) -> bool:
    """Whether orjson writes this value exactly as RFC 8785 asks."""
    if isinstance(value, _EXACT_SCALARS):
        return True
    if isinstance(value, int):
        return -_INTEGER_MAX <= value <= _INTEGER_MAX
    if isinstance(value, dict):
        return all(type(k) is str and k.isascii() and _plain(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    return False


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def content_id(kind: str, content: Any) -> str:
    """Return the id of a record: the SHA-256 over its kind and canonical content, in hex."""
    return hashlib.sha256(kind.encode() + b"\0" + canonical(content)).hexdigest()


def element_id(kind: str, *parts: str) -> str:
    """Return the id of a named thing in the graph, such as a column.

    Printable ASCII without `-`, which JanusGraph reserves in custom string ids; 40
    base-32 characters hold 200 bits of the SHA-256.
    """
    hashed = hashlib.sha256(canonical([kind, *parts])).digest()
    return f"{kind}:{base64.b32encode(hashed)[:40].decode().lower()}"
