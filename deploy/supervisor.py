"""Child processes: started in order, watched, restarted, stopped in reverse order."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..schemas.errors import HeadwaterError
from .diagnosis import Diagnosis, diagnose

_LINES_SHOWN = 25
_LINES_DIAGNOSED = 400

State = Literal["waiting", "starting", "ready", "restarting", "stopped", "failed"]

_TICK_S = 0.05
_BACKOFF_FIRST_S = 0.5
_BACKOFF_MAX_S = 30.0
_HEALTHY_AFTER_S = 60.0
_LOG_BYTES_MAX = 8 * 1024 * 1024
_TAIL_BYTES = 256 * 1024
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep running.

    Attributes:
        ready: Called every moment from a thread of its own until it returns True. Raising
            means not yet.
        after: Names of the children that must be ready before this one is started.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    log_path: Path
    ready: Callable[[], bool]
    after: tuple[str, ...] = ()
    ready_timeout_s: float = 60.0
    stop_timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class ChildStatus:
    """How a child fares.

    Attributes:
        ready_s: How long it took from its start until it was ready.
        last_error: Why it ended last, where it did.
    """

    name: str
    state: State
    pid: int | None
    restarts: int
    ready_s: float | None
    last_error: str | None
    log_path: str


class ChildFailedError(HeadwaterError):
    """A child process ended, or was not ready in time, before everything was up."""

    def __init__(
        self, child: Child, problem: str, diagnosis: Diagnosis, last_lines: list[str]
    ) -> None:
        super().__init__(f"{child.name} {problem}: {diagnosis.cause}", remedy=diagnosis.remedy)
        self.name = child.name
        self.log_path = child.log_path
        self.last_lines = last_lines


Observe = Callable[[tuple[ChildStatus, ...]], None]
"""Told how every child fares whenever that has changed for one."""


def ignore(statuses: tuple[ChildStatus, ...]) -> None:
    """Observe nothing."""


class Supervisor:
    """Keeps children running until it is told to stop.

    One thread starts and watches them all. It has to be one that lives as long as they do: the
    kernel ends a child when the *thread* that started it ends.

    Args:
        children: In the order in which to start them.
        observe: Called from that thread with every status whenever one has changed.
    """

    def __init__(self, children: Sequence[Child], observe: Observe) -> None:
        self._slots = [_Slot(child) for child in children]
        self._observe = observe
        self._observed: tuple[ChildStatus, ...] = ()
        self._stopping = threading.Event()
        self._hurried = threading.Event()
        self._settled = threading.Event()
        # Waited for instead of joining the thread: a join that Ctrl-C interrupts takes the
        # thread for ended from then on (CPython's bpo-45274).
        self._ended = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the children and return once all are ready.

        Raises:
            ChildFailedError: One ended or took too long; all the others have been stopped.
        """
        self._thread.start()
        try:
            self._settled.wait()
        except BaseException:
            self.stop()
            raise
        if self._failure:
            self.wait()

    def wait(self) -> None:
        """Return once all has been stopped.

        Raises:
            Exception: What made the supervisor itself give up.
        """
        self._ended.wait()
        if self._failure:
            raise self._failure

    def stop(self) -> None:
        """Stop the children in reverse order, each within its deadline.

        A second Ctrl-C kills what is still stopping.
        """
        if self._thread.ident is None:
            return
        try:
            self._stopping.set()
            self._ended.wait()
        except KeyboardInterrupt:
            self._hurried.set()
            self._ended.wait()

    def statuses(self) -> tuple[ChildStatus, ...]:
        """Return how each child fares, in the order of their start."""
        return tuple(slot.status() for slot in self._slots)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set() and not self._failure:
                self._tick()
                self._stopping.wait(_TICK_S)
        except Exception as error:
            self._failure = error
        finally:
            for slot in reversed(self._slots):
                slot.stop(self._hurried)
            self._report()
            self._settled.set()
            self._ended.set()

    def _tick(self) -> None:
        ready = {slot.child.name for slot in self._slots if slot.state == "ready"}
        try:
            for slot in self._slots:
                slot.tick(ready, starting_up=not self._settled.is_set())
        except HeadwaterError as failure:
            self._failure = failure
        self._report()
        if len(ready) == len(self._slots):
            self._settled.set()

    def _report(self) -> None:
        statuses = self.statuses()
        if statuses != self._observed:
            self._observed = statuses
            self._observe(statuses)


