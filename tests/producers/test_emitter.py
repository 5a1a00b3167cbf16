"""The emitter: it takes what it is given, counts what it cannot take, and never bothers the job."""

import asyncio
import gc
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from headwater.producers import Counts, Emitter
from headwater.producers.push import push, spooled
from headwater.schemas.errors import HeadwaterError

NOBODY = "127.0.0.1:1"
EVENT = {"eventType": "OTHER", "run": {"runId": "r"}, "job": {"namespace": "n", "name": "j"}}

MakeEmitter = Callable[..., Emitter]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeEmitter]:
    """Return what makes an emitter that writes to a file, to be read by `events`."""
    made: list[Emitter] = []

    def make_emitter(**settings: Any) -> Emitter:
        stated = {"transport": "file", "file": tmp_path / "out", "spool_dir": tmp_path / "spool"}
        made.append(Emitter(**{**stated, "linger_s": 0.0, **settings}))
        return made[-1]

    yield make_emitter
    for emitter in made:
        emitter.close(0)


def lines(tmp_path: Path) -> list[Any]:
    out = tmp_path / "out"
    return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def events(tmp_path: Path) -> list[Any]:
    return [line for line in lines(tmp_path) if "headwater" not in line]


def wait_until(condition: Callable[[], bool], timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


def test_events_come_out_once_and_in_order(make: MakeEmitter, tmp_path: Path) -> None:
    """And nothing is left in the spool once the session is closed."""
    emitter = make(segment_bytes=4096)
    for number in range(1000):
        emitter.emit({"n": number})
    assert emitter.flush(10)
    emitter.close()
    assert [event["n"] for event in events(tmp_path)] == list(range(1000))
    assert emitter.counts == Counts(1000, 1000, {}, 0)
    assert list(emitter.config.destination.iterdir()) == []


def test_the_closing_event_counts_the_session(make: MakeEmitter, tmp_path: Path) -> None:
    """On each topic that the session used, what it emitted and dropped there."""
    emitter = make()
    emitter.emit(EVENT)
    emitter.emit(EVENT, topic="training.profiles")
    emitter.emit({"circular": asyncio}, topic="training.profiles")
    emitter.emit(recursive(), topic="training.profiles")
    emitter.close()
    closings = {line["topic"]: line for line in lines(tmp_path) if "headwater" in line}
    assert {line["headwater"] for line in closings.values()} == {"session-close"}
    assert len({line["session"] for line in closings.values()}) == 1
    assert closings["lineage.events"]["counts"] == {"emitted": 1, "dropped": {}}
    assert closings["training.profiles"]["counts"] == {
        "emitted": 3,
        "dropped": {"unserialisable": 1},
    }


@pytest.mark.parametrize(
    "event",
    [
        {"n": float("nan"), "when": Decimal("1.5"), "where": Path("/x")},
        {"deep": {"er": [None, True, "é", "\x00"]}},
        {},
    ],
)
def test_an_event_is_taken_whatever_it_holds(
    make: MakeEmitter, tmp_path: Path, event: dict[str, Any]
) -> None:
    """What JSON does not know goes out as its text."""
    emitter = make()
    emitter.emit(event)
    assert emitter.flush(10)
    assert len(events(tmp_path)) == 1


def recursive() -> dict[str, Any]:
    event: dict[str, Any] = {}
    event["self"] = event
    return event


@pytest.mark.parametrize("event", [{"s": "\ud800"}, {1: 2}, recursive()])
def test_an_event_that_is_no_json_is_dropped_and_counted(
    make: MakeEmitter, event: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The job never sees an exception."""
    emitter = make()
    emitter.emit(event)
    counts = emitter.counts
    assert (
        counts.emitted == counts.acknowledged + sum(counts.dropped.values()) + counts.pending == 1
    )


def test_drops_are_logged_at_a_limited_rate(
    make: MakeEmitter, caplog: pytest.LogCaptureFixture
) -> None:
    """A job that emits in a loop does not fill its log."""
    emitter = make()
    with caplog.at_level(logging.ERROR):
        for _ in range(100):
            emitter.emit(recursive())
    assert emitter.counts.dropped == {"unserialisable": 100}
    assert len(caplog.records) == 1


def test_the_largest_facets_of_an_oversized_event_are_cut(
    make: MakeEmitter, tmp_path: Path
) -> None:
    """Until it fits: a mark says how large it was and what its hash is."""
    emitter = make(event_bytes_max=10_000)
    facets = {"small": {"x": 1}, "large": {"x": "y" * 20_000}}
    emitter.emit({**EVENT, "inputs": [{"namespace": "n", "name": "i", "facets": facets}]})
    assert emitter.flush(10)
    (event,) = events(tmp_path)
    found = event["inputs"][0]["facets"]
    assert found["small"] == {"x": 1}
    assert found["large"]["headwater_cut"]["bytes"] == len('{"x":""}') + 20_000
    assert len(found["large"]["headwater_cut"]["sha256"]) == 64


def test_what_is_too_large_without_its_facets_is_dropped(make: MakeEmitter) -> None:
    """Counted as oversized."""
    emitter = make(event_bytes_max=1000)
    emitter.emit({**EVENT, "producer": "x" * 2000})
    assert emitter.counts.dropped == {"oversized": 1}


def test_a_full_spool_drops_the_newest(make: MakeEmitter) -> None:
    """The default policy keeps what came first."""
    emitter = make(transport="kafka", bootstrap=NOBODY, spool_bytes_max=100_000)
    for number in range(1000):
        emitter.emit({"n": number, "pad": "x" * 1000})
    counts = emitter.counts
    assert counts.dropped.keys() == {"spool_full"}
    assert 50 < counts.pending < 100
    assert counts.pending + counts.dropped["spool_full"] == 1000


def test_a_full_spool_drops_the_oldest_if_told_to(make: MakeEmitter, tmp_path: Path) -> None:
    """The newest events are there; each dropped one is counted."""
    settings = {"spool_bytes_max": 200_000, "when_full": "drop_oldest"}
    emitter = make(transport="kafka", bootstrap=NOBODY, **settings)
    for number in range(1000):
        emitter.emit({"n": number, "pad": "x" * 1000})
    counts = emitter.counts
    assert counts.pending + counts.dropped["spool_full"] == 1000
    assert counts.pending > 50
    left = b"".join(path.read_bytes() for path in emitter.config.destination.rglob("*.frames"))
    assert b'{"n":999,' in left
    assert b'{"n":300,' not in left


def test_a_spool_that_cannot_be_written_leaves_the_job_unaffected(make: MakeEmitter) -> None:
    """Each drop is counted."""
    emitter = make(spool_dir=Path("/proc/nowhere"))
    for _ in range(10):
        emitter.emit(EVENT)
    emitter.close()
    assert emitter.counts == Counts(10, 0, {"spool_unusable": 10}, 0)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    path = tmp_path / "disk"
    path.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path)]
    mounted = subprocess.run(argv, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


def test_a_full_disk_leaves_the_job_unaffected_and_every_drop_counted(
    make: MakeEmitter, small_disk: Path, tmp_path: Path
) -> None:
    """What lay there before is whole and goes out later; so does what comes once there is room."""
    emitter = make(transport="kafka", bootstrap=NOBODY, spool_dir=small_disk)
    for number in range(2000):
        emitter.emit({"n": number, "pad": "x" * 1000})
    counts = emitter.counts
    assert counts.dropped.keys() == {"disk_full"}
    assert counts.pending + counts.dropped["disk_full"] == 2000
    emitter.close(0)
    wait_until(lambda: all(row.orphans for row in spooled(small_disk)))
    # Another process, which reaches the destination, ships what is there.
    emitter.config.destination.rename(small_disk / make().config.destination.name)
    pushed = push(make(spool_dir=small_disk).config, 10)
    assert pushed.acknowledged == counts.pending
    assert len(events(tmp_path)) == counts.pending


def test_spooled_files_are_readable_by_their_owner_alone(make: MakeEmitter) -> None:
    """Events may name what not everybody on the host may know."""
    emitter = make(transport="kafka", bootstrap=NOBODY)
    emitter.emit(EVENT)
    for path in [emitter.config.destination, *emitter.config.destination.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0


def test_another_process_ships_what_a_killed_one_left(make: MakeEmitter, tmp_path: Path) -> None:
    """The next emitter on the host adopts the session, whose lock is free."""
    dead = os.fork()
    if not dead:
        emitter = make(linger_s=60)
        emitter.emit({"from": "the dead"})
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(dead, 0)
    emitter = make()
    emitter.emit({"from": "the living"})
    wait_until(lambda: len(events(tmp_path)) == 2)
    assert {event["from"] for event in events(tmp_path)} == {"the dead", "the living"}


def test_a_session_whose_process_lives_is_left_alone(make: MakeEmitter, tmp_path: Path) -> None:
    """Several processes share a spool; each ships its own."""
    busy = make(linger_s=60)
    busy.emit({"from": "the busy"})
    assert push(make().config, 1).sessions == 0
    busy.close()
    assert [event["from"] for event in events(tmp_path)] == ["the busy"]


def test_threads_may_share_an_emitter(make: MakeEmitter, tmp_path: Path) -> None:
    """Numbers are given once each."""
    emitter = make(segment_bytes=2000)

    def work(name: int) -> None:
        for number in range(200):
            emitter.emit({"thread": name, "n": number})

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert emitter.flush(10)
    assert emitter.counts == Counts(1600, 1600, {}, 0)
    assert len({(event["thread"], event["n"]) for event in events(tmp_path)}) == 1600


def test_an_event_from_a_signal_handler_neither_blocks_nor_is_lost(
    make: MakeEmitter, tmp_path: Path
) -> None:
    """The handler may run in the middle of another event."""
    emitter = make(segment_bytes=20_000)
    handled = 0

    def handler(*_: object) -> None:
        nonlocal handled
        handled += 1
        emitter.emit({"from": "handler"})

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        emitted = 0
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            emitter.emit({"from": "job"})
            emitted += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    emitter.emit({"from": "job"})
    emitter.close(10)
    assert handled > 100
    assert emitter.counts == Counts(emitted + 1 + handled, emitted + 1 + handled, {}, 0)
    assert len(events(tmp_path)) == emitted + 1 + handled


def test_an_event_from_a_finaliser_neither_blocks_nor_is_lost(
    make: MakeEmitter, tmp_path: Path
) -> None:
    """The collector may run in the middle of another event, in any thread."""
    emitter = make()

    class Leaving:
        def __init__(self) -> None:
            self.self = self

        def __del__(self) -> None:
            emitter.emit({"from": "finaliser"})
            finalised.append(1)

    finalised: list[int] = []
    for _ in range(500):
        Leaving()
        emitter.emit({"from": "job", "pad": [[] for _ in range(50)]})
    # The collector may be at it in the shipping thread; a second run then waits for nothing.
    wait_until(lambda: gc.collect() + 1 > 0 and len(finalised) == 500)
    emitter.close(10)
    assert emitter.counts == Counts(1000, 1000, {}, 0)


def test_an_emitter_goes_on_in_a_forked_child(make: MakeEmitter, tmp_path: Path) -> None:
    """Parent and child each have a session of their own."""
    emitter = make()
    emitter.emit({"from": "parent", "n": 0})
    child = os.fork()
    if not child:
        emitter.emit({"from": "child"})
        emitter.close(5)
        os._exit(0 if emitter.counts == Counts(1, 1, {}, 0) else 1)
    emitter.emit({"from": "parent", "n": 1})
    _, status = os.waitpid(child, 0)
    emitter.close(5)
    assert os.waitstatus_to_exitcode(status) == 0
    assert sorted(event["from"] for event in events(tmp_path)) == ["child", "parent", "parent"]
    assert emitter.counts == Counts(2, 2, {}, 0)


def test_a_child_does_not_hold_its_dead_parents_session(make: MakeEmitter, tmp_path: Path) -> None:
    """A lock that the child inherited would keep the session from being adopted."""
    reading, writing = os.pipe()
    parent = os.fork()
    if not parent:
        emitter = make(linger_s=60)
        emitter.emit({"from": "parent"})
        child = os.fork()
        if not child:
            os.read(reading, 1)
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(parent, 0)
    assert push(make().config, 5).sessions == 1
    os.write(writing, b"x")
    assert [event["from"] for event in events(tmp_path)] == ["parent"]


def test_a_server_that_forks_its_workers_delivers_what_each_emits(
    make: MakeEmitter, tmp_path: Path
) -> None:
    """As gunicorn does: the master has an emitter before it forks, and ends the workers."""
    emitter = make()
    emitter.emit({"from": "master"})
    workers = []
    for name in range(3):
        reading, writing = os.pipe()
        worker = os.fork()
        if not worker:
            for number in range(20):
                emitter.emit({"from": f"worker {name}", "n": number})
            os.write(writing, b"x")
            time.sleep(30)
            os._exit(1)
        workers.append((worker, reading))
    for worker, reading in workers:
        assert os.read(reading, 1) == b"x"
        os.kill(worker, signal.SIGTERM)
        os.waitpid(worker, 0)
    push(emitter.config, 10)
    emitter.close(5)
    found = {(event["from"], event.get("n")) for event in events(tmp_path)}
    assert found == {("master", None)} | {(f"worker {w}", n) for w in range(3) for n in range(20)}


def test_tasks_of_asyncio_emit_without_holding_their_loop(make: MakeEmitter) -> None:
    """With nobody there to take the events."""
    emitter = make(transport="kafka", bootstrap=NOBODY)
    late_s: list[float] = []

    async def watch() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.001)
            late_s.append(time.monotonic() - before)

    async def task(name: int) -> None:
        for number in range(20):
            emitter.emit({"task": name, "n": number})
            await asyncio.sleep(0)

    async def main() -> None:
        watching = asyncio.create_task(watch())
        await asyncio.gather(*[task(name) for name in range(100)])
        watching.cancel()

    asyncio.run(main())
    assert emitter.counts == Counts(2000, 0, {}, 2000)
    assert sorted(late_s)[len(late_s) // 2] < 0.1


def test_a_spool_that_somebody_removes_is_noticed_and_begun_anew(
    make: MakeEmitter, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What lay there is dropped and counted; what comes next goes out."""
    emitter = make(linger_s=0.2)
    emitter.emit({"n": 0})
    shutil.rmtree(emitter.config.spool_dir)
    emitter.emit({"n": 1})
    wait_until(lambda: "somebody removed" in caplog.text)
    emitter.emit({"n": 2})
    emitter.close(5)
    assert emitter.counts == Counts(3, 1, {"spool_removed": 2}, 0)
    assert [event["n"] for event in events(tmp_path)] == [2]
    lost, _ = (line for line in lines(tmp_path) if "headwater" in line)
    assert lost["counts"] == {"emitted": 2, "dropped": {}}


def test_emitters_that_nobody_holds_leave_nothing_behind(make: MakeEmitter, tmp_path: Path) -> None:
    """One for each task, never closed: each still ships what it took, and its thread ends."""
    spool, before = tmp_path / "spool", set(threading.enumerate())
    for number in range(200):
        Emitter(transport="file", file=tmp_path / "out", spool_dir=spool).emit({"n": number})
    gc.collect()
    wait_until(lambda: len(events(tmp_path)) == 200)
    wait_until(lambda: set(threading.enumerate()) <= before)
    (destination,) = spool.iterdir()
    assert list(destination.iterdir()) == []


def test_without_a_descriptor_left_events_are_dropped_and_counted(tmp_path: Path) -> None:
    """And with none held, the process can go on."""
    code = (
        "import resource, sys; from headwater.producers import Emitter\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))\n"
        "settings = {'transport': 'file', 'file': sys.argv[1], 'spool_dir': sys.argv[2]}\n"
        "emitters = [Emitter(**settings) for _ in range(30)]\n"
        "for emitter in emitters: emitter.emit({})\n"
        "print({reason for emitter in emitters for reason in emitter.counts.dropped})"
    )
    argv = [sys.executable, "-c", code, str(tmp_path / "out"), str(tmp_path / "spool")]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "{'spool_unusable'}\n"


def test_an_event_of_a_hundred_megabytes_is_cut(make: MakeEmitter, tmp_path: Path) -> None:
    """Its name and its datasets arrive."""
    emitter = make()
    emitter.emit({**EVENT, "run": {"runId": "r", "facets": {"big": {"x": "y" * 100_000_000}}}})
    assert emitter.flush(10)
    (event,) = events(tmp_path)
    assert event["job"] == EVENT["job"]
    assert event["run"]["facets"]["big"]["headwater_cut"]["bytes"] == 100_000_000 + len('{"x":""}')


def test_closing_waits_no_longer_than_told(make: MakeEmitter) -> None:
    """Whatever the destination does."""
    emitter = make(transport="kafka", bootstrap=NOBODY)
    emitter.emit(EVENT)
    began = time.monotonic()
    emitter.close(0.5)
    assert time.monotonic() - began < 0.7
    assert emitter.counts == Counts(1, 0, {}, 1)


def test_an_emitter_may_be_used_again_after_it_was_closed(
    make: MakeEmitter, tmp_path: Path
) -> None:
    """Another session begins."""
    emitter = make()
    for number in range(2):
        emitter.emit({"n": number})
        emitter.close()
    sessions = {line["session"] for line in lines(tmp_path) if "headwater" in line}
    assert len(sessions) == 2
    assert emitter.counts == Counts(2, 2, {}, 0)


def test_a_damaged_event_is_skipped_and_those_after_it_go_out(
    make: MakeEmitter, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A flipped bit on disk costs one event, whose number the worker then misses."""
    emitter = make(transport="kafka", bootstrap=NOBODY, linger_s=60)
    for number in range(3):
        emitter.emit({"n": number})
    emitter.close(0)
    wait_until(lambda: all(row.orphans for row in spooled(tmp_path / "spool")))
    (segment,) = emitter.config.destination.rglob("*.frames")
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    reachable = make()
    emitter.config.destination.rename(reachable.config.destination)
    assert push(reachable.config, 10).acknowledged == 2
    assert [event["n"] for event in events(tmp_path)] == [0, 2]
    assert "damaged" in caplog.text


def test_an_unknown_policy_is_refused_with_its_choices(tmp_path: Path) -> None:
    """A wrong setting is told where it is made, not when events are lost."""
    with pytest.raises(HeadwaterError, match="when_full is 'block'") as refused:
        Emitter(spool_dir=tmp_path, when_full="block")
    assert refused.value.remedy == "use one of drop_newest, drop_oldest"


def test_importing_the_producers_stays_light() -> None:
    """Nothing that a job would notice comes along."""
    code = (
        "import sys, headwater.producers;"
        "heavy = {'pydantic', 'torch', 'faust', 'sqlglot', 'confluent_kafka', 'yaml', 'asyncio',"
        " 'openlineage', 'numpy'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
