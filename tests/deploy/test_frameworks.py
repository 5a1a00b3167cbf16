"""Real trainings by frameworks, and whether their passports answer what an auditor asks."""

import logging
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from headwater.processors.record import records
from headwater.producers.provenance import datasets, train_run, used
from headwater.producers.trackers.mlflow import emit
from headwater.schemas.openlineage import Event
from headwater.schemas.records import ModelBase, wrap
from headwater.sinks.answers import Passport
from headwater.sinks.index import LineageIndex

from ..producers.trackers.passports import Kept

pytestmark = pytest.mark.filterwarnings("default")  # frameworks warn of themselves

transformers: Any = pytest.importorskip("transformers")
Dataset: Any = pytest.importorskip("datasets").Dataset

IMAGE = "registry.example.org/train@sha256:" + "0f" * 32
ROWS = {"input_ids": [[1, 2, 3, 4]] * 16, "labels": [0, 1] * 8}


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Be the script `train.py` of a repository, in a container; yield the commit."""
    folder = tmp_path / "repository"
    folder.mkdir()
    _git(folder, "init")
    (folder / "train.py").write_text("# the script\n")
    (folder / "letters.csv").write_text("a,b\n1,2\n")
    _git(folder, "add", ".")
    _git(folder, "commit", "-m", "first")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", [str(folder / "train.py")])
    monkeypatch.setenv("HEADWATER_IMAGE", IMAGE)
    _seed()
    yield _git(folder, "rev-parse", "HEAD")


def _seed() -> None:
    random.seed(5)
    np.random.seed(5)
    torch.manual_seed(5)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "spool")


def _passports(kept: Kept) -> list[Passport]:
    """Return what the worker makes of the events of lineage."""
    stated = []
    for number, event in enumerate(each for each in kept.events if "eventType" in each):
        read = Event.model_validate(event)
        at = read.event_time.isoformat()
        stated += [wrap(r, observed_at=at, event_id=str(number)) for r in records(read)]
    found = LineageIndex.from_records(stated).models().items
    return sorted(found, key=lambda passport: str(passport.made_at))


def _answers(kept: Kept) -> dict[str, Any]:
    """Return what the last passport says to each question of an auditor."""
    passport = _passports(kept)[-1]
    model, code, ran_in = passport.model, passport.code, passport.environment
    assert code is not None
    assert ran_in is not None
    (data,) = model.inputs
    return {
        "version": data.version,
        "columns": data.fields,
        "commit": code.commit,
        "hyperparameters": model.hyperparameters,
        "seed": model.seeds.get("seed", model.seeds.get("torch")),
        "image": ran_in.image_digest,
        "libraries": ran_in.libraries.keys() >= {"torch", "numpy"},
    }


def _bert(labels: int = 2) -> Any:
    return transformers.BertForSequenceClassification(
        transformers.BertConfig(
            vocab_size=32, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=32, num_labels=labels,
        )
    )  # fmt: skip


def _tune(model: Any, data: Dataset, kept: Kept, folder: Path) -> Any:
    from headwater.producers.torch.transformers import TransformersCallback

    arguments = transformers.TrainingArguments(
        str(folder / "out"), num_train_epochs=1, per_device_train_batch_size=4, use_cpu=True,
        report_to=[], save_strategy="no", learning_rate=0.25, seed=5, disable_tqdm=True,
    )  # fmt: skip
    with train_run("tune", emitter=kept) as run:
        trainer = transformers.Trainer(
            model=model, args=arguments, train_dataset=data,
            callbacks=[TransformersCallback(run, "letters")],
        )  # fmt: skip
        trainer.train()
        trainer.save_model(str(folder / "saved"))
    return trainer


def test_hugging_face_trainer(commit: str, kept: Kept, tmp_path: Path) -> None:
    """One callback, and every question has its answer.

    The trainer feeds a transform of the dataset that it is given, which has a fingerprint of
    its own: that is the version.
    """
    trainer = _tune(_bert(), Dataset.from_dict(ROWS), kept, tmp_path)
    answers = _answers(kept)

    assert answers["hyperparameters"].items() >= {"learning_rate": 0.25, "seed": 5}.items()
    del answers["hyperparameters"]
    assert answers == {
        "version": trainer.get_train_dataloader().dataset._fingerprint,
        "columns": ("input_ids", "labels"),
        "commit": commit,
        "seed": 5,
        "image": IMAGE.partition("@")[2],
        "libraries": True,
    }


def test_tuned_model_names_its_base(commit: str, kept: Kept, tmp_path: Path) -> None:
    """A model that was saved carries what made it, and its descendant says so by itself."""
    data = Dataset.from_dict(ROWS)
    _tune(_bert(), data, kept, tmp_path)
    loaded = transformers.BertForSequenceClassification.from_pretrained(tmp_path / "saved")
    _tune(loaded, data, kept, tmp_path)
    first, second = _passports(kept)

    assert first.model.bases == ()
    expected = ModelBase(
        namespace=first.model.namespace, name="letters", version=first.model.version,
        relation="finetuned",
    )  # fmt: skip
    assert (expected,) == second.model.bases


def test_lightning(commit: str, kept: Kept, tmp_path: Path) -> None:
    """One callback and the data by its file, and every question has its answer."""
    import lightning.pytorch as pl

    from headwater.producers.torch.lightning import LightningCallback

    class Small(pl.LightningModule):
        def __init__(self, rate: float = 0.5) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.net = nn.Linear(4, 1)

        def training_step(self, batch: Any, _index: int) -> torch.Tensor:
            return self.net(batch[0]).square().mean()  # type: ignore[no-any-return]

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), self.hparams["rate"])

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    letters = used(datasets.local_file("letters.csv"), columns=["a", "b"], role="train")
    with train_run("fit", inputs=[letters], seed=5, emitter=kept) as run:
        pl.Trainer(
            max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path,
            callbacks=[LightningCallback(run, "small")],
        ).fit(Small(), DataLoader(TensorDataset(torch.randn(8, 4)), batch_size=4))  # fmt: skip

    assert _answers(kept) == {
        "version": letters["facets"]["version"]["datasetVersion"],
        "columns": ("a", "b"),
        "commit": commit,
        "hyperparameters": {"rate": 0.5},
        "seed": 5,
        "image": IMAGE.partition("@")[2],
        "libraries": True,
    }


def test_mlflow_run(
    commit: str, kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that MLflow tracked, told by one line after it, has every answer too."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())
    mlflow.set_experiment("letters")
    client = mlflow.MlflowClient()
    data = mlflow.entities.Dataset(
        name="letters", digest="4e0f9f8c", source_type="local",
        source='{"uri": "s3://bucket/letters.csv"}',
        schema='{"mlflow_colspec": [{"type": "long", "name": "a"}]}',
    )  # fmt: skip
    with mlflow.start_run() as run:
        mlflow.log_params({"rate": 0.5, "seed": 5})
        client.log_inputs(run.info.run_id, [mlflow.entities.DatasetInput(data)])
    emit(client, run.info.run_id, namespace="mlflow://local", emitter=kept)

    assert _answers(kept) == {
        "version": "4e0f9f8c",
        "columns": ("a",),
        "commit": commit,
        "hyperparameters": {"rate": 0.5, "seed": 5},
        "seed": 5,
        "image": IMAGE.partition("@")[2],
        "libraries": True,
    }


def test_mlflow_run_around_ours_carries_its_id(
    commit: str, kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From MLflow's page one finds the passport."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())
    mlflow.set_experiment("letters")
    with mlflow.start_run() as outer, train_run("fit", emitter=kept) as run:
        pass

    tags = mlflow.MlflowClient().get_run(outer.info.run_id).data.tags
    assert tags["headwater.run_id"] == run.run_id
