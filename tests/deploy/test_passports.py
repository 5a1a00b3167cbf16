"""A real training, its passport, and the same weights again from the recipe."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.deploy.commands.compare import differences
from headwater.deploy.commands.passport import show
from headwater.deploy.commands.reproduce import write
from headwater.deploy.passports import find, flat
from headwater.deploy.recipe import recipe
from headwater.processors.record import records
from headwater.schemas.errors import HeadwaterError
from headwater.schemas.openlineage import Event
from headwater.schemas.records import (
    Envelope,
    Environment,
    JobVersion,
    ModelInput,
    ModelVersion,
    decode,
    encode,
    wrap,
)
from headwater.sinks.answers import Passport
from headwater.sinks.index import LineageIndex

SOURCE = str(Path(__file__).parents[2] / ".src")

SCRIPT = """
import json, os, sys
import torch
from headwater.producers import Emitter, dataset
from headwater.producers.provenance import train_run, used

class Kept(Emitter):
    def emit(self, event, **_):
        with open(os.environ["EVENTS"], "a") as file:
            file.write(json.dumps(event) + "\\n")

seed, rate = int(sys.argv[1]), RATE
torch.manual_seed(seed)
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), rate)
letters = used(dataset("file", "letters", version="7"), columns=["a", "b"], role="train")
with train_run("train", namespace="tests", inputs=[letters], hyperparameters={"rate": rate},
               seed=seed, emitter=Kept()) as run:
    for _ in range(5):
        optimizer.zero_grad()
        model(torch.randn(8, 4)).square().mean().backward()
        optimizer.step()
    run.model("letters", model)
"""


def _git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def _run(command: list[str], folder: Path, events: Path, **environment: str) -> list[Any]:
    variables = os.environ | {"PYTHONPATH": SOURCE, "EVENTS": str(events)} | environment
    variables |= {"HEADWATER_SPOOL_DIR": str(events.parent / "spool"), "OMP_NUM_THREADS": "1"}
    variables["PATH"] = f"{Path(sys.executable).parent}:{variables['PATH']}"
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in events.read_text().splitlines()]


def _envelopes(events: list[Any]) -> Iterator[Envelope]:
    for number, event in enumerate(events):
        read = Event.model_validate(event)
        for record in records(read):
            at = read.event_time.isoformat()
            yield decode(encode(wrap(record, observed_at=at, event_id=str(number))))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The events of two trainings, the second with an uncommitted change and another seed."""
    folder = tmp_path_factory.mktemp("repository")
    _git(folder, "init")
    (folder / "sub").mkdir()
    script = folder / "sub" / "train.py"
    script.write_text(SCRIPT.replace("RATE", "0.5"))
    _git(folder, "add", ".")
    _git(folder, "commit", "-m", "first")
    place = tmp_path_factory.mktemp("events")
    command = [sys.executable, "train.py"]
    first = _run([*command, "1"], folder / "sub", place / "first")
    script.write_text(SCRIPT.replace("RATE", "0.25"))
    return {"first": first, "second": _run([*command, "2"], folder / "sub", place / "second")}


def _passports(events: list[Any]) -> list[Passport]:
    """Return the passports that events come to, oldest first."""
    found = LineageIndex.from_records(_envelopes(events)).models().items
    return sorted(found, key=lambda passport: str(passport.made_at))


@pytest.fixture
def index(trained: dict[str, list[Any]]) -> LineageIndex:
    return LineageIndex.from_records(_envelopes(trained["first"] + trained["second"]))


@pytest.fixture
def stated(trained: dict[str, list[Any]]) -> list[Passport]:
    return _passports(trained["first"] + trained["second"])


def test_passport_answers_what_made_the_model(stated: list[Passport]) -> None:
    """Dataset version, columns, commit, hyperparameters, seed, libraries: all are there."""
    first = stated[0]

    assert len(stated) == 2
    assert first.code is not None
    assert first.environment is not None
    assert [("letters", "7", ("a", "b"))] == [
        (item.name, item.version, item.fields) for item in first.model.inputs
    ]
    assert len(first.code.commit or "") == 40
    assert first.code.dirty_diff is None
    assert first.model.hyperparameters == {"rate": 0.5}
    assert first.model.seeds["seed"] == 1
    assert first.model.folder == "sub"
    assert "torch" in first.environment.libraries


