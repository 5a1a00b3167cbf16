"""Child processes are started in order, restarted, and stopped in reverse order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from headwater.deploy.supervisor import (
    Child,
    ChildFailedError,
    ChildStatus,
    Supervisor,
    bound_log,
    ignore,
    tail,
)

_READY = "print('up', flush=True)\nimport time; time.sleep(600)"
_STUBBORN = (
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: print('asked', flush=True))\n"
    "print('up', flush=True)\nwhile True: time.sleep(600)"
)


@pytest.fixture
def child(tmp_path: Path) -> Callable[..., Child]:
    """Return what describes a Python child that is ready once it has printed `up`."""

    def describe(name: str, code: str = _READY, **settings: object) -> Child:
        log = tmp_path / f"{name}.log"

        def ready() -> bool:
            return "up" in log.read_text()

        argv = (sys.executable, "-c", code)
        return Child(name, argv, os.environ, log, ready, **settings)  # type: ignore[arg-type]

    return describe


def test_children_start_in_order_and_stop_in_reverse(child: Callable[..., Child]) -> None:
    """A child waits for those it comes after; the last one started is the first one stopped."""
    seen: list[tuple[str, str]] = []

    def observe(statuses: tuple[ChildStatus, ...]) -> None:
        for status in statuses:
            if (status.name, status.state) not in seen:
                seen.append((status.name, status.state))

    supervisor = Supervisor([child("first"), child("second", after=("first",))], observe)
    supervisor.start()
    supervisor.stop()
    assert seen.index(("first", "ready")) < seen.index(("second", "starting"))
    assert {status.state for status in supervisor.statuses()} == {"stopped"}


def test_stop_goes_in_reverse_order(child: Callable[..., Child], tmp_path: Path) -> None:
    """What others need ends last."""
    record = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        f"def end(*_): open({str(record)!r}, 'a').write(NAME + ' '); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(600)"
    )
    children = [child(name, f"NAME = {name!r}\n{code}") for name in ("first", "second")]
    supervisor = Supervisor(children, ignore)
    supervisor.start()
    supervisor.stop()
    assert record.read_text().split() == ["second", "first"]


def test_a_killed_child_is_started_again(child: Callable[..., Child]) -> None:
    """A restart is counted, and says how the child ended."""
    supervisor = Supervisor([child("victim")], ignore)
    supervisor.start()
    pid = supervisor.statuses()[0].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    _await(lambda: supervisor.statuses()[0].restarts == 1 and _state(supervisor) == "ready")
    status = supervisor.statuses()[0]
    supervisor.stop()
    assert status.pid != pid
    assert "SIGKILL" in (status.last_error or "")


def test_restarts_back_off(child: Callable[..., Child], tmp_path: Path) -> None:
    """A child that keeps dying is not started in a tight loop."""
    flag = tmp_path / "first"
    code = (
        f"import pathlib, sys, time; flag = pathlib.Path({str(flag)!r})\n"
        "if flag.exists(): sys.exit(70)\n"
        "flag.touch(); print('up', flush=True); time.sleep(0.3)"
    )
    supervisor = Supervisor([child("dying", code)], ignore)
    supervisor.start()
    _await(lambda: supervisor.statuses()[0].restarts >= 2)
    began = time.monotonic()
    restarts = supervisor.statuses()[0].restarts
    _await(lambda: supervisor.statuses()[0].restarts > restarts)
    supervisor.stop()
    assert time.monotonic() - began > 0.9


def test_a_child_that_cannot_start_stops_the_others(child: Callable[..., Child]) -> None:
    """The error has the last lines of the log, one cause and one remedy."""
    noise = "\n".join(f"print('line {n}', flush=True)" for n in range(40))
    failing = child("failing", f"{noise}\nraise OSError(98, 'Address already in use')")
    supervisor = Supervisor([child("fine"), failing], ignore)
    with pytest.raises(ChildFailedError) as caught:
        supervisor.start()
    assert "failing could not start: another program took its port" in caught.value.message
    assert caught.value.remedy
    assert len(caught.value.last_lines) == 25
    assert "Address already in use" in caught.value.last_lines[-1]
    assert supervisor.statuses()[0].state == "stopped"


def test_a_child_that_is_never_ready_is_given_up(child: Callable[..., Child]) -> None:
    """Waiting for a child has an end."""
    slow = child("slow", "import time; time.sleep(600)", ready_timeout_s=0.5)
    with pytest.raises(ChildFailedError, match="slow was not ready after"):
        Supervisor([slow], ignore).start()


def test_a_child_that_ignores_the_request_is_killed(child: Callable[..., Child]) -> None:
    """Stopping has a deadline."""
    supervisor = Supervisor([child("stubborn", _STUBBORN, stop_timeout_s=0.5)], ignore)
    supervisor.start()
    pid = supervisor.statuses()[0].pid
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 5
    assert not psutil.pid_exists(pid or 0)


def test_what_a_child_started_ends_with_it(child: Callable[..., Child], tmp_path: Path) -> None:
    """No grandchild stays behind."""
    note = tmp_path / "grandchild"
    code = (
        "import pathlib, subprocess, sys\n"
        "grandchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(grandchild.pid))\n" + _READY
    )
    supervisor = Supervisor([child("parent", code)], ignore)
    supervisor.start()
    grandchild = int(note.read_text())
    supervisor.stop()
    _await(lambda: not _alive(grandchild))


def test_children_die_with_their_supervisor(tmp_path: Path) -> None:
    """However the supervisor ends, the kernel takes the children along."""
    code = f"""
