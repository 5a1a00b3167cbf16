"""The spool: what was emitted lies here until its destination has acknowledged it.

    <spool>/<destination>/<session>/ledger
                                    0000000001.frames   the oldest segment
                                    0000000002.frames   …
                                    0000000007.frames   the one being appended to

A session is one emitter in one process. Whoever holds the lock on its directory writes and
ships it; the lock ends with the process, however that ends, and so a session whose lock is
free is an orphan, which the next emitter, or `headwater spool push`, adopts. Everything is
readable by its owner alone.
"""

import errno
import fcntl
import logging
import os
import threading
import uuid
import weakref
from collections import Counter, deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from . import frames
from .faults import faultpoint
from .ledger import Ledger, Tally
from .recent import Recent

_LOG = logging.getLogger(__name__)

_SUFFIX = ".frames"
_LEDGER = "ledger"
_CREATE_ATTEMPTS = 8
_READ_BYTES = 256 * 1024


class Session:
    """A session's directory, held under its lock."""

    def __init__(self, path: Path, lock_fd: int) -> None:
        self.path = path
        self.id = path.name
        self._lock_fd = lock_fd
        self.ledger = Ledger(f"{path}/{_LEDGER}")
        _HELD.add(self)

    @classmethod
    def create(cls, destination: Path) -> "Session":
        """Begin a session.

        Raises:
            OSError: If the directory cannot be written, or belongs to somebody else.
        """
        destination.mkdir(mode=0o700, parents=True, exist_ok=True)
        if destination.stat().st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "not our directory", str(destination))
        # An adopter may take and remove the new directory before it is locked: try again.
        for _attempt in range(_CREATE_ATTEMPTS):
            path = destination / uuid.uuid4().hex
            path.mkdir(mode=0o700)
            faultpoint("session directory made")
            if session := cls.adopt(path):
                return session
        raise OSError(errno.EAGAIN, "no session could be locked", str(destination))

    @classmethod
    def adopt(cls, path: Path) -> "Session | None":
        """Take over a session; None if its process or another adopter holds it, or it is gone."""
        try:
            lock_fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return cls(path, lock_fd)
        except (BlockingIOError, FileNotFoundError):
            os.close(lock_fd)
            return None
        except BaseException:
            os.close(lock_fd)
            raise

    def segment_path(self, number: int) -> str:
        return f"{self.path}/{number:010d}{_SUFFIX}"

    def segments(self) -> list[int]:
        """Return the numbers of the segments that are there, oldest first."""
        names = (path.name for path in self.path.iterdir())
        return sorted(int(name[: -len(_SUFFIX)]) for name in names if name.endswith(_SUFFIX))

    def frames(self, number: int, offset: int, *, sealed: bool = True) -> Iterator[frames.Frame]:
        """Yield the whole frames of a segment from `offset` on, as `read_frames` does."""
        return read_frames(self.segment_path(number), offset, sealed=sealed)

    def remove_segment(self, number: int) -> int:
        """Delete a segment and return its size, 0 if it is gone already."""
        path = Path(self.segment_path(number))
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return 0
        faultpoint("segment removed")
        return size

    def remove(self) -> None:
        """Remove the session, all of which is acknowledged."""
        (self.path / _LEDGER).unlink(missing_ok=True)
        faultpoint("ledger removed")
        self.path.rmdir()

    def sync(self, from_segment: int) -> None:
        """Have the segments from this one on outlive a loss of power, and the ledger."""
        for number in self.segments():
            if number >= from_segment:
                _fsync(self.segment_path(number))
        self.ledger.sync()
        os.fsync(self._lock_fd)

    def release(self) -> None:
        """Give up the lock, also where a forked child still holds a copy of it."""
        if self._lock_fd >= 0:
            fcntl.flock(self._lock_fd, fcntl.LOCK_UN)
        self.abandon()

    def abandon(self) -> None:
        """Close the files; in a forked child, the parent's lock stays as it is."""
        self.ledger.close()
        fd, self._lock_fd = self._lock_fd, -1
        if fd >= 0:
            os.close(fd)


