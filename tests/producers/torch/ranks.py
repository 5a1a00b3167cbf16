"""One rank of trainings over gloo, profiled; the second rank sleeps in each forward.

Usage: `ranks.py FOLDER RANK`. Two of them meet in FOLDER, train a model under DDP and one under
FSDP, and each leaves its events there, a line each, in `KIND-RANK.jsonl`.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from headwater.producers.torch import profile

KINDS = ("ddp", "fsdp")
STEPS = 12
WORLD = 2
SLEEP_S = 0.02


class Net(nn.Module):
    """Two layers, late by `sleep_s`."""

    def __init__(self, sleep_s: float) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(32, 32), nn.Linear(32, 1)
        self._sleep_s = sleep_s

    def forward(self, x: Tensor) -> Tensor:
        time.sleep(self._sleep_s)
        out: Tensor = self.second(torch.relu(self.first(x)))
        return out


def _wrapped(kind: str, net: Net) -> nn.Module:
    if kind == "ddp":
        return DistributedDataParallel(net)
    mesh = init_device_mesh("cpu", (WORLD,))
    for part in (net.first, net.second, net):
        fully_shard(part, mesh=mesh)
    return net


def _train(kind: str, rank: int, emit: Callable[[Mapping[str, Any]], None]) -> None:
    torch.manual_seed(0)
    model = _wrapped(kind, Net(SLEEP_S * rank))
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    # Only one rank samples: what it does for that must not wait for the other.
    every = 1 if rank == 0 else 1000
    with profile(model, optimizer=optimizer, every=every, run=kind, emit=emit) as taken:
        for _ in range(STEPS):
            optimizer.zero_grad()
            model(torch.randn(4, 32)).square().mean().backward()
            optimizer.step()
    assert taken.faults == [], taken.faults


def main() -> None:
    folder, rank = Path(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(1)
    meeting = f"file://{folder / 'meeting'}"
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=WORLD)
    for kind in KINDS:
        with (folder / f"{kind}-{rank}.jsonl").open("w") as out:
            _train(kind, rank, lambda event, out=out: print(json.dumps(event), file=out))  # type: ignore[misc]
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
