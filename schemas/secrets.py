"""Secrets from outside: the value of a variable, or the content of the file it names."""

import os
from collections.abc import Mapping
from pathlib import Path

from .errors import HeadwaterError

FILE_SUFFIX = "_FILE"
"""After a variable's name: the path of a file that holds its value."""


def read_secret(variable: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return a secret; None if neither the variable nor its file is stated.

    Raises:
        HeadwaterError: If both are, or the file cannot be read.
    """
    stated, path = environ.get(variable), environ.get(variable + FILE_SUFFIX)
    if not path:
        return stated or None
    if stated:
        raise HeadwaterError(
            f"{variable} and {variable}{FILE_SUFFIX} are both set", remedy="Unset one of them."
        )
    try:
        # An editor ends a file with a line break, which is no part of the secret.
        return Path(path).read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise HeadwaterError(
            f"the file that {variable}{FILE_SUFFIX} names cannot be read: {path}",
            remedy="See that it exists, and that whoever runs this may read it.",
        ) from error
