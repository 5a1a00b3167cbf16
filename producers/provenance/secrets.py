"""Keeping secrets out of what is recorded: arguments, settings, URLs, diffs."""

import re
from collections.abc import Sequence
from typing import Any

HIDDEN = "…"

_WORDS = (
    r"(?:pass(?:word|wd|phrase)?|secret|token|auth|credential\w*"
    r"|api[_-]?key|access[_-]?key|private[_-]?key)"
)
_KEY = re.compile(rf"(?:^|[_.\-]){_WORDS}(?:$|[_.\-])", re.IGNORECASE)
_TOKEN_OF_TEXT = re.compile(
    r"(?:max|pad|bos|eos|unk|sep|cls|mask|num|new|per)_?tokens?|tokens?_?(?:id|per)", re.IGNORECASE
)
_URL_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_URL_CREDENTIALS_AT = re.compile(r"(?<=://)[^/@\s]+@")
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
_ASSIGNED = re.compile(
    rf"""(?P<key>[\w.\-]*{_WORDS}[\w.\-]*["']?\s*[=:]\s*["']?)(?P<value>[^\s"',;]{{4,}})""",
    re.IGNORECASE,
)


def secret_key(key: str) -> bool:
    """Whether a setting of this name holds a secret. `max_tokens` and the like do not."""
    return bool(_KEY.search(key)) and not _TOKEN_OF_TEXT.search(key)


def hide(key: str, value: Any) -> Any:
    """Return a setting's value, hidden where its key or its own form says that it is secret."""
    if secret_key(key):
        return HIDDEN
    return redact(value) if isinstance(value, str) else value


def redact(text: str) -> str:
    """Hide what has the form of a secret, wherever it stands in a text."""
    return _VALUES.sub(HIDDEN, _URL_CREDENTIALS.sub(HIDDEN, text))


def address(url: str) -> str:
    """Return an address without the credentials in it."""
    return redact(_URL_CREDENTIALS_AT.sub("", url))


def redact_code(text: str) -> str:
    """Hide secrets in source or a diff, what is assigned to a telling name too."""
    return _ASSIGNED.sub(rf"\g<key>{HIDDEN}", redact(text))


def redact_arguments(arguments: Sequence[str]) -> list[str]:
    """Return a command line with the values of secret options hidden."""
    shown: list[str] = []
    hide_next = False
    for argument in arguments:
        option, equals, _ = argument.partition("=")
        secret = option.startswith("-") and secret_key(option.lstrip("-"))
        if hide_next and not argument.startswith("-"):
            shown.append(HIDDEN)
        else:
            shown.append(f"{option}={HIDDEN}" if secret and equals else redact(argument))
        hide_next = secret and not equals
    return shown
