"""Taking values out of an error's text before it leaves the job."""

import re

_LENGTH_MAX = 500
_VALUES = re.compile(
    r"""
    (?<=://)[^/@\s]+(?=@)            # credentials in a URL
    | '(?:[^'\\]|\\.)*'              # quoted text
    | "(?:[^"\\]|\\.)*"
    | [\w.+-]+@[\w-]+\.[\w.]+        # an e-mail address
    | (?<=[=:])\s*[^\s,;)\]}]+       # what is assigned
    | \d[\d.,:+-]{2,}                # long numbers, dates, addresses
    """,
    re.VERBOSE,
)


def redact(text: str) -> str:
    """Replace what may be a value of the job's data by `…`, and cut what is long."""
    return _VALUES.sub("…", text[: 4 * _LENGTH_MAX])[:_LENGTH_MAX]
