import contextlib
import time
from statistics import median
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from headwater.producers.torch import Profile, profile

from .conftest import Events


def _model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(inplace=True), nn.Linear(16, 1))


def _loader(count: int = 64) -> DataLoader[tuple[torch.Tensor, ...]]:
    return DataLoader(TensorDataset(torch.randn(count, 8), torch.randn(count, 1)), batch_size=4)


def _train(model: nn.Module, optimizer: torch.optim.Optimizer, loader: Any) -> None:
    for x, y in loader:
        optimizer.zero_grad()
        ((model(x) - y) ** 2).mean().backward()
        optimizer.step()


def test_every_step_is_accounted_for(events: Events) -> None:
    """A run of 1,000 steps has 1,000 times, numbers without a gap, and says so at its end."""
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    loader = _loader(4000)
    with profile(model, optimizer=optimizer, loader=loader, emit=events.emit):
        _train(model, optimizer, loader)

    assert len(events.column("wallNs")) == 1000
    assert list(range(len(events))) == [event["seq"] for event in events]
    assert {"status": "complete", "events": len(events), "steps": 1000, "dropped": {}} == (
        events.closing
    )
    firsts = [event["firstStep"] for event in events if "firstStep" in event]
    lasts = [event["lastStep"] for event in events if "lastStep" in event]
    assert [0, *(last + 1 for last in lasts[:-1])] == firsts


def test_phases_fill_the_step(events: Events) -> None:
    """Data, forward, backward and optimizer all take time, and no more than the step."""
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    loader = _loader()
    with profile(model, optimizer=optimizer, loader=loader, emit=events.emit):
        _train(model, optimizer, loader)

    (event,) = events
    spent = event["phasesNs"]
    assert {"data", "prepare", "forward", "backward", "optimizer"} == set(spent)
    for step, wall in enumerate(event["wallNs"]):
        assert all(column[step] > 0 for column in spent.values())
        assert sum(column[step] for column in spent.values()) <= wall


def test_every_layer_is_recorded_on_every_step_when_asked(events: Events) -> None:
    """With `every=1` each step has times, bytes and norms for each layer."""
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    loader = _loader()
    with profile(model, optimizer=optimizer, loader=loader, every=1, emit=events.emit):
        _train(model, optimizer, loader)

    assert events[0]["layers"]["names"] == ["0", "1", "2"]
    assert list(range(16)) == [sample["step"] for sample in events.samples]
    for sample in events.samples:
        assert sample["calls"] == [1, 1, 1]
        assert all(time > 0 for time in sample["forwardNs"] + sample["backwardNs"])
        assert sample["activationBytes"] == [4 * 16 * 4, 4 * 16 * 4, 4 * 1 * 4]
        assert sample["gradBytes"] == [(8 * 16 + 16) * 4, None, 17 * 4]


def test_gradient_norms_are_those_the_optimizer_saw(events: Events) -> None:
    """A layer's norm is taken over its parameters' gradients before the update."""
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 0.0)
    with profile(model, optimizer=optimizer, every=1, emit=events.emit):
        model(torch.randn(4, 8)).sum().backward()
        optimizer.step()

    expected = [
        None
        if not (gradients := [p.grad.flatten() for p in layer.parameters() if p.grad is not None])
        else torch.cat(gradients).norm().item()
        for layer in model
    ]
    assert expected == pytest.approx(events.samples[0]["gradNorm"])


def test_explicit_steps_need_no_optimizer(events: Events) -> None:
    """`step()` marks a step where no torch optimizer does."""
    model = _model()
    with profile(model, emit=events.emit, every=1) as taken:
        for _ in range(3):
            with taken.step():
                model(torch.randn(4, 8)).sum().backward()

    assert 3 == events.closing["steps"] == len(events.samples)


