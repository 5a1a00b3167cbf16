"""Shows downloads and starts as they happen."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from . import jars
from .supervisor import ChildStatus

_MB = 1_000_000
_LINE_EVERY = 0.25


class Display(AbstractContextManager["Display"]):
    """Bars on a terminal, lines elsewhere; on standard error.

    `fetching` and `observe` are what a `Stack` takes as its `progress` and `observe`.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[detail]}"),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._lock = threading.Lock()
        self._downloads: _Downloads | None = None
        self._starts: dict[str, TaskID] = {}
        self._states: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    @contextmanager
    def fetching(self, name: str, size: int) -> Iterator[jars.Count]:  # noqa: ARG002
        """Show that a file is being fetched, as `jars.Progress`."""
        with self._lock:
            self._downloads = self._downloads or _Downloads(self._bars, self._console)
        yield self._downloads.add
        self._downloads.finish()

    def observe(self, statuses: tuple[ChildStatus, ...]) -> None:
        """Show what has changed of the children."""
        for status in statuses:
            if self._states.get(status.name) != status.state:
                self._states[status.name] = status.state
                self._show(status)

    def _show(self, status: ChildStatus) -> None:
        # The first task is number 0.
        if (task := self._starts.pop(status.name, None)) is not None:
            self._bars.remove_task(task)
        match status.state:
            case "starting":
                task = self._bars.add_task(f"starting {status.name}", total=None, detail="")
                self._starts[status.name] = task
            case "ready":
                self._console.print(f"{status.name} is ready after {status.ready_s} s")
            case "restarting":
                cause = f"{status.last_error}; it is started again"
                self._console.print(f"{status.name} ended: {cause}", markup=False)
            case "stopped":
                self._console.print(f"{status.name} has stopped")


class _Downloads:
    """What has arrived of the jars that were missing when the first download began."""

    def __init__(self, bars: Progress, console: Console) -> None:
        missing = jars.missing(*jars.ALL)
        self._bars = bars
        self._console = console
        # Several files arrive at once, each in a thread of its own.
        self._lock = threading.Lock()
        self._files, self._total = len(missing), sum(jar.size for jar in missing)
        self._arrived_files = self._arrived = 0
        self._next_line = _LINE_EVERY
        title = "fetching the jars of Kafka and JanusGraph"
        self._task = bars.add_task(title, total=self._total, detail="")
        self._say(f"{title}: {self._files} files, {self._total / _MB:.0f} MB")

    def add(self, size: int) -> None:
        with self._lock:
            self._arrived += size
            self._bars.update(self._task, completed=self._arrived, detail=self._count())

    def finish(self) -> None:
        with self._lock:
            self._arrived_files += 1
            if self._arrived >= self._next_line * self._total:
                self._next_line += _LINE_EVERY
                self._say(f"  {self._count()}")

    def _count(self) -> str:
        megabytes = f"{self._arrived / _MB:.0f}/{self._total / _MB:.0f} MB"
        return f"{self._arrived_files}/{self._files} files, {megabytes}"

    def _say(self, line: str) -> None:
        if not self._console.is_terminal:
            self._console.print(line)
