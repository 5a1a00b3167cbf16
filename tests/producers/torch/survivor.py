"""Trains 1,000 steps under a profile, with no broker and with loader workers that fork.

Usage: `survivor.py SPOOL END`. END is what ends it: `return`, `oom`, or the number of the
step at which it kills itself.
"""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from headwater.producers import Emitter
from headwater.producers.torch import profile
from headwater.schemas.topics import PROFILES

STEPS = 1000


class _Data(Dataset[Tensor]):
    def __len__(self) -> int:
        return STEPS * 2

    def __getitem__(self, index: int) -> Tensor:
        return torch.full((4,), float(index))


class _Last(nn.Linear):
    """Runs out of memory when told to."""

    full = False

    def forward(self, x: Tensor) -> Tensor:
        if self.full:
            raise torch.OutOfMemoryError("out of memory")
        return super().forward(x)


def _train(model: nn.Module, optimizer: torch.optim.Optimizer, loader: Iterator[Tensor]) -> int:
    end = sys.argv[2]
    last = model[1]  # type: ignore[index]
    step = 0
    for step, batch in enumerate(loader):
        if end == str(step):
            os.kill(os.getpid(), signal.SIGKILL)
        last.full = end == "oom" and step == STEPS // 2
        optimizer.zero_grad()
        model(batch).square().mean().backward()
        optimizer.step()
    return step + 1


def main() -> None:
    torch.set_num_threads(1)
    emitter = Emitter(bootstrap="127.0.0.1:9", spool_dir=Path(sys.argv[1]), close_timeout_s=0.0)
    model = nn.Sequential(nn.Linear(4, 4), _Last(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), 1e-9)
    loader = DataLoader(_Data(), batch_size=2, num_workers=2, multiprocessing_context="fork")
    with profile(
        model,
        optimizer=optimizer,
        loader=loader,
        run="survivor",
        emit=lambda event: emitter.emit(event, topic=PROFILES.name),
    ):
        _train(model, optimizer, iter(loader))


if __name__ == "__main__":
    main()