def test_names_find_the_newest_or_the_version(index: LineageIndex, stated: list[Passport]) -> None:
    """A bare name is the newest version; a version may be cut short."""
    first, second = stated

    assert find(index, "letters") == second
    assert find(index, "tests/letters") == second
    assert find(index, f"letters@{first.model.version[:8]}") == first
    with pytest.raises(HeadwaterError, match="no model is called 'lett'") as raised:
        find(index, "lett")
    assert raised.value.remedy == "Did you mean letters?"


def test_comparison_names_every_difference_and_no_other(stated: list[Passport]) -> None:
    """Seed, rate, code and weights differ between the two; data and libraries do not."""
    found = set(differences(*stated))

    expected = {
        "code.dirty_diff",
        "model.artifact_digest",
        "model.config_hash",
        "model.hyperparameters.rate",
        "model.job_version",
        "model.seeds.seed",
        "model.seeds.torch",
        "model.seeds.torch.state",
    }
    assert expected <= found
    others = {f"model.seeds.{name}.state" for name in ("python", "numpy")}
    assert found - expected <= {"model.command", *others}
    assert differences(stated[0], stated[0]) == {}


@pytest.mark.parametrize("which", ["first", "second"])
def test_recipe_makes_the_same_weights(
    which: str, trained: dict[str, list[Any]], tmp_path: Path
) -> None:
    """What `reproduce` writes trains to the same bits on a CPU, uncommitted changes included."""
    (original,) = _passports(trained[which])
    facets = trained[which][-1]["job"]["facets"]
    made = recipe(original, facets.get("headwater_dirtyDiff"))
    write(made, tmp_path / "again")
    script = str(tmp_path / "again" / "reproduce.sh")
    events = _run([script], tmp_path, tmp_path / "events", KEEP_ENVIRONMENT="1")

    (again,) = _passports(events)
    assert again.model.artifact_digest == original.model.artifact_digest
    assert made.missing == ("The image is not known: system libraries may differ.",)


def test_recipe_says_what_is_missing(stated: list[Passport]) -> None:
    """What is not known is said, rather than left for the reader to find."""
    model = stated[1].model.model_copy(update={"command": (), "seeds": {}})
    bare = Passport("id", model, None, None)
    missing = " ".join(recipe(bare).missing)

    for word in ("commit", "command", "libraries", "image", "seed"):
        assert word in missing
    assert "not at hand" in " ".join(recipe(stated[1]).missing)


def test_passport_is_shown_in_full(
    stated: list[Passport], capsys: pytest.CaptureFixture[str]
) -> None:
    """The table holds the answers as text."""
    from rich.console import Console

    show(stated[1], Console(width=200))
    shown = capsys.readouterr().out

    for words in ("letters at version 7: a, b", "rate=0.25", "seed=2", "uncommitted changes"):
        assert words in shown
    assert flat(stated[1])["inputs.file/letters (train).version"] == "7"


EVIL = "x\ntouch pwned\n$(touch pwned)`touch pwned`';touch pwned;'"


def test_recipe_runs_nothing_that_a_name_says(tmp_path: Path) -> None:
    """Whoever can name a model, a branch or a library cannot command who reproduces it."""
    model = ModelVersion(
        namespace=EVIL, name=EVIL, version=EVIL, folder=EVIL, command=("python", EVIL),
        inputs=(ModelInput(namespace=EVIL, name=EVIL, version=EVIL, rows=EVIL),),
        determinism={"A;TOUCH PWNED;B": EVIL, "OMP_NUM_THREADS": EVIL},
        seeds={"python.hash": EVIL},
    )  # fmt: skip
    code = JobVersion(namespace=EVIL, name=EVIL, repository=f"--{EVIL}", commit="0f" * 20)
    libraries = {EVIL: "1", "numpy": EVIL, "a": "1"}
    ran_in = Environment(image=EVIL, image_digest=EVIL, libraries=libraries)
    made = recipe(Passport("id", model, code, ran_in))
    write(made, tmp_path)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("git", "python", "pip"):
        (tools / name).write_text('#!/bin/sh\n[ "$1" = clone ] && mkdir -p "work"\nexit 0\n')
        (tools / name).chmod(0o755)
    (tmp_path / "work" / EVIL).mkdir(parents=True)
    variables = {"PATH": f"{tools}:/usr/bin:/bin", "KEEP_ENVIRONMENT": "1"}
    command = [str(tmp_path / "reproduce.sh")]
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("pwned")) == []
    assert made.requirements == "a==1\n"
    option = recipe(Passport("id", model, code.model_copy(update={"commit": "--help"}), ran_in))
    assert "The commit is not known." in option.missing
