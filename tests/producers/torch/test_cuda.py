"""What a profile does on a GPU: never wait for it, and still say what it took."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import nn

from headwater.producers.torch import profile

from .conftest import Events

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

STEPS = 30
WIDTH = 1024


def _model() -> nn.Sequential:
    torch.manual_seed(0)
    layers = [layer for _ in range(4) for layer in (nn.Linear(WIDTH, WIDTH), nn.ReLU())]
    return nn.Sequential(*layers).cuda()


@contextmanager
def _no_waiting() -> Iterator[None]:
    """Let whatever waits for the device raise."""
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def _train(model: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor) -> None:
    optimizer.zero_grad()
    model(x).square().mean().backward()
    optimizer.step()


@pytest.mark.parametrize("every", [1, 4])
def test_step_never_waits_for_the_device(events: Events, every: int) -> None:
    """With every wait an error all steps are recorded, by the device's own clock."""
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    x = torch.randn(256, WIDTH, device="cuda")
    _train(model, optimizer, x)
    torch.cuda.synchronize()
    with profile(model, optimizer=optimizer, every=every, emit=events.emit) as taken:
        with _no_waiting():
            for _ in range(STEPS):
                _train(model, optimizer, x)
        torch.cuda.synchronize()

    assert taken.faults == []
    assert {event["clock"] for event in events} == {"cuda"}
    assert events.closing["steps"] == len(events.column("wallNs")) == STEPS
    assert events.closing["dropped"] == {}
    for event in events:
        assert all(time > 0 for time in event.get("phasesNs", {}).get("forward", ()))
    for sample in events.samples:
        assert all(time > 0 for time in sample["forwardNs"])
        assert all(norm is None or norm > 0 for norm in sample["gradNorm"])


def test_layers_fill_their_phase(events: Events) -> None:
    """The layers' intervals add up to the forward and the backward within a tenth."""
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    x = torch.randn(8192, WIDTH, device="cuda")
    with profile(model, optimizer=optimizer, every=1, emit=events.emit):
        for _ in range(STEPS):
            _train(model, optimizer, x)

    for name in ("forward", "backward"):
        phase = sum(time for event in events for time in event["phasesNs"][name][5:])
        layers = sum(sum(sample[f"{name}Ns"]) for sample in events.samples[5:])
        assert phase == pytest.approx(layers, rel=0.1)


def test_captured_graph_is_left_alone(events: Events) -> None:
    """No stamp goes into a graph that is captured; its replays are steps without phases."""
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    x = torch.randn(256, WIDTH, device="cuda")
    graph = torch.cuda.CUDAGraph()
    with profile(model, every=1, emit=events.emit) as taken:
        side = torch.cuda.Stream()
        with torch.cuda.stream(side), taken.step():
            _train(model, optimizer, x)
        torch.cuda.current_stream().wait_stream(side)
        with taken.step(), torch.cuda.graph(graph):
            _train(model, optimizer, x)
        for _ in range(STEPS):
            with taken.step():
                graph.replay()

    assert taken.faults == []
    assert events.closing["steps"] == STEPS + 2


def test_peak_of_memory_is_read_and_not_reset(events: Events) -> None:
    """Allocator counters are in every event, and the job's own peak stays."""
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    del (big := [torch.empty(1 << 28, device="cuda")])[:]
    peak = torch.cuda.max_memory_allocated()
    with profile(model, optimizer=optimizer, every=1, emit=events.emit):
        _train(model, optimizer, torch.randn(8, WIDTH, device="cuda"))

    assert big == []
    assert torch.cuda.max_memory_allocated() == peak == events[-1]["memory"]["peak"]
    assert events[-1]["memory"]["reserved"] >= events[-1]["memory"]["bytes"] > 0


def test_copies_and_loss_scale_are_told(events: Events) -> None:
    """A batch's way to the device is a phase of its own; a scaler's scale comes along."""
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    scaler = torch.amp.GradScaler("cuda", init_scale=16.0)
    batches = [torch.randn(64, WIDTH) for _ in range(4)]
    with profile(model, optimizer=optimizer, every=1, emit=events.emit) as taken:
        for batch in taken.batches(batches):
            optimizer.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                loss = model(batch.to("cuda")).square().mean()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()

    assert taken.faults == []
    assert all(time > 0 for time in events[0]["phasesNs"]["copy"])
    assert events.samples[0]["ampScale"] == 16.0
