"""A training process of its own, for peers that patch torch for the whole process.

Usage: `training_peer.py WORKLOAD PORT VARIANT`, which is one of `LOOPS`. It connects to PORT,
trains a block for each line it gets, and answers with the block's time in ns.
"""

import importlib
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch

from tests.bench.training_models import WORKLOADS, Loop


class _TracedLoop(Loop):
    def step(self) -> None:
        with importlib.import_module("traceml_ai").trace_step(self.model):
            super().step()


class _ProfiledLoop(Loop):
    def block_ns(self) -> int:
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]):
            return super().block_ns()


LOOPS = {"bare": Loop, "torch.profiler": _ProfiledLoop, "traceml": _TracedLoop}


def main() -> None:
    name, port, variant = sys.argv[1:4]
    torch.set_num_threads(1)
    workload = next(found for found in WORKLOADS if found.name == name)
    loop = LOOPS[variant](workload)
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        lines = connection.makefile("rw")
        for _ in lines:
            lines.write(f"{loop.block_ns()}\n")
            lines.flush()


if __name__ == "__main__":
    main()