def test_off_switch_does_nothing(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    """With HEADWATER_PROFILE=off no hook is set and nothing is sent."""
    monkeypatch.setenv("HEADWATER_PROFILE", "off")
    model = _model()
    with profile(model, emit=events.emit, every=1):
        assert not model._forward_hooks
        assert "forward" not in model[0].__dict__

    assert events == []


def test_nothing_stays_on_the_model(events: Events) -> None:
    """After the profile the model and loader are as they were."""
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    loader = _loader()
    plain = type(loader).__iter__
    with profile(model, optimizer=optimizer, loader=loader, every=1, emit=events.emit):
        _train(model, optimizer, loader)

    assert not model._forward_hooks
    assert not model._forward_pre_hooks
    assert all("forward" not in module.__dict__ for module in model.modules())
    assert plain is type(loader).__iter__


def test_failing_layer_is_named(events: Events) -> None:
    """An exception inside a layer names it, on a step that is not sampled too."""
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    with (
        pytest.raises(RuntimeError),
        profile(model, optimizer=optimizer, every=1000, emit=events.emit),
    ):
        model[0](torch.randn(4, 8))
        model[2](torch.randn(4, 3))

    assert events.closing["status"] == "failed"
    assert events.closing["error"]["layer"] == "2"


class _FailsInBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("out of memory")


class _Failing(nn.Linear):
    """Runs out of memory in its backward."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        failing: torch.Tensor = _FailsInBackward.apply(super().forward(x))
        return failing


@pytest.mark.parametrize("every", [1, 1000])
def test_layer_that_fails_in_the_backward_is_named(events: Events, every: int) -> None:
    """No code of a layer runs there: the gradients that came and those that did not tell."""
    model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), _Failing(8, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    with (
        pytest.raises(torch.OutOfMemoryError),
        profile(model, optimizer=optimizer, every=every, emit=events.emit),
    ):
        model(torch.randn(4, 8)).sum().backward()

    error = events.closing["error"]
    assert (error["type"], error["phase"], error["layer"]) == ("OutOfMemoryError", "backward", "2")


def test_phase_of_a_failure_is_the_one_that_ran(events: Events) -> None:
    """Between forward and backward no phase is open, however many ended before."""
    model = _model()
    with pytest.raises(KeyError), profile(model, emit=events.emit):
        model(torch.randn(4, 8)).sum()
        raise KeyError("loss")

    assert events.closing["error"]["phase"] is None


@pytest.mark.parametrize("fused", [False, True])
def test_loss_scale_is_recorded_and_norms_are_without_it(events: Events, fused: bool) -> None:
    """A gradient scaler is found by itself; whoever unscales, norms are the gradient's own."""
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 0.0, fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    x = torch.randn(4, 8)
    with profile(model, optimizer=optimizer, every=1, emit=events.emit):
        scaler.scale(model(x).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
        model(x).sum().backward()
        optimizer.step()

    first, second = events.samples
    assert first["ampScale"] == 8.0
    assert "ampScale" not in second
    assert first["gradNorm"] == pytest.approx(second["gradNorm"])


def test_copies_to_a_device_are_a_phase_of_sampled_steps(
    events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between batch and forward a copy to another device counts, a conversion does not."""
    device = "headwater.producers.torch.profiler.memory.device_of"
    monkeypatch.setattr(device, lambda _: torch.device("meta"))
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    plain = torch.Tensor.to
    with profile(model, optimizer=optimizer, loader=(loader := _loader(8)), every=1,
                 emit=events.emit):  # fmt: skip
        for step, (x, _) in enumerate(loader):
            moved = x.to(torch.float64).to(torch.float32)
            if step == 1:
                moved.to("meta")
            model(x).sum().backward()
            optimizer.step()

    first, second = events[0]["phasesNs"]["copy"]
    assert first == 0 < second
    assert all(time > 0 for time in events[0]["phasesNs"]["prepare"])
    assert torch.Tensor.to is plain


class _Slow(nn.Linear):
    """Takes 3 ms more, in forward or in backward."""

    where = ""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.where == "forward":
            time.sleep(0.003)
        slept: torch.Tensor = _SleepInBackward.apply(super().forward(x), self.where == "backward")
        return slept


class _SleepInBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, slow: bool) -> torch.Tensor:
        ctx.slow = slow
        return x.clone()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        if ctx.slow:
            time.sleep(0.003)
        return gradient, None


@pytest.mark.parametrize("where", ["forward", "backward"])
def test_planted_sleep_is_blamed_on_its_layer(events: Events, where: str) -> None:
    """A layer that sleeps 3 ms is the slowest by that much, in the pass where it sleeps."""
    model = nn.Sequential(*(layer for _ in range(5) for layer in (_Slow(8, 8), nn.ReLU(True))))
    slow = model[4]
    assert isinstance(slow, _Slow)
    slow.where = where
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    with profile(model, optimizer=optimizer, every=1, emit=events.emit):
        for _ in range(9):
            model(torch.randn(4, 8)).sum().backward()
            optimizer.step()

    # Medians of the steps: on a busy machine any layer may be held up once.
    times = [
        median(layer)
        for layer in zip(*(sample[f"{where}Ns"] for sample in events.samples), strict=True)
    ]
    assert times.index(max(times)) == 4
    assert times[4] >= 3_000_000
    assert sorted(times)[-2] < 2_000_000


@pytest.mark.parametrize("at_stamp", [1, 2, 3, 5, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49])
def test_fault_of_the_profile_stays_out_of_the_training(events: Events, at_stamp: int) -> None:
    """Wherever it breaks the training goes on to the same weights, and the end says so."""

    class Breaks:
        name, immediate = "host", False
        count = 0

        def stamp(self) -> int:
            self.count += 1
            if self.count >= at_stamp:
                raise OSError("no clock")
            return self.count

        def ready(self, _stamps: Any) -> bool:
            return True

        def read(self, stamps: Any) -> list[int]:
            return list(stamps)

    def trained(taken: Any) -> torch.Tensor:
        model = _model()
        optimizer = torch.optim.SGD(model.parameters(), 0.01)
        loader = DataLoader(TensorDataset(torch.ones(32, 8), torch.ones(32, 1)), batch_size=4)
        with taken(model, optimizer, loader):
            _train(model, optimizer, loader)
        assert not model._forward_hooks
        assert all("forward" not in module.__dict__ for module in model.modules())
        first = model[0]
        assert isinstance(first, nn.Linear)
        return first.weight

    profiles: list[Profile] = []

    def broken(model: nn.Module, optimizer: torch.optim.Optimizer, loader: Any) -> Profile:
        taken = profile(model, optimizer=optimizer, loader=loader, every=1, emit=events.emit)
        profiles.append(taken)
        return taken

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headwater.producers.torch.profiler.clock_of", lambda _: Breaks())
        weights = trained(broken)

    assert torch.equal(weights, trained(lambda *_: contextlib.nullcontext()))
    assert "no clock" in profiles[0].faults[0]
    assert events.closing["status"] == "stopped"


def test_each_call_of_a_decorated_function_is_a_run(events: Events) -> None:
    """As a decorator it profiles every call by itself."""
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 0.01)

    @profile(model, optimizer=optimizer, every=1, emit=events.emit)
    def train() -> None:
        model(torch.randn(4, 8)).sum().backward()
        optimizer.step()

    train()
    train()

    assert [event["seq"] for event in events] == [0, 0]
    assert len({event["runId"] for event in events}) == 2
