import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from headwater.deploy.commands.run import _split
from headwater.processors.models import model_versions
from headwater.producers.spool import read_frames
from headwater.producers.torch.runner import model_of
from headwater.schemas.errors import HeadwaterError
from headwater.schemas.openlineage import Event
from headwater.schemas.topics import EVENTS, PROFILES

SOURCE = str(Path(__file__).parents[3] / ".src")

SCRIPT = """
import sys
import torch
from torch.utils.data import DataLoader
model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
model(torch.randn(2, 4))
optimizer = torch.optim.SGD(model.parameters(), float(sys.argv[2]))
for x in DataLoader(torch.randn(40, 4), batch_size=2):
    optimizer.zero_grad()
    model(x).square().mean().backward()
    optimizer.step()
sys.exit(int(sys.argv[1]))
"""


def _run(folder: Path, status: str) -> tuple[int, dict[str, list[Any]]]:
    """Run the script under the runner, with no broker, and return what it spooled by topic."""
    script = folder / "train.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-m", "headwater.producers.torch.runner", str(script), status, "0.5"],
        env=os.environ
        | {
            "PYTHONPATH": SOURCE,
            "HEADWATER_SPOOL_DIR": str(folder / "spool"),
            "HEADWATER_KAFKA_BOOTSTRAP": "127.0.0.1:9",
        },
        capture_output=True,
        timeout=120,
        check=False,
    )
    found: dict[str, list[Any]] = {EVENTS.name: [], PROFILES.name: []}
    for path in sorted(path for path in (folder / "spool").rglob("*") if path.is_file()):
        for frame in read_frames(str(path), 0, sealed=True):
            found[frame.topic.decode()].append(json.loads(frame.value))
    return done.returncode, found


def test_unchanged_script_gets_passport_and_profile(tmp_path: Path) -> None:
    """Model, optimizer settings, every step and its wait, with no line of change."""
    status, found = _run(tmp_path, "0")

    assert status == 0
    (model,) = model_versions(Event.model_validate(found[EVENTS.name][-1]))
    assert model.name == "train"
    assert model.hyperparameters["optimizer.lr"] == 0.5
    assert model.artifact_digest is not None
    last = found[PROFILES.name][-1]
    assert last["layers"]["names"] == ["0", "1", "2"]
    assert last["closing"]["steps"] == 20
    spent = found[PROFILES.name][0]["phasesNs"]
    assert {"data", "prepare", "forward", "backward", "optimizer"} == set(spent)
    assert all(time > 0 for column in spent.values() for time in column)


def test_status_of_a_failed_script_is_its_own(tmp_path: Path) -> None:
    """The script's exit status is kept, and the run is told as failed."""
    status, found = _run(tmp_path, "3")

    assert status == 3
    assert found[EVENTS.name][-1]["eventType"] == "FAIL"


def test_model_is_the_outermost_that_holds_the_parameters() -> None:
    """Not one of its parts, nor another model."""
    other = nn.Linear(2, 2)
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 2)), nn.ReLU())

    assert model_of(torch.optim.SGD(model.parameters(), 0.1)) is model
    assert model_of(torch.optim.SGD(other.parameters(), 0.1)) is other
    assert model_of(torch.optim.SGD([torch.ones(1, requires_grad=True)], 0.1)) is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["python", "a.py", "--lr", "1"], ("python", ["a.py", "--lr", "1"])),
        (["python3.11", "-m", "job"], ("python3.11", ["-m", "job"])),
        (["a.py"], (sys.executable, ["a.py"])),
    ],
)
def test_interpreter_is_told_from_the_script(
    words: list[str], expected: tuple[str, list[str]]
) -> None:
    """With or without an interpreter in front."""
    assert _split(words) == expected


def test_what_is_no_script_is_refused() -> None:
    """A remedy instead of a strange failure later."""
    with pytest.raises(HeadwaterError, match="runs no Python script"):
        _split(["torchrun", "train"])
