"""Waiting for what is away: without limit, further and further apart, until told to stop."""

import random
import threading
from collections.abc import Callable
from typing import TypeVar

from .connection import GraphUnavailableError

T = TypeVar("T")

FIRST_S = 0.1
MAX_S = 5.0


class StoppedError(Exception):
    """Asked to stop while waiting."""


def until_answered(
    action: Callable[[], T],
    *,
    stop: threading.Event,
    on_wait: Callable[[Exception], None],
    away: type[Exception] = GraphUnavailableError,
) -> T:
    """Do something until it no longer fails with `away`.

    Args:
        action: What to do.
        stop: Ends the waiting.
        on_wait: Called with each such failure, before the wait.
        away: The error that says to try again.

    Raises:
        StoppedError: If `stop` is set while waiting.
    """
    wait_max_s = FIRST_S
    while True:
        try:
            return action()
        except away as error:
            on_wait(error)
        # Full jitter, so that sinks do not come back all at once.
        pause(random.uniform(0, wait_max_s), stop)  # noqa: S311
        wait_max_s = min(2 * wait_max_s, MAX_S)


def pause(wait_s: float, stop: threading.Event) -> None:
    """Wait.

    Raises:
        StoppedError: If `stop` is set before the time is over.
    """
    if stop.wait(wait_s):
        raise StoppedError
