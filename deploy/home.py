"""The one directory under which everything of an embedded stack lies."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..schemas.environment import HOME
from ..schemas.errors import HeadwaterError

LAYOUT = 1
"""Raised when the files under a home change so that an older Headwater cannot read them."""

_OF_SERVICES = ("vault.sqlite", "vault.sqlite-journal", "ledger", "index", "api")
"""What services put here that run where no stack does."""


class HomeInUseError(HeadwaterError):
    """Another process runs a stack in this home."""


@dataclass(frozen=True, slots=True)
class Home:
    """The data directory and where things lie in it."""

    path: Path

    @property
    def version_path(self) -> Path:
        return self.path / "version.json"

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def endpoints_path(self) -> Path:
        return self.run / "endpoints.json"

    @property
    def targets_path(self) -> Path:
        return self.run / "prometheus.json"

    @property
    def children_path(self) -> Path:
        return self.run / "children.json"

    @property
    def lock_path(self) -> Path:
        return self.run / "lock"

    def log_path(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def open(self) -> None:
        """Create what is missing.

        Raises:
            HeadwaterError: The directory is something else, or of another layout.
        """
        if not self.version_path.exists():
            self._create()
        self._check_version()
        for directory in (self.run, self.logs):
            directory.mkdir(exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the home for this process; the kernel lets go of it when the process ends.

        Raises:
            HomeInUseError: Another process holds it.
        """
        descriptor = os.open(self.lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(descriptor, self.path)
            os.truncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
            yield
        finally:
            os.close(descriptor)

    def holder(self) -> int | None:
        """Return the pid of the process that runs a stack here, None where there is none."""
        try:
            descriptor = os.open(self.lock_path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(os.read(descriptor, 32) or b"0")
        finally:
            os.close(descriptor)
        return None

    def purge(self) -> None:
        """Remove the directory and all that was recorded in it."""
        self._check_version()
        shutil.rmtree(self.path)

    def _create(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            occupied = any(path.name not in _OF_SERVICES for path in self.path.iterdir())
        except OSError as error:
            raise HeadwaterError(
                f"cannot use {self.path} as Headwater's home: {error.strerror}",
                remedy=f"Set {HOME} to a directory that you may write.",
            ) from error
        if occupied:
            raise HeadwaterError(
                f"{self.path} holds files that are not Headwater's",
                remedy=f"Set {HOME} to a directory that is empty or does not exist.",
            )
        write_json(self.version_path, {"layout": LAYOUT})

    def _check_version(self) -> None:
        try:
            layout = json.loads(self.version_path.read_text())["layout"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HeadwaterError(
                f"{self.version_path} cannot be read: the home is damaged or not Headwater's",
                remedy=f"Restore the file, or set {HOME} to another directory.",
            ) from error
        if layout != LAYOUT:
            raise HeadwaterError(
                f"{self.path} has layout {layout}; this Headwater reads layout {LAYOUT}",
                remedy=f"Use the Headwater that made it, or set {HOME} to another.",
            )


def find_home() -> Home:
    """Return the home that the environment names."""
    named = os.environ.get(HOME)
    return Home(Path(named).expanduser().absolute() if named else Path.home() / ".headwater")


def write_json(path: Path, content: object) -> None:
    """Write a file so that a reader sees the old or the new content, never half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(content, indent=2) + "\n")
    draft.replace(path)


def _lock(descriptor: int, home: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.read(descriptor, 32).decode() or "unknown"
        raise HomeInUseError(
            f"a stack is already running in {home} (process {pid})",
            remedy="Use it as it is, stop it with `headwater down`, or set another HEADWATER_HOME.",
        ) from None