class Writer:
    """Appends frames to the segments of a session. One thread at a time.

    Another may ship them meanwhile: `claim`, `frames`, `prepare` and `present` are for it.

    Args:
        session: The session to append to.
        segment_bytes: Size from which a segment is sealed and the next begun.
        fsync: Whether each frame is to outlive a loss of power, too.
    """

    def __init__(self, session: Session, *, segment_bytes: int, fsync: bool = False) -> None:
        self.session = session
        self.current = 1
        self.appended_bytes = 0
        self._recent = Recent()
        self._segment_bytes = segment_bytes
        self._fsync = fsync
        self._claimed: Collection[int] = ()
        self._claims = threading.RLock()
        self._dropped = 0
        # Whether the next segment is begun already, by what interrupted an event.
        self._begun = False
        self._prepared: deque[tuple[int, int]] = deque()
        self._size = 0
        self._fd = self._open(self.current)

    @property
    def end(self) -> tuple[int, int]:
        """The place behind what was appended last."""
        return self.current, self._size

    @contextmanager
    def claim(self, numbers: Collection[int]) -> Iterator[None]:
        """Keep `drop_oldest` from segments while they are shipped."""
        with self._claims:
            self._claimed = numbers
        try:
            yield
        finally:
            self._claimed = ()

    def frames(self, number: int, offset: int, *, sealed: bool) -> Iterator[frames.Frame]:
        """Yield the frames of a claimed segment from `offset` on, from memory where it has them."""
        if number <= self._dropped and number not in self.session.segments():
            return
        for frame in self._recent.take(number, offset):
            yield frame
            offset = frame.end
        if (number, offset) == self.end:
            return
        for frame in self.session.frames(number, offset, sealed=sealed):
            if number == self.current and frame.end > self._size:
                return  # it may be taken back yet
            yield frame

    def append(
        self, tally: Tally, sequence: int, topic: bytes, key: bytes | None, value: bytes
    ) -> None:
        """Append one event, whole or not at all, and count it before anybody can ship it.

        Raises:
            OSError: If the file system refuses it.
        """
        start, data = self._size, frames.encode(sequence, topic, key, value)
        _append(self._fd, data, start, fsync=self._fsync)
        tally.count(sequence)
        end = start + len(data)
        self._recent.add(self.current, start, (sequence, topic, key, value, end))
        self._size = end
        self.appended_bytes += len(data)
        if end >= self._segment_bytes or self._begun:
            self._roll()

    def append_apart(self, sequence: int, topic: bytes, key: bytes | None, value: bytes) -> None:
        """Append an event from a signal handler or finaliser that interrupted `append`.

        It begins the next segment, which `append` goes on to as it ends.
        """
        fd = self._open(self.current + 1)
        self._begun = True
        try:
            data = frames.encode(sequence, topic, key, value)
            _append(fd, data, os.fstat(fd).st_size, fsync=self._fsync)
        finally:
            os.close(fd)

    def drop_oldest(self) -> Counter[str] | None:
        """Delete the oldest sealed segment that is not on its way.

        Returns:
            How many events of each topic were in it; None if there is no such segment.
        """
        with self._claims:
            for number in self.session.segments():
                if number not in self._claimed and number < self.current:
                    start = self.session.ledger.state.start_of(number)
                    topics = Counter(
                        frame.topic.decode() for frame in self.session.frames(number, start)
                    )
                    self._dropped = number
                    self.appended_bytes -= self.session.remove_segment(number)
                    return topics
        return None

    def prepare(self) -> None:
        """Open the next segment ahead, once this one is half full: that takes a while."""
        number = self.current + 1
        prepared = self._prepared and self._prepared[-1][0] == number
        if self._fd >= 0 and self._size >= self._segment_bytes // 2 and not prepared:
            with suppress(OSError):  # the job will see whether it can be opened
                self._prepared.append((number, self._open(number)))
            if self._fd < 0:  # it was closed meanwhile
                self.close()

    @property
    def present(self) -> bool:
        """Whether nobody has removed what is appended to."""
        number = self.current
        # Once it is closed, it is removed as it is shipped.
        path = self.session.path if self._fd < 0 else Path(self.session.segment_path(number))
        try:
            path.stat()
        except FileNotFoundError:
            return number != self.current  # sealed meanwhile, and shipped or dropped
        except OSError:
            return True
        return True

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
        while self._prepared:
            os.close(self._prepared.popleft()[1])

    def _roll(self) -> None:
        number = self.current + 1
        try:
            fd = self._open_next(number)
        except OSError:
            return  # this one grows until another can be opened
        self._begun = False
        # What interrupts from here on begins the segment after this.
        self.current = number
        self._size = os.fstat(fd).st_size
        sealed_fd, self._fd = self._fd, fd
        os.close(sealed_fd)

    def _open_next(self, number: int) -> int:
        while self._prepared:
            prepared, fd = self._prepared.popleft()
            if prepared == number:
                return fd
            os.close(fd)
        return self._open(number)

    def _open(self, number: int) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        fd = os.open(self.session.segment_path(number), flags, 0o600)
        faultpoint("segment opened")
        return fd


def _append(fd: int, data: bytes, start: int, *, fsync: bool) -> None:
    """Write at the end of a file, which is at `start`, all or nothing."""
    try:
        if os.write(fd, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if fsync:
            os.fsync(fd)
    except OSError:
        os.ftruncate(fd, start)
        raise


def read_frames(path: str, offset: int, *, sealed: bool = False) -> Iterator[frames.Frame]:
    """Yield the whole frames of a segment from `offset` on.

    Args:
        path: The segment. Where it is gone, given up for newer ones, it yields nothing.
        offset: The end of a frame.
        sealed: Whether nobody appends any more. If so, what is no frame is damaged and
            skipped; if not, it may be a frame that is just being written.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        size = _READ_BYTES
        while data := os.pread(fd, size, offset):
            before = offset
            at_end = len(data) < size
            for frame in frames.decode(data, offset):
                yield frame
                offset = frame.end
            if at_end and offset == before + len(data):
                return
            if offset > before:
                size = _READ_BYTES
                continue
            claimed_bytes = frames.claimed_length(data)
            if claimed_bytes > len(data) == size:
                size = claimed_bytes
            elif sealed and 0 < claimed_bytes <= len(data):
                _LOG.error("skipped a damaged event at %d in %s", offset, path)
                offset += claimed_bytes
            else:
                return
    finally:
        os.close(fd)


def _fsync(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def orphans(destination: Path) -> Iterator[Session]:
    """Adopt the sessions whose processes are gone, one after the other."""
    for path in sorted(destination.iterdir()):
        if session := Session.adopt(path):
            try:
                yield session
            finally:
                session.release()


def size_bytes(destination: Path, *, beside: Session | None = None) -> int:
    """Return what the sessions of a destination take on disk, without the one named."""
    sessions = (path for path in destination.iterdir() if beside is None or path != beside.path)
    return sum(map(_directory_bytes, sessions))


def _directory_bytes(path: Path) -> int:
    try:
        with os.scandir(path) as entries:
            return sum(entry.stat().st_size for entry in entries)
    except OSError:
        return 0  # its session has just ended


_HELD: "weakref.WeakSet[Session]" = weakref.WeakSet()


def _abandon_all() -> None:
    for session in list(_HELD):
        session.abandon()


# A child that kept the locks of its parent's sessions would keep them from being adopted.
os.register_at_fork(after_in_child=_abandon_all)
