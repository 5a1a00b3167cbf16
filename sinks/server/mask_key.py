"""The key that masked names are made with, kept in a file so that they stay the same."""

import os
import secrets
from pathlib import Path

from ...schemas.errors import HeadwaterError

_SIZE = 32


def read_key(path: Path) -> bytes:
    """Return the key in a file; the first time one is made, for nobody else to read.

    Raises:
        HeadwaterError: If the file holds something else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_bytes()
        if len(key) != _SIZE:
            raise HeadwaterError(
                f"{path} is no key of {_SIZE} bytes",
                remedy="Remove it: a new one is made, and masked names change.",
            ) from None
        return key
    with os.fdopen(descriptor, "wb") as file:
        key = secrets.token_bytes(_SIZE)
        file.write(key)
    return key
