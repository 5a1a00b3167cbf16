"""Memory in use, read from counters that cost no synchronisation and are never reset."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from torch import nn

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def read(device: torch.device) -> dict[str, Any]:
    """Return what a device's allocator holds, or what the process does on a CPU.

    `source` says whose the bytes are. Of an allocator there is also what it keeps reserved,
    and how often it had to free all its caches before a request could be met, or could not.
    """
    return _allocator(device) if device.type == "cuda" else _process()


def device_of(model: nn.Module) -> torch.device:
    """Return where a model's first parameter lies."""
    parameter = next(model.parameters(), None)
    return torch.device("cpu") if parameter is None else parameter.device


def _allocator(device: torch.device) -> dict[str, Any]:
    stats = torch.cuda.memory_stats_as_nested_dict(device)
    if not stats:  # the device was not used yet
        return {"source": "allocator", "bytes": 0, "peak": 0}
    allocated, reserved = stats["allocated_bytes"]["all"], stats["reserved_bytes"]["all"]
    return {
        "source": "allocator",
        "bytes": allocated["current"],
        "peak": allocated["peak"],
        "reserved": reserved["current"],
        "retries": stats["num_alloc_retries"],
        "outOfMemory": stats["num_ooms"],
    }


def _process() -> dict[str, Any]:
    """The resident set, from /proc; its peak is not at hand as cheaply."""
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    except (OSError, IndexError):
        return {"source": "unknown", "bytes": 0, "peak": 0}
    return {"source": "process", "bytes": pages * _PAGE_BYTES, "peak": pages * _PAGE_BYTES}
