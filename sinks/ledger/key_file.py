"""The ledger's keys on disk: the private one for its owner alone, the public one for all."""

import os
from pathlib import Path

from ...schemas.errors import HeadwaterError
from .note import NoteError, SigningKey, VerifierKey

_OWNER_ONLY = 0o600


def read_key(path: Path) -> SigningKey:
    """Return the private key of a file.

    Raises:
        HeadwaterError: If others than its owner may read the file, or it holds no key.
    """
    if path.stat().st_mode & 0o077:
        raise HeadwaterError(
            f"others may read the signing key {path}",
            remedy=f"Close it with `chmod 600 {path}`; if others had access to this machine, "
            "replace it with `headwater audit rotate`.",
        )
    return SigningKey.parse(path.read_text().strip())


def write_key(path: Path, key: SigningKey) -> None:
    """Write a private key, so that a reader sees the old or the new one, and nobody else any."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY)
    with os.fdopen(file, "w") as opened:
        opened.write(f"{key.secret()}\n")
        opened.flush()
        os.fsync(file)
    draft.replace(path)


def read_public_key(text: str) -> VerifierKey:
    """Return a public key that is given as text, or as the path of a file that holds it.

    Raises:
        HeadwaterError: If it is neither.
    """
    path = Path(text)
    try:
        return VerifierKey.parse(path.read_text().strip() if path.exists() else text)
    except NoteError as error:
        raise HeadwaterError(
            f"{text!r} is neither a public key nor a file with one",
            remedy="Give what `headwater audit key` prints.",
        ) from error
