"""Waiting for data: the time that a loop spends in its loader's `next`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

Batch = TypeVar("Batch")


class TimedIterator(Generic[Batch]):
    """An iterator that says how long each of its items took to come.

    Args:
        batches: The iterator; all but its iteration is passed on to it.
        waited: Called with the wait in ns, as each item is handed over.
    """

    def __init__(self, batches: Iterator[Batch], waited: Callable[[int], None]) -> None:
        self._batches = batches
        self._waited = waited

    def __iter__(self) -> TimedIterator[Batch]:
        return self

    def __next__(self) -> Batch:
        start = time.perf_counter_ns()
        batch = next(self._batches)
        self._waited(time.perf_counter_ns() - start)
        return batch

    def __len__(self) -> int:
        return len(self._batches)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batches, name)


class LoaderPatch:
    """Times loaders wherever the job iterates them, until undone.

    A `for` loop asks the type for `__iter__`, so the type is patched.

    Args:
        owner: The type.
        waited: Called with each wait in ns.
        only: The one instance that is timed; None for all of the type.
    """

    def __init__(self, owner: type, waited: Callable[[int], None], only: object = None) -> None:
        patched: Any = owner
        plain = patched.__iter__

        def __iter__(self: Any) -> Iterator[Any]:  # noqa: N807
            batches = plain(self)
            return TimedIterator(batches, waited) if only is None or self is only else batches

        self._owner, self._own = patched, vars(owner).get("__iter__")
        self._patch = __iter__
        patched.__iter__ = __iter__

    def undo(self) -> None:
        """Put the type back as it was, unless someone else has patched it since."""
        if vars(self._owner).get("__iter__") is not self._patch:
            return
        if self._own is None:
            del self._owner.__iter__
        else:
            self._owner.__iter__ = self._own
