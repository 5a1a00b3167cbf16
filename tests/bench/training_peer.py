"""A training process of its own, for peers that patch torch for the whole process.

Usage: `training_peer.py WORKLOAD PORT bare|traceml`. It connects to PORT, trains a block for
each line it gets, and answers with the block's time in ns.
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


def main() -> None:
    name, port, variant = sys.argv[1:4]
    torch.set_num_threads(1)
    workload = next(found for found in WORKLOADS if found.name == name)
    loop = (_TracedLoop if variant == "traceml" else Loop)(workload)
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        lines = connection.makefile("rw")
        for _ in lines:
            lines.write(f"{loop.block_ns()}\n")
            lines.flush()


if __name__ == "__main__":
    main()
