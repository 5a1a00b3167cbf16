"""When an event outlives a loss of power: what the file system says is on the disk."""

import array
import fcntl
import os
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.producers import Emitter

from .test_emitter import NOBODY, wait_until

# Linux's FIEMAP tells where a file's blocks lie. What was written and has not gone to the disk
# has no place there yet: such an extent is marked as delayed.
_FS_IOC_FIEMAP = 0xC020660B
_DELAYED = 0x4
_HEADER = struct.Struct("=QQLLLL")
_EXTENT = struct.Struct("=QQQ16xL12x")
_EXTENTS_MAX = 64


def delayed(path: Path) -> bool:
    """Whether a part of a file has yet to go to the disk.

    Raises:
        OSError: If the file system cannot tell.
    """
    request = array.array("B", _HEADER.pack(0, 2**64 - 1, 0, 0, _EXTENTS_MAX, 0))
    request.frombytes(bytes(_EXTENTS_MAX * _EXTENT.size))
    fd = os.open(path, os.O_RDONLY)
    try:
        fcntl.ioctl(fd, _FS_IOC_FIEMAP, request)
    finally:
        os.close(fd)
    mapped = _HEADER.unpack_from(request)[3]
    extents = (_EXTENT.unpack_from(request, _HEADER.size + n * _EXTENT.size) for n in range(mapped))
    return any(flags & _DELAYED for *_, flags in extents)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Emitter]]:
    """Return what makes an emitter whose events stay in the spool."""
    probe = tmp_path / "probe"
    for _attempt in range(3):
        probe.write_bytes(bytes(5000))
        try:
            if delayed(probe):
                break
        except OSError as error:
            pytest.skip(f"this file system does not tell what is on the disk: {error}")
    else:
        pytest.skip("this file system writes at once")
    made: list[Emitter] = []

    def make_emitter(**settings: Any) -> Emitter:
        made.append(Emitter(bootstrap=NOBODY, spool_dir=tmp_path / "spool", **settings))
        return made[-1]

    yield make_emitter
    for emitter in made:
        emitter.close(0)


def segment(emitter: Emitter) -> Path:
    (path,) = emitter.config.destination.rglob("*.frames")
    return path


def emit(emitter: Emitter) -> None:
    """Emit more than would fit beside a file's attributes."""
    emitter.emit({"pad": "x" * 10_000})


def test_off_leaves_it_to_the_system(make: Callable[..., Emitter]) -> None:
    """The event is in the page cache: it outlives the process, not the power."""
    emitter = make()
    emit(emitter)
    assert delayed(segment(emitter))


def test_every_has_each_event_on_the_disk_before_emit_returns(make: Callable[..., Emitter]) -> None:
    """And so the job waits for the disk."""
    emitter = make(fsync="every")
    for _ in range(5):
        emit(emitter)
        assert not delayed(segment(emitter))


@pytest.mark.parametrize("transport", ["kafka", "http"])
def test_interval_has_it_there_soon(make: Callable[..., Emitter], transport: str) -> None:
    """Whether or not anybody takes the events, and between attempts to find out, too."""
    url = f"http://{NOBODY}/"
    emitter = make(transport=transport, url=url, fsync="interval", fsync_interval_s=0.2)
    for _ in range(5):
        emit(emitter)
        began = time.monotonic()
        wait_until(lambda: not delayed(segment(emitter)))
        assert time.monotonic() - began < 1.5
