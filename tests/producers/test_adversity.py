"""What the host may do to an emitter: the job goes on, and nothing is lost without a count."""

import itertools
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.producers import Counts, Emitter
from headwater.producers.config import from_environment
from headwater.producers.push import push, spooled

from .test_emitter import NOBODY, small_disk, wait_until

__all__ = ["small_disk"]

EVENT = {"eventType": "OTHER", "run": {"runId": "r"}, "job": {"namespace": "n", "name": "j"}}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of a user who has nothing else, and is not root, whom no permission stops."""
    path = Path(tempfile.mkdtemp())
    if not os.geteuid():
        user = random.randrange(10**5, 10**9)
        os.chown(path, user, user)
    yield path
    for each in path.rglob("*"):
        each.chmod(0o700)
    shutil.rmtree(path)


def in_child(folder: Path, check: Callable[[], None]) -> None:
    """Run a check in a process of the user whose folder it is."""
    child = os.fork()
    if not child:
        try:
            if not os.geteuid():
                os.setgroups([])
                os.setuid(folder.stat().st_uid)
            check()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def emitter_in(folder: Path, **settings: Any) -> Emitter:
    stated = {"transport": "file", "file": folder / "out", "spool_dir": folder / "spool"}
    return Emitter(**{**stated, "linger_s": 0.0, **settings})


def numbers_in(path: Path) -> list[int]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line["n"] for line in lines if "headwater" not in line]


def test_a_folder_that_may_not_be_written_is_tried_again_until_it_may(folder: Path) -> None:
    """Meanwhile each event is counted as dropped."""

    def check() -> None:
        folder.chmod(0o500)
        emitter = emitter_in(folder)
        for number in range(10):
            emitter.emit({"n": number})
        assert emitter.counts == Counts(10, 0, {"spool_unusable": 10}, 0)
        folder.chmod(0o700)
        tries = itertools.count(10)

        def taken(event: dict[str, int]) -> bool:
            emitter.emit(event)
            return emitter.counts.pending > 0

        wait_until(lambda: taken({"n": next(tries)}))
        assert emitter.flush(10)
        counts = emitter.counts
        assert counts.acknowledged == 1
        assert counts.emitted == 1 + counts.dropped["spool_unusable"]
        emitter.close()

    in_child(folder, check)


def test_a_home_that_may_not_be_entered_or_is_not_known_is_done_without(folder: Path) -> None:
    """As in a container that runs as a user of any number."""

    def check() -> None:
        home = folder / "home"
        home.mkdir(mode=0)
        os.environ["HOME"] = str(home)
        assert from_environment({}).spool_dir == home / ".local" / "state" / "headwater" / "spool"
        del os.environ["HOME"]
        assert from_environment({}).spool_dir != home

    in_child(folder, check)


def test_permissions_that_change_while_it_runs_lose_nothing(folder: Path) -> None:
    """The segment that is open grows, and goes out once it may be read again."""

    def check() -> None:
        emitter = emitter_in(folder, segment_bytes=10_000, fsync="interval", fsync_interval_s=0.01)
        emitter.emit({"n": 0})
        assert emitter.flush(10)
        (session,) = emitter.config.destination.iterdir()
        session.chmod(0)
        for number in range(1, 2001):
            emitter.emit({"n": number, "pad": "x" * 500})
        assert not emitter.counts.dropped
        session.chmod(0o700)
        assert emitter.flush(10)
        assert emitter.counts == Counts(2001, 2001, {}, 0)
        assert sorted(set(numbers_in(folder / "out"))) == list(range(2001))
        emitter.close()
        assert list(emitter.config.destination.iterdir()) == []

    in_child(folder, check)


def test_an_event_that_a_full_disk_cuts_short_is_dropped_whole(
    small_disk: Path, tmp_path: Path
) -> None:
    """What lay there before it, and what comes once there is room, goes out."""
    ballast = small_disk / "ballast"
    emitter = emitter_in(tmp_path, spool_dir=small_disk / "spool")
    emitter.emit({"n": 0})
    ballast.write_bytes(bytes(900_000))
    emitter.emit({"n": 1, "pad": "x" * 300_000})
    ballast.unlink()
    emitter.emit({"n": 2, "pad": "x" * 300_000})
    assert emitter.flush(10)
    assert emitter.counts == Counts(3, 2, {"disk_full": 1}, 0)
    assert numbers_in(tmp_path / "out") == [0, 2]
    emitter.close()


def test_a_clock_that_jumps_is_not_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries, limits and deadlines go by the clock that nobody sets."""
    years_s = itertools.cycle([0.0, 1e8, -1e8])
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + next(years_s))
    (tmp_path / "out").mkdir()
    emitter = emitter_in(tmp_path, fsync="interval")
    for number in range(100):
        emitter.emit({"n": number})
    assert not emitter.flush(0.2)
    (tmp_path / "out").rmdir()
    began = time.monotonic()
    assert emitter.flush(10)
    emitter.close()
    assert time.monotonic() - began < 5
    assert numbers_in(tmp_path / "out") == list(range(100))


