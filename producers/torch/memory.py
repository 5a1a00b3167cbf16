"""Memory in use, read from counters that cost no synchronisation and are never reset."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Memory(NamedTuple):
    """Bytes in use now and at most so far; `source` says whose they are."""

    source: str
    current_bytes: int
    peak_bytes: int


def read(device: torch.device) -> Memory:
    """Return what a device's allocator holds, or what the process does on a CPU."""
    return _allocator(device) if device.type == "cuda" else _process()


def device_of(model: nn.Module) -> torch.device:
    """Return where a model's first parameter lies."""
    parameter = next(model.parameters(), None)
    return torch.device("cpu") if parameter is None else parameter.device


def _allocator(device: torch.device) -> Memory:
    stats = torch.cuda.memory_stats_as_nested_dict(device)
    allocated = stats["allocated_bytes"]["all"]
    return Memory("allocator", allocated["current"], allocated["peak"])


def _process() -> Memory:
    """The resident set, from /proc; its peak is not at hand as cheaply."""
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    except (OSError, IndexError):
        return Memory("unknown", 0, 0)
    return Memory("process", pages * _PAGE_BYTES, pages * _PAGE_BYTES)
