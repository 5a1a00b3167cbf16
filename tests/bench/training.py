"""What a profile costs a training, beside bare, torch.profiler and TraceML.

`python -m tests.bench.training [ROUNDS]`. Every variant trains its own copy of the model; a
round times one block of each, in a new order every time. What is printed is the processor
time of all rounds beside that of bare, with the 95 % interval of drawing the rounds anew:
sums, not medians, since a profile that samples pays in few blocks. `bare again` is bare
once more: what it is off by is the noise. All copies are made anew for every sitting, in
another order, since where one comes to lie in memory is worth some percent.

torch.profiler slows down a process that it ran in, and TraceML patches torch for all of one,
so that these train in processes of their own, against a bare one that differs in nothing
else. What torch.profiler takes to start and stop is left out.
"""

import functools
import json
import logging
import random
import socket
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

import torch

from headwater.producers.emitter import Emitter
from headwater.producers.torch import profile
from headwater.schemas.topics import PROFILES

from .training_models import WORKLOADS, Loop, Workload

OUT = Path(".bench/training.json")
TRACEML = Path(".bench/venvs/traceml")
PEER = Path(__file__).with_name("training_peer.py")
ROUNDS = 150
SITTINGS = 6
START_TIMEOUT_S = 180
WARMUP_BLOCKS = 3

AIMS = {
    ("mlp50", "default"): 1.02,
    ("mlp50", "every step"): 1.30,
    ("resnet18s", "every step"): 1.11,
    ("enc6", "every step"): 1.12,
}

VARIANTS = ("bare", "bare again", "default", "every step")
EVERY = {"default": None, "every step": 1}

Block = Callable[[], int]
Times = dict[str, list[int]]


@contextmanager
def variants(workload: Workload, sitting: int) -> Iterator[dict[str, Block]]:
    """Yield what is measured in this process: a name and how to time one block of it."""
    with ExitStack() as stack:
        spool = stack.enter_context(tempfile.TemporaryDirectory())
        # No broker listens there: what a profile sends is spooled, and stays.
        emitter = Emitter(bootstrap="127.0.0.1:9", spool_dir=Path(spool), close_timeout_s=0.0)
        stack.callback(emitter.close, 0.0)
        found: dict[str, Block] = {}
        for name in random.Random(sitting).sample(list(VARIANTS), len(VARIANTS)):
            loop = Loop(workload)
            if name in EVERY:
                stack.enter_context(_profiled(loop, EVERY[name], emitter))
            found[name] = loop.block_ns
        yield found


@contextmanager
def _profiled(loop: Loop, every: int | None, emitter: Emitter) -> Iterator[None]:
    def emit(event: Mapping[str, Any]) -> None:
        emitter.emit(event, topic=PROFILES.name)

    with profile(loop.model, optimizer=loop.optimizer, every=every, emit=emit) as taken:
        yield
    assert taken.faults == [], taken.faults


@contextmanager
def peers(workload: Workload) -> Iterator[dict[str, Block]]:
    """Yield a bare process and one for each peer; TraceML is left out where it is missing."""
    with ExitStack() as stack:

        def start(variant: str, launch: Callable[[int], list[str]]) -> Block:
            return stack.enter_context(_peer(workload, variant, launch))

        found = {
            "bare process": start("bare", lambda _: [sys.executable]),
            "torch.profiler": start("torch.profiler", lambda _: [sys.executable]),
        }
        if (TRACEML / "bin/traceml").exists():
            logs = stack.enter_context(tempfile.TemporaryDirectory())
            launch = [str(TRACEML / "bin/traceml"), "run", "--mode", "summary", "--logs-dir", logs]
            found["TraceML"] = start(
                "traceml", lambda port: [*launch, "--aggregator-port", str(port)]
            )
        yield found