def test_forks_while_threads_emit_lose_nothing_in_any_process(tmp_path: Path) -> None:
    """A fork finds other threads in the middle of an event, holding what they hold."""
    emitter = emitter_in(tmp_path, segment_bytes=4000)
    numbers = itertools.count()
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            emitter.emit({"n": next(numbers)})

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    children = []
    for name in range(10):
        child = os.fork()
        if not child:
            for number in range(20):
                emitter.emit({"n": -1 - 20 * name - number})
            emitter.close(10)
            os._exit(0 if emitter.counts == Counts(20, 20, {}, 0) else 1)
        children.append(child)
    done.set()
    for thread in threads:
        thread.join()
    statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    emitter.close(10)
    assert statuses == [0] * 10
    assert sorted(numbers_in(tmp_path / "out")) == list(range(-200, next(numbers)))


@pytest.mark.skipif(os.geteuid() != 0, reason="the limit counts what else the user runs")
@pytest.mark.parametrize("threads", [0, 1])
def test_without_a_thread_left_the_job_goes_on(folder: Path, threads: int) -> None:
    """Neither for the shipping thread nor for those of librdkafka; what is spooled goes later."""

    def check() -> None:
        limits = resource.getrlimit(resource.RLIMIT_NPROC)
        resource.setrlimit(resource.RLIMIT_NPROC, (1 + threads, limits[1]))
        emitter = emitter_in(folder, transport="kafka", bootstrap=NOBODY)
        for number in range(10):
            emitter.emit({"n": number})
        time.sleep(0.1)
        counts = emitter.counts
        assert counts.emitted == 10 == counts.pending + counts.dropped.get("spool_unusable", 0)
        assert counts.pending == (10 if threads else 0)
        emitter.close(1)
        resource.setrlimit(resource.RLIMIT_NPROC, limits)
        reachable = emitter_in(folder)
        if counts.pending:
            wait_until(lambda: all(row.orphans for row in spooled(folder / "spool")))
            emitter.config.destination.rename(reachable.config.destination)
        assert push(reachable.config, 10).acknowledged == counts.pending

    in_child(folder, check)


def test_what_finalisers_emit_as_the_interpreter_ends_disturbs_nobody(tmp_path: Path) -> None:
    """Neither with an exception nor by waiting for a broker that is not there."""
    code = (
        "import atexit, sys\n"
        "from headwater.producers import Emitter\n"
        "class Leaving:\n"
        "    def __del__(self): emitter.emit({'n': 2})\n"
        "atexit.register(lambda: emitter.emit({'n': 1}))\n"
        "emitter = Emitter(bootstrap='127.0.0.1:1', spool_dir=sys.argv[1], close_timeout_s=0.2)\n"
        "leaving = Leaving(); leaving.self = leaving; emitter.emit({'n': 0})"
    )
    argv = [sys.executable, "-c", code, str(tmp_path)]
    began = time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    assert time.monotonic() - began < 10
    said = [line for line in done.stderr.splitlines() if "no Kafka broker" not in line]
    assert said == ["dropped an event for lineage.events: spool_unusable (1 so far)"]
    lying = b"".join(path.read_bytes() for path in tmp_path.rglob("*.frames"))
    assert [b'{"n":%d}' % number in lying for number in range(3)] == [True, True, False]
