import os
import random
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from headwater.processors.profile import training_profile
from headwater.producers.spool import read_frames
from headwater.schemas.profile import ProfileEvent
from headwater.schemas.records import TrainingProfile
from headwater.schemas.topics import PROFILES
from headwater.sinks.training.findings import gaps

SOURCE = str(Path(__file__).parents[3] / ".src")
STEPS = 1000


def _run(spool: Path, end: str) -> tuple[int, list[TrainingProfile]]:
    """Train in a process of its own and return its status and what it left for Kafka."""
    script = str(Path(__file__).with_name("survivor.py"))
    done = subprocess.run(
        [sys.executable, script, str(spool), end],
        env=os.environ | {"PYTHONPATH": SOURCE},
        capture_output=True,
        timeout=120,
        check=False,
    )
    frames = [
        frame
        for path in sorted(spool.rglob("*"))
        if path.is_file() and path.name != "lock"
        for frame in read_frames(str(path), 0, sealed=True)
        if frame.topic == PROFILES.name.encode()
    ]
    return done.returncode, [
        training_profile(ProfileEvent.model_validate_json(frame.value)) for frame in frames
    ]


def _assert_contiguous(windows: list[TrainingProfile]) -> None:
    """Every step before the last that was sent is there, once."""
    filled = sorted((w.first_step, w.last_step, w.steps) for w in windows if w.steps)
    assert filled[0][0] == 0
    assert all(steps == last - first + 1 for first, last, steps in filled)
    assert all(b[0] == a[1] + 1 for a, b in pairwise(filled))


def test_every_step_outlives_a_broker_that_is_never_there(tmp_path: Path) -> None:
    """1,000 steps with forking loader workers and no broker lie complete in the spool."""
    status, windows = _run(tmp_path, "return")

    assert status == 0
    _assert_contiguous(windows)
    (end,) = [window.end for window in windows if window.end]
    assert (end.status, end.steps, end.dropped) == ("complete", STEPS, {})
    assert sum(window.steps for window in windows) == STEPS
    assert gaps([window.seq for window in windows], end) == []


def test_kill_loses_no_more_than_a_window_and_shows(tmp_path: Path) -> None:
    """What was sent before the kill is complete, and that the end is missing can be seen."""
    kill_at = random.randrange(150, STEPS)
    status, windows = _run(tmp_path, str(kill_at))

    assert status == -signal.SIGKILL
    _assert_contiguous(windows)
    last = max(window.last_step for window in windows)
    assert kill_at - 100 <= last + 1 <= kill_at, kill_at
    assert not any(window.end for window in windows)
    assert gaps([window.seq for window in windows], None) == []


def test_out_of_memory_names_its_layer_and_step(tmp_path: Path) -> None:
    """Every step before is there, and the last event names where it failed."""
    status, windows = _run(tmp_path, "oom")

    assert status == 1
    _assert_contiguous(windows)
    (end,) = [window.end for window in windows if window.end]
    assert (end.status, end.failed_layer, end.failed_phase, end.failed_step) == (
        "failed",
        "1",
        "forward",
        STEPS // 2,
    )
    assert end.steps == sum(window.steps for window in windows) == STEPS // 2
