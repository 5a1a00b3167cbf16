"""Trainings that a framework runs, from its callback to the passport."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from headwater.processors.models import model_versions
from headwater.producers import Emitter
from headwater.producers.provenance import artifacts, train_run
from headwater.producers.torch import profile
from headwater.schemas.openlineage import Event
from headwater.schemas.profile import ProfileEvent
from headwater.schemas.records import ModelVersion
from headwater.schemas.topics import PROFILES

from .conftest import Events

pytestmark = pytest.mark.filterwarnings("default")  # frameworks warn of themselves


class _Kept(Emitter):
    """An emitter that keeps what it is given, by topic."""

    def __init__(self, folder: Path) -> None:
        super().__init__(namespace="tests", spool_dir=folder)
        self.lineage: list[dict[str, Any]] = []
        self.profiles: list[ProfileEvent] = []

    def emit(self, event: Mapping[str, Any], *, topic: str = "", **_: Any) -> None:
        if topic == PROFILES.name:
            self.profiles.append(ProfileEvent.model_validate(event))
        else:
            self.lineage.append(json.loads(json.dumps(event)))

    @property
    def passport(self) -> ModelVersion:
        (model,) = model_versions(Event.model_validate(self.lineage[-1]))
        return model

    @property
    def steps(self) -> int:
        return sum(len(event.wall_ns) for event in self.profiles)


@pytest.fixture
def kept(tmp_path: Path) -> _Kept:
    return _Kept(tmp_path)


def test_transformers_trainer_ends_as_a_passport(kept: _Kept, tmp_path: Path) -> None:
    """Dataset with columns, arguments, metrics, digest and every step, by one callback."""
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    library = pytest.importorskip("datasets", reason="datasets is not installed")
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    from headwater.producers.torch.transformers import TransformersCallback

    config = transformers.BertConfig(
        vocab_size=32, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, num_labels=2,
    )  # fmt: skip
    model = transformers.BertForSequenceClassification(config)
    rows = {"input_ids": [[1, 2, 3, 4]] * 24, "labels": [0, 1] * 12}
    arguments = transformers.TrainingArguments(
        str(tmp_path / "out"), num_train_epochs=1, per_device_train_batch_size=4, use_cpu=True,
        report_to=[], save_strategy="no", logging_steps=2, learning_rate=0.25, disable_tqdm=True,
    )  # fmt: skip
    with train_run("tune", emitter=kept) as run:
        transformers.Trainer(
            model=model,
            args=arguments,
            train_dataset=library.Dataset.from_dict(rows),
            callbacks=[TransformersCallback(run, "letters", every=1)],
        ).train()

    passport = kept.passport
    assert passport.hyperparameters["learning_rate"] == 0.25
    (data,) = passport.inputs
    assert data.version_kind == "huggingface"
    assert set(data.fields) == {"input_ids", "labels"}
    assert "train_loss" in passport.metrics
    assert passport.artifact_digest == artifacts.digest(model)
    assert kept.steps == 6
    names = kept.profiles[0].layers.names
    assert "bert.encoder.layer.0.attention.self.query" in names
    sample = kept.profiles[0].samples[-1]
    assert sample.calls[names.index("bert.encoder.layer.0.attention.self.query")] == 1
    assert {"data", "forward", "backward", "optimizer"} <= kept.profiles[0].phases_ns.keys()


def test_lightning_trainer_ends_as_a_passport(kept: _Kept, tmp_path: Path) -> None:
    """Hyperparameters, metrics, digest and every step, by one callback."""
    pl = pytest.importorskip("lightning.pytorch", reason="lightning is not installed")
    from headwater.producers.torch.lightning import LightningCallback

    class Small(pl.LightningModule):  # type: ignore[misc,name-defined]
        def __init__(self, rate: float = 0.5) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))

        def training_step(self, batch: Any, _index: int) -> torch.Tensor:
            loss: torch.Tensor = self.net(batch[0]).square().mean()
            self.log("loss", loss)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), self.hparams["rate"])

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    module = Small()
    with train_run("fit", emitter=kept) as run:
        pl.Trainer(
            max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path,
            callbacks=[LightningCallback(run, "small", every=1)],
        ).fit(module, DataLoader(TensorDataset(torch.randn(16, 4)), batch_size=4))  # fmt: skip

    passport = kept.passport
    assert passport.hyperparameters == {"rate": 0.5}
    assert "loss" in passport.metrics
    assert passport.artifact_digest == artifacts.digest(module)
    assert kept.steps == 8
    event = kept.profiles[0]
    assert event.layers.names == ("net.0", "net.1", "net.2")
    assert all(event.phases_ns["forward"])
    assert all(event.phases_ns["backward"])
    assert all(sample.grad_norm[0] for sample in event.samples)


def test_accelerated_loop_is_profiled(events: Events) -> None:
    """What `prepare` returns is profiled as it is; gathered gradients are one step."""
    accelerate = pytest.importorskip("accelerate", reason="accelerate is not installed")
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    loader = DataLoader(TensorDataset(torch.randn(16, 4)), batch_size=4)
    accelerator = accelerate.Accelerator(cpu=True, gradient_accumulation_steps=2)
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
    with profile(model, optimizer=optimizer, loader=loader, every=1, emit=events.emit):
        for (x,) in loader:
            with accelerator.accumulate(model):
                accelerator.backward(model(x).square().mean())
                optimizer.step()
                optimizer.zero_grad()

    assert events.closing["steps"] == 2
    assert events.column("microBatches") == [2, 2]
    assert all(time > 0 for time in events[0]["phasesNs"]["data"])
    assert all(sample["calls"] == [2, 2, 2] for sample in events.samples)