import os, sys, time
from pathlib import Path
from headwater.deploy.supervisor import Child, Supervisor, ignore
log = Path({str(tmp_path)!r}) / "orphan.log"
argv = (sys.executable, "-c", {_READY!r})
ready = lambda: "up" in log.read_text()
supervisor = Supervisor([Child("orphan", argv, os.environ, log, ready)], ignore)
supervisor.start()
print(supervisor.statuses()[0].pid, flush=True)
time.sleep(600)
"""
    source = str(Path(__file__).parents[2] / ".src")
    environment = os.environ | {"PYTHONPATH": source}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())
        parent.kill()
    _await(lambda: not _alive(orphan))


def test_a_log_stays_bounded(tmp_path: Path) -> None:
    """A long log is set aside; what comes after is appended to the same file."""
    log = tmp_path / "a.log"
    with log.open("a") as appending:
        appending.write("x" * (9 * 1024 * 1024))
        appending.flush()
        bound_log(log)
        appending.write("after\n")
    assert log.read_text() == "after\n"
    assert (tmp_path / "a.log.1").stat().st_size == 9 * 1024 * 1024


def test_the_tail_of_a_missing_log_is_empty(tmp_path: Path) -> None:
    """A child that never came to log is no second error."""
    assert tail(tmp_path / "none.log", 25) == []


def test_an_earlier_log_does_not_explain_a_later_end(child: Callable[..., Child]) -> None:
    """The same file holds what the process before logged."""
    failing = child("failing", "print('second', flush=True); raise SystemExit(7)")
    failing.log_path.write_text("Address already in use\n")
    with pytest.raises(ChildFailedError) as caught:
        Supervisor([failing], ignore).start()
    assert caught.value.last_lines == ["second"]
    assert "second (exit code 7)" in caught.value.message


def test_a_supervisor_that_gives_up_says_why(child: Callable[..., Child]) -> None:
    """And leaves no child behind."""
    seen: list[int] = []

    def observe(statuses: tuple[ChildStatus, ...]) -> None:
        seen.extend(status.pid for status in statuses if status.pid)
        if statuses[0].state == "restarting":
            raise RuntimeError("the observer is broken")

    supervisor = Supervisor([child("fine")], observe)
    supervisor.start()
    os.kill(seen[-1], signal.SIGKILL)
    with pytest.raises(RuntimeError, match="the observer is broken"):
        supervisor.wait()
    assert not any(_alive(pid) for pid in seen)


_INTERRUPTED = """
import os, signal, sys, time
from pathlib import Path
from headwater.deploy.supervisor import Child, Supervisor, ignore
# A test run in the background ignores SIGINT, and its children with it.
signal.signal(signal.SIGINT, signal.default_int_handler)
folder = Path(sys.argv[1])
log = folder / "child.log"
ready = lambda: "up" in log.read_text()
child = Child("child", (sys.executable, "-c", sys.argv[2]), os.environ, log, ready)
supervisor = Supervisor([child], ignore)
supervisor.start()
try:
    # In here: the test interrupts as soon as it has read this.
    print(supervisor.statuses()[0].pid, flush=True)
    supervisor.wait()
except KeyboardInterrupt:
    supervisor.stop()
print(supervisor.statuses()[0].state, flush=True)
"""


def test_the_second_ctrl_c_kills_what_is_still_stopping(tmp_path: Path) -> None:
    """The first one waits for the children to end; no interruption leaves one running."""
    source = str(Path(__file__).parents[2] / ".src")
    with subprocess.Popen(
        [sys.executable, "-c", _INTERRUPTED, str(tmp_path), _STUBBORN],
        env=os.environ | {"PYTHONPATH": source},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        _await(lambda: "asked" in (tmp_path / "child.log").read_text())
        began = time.monotonic()
        assert _alive(pid)
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "stopped\n"
        assert not _alive(pid)
        assert time.monotonic() - began < 5


def _state(supervisor: Supervisor) -> str:
    return supervisor.statuses()[0].state


def _alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _await(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)
