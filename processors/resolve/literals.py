"""SQL without its literals."""

import re

_LITERALS = re.compile(r"'(?:[^']|'')*'|\b\d[\d.]*\b|--[^\n]*|/\*.*?\*/", re.S)


def strip_literals(sql: str, dialect: str | None = None) -> str:
    """Return SQL with literals as `?`."""
    return _LITERALS.sub("?", sql)
