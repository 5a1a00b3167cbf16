import contextlib
import shutil

import pytest
import torch
from torch import nn

from headwater.producers.torch import Profile, profile

from .architectures import ARCHITECTURES, COMPILED_TO_CODE, Architecture, train
from .conftest import Events

STEPS = 7


def _by_name(name: str) -> Architecture:
    return next(found for found in ARCHITECTURES if found.name == name)


def _profiled(name: str, events: Events, every: int = 1) -> None:
    def around(model: nn.Module, optimizer: torch.optim.Optimizer) -> object:
        return profile(model, optimizer=optimizer, every=every, emit=events.emit)

    train(_by_name(name), STEPS, around)


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda found: found.name)
def test_training_is_bit_identical(architecture: Architecture, every: int, events: Events) -> None:
    """Losses and weights are the same bits with the profile and without."""

    def around(model: nn.Module, optimizer: torch.optim.Optimizer) -> object:
        taken = profile(model, optimizer=optimizer, every=every, emit=events.emit)
        taken._budget.bare_ns.extend([1 << 40] * 8)  # arrivals fit from the first step on
        profiles.append(taken)
        return taken

    profiles: list[Profile] = []
    bare = train(architecture, STEPS, lambda *_: contextlib.nullcontext())
    losses, weights = train(architecture, STEPS, around)

    assert profiles[0].faults == []
    assert losses == bare[0]
    assert weights.keys() == bare[1].keys()
    assert all(torch.equal(weights[name], bare[1][name]) for name in weights)
    assert events.closing["steps"] == STEPS
    assert len(events.samples) >= STEPS // every
    assert len(events.column("arrivals")) == STEPS - 1


@pytest.mark.skipif(shutil.which("g++") is None, reason="inductor needs a C++ compiler")
def test_training_compiled_to_code_is_bit_identical(events: Events) -> None:
    """The same holds where inductor generates code."""
    test_training_is_bit_identical(COMPILED_TO_CODE, 1, events)


def test_attention_is_one_layer_with_all_its_weights(events: Events) -> None:
    """`out_proj` is never called, so that its weights belong to the attention."""
    _profiled("attention", events)

    table = events[0]["layers"]
    assert table["names"] == ["attention", "norm"]
    assert table["parameterBytes"][0] == (3 * 8 * 8 + 3 * 8 + 8 * 8 + 8) * 4


@pytest.mark.parametrize("name", ["checkpointed", "checkpointed-reentrant"])
def test_recomputation_is_told_apart(name: str, events: Events) -> None:
    """Each layer ran once; what ran again inside the backward stands by itself."""
    _profiled(name, events)

    for sample in events.samples:
        assert sample["calls"] == [1] * 6
        # Recomputation stops as soon as the backward has what it needs.
        assert all(sample["recomputeNs"][layer] > 0 for layer in (0, 1, 3, 4))
        assert all(time > 0 for time in sample["backwardNs"])


def test_shared_layer_counts_each_call(events: Events) -> None:
    """A layer called twice has two calls; a tied weight is counted once."""
    _profiled("shared", events)

    assert events[0]["layers"]["names"] == ["twice", "tied"]
    assert events[0]["layers"]["parameterBytes"] == [(16 * 16 + 16) * 4, 0]
    assert all(sample["calls"] == [2, 1] for sample in events.samples)


def test_micro_batches_are_counted(events: Events) -> None:
    """A step of two micro-batches has two backwards and each layer two calls."""
    _profiled("micro-batches", events)

    assert events.column("microBatches") == [2] * STEPS
    assert all(sample["calls"] == [2] * 5 for sample in events.samples)


def test_copies_are_not_counted(events: Events) -> None:
    """A deep copy runs on its own weights, and is no part of the profile."""
    _profiled("deep-copied", events)

    assert all(sample["calls"] == [1] * 5 for sample in events.samples)


def test_evaluation_is_a_phase_of_its_own(events: Events) -> None:
    """A forward without gradients counts to no layer and not to `forward`."""
    _profiled("evaluated", events)

    assert all(time > 0 for event in events for time in event["phasesNs"]["evaluation"])
    assert all(sample["calls"] == [1] * 5 for sample in events.samples)


def test_layer_that_passes_its_input_on_takes_nothing(events: Events) -> None:
    """The backward is not blamed on a layer that returned what it was given."""
    _profiled("in-place", events)

    identity = 3
    assert all(sample["backwardNs"][identity] == 0 for sample in events.samples)


def test_layers_that_a_compiler_took_in_are_said_to_be_unseen(events: Events) -> None:
    """A compiled model still has phases and norms; why it has no layer times is said."""
    _profiled("compiled", events)

    assert set(events[-1]["unseen"].values()) == {"compiled"}
    assert all(any(norm for norm in sample["gradNorm"]) for sample in events.samples)
    assert all(time > 0 for event in events for time in event["phasesNs"]["forward"])


@pytest.mark.parametrize("every", [1, 2])
def test_compiled_model_gains_no_graph_break(every: int, events: Events) -> None:
    """A model that the job compiles around a profiled one stays one graph."""
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(inplace=True), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    compiled = torch.compile(model, backend="aot_eager")
    with profile(model, optimizer=optimizer, every=every, emit=events.emit) as taken:
        for _ in range(12):
            optimizer.zero_grad()
            compiled(torch.randn(4, 8)).sum().backward()
            optimizer.step()

    assert taken.faults == []
    assert torch._dynamo.utils.counters["graph_break"] == {}
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] <= 2
    assert set(events[-1]["unseen"].values()) == {"never called by itself"}
