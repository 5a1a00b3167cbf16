"""Whether this machine has room for the stack."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from ..schemas.errors import HeadwaterError
from .home import Home

DISK_FREE_MB_MIN = 500
_MB = 1024 * 1024
_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")

# By controller, as /proc/self/cgroup names it (version 2 has no name there): the files with the
# limit and with what is used, and the statistic of what can be reclaimed.
_MEMORY_FILES = {
    "": ("memory.max", "memory.current", "inactive_file"),
    "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


def check_capacity(home: Home, memory_mb: int) -> None:
    """Refuse to start what would not fit.

    Raises:
        HeadwaterError: Memory or disk is missing; the message has the numbers.
    """
    free_mb = memory_free_mb()
    if free_mb < memory_mb:
        raise HeadwaterError(
            f"the stack needs {memory_mb} MB of memory and {free_mb} MB are free",
            remedy="Close other programs, or give this machine or container more memory.",
        )
    disk_mb = disk_free_mb(home.path)
    if disk_mb < DISK_FREE_MB_MIN:
        raise HeadwaterError(
            f"the stack needs {DISK_FREE_MB_MIN} MB of disk, {disk_mb} MB are free in {home.path}",
            remedy="Free disk space there, or set HEADWATER_HOME to another disk.",
        )


def memory_free_mb(root: Path = _CGROUPS, membership: Path = _MEMBERSHIP) -> int:
    """Return what programs may still take: of the machine, and of each limit on this process."""
    import psutil

    available = int(psutil.virtual_memory().available)
    return min([available, *_free_of_limits(root, membership)]) // _MB


def disk_free_mb(path: Path) -> int:
    """Return what may still be written below a path."""
    return shutil.disk_usage(path).free // _MB


def _free_of_limits(root: Path, membership: Path) -> Iterator[int]:
    """Yield what the memory limit of each control group around this process leaves."""
    for line in membership.read_text().splitlines() if membership.exists() else ():
        _, controller, path = line.split(":", 2)
        if names := _MEMORY_FILES.get(controller):
            top = root / controller
            own = top / path.strip("/")
            for group in (own, *own.parents):
                if group.is_relative_to(top):
                    yield from _free_of_limit(group, *names)


def _free_of_limit(group: Path, limit: str, used: str, reclaimable: str) -> Iterator[int]:
    try:
        size = int((group / limit).read_text())
        taken = int((group / used).read_text())
        statistics = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        # No limit: the group is the outermost, or its limit reads `max`.
        return
    # File pages that the kernel can drop at any time count as free.
    yield size - taken + int(statistics[reclaimable])
