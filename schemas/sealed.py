"""Sealed text: how a personal value stands in a record, and how it is shown.

    sealed:3f2a90c1d47be605.q0d5…

The first part names the person's key, the second is the value under it. Where the key is
gone, nothing tells what the value was; the record, its id and its proofs stay as they were.
"""

import re
from collections.abc import Callable
from typing import Any

ERASED = "erased"
"""What is shown of a value whose key was destroyed."""

Seal = Callable[[str], str]
"""Returns a personal value as it may be recorded."""

Unseal = Callable[[str], str | None]
"""Returns what was sealed; None where its key is gone."""

PREFIX = "sealed:"
_SEALED = re.compile(r"sealed:([0-9a-f]{16})\.([A-Za-z0-9_-]+)")


def as_it_is(text: str) -> str:
    """Return a value unsealed, where there is no vault."""
    return text


def sealed_text(key: str, content: str) -> str:
    """Return the one form of a sealed value: the name of its key, and what is under it."""
    return f"{PREFIX}{key}.{content}"


def split_sealed(text: str) -> tuple[str, str] | None:
    """Return the name of the key and what is under it; None for any other text."""
    match = _SEALED.fullmatch(text)
    return None if match is None else (match[1], match[2])


def reveal(value: Any, unseal: Unseal) -> Any:
    """Return JSON values as people may read them: each sealed part opened, or `erased`."""
    if isinstance(value, str):
        return reveal_text(value, unseal)
    if isinstance(value, dict):
        return {key: reveal(each, unseal) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [reveal(each, unseal) for each in value]
    return value


def reveal_text(text: str, unseal: Unseal) -> str:
    """Return a text with each sealed part of it opened, or `erased`."""
    if PREFIX not in text:
        return text
    return _SEALED.sub(lambda match: unseal(match[0]) or ERASED, text)
