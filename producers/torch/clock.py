"""Clocks for stamps: the host's, and a CUDA device's without ever waiting for it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import repeat
from typing import Any, Protocol

import torch
from torch import Tensor, nn


class Clock(Protocol):
    """Where stamps come from. They become ns only once `ready` says so."""

    name: str
    immediate: bool
    """Whether a stamp is the time in ns itself, and to take one cannot fail."""

    def stamp(self) -> Any:
        """Return a stamp of now. Called in the forward and backward of the host job."""

    def ready(self, stamps: Sequence[Any]) -> bool:
        """Whether all of these can be read."""

    def read(self, stamps: Sequence[Any]) -> list[int]:
        """Return stamps in ns, and take them back. Only once `ready`, and once each.

        What is no stamp (0, where an entry has none) reads as 0.
        """


class HostClock:
    """The monotonic clock of the host."""

    name = "host"
    immediate = True
    stamp = staticmethod(time.perf_counter_ns)

    def ready(self, stamps: Sequence[int]) -> bool:  # noqa: ARG002
        return True

    def read(self, stamps: Sequence[int]) -> list[int]:
        return list(stamps)


class CudaClock:
    """Events on the current stream of one device, reused from a pool.

    `query` asks whether the device has passed an event; nothing here synchronises.
    """

    name = "cuda"
    immediate = False

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool: deque[torch.cuda.Event] = deque()

    def stamp(self) -> torch.cuda.Event | int:
        if torch.cuda.is_current_stream_capturing():
            return 0
        event = self._event()
        event.record(torch.cuda.current_stream(self._device))
        return event

    def ready(self, stamps: Sequence[torch.cuda.Event | int]) -> bool:
        # From the last one back: where one is not done, it is found at once.
        return all(isinstance(stamp, int) or _passed(stamp) for stamp in reversed(stamps))

    def read(self, stamps: Sequence[torch.cuda.Event | int]) -> list[int]:
        base = next((stamp for stamp in stamps if not isinstance(stamp, int)), 0)
        read = [self._since(base, stamp) for stamp in stamps]
        self._pool.extend(stamp for stamp in stamps if isinstance(stamp, torch.cuda.Event))
        return read

    def _event(self) -> torch.cuda.Event:
        try:
            return self._pool.popleft()
        except IndexError:
            return torch.cuda.Event(enable_timing=True)

    @staticmethod
    def _since(base: torch.cuda.Event | int, stamp: torch.cuda.Event | int) -> int:
        if isinstance(base, int) or isinstance(stamp, int):
            return 0
        # The first event is at 0 of its own clock, where 0 says that there was no stamp.
        return max(int(base.elapsed_time(stamp) * 1e6), 1)


def _passed(event: torch.cuda.Event) -> bool:
    """Whether the device has come by an event. Does not wait."""
    return bool(event.query())


def marker(clock: Clock, marks: list[Any], mark: Any) -> Callable[..., None]:
    """Return a function that adds a mark and a stamp, and runs no Python.

    It takes a third of the time of one that does: `next` of an iterator that reads the
    clock and stores what it read. An argument becomes the default of `next`, never needed.
    """
    entries = zip(repeat(mark), iter(clock.stamp, _NEVER), strict=False)
    return partial(next, map(marks.extend, entries))


def gradient_hook(
    clock: Clock, marks: list[Any], mark: Any, fault: Callable[[Exception], None]
) -> Callable[[Tensor], None]:
    """Return a hook for gradients that adds a mark and a stamp.

    Args:
        fault: Told of an exception of ours, which then does not reach the backward.
    """
    add = marker(clock, marks, mark)
    if clock.immediate:
        return add

    def guarded(gradient: Tensor) -> None:
        try:
            add(gradient)
        except Exception as error:
            fault(error)

    return guarded


_NEVER = -1
"""No clock shows it, so that an iterator that it would end has no end."""


def clock_of(model: nn.Module) -> Clock:
    """Return the clock that fits a model: its device's where all of it lies on one GPU.

    Stamps of several devices cannot be compared, so that a model spread over them is
    timed on the host.
    """
    devices = {parameter.device for parameter in model.parameters()}
    if len(devices) == 1 and (device := devices.pop()).type == "cuda":
        return CudaClock(device)
    return HostClock()
