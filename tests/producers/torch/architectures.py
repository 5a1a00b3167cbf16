"""Small models with what is known to trip instruments, and one way to train each."""

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations
from torch.utils.checkpoint import checkpoint

Step = Callable[[nn.Module, torch.optim.Optimizer, Tensor], Tensor]


class Attention(nn.Module):
    """Attention whose `out_proj` is never called: only its weights are used."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm = nn.LayerNorm(8)

    def forward(self, x: Tensor) -> Tensor:
        sequence = x.view(-1, 2, 8)
        attended, _ = self.attention(sequence, sequence, sequence)
        out: Tensor = self.norm(attended + sequence)
        return out.flatten(1)


class Checkpointed(nn.Module):
    """Runs its blocks again inside the backward."""

    blocks: nn.ModuleList

    def __init__(self, reentrant: bool) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(16, 16), nn.ReLU(inplace=True), nn.Dropout(0.1))
            for _ in range(2)
        )
        self.reentrant = reentrant

    def forward(self, x: Tensor) -> Tensor:
        x = x.requires_grad_()
        for block in self.blocks:
            x = checkpoint(block, x, use_reentrant=self.reentrant)
        return x


class Shared(nn.Module):
    """One layer called twice, and two layers with one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.twice = nn.Linear(16, 16)
        self.tied = nn.Linear(16, 16, bias=False)
        self.tied.weight = self.twice.weight

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.tied(torch.relu(self.twice(self.twice(x))))
        return out


class Recurrent(nn.Module):
    """A layer that returns a tuple."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 16, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        out, _ = self.lstm(x.view(-1, 2, 8))
        last: Tensor = out[:, -1]
        return last


def _in_place() -> nn.Module:
    return nn.Sequential(
        nn.Linear(16, 16), nn.ReLU(inplace=True), nn.Dropout(0.2), nn.Identity(), nn.Linear(16, 16)
    )


def _convolution() -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(1, (1, 4, 4)), nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten()
    )


def _frozen() -> nn.Module:
    model = nn.Sequential(nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 16))
    model[0].requires_grad_(False)
    return model


def _parametrized() -> nn.Module:
    return nn.Sequential(parametrizations.weight_norm(nn.Linear(16, 16)), nn.ReLU())


def _compiled(backend: str) -> nn.Module:
    compiled = torch.compile(_in_place(), backend=backend)
    assert isinstance(compiled, nn.Module)
    return compiled


def plain(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> Tensor:
    optimizer.zero_grad()
    loss: Tensor = model(x).square().mean()
    loss.backward()
    optimizer.step()
    return loss


def micro_batches(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> Tensor:
    optimizer.zero_grad()
    losses = [model(part).square().mean() / 2 for part in x.chunk(2)]
    for loss in losses:
        loss.backward()
    optimizer.step()
    return torch.stack(losses).sum()


def averaged(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> Tensor:
    """Take a deep copy within every step, and use it as the target."""
    twin = copy.deepcopy(model)
    loss = plain(model, optimizer, x)
    with torch.no_grad():
        target = twin(x)
        distance: Tensor = (target - copy.deepcopy(model)(x)).square().mean()
    return loss + distance


def scaled(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> Tensor:
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss: Tensor = model(x).square().mean()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    return loss


def evaluated(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> Tensor:
    """Evaluate in the midst of a step."""
    model.eval()
    with torch.no_grad():
        before: Tensor = model(x).mean()
    model.train()
    return plain(model, optimizer, x) + before


def closure(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> Tensor:
    def evaluate() -> float:
        optimizer.zero_grad()
        loss: Tensor = model(x).square().mean()
        loss.backward()
        return loss.item()

    return torch.tensor(optimizer.step(evaluate))


@dataclass(frozen=True)
class Architecture:
    """A model and how one step trains it."""

    name: str
    build: Callable[[], nn.Module]
    step: Step = plain
    optimizer: Callable[[Iterable[Tensor]], torch.optim.Optimizer] = torch.optim.AdamW


ARCHITECTURES = (
    Architecture("in-place", _in_place),
    Architecture("attention", Attention),
    Architecture("encoder", lambda: nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)),
    Architecture("checkpointed", lambda: Checkpointed(reentrant=False)),
    Architecture("checkpointed-reentrant", lambda: Checkpointed(reentrant=True)),
    Architecture("shared", Shared),
    Architecture("frozen", _frozen),
    Architecture("convolution", _convolution),
    Architecture("recurrent", Recurrent),
    Architecture("parametrized", _parametrized),
    Architecture("micro-batches", _in_place, micro_batches),
    Architecture("deep-copied", _in_place, averaged),
    Architecture("evaluated", _in_place, evaluated),
    Architecture("mixed-precision", _in_place, scaled),
    Architecture("closure", _in_place, closure, lambda p: torch.optim.LBFGS(p, max_iter=3)),
    Architecture("compiled", lambda: _compiled("aot_eager")),
)

COMPILED_TO_CODE = Architecture("compiled-inductor", lambda: _compiled("inductor"))


def train(architecture: Architecture, steps: int, around: Callable[..., Any]) -> tuple[Any, Any]:
    """Train from a fixed seed and return the losses and the weights.

    Args:
        around: Called with the model and optimizer; returns the context to train in.
    """
    torch.manual_seed(0)
    model = architecture.build()
    optimizer = architecture.optimizer([p for p in model.parameters() if p.requires_grad])
    with around(model, optimizer):
        losses = [
            architecture.step(model, optimizer, torch.randn(4, 16)).item() for _ in range(steps)
        ]
    return losses, model.state_dict()
