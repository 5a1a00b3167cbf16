"""Whether this machine has room for the stack."""

import shutil
from pathlib import Path

from ..schemas.errors import HeadwaterError
from .home import Home

DISK_FREE_MB_MIN = 500
_MB = 1024 * 1024
_CGROUP = Path("/sys/fs/cgroup")


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


def memory_free_mb(cgroup: Path = _CGROUP) -> int:
    """Return what programs may still take: of the machine, or of the container's limit."""
    import psutil

    available = int(psutil.virtual_memory().available)
    return min(available, _cgroup_free(cgroup, available)) // _MB


def disk_free_mb(path: Path) -> int:
    """Return what may still be written below a path."""
    return shutil.disk_usage(path).free // _MB


def _cgroup_free(cgroup: Path, available: int) -> int:
    """Return what a container's memory limit leaves, reclaimable file pages counted as free."""
    try:
        limit = (cgroup / "memory.max").read_text().strip()
        used = int((cgroup / "memory.current").read_text())
        lines = (cgroup / "memory.stat").read_text().splitlines()
        reclaimable = int(dict(line.split() for line in lines)["inactive_file"])
    except (OSError, ValueError, KeyError):
        return available
    return available if limit == "max" else int(limit) - used + reclaimable