@dataclass(slots=True)
class _Slot:
    """A child and the process that stands for it now."""

    child: Child
    state: State = "waiting"
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    ready_s: float | None = None
    last_error: str | None = None
    started_at: float = 0.0
    backoff_s: float = _BACKOFF_FIRST_S
    log_start: int = 0
    start_at: float = 0.0
    answered: threading.Event = field(default_factory=threading.Event)

    def status(self) -> ChildStatus:
        pid = self.process.pid if self.process else None
        ready_s = None if self.ready_s is None else round(self.ready_s, 2)
        log_path = str(self.child.log_path)
        return ChildStatus(
            self.child.name, self.state, pid, self.restarts, ready_s, self.last_error, log_path
        )

    def tick(self, ready: set[str], *, starting_up: bool) -> None:
        now = time.monotonic()
        match self.state:
            case "waiting" if ready.issuperset(self.child.after):
                self._spawn(now)
            case "restarting" if now >= self.start_at:
                self._spawn(now)
            case "starting":
                self._watch_start(now, starting_up=starting_up)
            case "ready":
                self._watch(now)
        bound_log(self.child.log_path)

    def stop(self, hurried: threading.Event) -> None:
        if self.process:
            _terminate(self.process, self.child.stop_timeout_s, hurried)
        self.state = "failed" if self.state == "failed" else "stopped"

    def _spawn(self, now: float) -> None:
        self.log_start = _size(self.child.log_path)
        self.process = _start(self.child)
        self.state, self.started_at, self.answered = "starting", now, threading.Event()
        threading.Thread(
            target=_probe, args=(self.child, self.process, self.answered), daemon=True
        ).start()

    def _watch_start(self, now: float, *, starting_up: bool) -> None:
        exit_code = self._exit_code()
        late = now - self.started_at > self.child.ready_timeout_s
        if self.answered.is_set():
            self.state, self.ready_s = "ready", now - self.started_at
        elif exit_code is None and not late:
            return
        elif starting_up:
            self.state = "failed"
            raise self._failed(exit_code)
        else:
            self._restart_later(now, exit_code)

    def _watch(self, now: float) -> None:
        if now - self.started_at > _HEALTHY_AFTER_S:
            self.backoff_s = _BACKOFF_FIRST_S
        exit_code = self._exit_code()
        if exit_code is not None:
            self._restart_later(now, exit_code)

    def _restart_later(self, now: float, exit_code: int | None) -> None:
        if self.process:
            _kill(self.process)
            self.process = None
        self.last_error = diagnose(self._logged(_LINES_DIAGNOSED), exit_code).cause
        self.state, self.restarts = "restarting", self.restarts + 1
        self.start_at = now + self.backoff_s
        self.backoff_s = min(2 * self.backoff_s, _BACKOFF_MAX_S)

    def _exit_code(self) -> int | None:
        return self.process.poll() if self.process else None

    def _failed(self, exit_code: int | None) -> ChildFailedError:
        waited = f"was not ready after {self.child.ready_timeout_s:.0f} s"
        problem = waited if exit_code is None else "could not start"
        diagnosis = diagnose(self._logged(_LINES_DIAGNOSED), exit_code)
        return ChildFailedError(self.child, problem, diagnosis, self._logged(_LINES_SHOWN))

    def _logged(self, lines: int) -> list[str]:
        """Return the last lines that the present process logged, none of those before it."""
        return tail(self.child.log_path, lines, since=self.log_start)


def tail(log_path: Path, lines: int, since: int = 0) -> list[str]:
    """Return the last lines of a log, of those after an offset; none if there is no log."""
    size = _size(log_path)
    if not size:
        return []
    start = since if since <= size else 0
    with log_path.open("rb") as log:
        log.seek(max(start, size - _TAIL_BYTES))
        text = log.read().decode(errors="replace")
    return list(deque(text.splitlines(), maxlen=lines))


def bound_log(log_path: Path) -> None:
    """Keep a log and its predecessor below a size; the child that appends to it goes on."""
    if _size(log_path) > _LOG_BYTES_MAX:
        # A full disk costs the older lines: that the log shrinks matters more.
        with suppress(OSError):
            shutil.copyfile(log_path, log_path.with_suffix(".log.1"))
        os.truncate(log_path, 0)


def _size(log_path: Path) -> int:
    return log_path.stat().st_size if log_path.exists() else 0


def _start(child: Child) -> subprocess.Popen[bytes]:
    parent = os.getpid()
    with child.log_path.open("ab") as log:
        return subprocess.Popen(
            child.argv,
            env=dict(child.env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Its own session: Ctrl-C reaches the supervisor alone, which stops in order.
            start_new_session=True,
            preexec_fn=lambda: _die_with(parent),
        )


_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent is gone, however that went."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _probe(child: Child, process: subprocess.Popen[bytes], answered: threading.Event) -> None:
    while process.returncode is None:
        try:
            if child.ready():
                answered.set()
                return
        except Exception:  # noqa: S110
            # Whatever it says, it is not ready yet; its deadline decides, and its log tells why.
            pass
        time.sleep(2 * _TICK_S)


def _terminate(
    process: subprocess.Popen[bytes], timeout_s: float, hurried: threading.Event
) -> None:
    process.terminate()
    deadline = time.monotonic() + timeout_s
    while process.poll() is None and time.monotonic() < deadline and not hurried.is_set():
        time.sleep(_TICK_S)
    _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the process, and what it started and left behind."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
