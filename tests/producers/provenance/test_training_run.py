import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import torch
from torch import nn

from headwater.processors.models import environment, model_versions
from headwater.producers import Emitter, dataset
from headwater.producers.provenance import artifacts, datasets, seeds, train_run, used
from headwater.schemas.openlineage import Event
from headwater.schemas.records import ModelVersion


class _Kept(Emitter):
    """An emitter that keeps what it is given."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        super().__init__(namespace="tests")
        self.events = events

    def emit(self, event: Mapping[str, Any], **_: Any) -> None:
        self.events.append(json.loads(json.dumps(event)))


@pytest.fixture
def emitter(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> _Kept:
    monkeypatch.setenv("HEADWATER_SPOOL_DIR", str(tmp_path))
    return _Kept([])


def _passport(emitter: _Kept) -> ModelVersion:
    (model,) = model_versions(Event.model_validate(emitter.events[-1]))
    return model


def test_last_event_alone_states_what_made_the_model(emitter: _Kept) -> None:
    """COMPLETE says it all: data, columns, hyperparameters, seed, environment, digest."""
    model = nn.Linear(2, 1)
    flights = used(dataset("duckdb://db", "flights", version="7"), columns=["a"], role="train")
    with train_run(
        "train", inputs=[flights], hyperparameters={"lr": 0.1}, seed=3, emitter=emitter
    ) as run:
        run.metrics(rmse=0.5)
        run.model("arrival", model)

    states = [event["eventType"] for event in emitter.events]
    assert (states[0], states[-1], set(states)) == (
        "START",
        "COMPLETE",
        {"START", "RUNNING", "COMPLETE"},
    )
    passport = _passport(emitter)
    assert ("tests", "arrival", run.run_id) == (passport.namespace, passport.name, passport.run_id)
    assert [(item.name, item.version, item.fields, item.role) for item in passport.inputs] == [
        ("flights", "7", ("a",), "train")
    ]
    assert passport.hyperparameters == {"lr": 0.1}
    assert passport.seeds["seed"] == 3
    assert passport.metrics == {"rmse": 0.5}
    assert passport.artifact_digest == artifacts.digest(model)
    found = environment(Event.model_validate(emitter.events[-1]))
    assert found is not None
    assert torch.__version__.startswith(found.libraries["torch"])
    location = emitter.events[-1]["job"]["facets"]["sourceCodeLocation"]
    assert len(location["version"]) == 40


def test_run_starts_within_the_budget(emitter: _Kept) -> None:
    """The training thread waits well under 100 ms for the passport to begin."""
    with train_run("warm", emitter=emitter):
        pass
    start = time.perf_counter()
    with train_run("train", emitter=emitter):
        waited_s = time.perf_counter() - start

    assert waited_s < 0.1


def test_generators_are_left_as_they_were(emitter: _Kept) -> None:
    """Taking digests of the generators draws nothing from them."""
    before = seeds.seeds()
    with train_run("train", emitter=emitter) as run:
        run.model("m", {"w": torch.ones(1)})

    assert seeds.seeds() == before


def test_seeds_tell_states_apart() -> None:
    """Each generator's digest follows its state."""
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    first = seeds.seeds()
    assert first == seeds.seeds()
    torch.rand(1)
    np.random.rand()
    random.random()
    second = seeds.seeds()

    assert {key for key in first if first[key] != second[key]} == {
        "python.state",
        "numpy.state",
        "torch.state",
    }
    assert first["torch"] == 1


def test_failed_run_makes_no_complete(emitter: _Kept) -> None:
    """The exception goes on, and the run is told as failed, with all that is known."""
    with pytest.raises(KeyError), train_run("train", hyperparameters={"lr": 1}, emitter=emitter):
        raise KeyError("x")

    last = emitter.events[-1]
    assert last["eventType"] == "FAIL"
    assert {"errorMessage", "executionParameters"} <= last["run"]["facets"].keys()


@pytest.mark.parametrize(
    "broken", [{"hyperparameters": type("Broken", (), {"model_dump": lambda _: 1 / 0})()}]
)
def test_fault_of_ours_stays_out_of_the_training(emitter: _Kept, broken: dict[str, Any]) -> None:
    """What cannot be collected is logged and left out; the training never notices."""
    with train_run("train", emitter=emitter, **broken):
        pass

    assert emitter.events[-1]["eventType"] == "COMPLETE"


def test_weights_digest_depends_on_the_weights_alone() -> None:
    """Not on the order of names; but on every bit, type and shape."""
    ones = torch.ones(2, 3)
    first = artifacts.weights_digest({"a": ones, "b": torch.zeros(1)})

    assert first == artifacts.weights_digest({"b": torch.zeros(1), "a": ones.clone()})
    changed = ones.clone()
    changed[0, 0] += 1e-7
    for other in (changed, ones.double(), ones.view(3, 2), ones.bfloat16()):
        assert first != artifacts.weights_digest({"a": other, "b": torch.zeros(1)})


@pytest.mark.parametrize(
    "name", ["a/b/../c", "line\nbreak", "<script>alert(1)</script>", "x" * 4096]
)
def test_any_name_is_a_model(emitter: _Kept, name: str) -> None:
    """Slashes, line breaks and markup are letters of a name like any other."""
    with train_run("train", emitter=emitter) as run:
        run.model(name, b"weights")

    assert _passport(emitter).name == name


def test_bytes_that_are_no_text_lose_no_passport(
    emitter: _Kept, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Arguments, variables and paths may hold any bytes; the event can still be written."""
    odd = os.fsdecode(b"caf\xe9")
    (tmp_path / odd).write_text("x")
    monkeypatch.setattr(sys, "argv", [odd, odd])
    monkeypatch.setattr(sys, "orig_argv", ["python", odd, f"--token={odd}"])
    monkeypatch.setenv("HEADWATER_IMAGE", odd)
    monkeypatch.setenv("SLURM_JOB_ID", odd)
    data = used(datasets.local_file(tmp_path / odd), columns=["a"])
    with train_run("train", inputs=[data], hyperparameters={odd: odd}, emitter=emitter) as run:
        run.model("m", tmp_path / odd)

    assert orjson.dumps(emitter.events)
    passport = _passport(emitter)
    assert passport.command[1:] == ("caf?", "--token=…")
    assert passport.artifact_digest == artifacts.digest(tmp_path / odd)


def test_run_starts_within_the_budget_in_a_large_tree(
    emitter: _Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand hyperparameters and as many files beside the code: still under 100 ms."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for number in range(10_000):
        (tmp_path / f"file{number}").touch()
    monkeypatch.chdir(tmp_path)
    stated = {f"rate{number}": number / 7 for number in range(10_000)}
    waited_s = []
    for _ in range(3):
        run = train_run("train", hyperparameters=stated, emitter=emitter)
        start = time.perf_counter()
        with run:
            waited_s.append(time.perf_counter() - start)

    assert sorted(waited_s)[1] < 0.1
