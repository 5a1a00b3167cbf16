"""The spool: what was emitted lies here until Kafka has acknowledged it.

    <spool>/<destination>/<session>/ledger
                                    0000000001.frames   oldest segment
                                    0000000002.frames   …
                                    0000000007.frames   the one being appended to

A session is one emitter in one process. Whoever holds the lock on its directory writes and
ships it; the lock ends with the process, however that ends, and so a session whose lock is
free is an orphan that the next emitter, or `headwater spool push`, may adopt. Files are
readable by their owner alone.
"""

import errno
import fcntl
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from . import frames
from .ledger import Ledger

_SUFFIX = ".frames"
_CREATE_ATTEMPTS = 8
_READ_BYTES = 256 * 1024


class Session:
    """A session's directory, held under its lock."""

    def __init__(self, path: Path, lock_fd: int) -> None:
        self.path = path
        self.id = path.name
        self._lock_fd = lock_fd
        self.ledger = Ledger(str(path / "ledger"))

    @classmethod
    def create(cls, destination: Path) -> "Session":
        """Begin a session.

        Raises:
            OSError: If the directory cannot be written.
        """
        destination.mkdir(mode=0o700, parents=True, exist_ok=True)
        # An adopter may take and remove the new directory before it is locked: try again.
        for _attempt in range(_CREATE_ATTEMPTS):
            path = destination / uuid.uuid4().hex
            path.mkdir(mode=0o700)
            try:
                session = cls.adopt(path)
            except FileNotFoundError:
                session = None
            if session is not None:
                return session
        raise OSError(f"no session could be locked in {destination}")

    @classmethod
    def adopt(cls, path: Path) -> "Session | None":
        """Take over a session; None while its process, or another adopter, holds it."""
        lock_fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return cls(path, lock_fd)
        except BlockingIOError:
            os.close(lock_fd)
            return None
        except BaseException:
            os.close(lock_fd)
            raise

    def segment_path(self, number: int) -> str:
        return f"{self.path}/{number:010d}{_SUFFIX}"

    def segments(self) -> list[int]:
        """Return the numbers of the segments that are there, oldest first."""
        names = os.listdir(self.path)  # noqa: PTH208 - names, not paths
        return sorted(int(n.removesuffix(_SUFFIX)) for n in names if n.endswith(_SUFFIX))

    def remove_segment(self, number: int) -> None:
        Path(self.segment_path(number)).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the session, all of which is acknowledged."""
        (self.path / "ledger").unlink(missing_ok=True)
        self.path.rmdir()

    def release(self) -> None:
        """Give up the lock. In a forked child this leaves the parent's lock as it is."""
        self.ledger.close()
        os.close(self._lock_fd)


class Writer:
    """Appends frames to the segments of a session. One thread at a time.

    Args:
        session: The session to append to.
        segment_bytes: Size from which a segment is sealed and the next begun.
    """

    def __init__(self, session: Session, *, segment_bytes: int) -> None:
        self.session = session
        self.current = 1
        self.appended_bytes = 0
        self._segment_bytes = segment_bytes
        self._size = 0
        self._fd = self._open(self.current)

    def append(self, frame: bytes) -> None:
        """Append one frame, whole or not at all.

        Raises:
            OSError: If the file system refuses it.
        """
        if self._size >= self._segment_bytes:
            self.roll()
        written = os.write(self._fd, frame)
        if written < len(frame):
            os.ftruncate(self._fd, self._size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._size += written
        self.appended_bytes += written

    def roll(self) -> None:
        """Seal the current segment and begin the next."""
        fd = self._open(self.current + 1)
        os.close(self._fd)
        self._fd, self._size = fd, 0
        self.current += 1

    def close(self) -> None:
        os.close(self._fd)

    def _open(self, number: int) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        return os.open(self.session.segment_path(number), flags, 0o600)


def read_frames(path: str, offset: int) -> Iterator[tuple[frames.Frame, int]]:
    """Yield the whole frames of a segment from `offset` on, each with the offset behind it."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = _READ_BYTES
        while data := os.pread(fd, size, offset):
            consumed = 0
            for frame, consumed in frames.decode(data):
                yield frame, offset + consumed
            offset += consumed
            if consumed:
                size = _READ_BYTES
            elif (needed := frames.length(data)) > size:
                size = needed
            else:
                return
    finally:
        os.close(fd)


def size_bytes(destination: Path, *, beside: Session | None = None) -> int:
    """Return what the sessions of a destination take on disk, without the one named."""
    total = 0
    for path in destination.iterdir():
        if beside is None or path != beside.path:
            total += _directory_bytes(path)
    return total


def _directory_bytes(path: Path) -> int:
    try:
        return sum(entry.stat().st_size for entry in os.scandir(path))
    except OSError:
        return 0  # its session has just ended