@contextmanager
def _peer(workload: Workload, variant: str, launch: Callable[[int], list[str]]) -> Iterator[Block]:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_server(("127.0.0.1", 0)) as free,
    ):
        port, aggregator = server.getsockname()[1], free.getsockname()[1]
        free.close()
        script = [str(PEER), workload.name, str(port), variant]
        command = launch(aggregator)
        arguments = [script[0], "--args", *script[1:]] if variant == "traceml" else script
        process = subprocess.Popen(
            [*command, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            server.settimeout(START_TIMEOUT_S)
            connection, _ = server.accept()
            with connection, connection.makefile("rw") as lines:
                yield functools.partial(_ask, lines)
            process.wait(START_TIMEOUT_S)
        finally:
            process.kill()
            process.wait()


def _ask(lines: TextIO) -> int:
    """Have a process train a block, and return the time it took."""
    lines.write("block\n")
    lines.flush()
    return int(lines.readline())


def measure(workload: Workload, others: Mapping[str, Block], rounds: int) -> Times:
    """Return the time of each variant's block in each round of every sitting."""
    times: Times = defaultdict(list)
    for sitting in range(SITTINGS):
        with variants(workload, sitting) as blocks:
            for name, taken in _sit({**blocks, **others}, rounds // SITTINGS).items():
                times[name] += taken
    return times


def _sit(blocks: Mapping[str, Block], rounds: int) -> Times:
    for block in blocks.values():
        for _ in range(WARMUP_BLOCKS):
            block()
    times: Times = {name: [] for name in blocks}
    order = random.Random(0)
    for _ in range(rounds):
        for name in order.sample(list(blocks), len(blocks)):
            times[name].append(blocks[name]())
    return times


def ratio(times: list[int], bare: list[int]) -> tuple[float, float, float]:
    """Return the ratio of the sums, and the 95 % interval of drawing the rounds anew."""
    rounds = list(zip(times, bare, strict=True))
    draw = random.Random(0)
    drawn = sorted(_of_sums(draw.choices(rounds, k=len(rounds))) for _ in range(1000))
    return _of_sums(rounds), drawn[25], drawn[974]


def _of_sums(rounds: list[tuple[int, int]]) -> float:
    return sum(time for time, _ in rounds) / sum(base for _, base in rounds)


def report(workload: Workload, times: Times) -> list[dict[str, Any]]:
    """Print a workload's table and return its rows."""
    bare_ms = statistics.median(times["bare"]) / workload.block_steps / 1e6
    print(f"\n{workload.name}: {bare_ms:.2f} ms a step, {len(times['bare'])} rounds")
    _, _, noise = ratio(times["bare again"], times["bare"])
    rows = []
    for name in (name for name in times if name not in {"bare", "bare process"}):
        base = "bare process" if name in {"torch.profiler", "TraceML"} else "bare"
        value, low, high = ratio(times[name], times[base])
        aim = AIMS.get((workload.name, name))
        met = None if aim is None else value <= aim
        if name == "default" and aim is None:  # to be told from bare by nothing but noise
            aim, met = round(noise, 3), low <= noise
        verdict = "" if aim is None else f"  aim {aim:.3g}: {'met' if met else 'missed'}"
        print(f"  {name:<16}{value:7.3f}  [{low:.3f} - {high:.3f}]{verdict}", flush=True)
        row = {"name": f"{workload.name}, {name}", "value": round(value, 4), "unit": "× bare"}
        rows.append({**row, "aim": aim, "met": met})
    return rows


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    logging.disable(logging.WARNING)  # that no broker answers is what is wanted
    torch.set_num_threads(1)
    rows = []
    for workload in WORKLOADS:
        with peers(workload) as others:
            rows += report(workload, measure(workload, others, rounds))
        if "TraceML" not in others:
            print(f"  TraceML         skipped: make a virtual environment in {TRACEML} with it")
    print("\nWhat limits `every step` is Python: some 3 µs a layer for its stamps, 1.5 µs a")
    print("parameter for its norm. `default` samples as rarely as its budget of 1 % asks.")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
