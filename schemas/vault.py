"""The vault: a key for each person, so that destroying one erases that person everywhere.

A value is sealed with AES-SIV (RFC 5297), which is deterministic: the same name gives the
same text, and so records the same ids, for as long as the key lives. After that the vault
still knows, by a keyed hash, which text a name was sealed to: a replay of events that hold
the name makes the same records, and no new key.
"""

import base64
import hmac
import os
import secrets
import sqlite3
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from . import environment
from .errors import HeadwaterError
from .sealed import Unseal, sealed_text, split_sealed

_KEY_BITS = 512
_WAIT_S = 30.0
_CACHE_MAX = 100_000
_TABLES = (
    "CREATE TABLE IF NOT EXISTS secret (key BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS people"
    " (mac BLOB PRIMARY KEY, id TEXT UNIQUE NOT NULL, key BLOB, erased_at TEXT)",
    "CREATE TABLE IF NOT EXISTS texts"
    " (mac BLOB PRIMARY KEY, sealed TEXT NOT NULL, person TEXT NOT NULL)",
)


class VaultError(HeadwaterError):
    """The vault cannot be used; nothing may be recorded meanwhile."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom records name.

    Attributes:
        id: What their key is called in sealed texts.
        sealed: The texts that stand for them in records, one for each way to spell the name.
        erased_at: When their key was destroyed, ISO 8601 in UTC; None while it exists.
    """

    id: str
    sealed: tuple[str, ...]
    erased_at: str | None


def vault_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the vault lies."""
    home = Path(environ.get(environment.HOME) or "~/.headwater")
    return Path(environ.get(environment.VAULT) or home / "vault.sqlite").expanduser()


class Vault:
    """The keys in a file, for any number of processes of one machine; thread-safe.

    Args:
        path: The file; it is made, for its owner alone, where there is none.

    Raises:
        VaultError: If others may read the file, or it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._cache: dict[str, str] = {}
        _make(path)
        with self._translated():
            self._database = sqlite3.connect(
                path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False
            )
            # A key that is destroyed is overwritten, not only unlinked.
            self._database.execute("PRAGMA secure_delete = ON")
        with self._writing() as database:
            for table in _TABLES:
                database.execute(table)
            if database.execute("SELECT 1 FROM secret").fetchone() is None:
                database.execute("INSERT INTO secret VALUES (?)", [secrets.token_bytes(32)])
            self._secret: bytes = database.execute("SELECT key FROM secret").fetchone()[0]

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def seal(self, text: str) -> str:
        """Return a personal value as it may be recorded; a person's first one makes their key.

        Raises:
            VaultError: If the vault cannot be read or written.
        """
        if not text or split_sealed(text):
            return text
        sealed = self._cache.get(text) or self.sealed(text) or self._seal(text)
        if len(self._cache) < _CACHE_MAX:
            self._cache[text] = sealed
        return sealed

    def sealed(self, text: str) -> str | None:
        """Return what a value was sealed to before; None if it never was.

        Raises:
            VaultError: If the vault cannot be read.
        """
        found = self._one("SELECT sealed FROM texts WHERE mac = ?", self._mac("text", text))
        return None if found is None else str(found[0])

    def unseal(self, sealed: str) -> str | None:
        """Return the value that was sealed; None where its key is gone, or was never here.

        Raises:
            VaultError: If the vault cannot be read.
        """
        parts = split_sealed(sealed)
        found = parts and self._one("SELECT key FROM people WHERE id = ?", parts[0])
        if not parts or not found or found[0] is None:
            return None
        try:
            return AESSIV(found[0]).decrypt(_bytes(parts[1]), [parts[0].encode()]).decode()
        except (InvalidTag, ValueError):
            return None  # A text that was not sealed here.

    def find(self, name: str) -> Person | None:
        """Return the person of a name, upper and lower case alike; None if none was sealed.

        Raises:
            VaultError: If the vault cannot be read.
        """
        mac = self._mac("person", _folded(name))
        found = self._one("SELECT id, erased_at FROM people WHERE mac = ?", mac)
        if found is None:
            return None
        with self._lock, self._translated():
            rows = self._database.execute(
                "SELECT sealed FROM texts WHERE person = ? ORDER BY sealed", [found[0]]
            ).fetchall()
        return Person(found[0], tuple(row[0] for row in rows), found[1])

    def erase(self, name: str, *, at: str) -> Person | None:
        """Destroy the key of a person; whoever is erased already stays as they are.

        Args:
            name: Any way to spell the name that records know them by.
            at: The time, ISO 8601 in UTC.

        Returns:
            The person; None if no record names them.

        Raises:
            VaultError: If the vault cannot be written.
        """
        with self._writing() as database:
            database.execute(
                "UPDATE people SET key = NULL, erased_at = ? WHERE mac = ? AND erased_at IS NULL",
                [at, self._mac("person", _folded(name))],
            )
        self._cache.clear()
        return self.find(name)

    def _seal(self, text: str) -> str:
        mac = self._mac("person", _folded(text))
        with self._writing() as database:
            database.execute(
                "INSERT OR IGNORE INTO people VALUES (?, ?, ?, NULL)",
                [mac, secrets.token_hex(8), AESSIV.generate_key(_KEY_BITS)],
            )
            person, key = database.execute(
                "SELECT id, key FROM people WHERE mac = ?", [mac]
            ).fetchone()
            sealed = sealed_text(person, _text(self._content(text, person, key)))
            database.execute(
                "INSERT OR IGNORE INTO texts VALUES (?, ?, ?)",
                [self._mac("text", text), sealed, person],
            )
        return sealed

    def _content(self, text: str, person: str, key: bytes | None) -> bytes:
        """Return what stands for a value: that of an erased person can never be opened."""
        if key is None:
            return self._mac("erased", person, text)
        return AESSIV(key).encrypt(text.encode(), [person.encode()])

    def _mac(self, *parts: str) -> bytes:
        return hmac.digest(self._secret, "\0".join(parts).encode(), "sha256")

    def _one(self, statement: str, value: str | bytes) -> tuple[Any, ...] | None:
        with self._lock, self._translated():
            found: tuple[Any, ...] | None = self._database.execute(statement, [value]).fetchone()
        return found

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the vault against all other processes, and keep all of a change or nothing."""
        with self._lock, self._translated():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                self._database.rollback()
                raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise VaultError(
                f"the vault {self._path} cannot be used: {error}",
                remedy="See whether its disk is full, or restore the file from a copy.",
            ) from error


def unsealing(path: Path) -> Unseal:
    """Return what opens sealed texts for people to read.

    Where there is no vault at all, a text stays sealed: nothing says that it was erased.
    """
    opened: list[Vault] = []

    def unseal(sealed: str) -> str | None:
        if not opened and path.exists():
            opened.append(Vault(path))
        return opened[0].unseal(sealed) if opened else sealed

    return unseal


def _make(path: Path) -> None:
    """Make the file, or make sure that nobody but its owner reads it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        readable = path.stat().st_mode & 0o077
    except OSError as error:
        raise VaultError(
            f"cannot use the vault {path}: {error.strerror}",
            remedy=f"Make it readable for this user, or set {environment.VAULT} to another.",
        ) from error
    if readable:
        raise VaultError(
            f"others may read the vault {path}",
            remedy=f"Close it with `chmod 600 {path}`.",
        )


def _folded(name: str) -> str:
    """Return what all ways to spell a name have in common."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
