"""Trainings spread over two processes."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median

import pytest
import torch.distributed as dist

from headwater.processors.profile import training_profile
from headwater.schemas.profile import ProfileEvent
from headwater.sinks.training.findings import findings

from . import ranks

SOURCE = str(Path(__file__).parents[3] / ".src")

pytestmark = pytest.mark.skipif(not dist.is_gloo_available(), reason="torch was built without gloo")


Events = dict[int, list[ProfileEvent]]


@pytest.fixture(scope="module")
def trainings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Events]:
    """Return the events of each rank, of a training of each kind."""
    folder = tmp_path_factory.mktemp("ranks")
    started = [
        subprocess.Popen(
            [sys.executable, ranks.__file__, str(folder), str(rank)],
            env=os.environ | {"PYTHONPATH": SOURCE},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(ranks.WORLD)
    ]
    try:
        for process in started:
            _, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors
    finally:
        for process in started:
            process.kill()
    return {
        kind: {rank: _read(folder / f"{kind}-{rank}.jsonl") for rank in range(ranks.WORLD)}
        for kind in ranks.KINDS
    }


def _read(path: Path) -> list[ProfileEvent]:
    return [ProfileEvent.model_validate_json(line) for line in path.read_text().splitlines()]


def _phase(events: Iterable[ProfileEvent], name: str) -> list[int]:
    return [time for event in events for time in event.phases_ns[name]]


@pytest.mark.parametrize("kind", ranks.KINDS)
def test_each_rank_tells_its_own_steps(trainings: dict[str, Events], kind: str) -> None:
    """Every event names its rank, and each rank counts its own to the end."""
    for rank, own in trainings[kind].items():
        assert {(rank, ranks.WORLD)} == {(event.rank, event.world_size) for event in own}
        assert own[0].layers.names == ("first", "second")
        assert own[-1].closing is not None
        assert ranks.STEPS == own[-1].closing.steps
        assert ranks.STEPS == sum(len(event.wall_ns) for event in own)


@pytest.mark.parametrize("kind", ranks.KINDS)
def test_rank_samples_alone(trainings: dict[str, Events], kind: str) -> None:
    """A rank times its layers and takes its norms without the other, of its own shards."""
    events = trainings[kind]
    samples = [sample for event in events[0] for sample in event.samples]

    assert ranks.STEPS == len(samples)
    assert all(sample.calls == (1, 1) for sample in samples)
    assert all(norm for sample in samples for norm in sample.grad_norm)
    assert not any(event.samples for event in events[1])


def test_wait_for_others_is_told_apart_from_the_backward(trainings: dict[str, Events]) -> None:
    """Under DDP the quick rank waits for the slow one, and none of that is its backward."""
    events = trainings["ddp"]
    waits = {rank: median(_phase(own, "collective")) for rank, own in events.items()}
    backward = median(_phase(events[0], "backward"))

    assert waits[0] > 0.5e9 * ranks.SLEEP_S > waits[1]
    assert backward < 0.5e9 * ranks.SLEEP_S


def test_straggler_is_found(trainings: dict[str, Events]) -> None:
    """The rank that sleeps is the one that is named, though all steps take equally long."""
    windows = [training_profile(event) for own in trainings["ddp"].values() for event in own]
    found = [each for each in findings(windows) if each.kind == "straggler"]

    assert [1] == [each.rank for each in found]
