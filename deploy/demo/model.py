"""The model: arrival delay from the feature table, trained with the profile hook on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ...producers import Emitter
from ...producers.duckdb import TracedConnection
from ...producers.provenance import datasets, train_run, used
from ...producers.torch import profile
from .flights import JOB_NAMESPACE

JOB = "train_arrival_delay"
MODEL = "arrival_delay"
TARGET = "arr_delay"

# In an order that is always the same, and that no column decides: the last rows are the test.
_ROWS = "SELECT * FROM training_set AS row ORDER BY hash(row)"


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """What the run is told; part of the passport."""

    learning_rate: float = 0.003
    batch_size: int = 512
    steps: int = 400
    hidden: int = 64
    seed: int = 13


@dataclass(frozen=True, slots=True)
class Trained:
    """What the training came to.

    Attributes:
        rmse: On the last tenth of the rows, in minutes.
    """

    run_id: str
    steps: int
    rmse: float


def train(
    connection: TracedConnection, emitter: Emitter, parameters: Hyperparameters | None = None
) -> Trained:
    """Train the model on `training_set` as a run, and state its passport."""
    p = parameters or Hyperparameters()
    torch.manual_seed(p.seed)
    table = connection.connection.execute(_ROWS).fetchnumpy()
    features, target = _tensors(table)
    version = datasets.in_memory(connection.dataset("training_set"), table)
    source = used(version, columns=list(table), role="train")
    with train_run(
        JOB,
        namespace=JOB_NAMESPACE,
        inputs=[source],
        hyperparameters=asdict(p),
        seed=p.seed,
        emitter=emitter,
    ) as r:
        model = _network(features.shape[1], p.hidden)
        split = len(features) * 9 // 10
        _fit(model, features[:split], target[:split], p, run=r)
        rmse = _rmse(model, features[split:], target[split:])
        r.metrics(rmse_minutes=rmse)
        r.model(MODEL, model)
        return Trained(r.run_id, p.steps, rmse)


def _tensors(table: Mapping[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return features and target of a table; features scaled to mean 0 and deviation 1."""
    values = torch.stack(
        [torch.as_tensor(table[c].astype("float32")) for c in table if c != TARGET], dim=1
    )
    target = torch.as_tensor(table[TARGET].astype("float32")).unsqueeze(1)
    return (values - values.mean(0)) / (values.std(0) + 1e-6), target


def _network(inputs: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
        nn.Linear(hidden, 1),
    )  # fmt: skip


def _fit(
    model: nn.Module,
    features: torch.Tensor,
    target: torch.Tensor,
    p: Hyperparameters,
    *,
    run: object,
) -> None:
    optimizer = torch.optim.Adam(model.parameters(), lr=p.learning_rate)
    loader = DataLoader(TensorDataset(features, target), p.batch_size, shuffle=True)
    with profile(model, optimizer=optimizer, loader=loader, run=run):
        for _, (x, y) in zip(range(p.steps), loader, strict=False):
            optimizer.zero_grad()
            nn.functional.smooth_l1_loss(model(x), y).backward()
            optimizer.step()


@torch.no_grad()
def _rmse(model: nn.Module, features: torch.Tensor, target: torch.Tensor) -> float:
    return float((model(features) - target).square().mean().sqrt())
