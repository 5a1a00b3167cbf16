"""Keeping secrets out of what is recorded: arguments, settings, URLs, diffs."""

import re
from collections.abc import Sequence
from typing import Any

from .text import json_text

HIDDEN = "…"

_WORDS = (
    r"(?:pass(?:word|wd|phrase)?|secret|token|auth|credential\w*"
    r"|api[_-]?key|access[_-]?key|private[_-]?key)"
)
_KEY = re.compile(rf"(?:^|[_.\-]){_WORDS}(?:$|[_.\-])", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TOKEN_OF_TEXT = re.compile(
    r"(?:max|pad|bos|eos|unk|sep|cls|mask|num|new|per)_?tokens?|tokens?_?(?:id|per)", re.IGNORECASE
)
# A password may hold an `@` itself: the last one before the path ends the credentials.
_URL_CREDENTIALS = re.compile(r"(?<=://)[^/\s]+(?=@)")
_URL_CREDENTIALS_AT = re.compile(r"(?<=://)[^/\s]+@")
_URL_QUERY = re.compile(rf"(?i)([?&][\w\-]*(?:{_WORDS}|signature|sig)[\w\-]*=)[^&\s\"']+")
_VALUES = re.compile(
    r"""
    AKIA[0-9A-Z]{16}                                  # an access key of AWS
    | gh[pousr]_[A-Za-z0-9]{36,}                      # a token of GitHub
    | hf_[A-Za-z0-9]{30,}                             # a token of Hugging Face
    | sk-[A-Za-z0-9_-]{20,}
    | xox[baprs]-[A-Za-z0-9-]{10,}
    | eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+               # a JSON web token
    | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.*?-----END[ ][A-Z ]*PRIVATE[ ]KEY-----
    """,
    re.VERBOSE | re.DOTALL,
)
# What is assigned in code: a quoted text, or what ends the line in a file of settings.
_ASSIGNED = re.compile(
    r"""(?P<key>[A-Za-z_][\w.\-]*)(?P<equals>["']?(?:\s*=\s*|\s*:\s*))"""
    r"""(?P<value>(?P<quote>["'])(?:(?!(?P=quote)).){4,}(?P=quote)"""
    r"""|[^\s"'(){}\[\],;]{4,}(?=[ \t]*$))""",
    re.MULTILINE,
)
_SETTING = re.compile(r"[A-Z][A-Z0-9_]*=|[\w.\-]+[\"']?\s*:\s")


def secret_key(key: str) -> bool:
    """Whether a setting of this name holds a secret. `max_tokens` and the like do not."""
    words = _HUMP.sub("_", key)
    return bool(_KEY.search(words)) and not _TOKEN_OF_TEXT.search(words)


def hide(key: str, value: Any) -> Any:
    """Return a setting's value, hidden where its key or its own form says that it is secret."""
    if secret_key(key):
        return HIDDEN
    return redact_code(value) if isinstance(value, str) else value


def redact(text: str) -> str:
    """Hide what has the form of a secret, wherever it stands in a text."""
    text = json_text(text)
    without = _URL_QUERY.sub(rf"\g<1>{HIDDEN}", _URL_CREDENTIALS.sub(HIDDEN, text))
    return _VALUES.sub(HIDDEN, without)


def address(url: str) -> str:
    """Return an address without the credentials in it."""
    return redact(_URL_CREDENTIALS_AT.sub("", url))


def redact_code(text: str) -> str:
    """Hide secrets in source, a diff or settings, what is assigned to a telling name too."""
    return _ASSIGNED.sub(_without_value, redact(text))


def redact_arguments(arguments: Sequence[str]) -> list[str]:
    """Return a command line with the values of secret options and settings hidden."""
    shown: list[str] = []
    hide_next = False
    for argument in arguments:
        option, equals, _ = argument.partition("=")
        secret = secret_key(option.lstrip("-+~"))
        if hide_next and not argument.startswith("-"):
            shown.append(HIDDEN)
        else:
            shown.append(f"{option}={HIDDEN}" if secret and equals else redact_code(argument))
        hide_next = secret and not equals and option.startswith("-")
    return shown


def _without_value(found: re.Match[str]) -> str:
    """Return an assignment with its value hidden, if its name is telling and it is a value.

    An expression is none: `tokenizer = AutoTokenizer` and `token = read()` stay as they are.
    """
    key, equals, quote = found["key"], found["equals"], found["quote"]
    if not secret_key(key) or not (quote or _SETTING.match(f"{key}{equals}")):
        return found[0]
    return f"{key}{equals}{quote or ''}{HIDDEN}{quote or ''}"
