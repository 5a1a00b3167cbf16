"""The layers of a model, and exact stamps of every call on the steps that are armed.

A layer is timed by a bound method put into the instance's `__dict__` for one step. A bound
method, not a closure: a deep copy of the model then carries a method of its own, and the
test `self is own` sends it straight to its own weights. Full-backward hooks are not used:
they refuse in-place activations and cost 70 µs a layer.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn

from .clock import Clock, gradient_hook

BACKWARD_END = -1
"""The layer of an arrival that is none: there a backward pass ended."""

RECOMPUTED = -1
"""The byte count of a call where checkpointing ran a forward again inside backward."""

# Armed steps after which a layer that was never called is given up.
_TRIALS = 3

# Keys in a tensor's dict of hooks that `RemovableHandle`, which counts up from 0, never uses.
LAYER_KEY = -5003
MODEL_KEY = -5004

# Under these names, or as their only child, wrappers hold the module itself. The names of
# layers go without them, as in the state dict of the model that was wrapped.
_WRAPPED = {"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}

_WRAPPERS = (nn.parallel.DistributedDataParallel, nn.DataParallel)

# These call their children's weights, never the children.
_OPAQUE = (nn.MultiheadAttention,)


@dataclass(slots=True)
class Layer:
    """A module that does work of its own: a leaf, or one that owns parameters directly.

    Attributes:
        timed: Whether its calls are its own; those of a container are its children's.
        compiled: Whether a compiler has taken it in, so that it is never called by itself.
    """

    name: str
    module: nn.Module
    timed: bool
    compiled: bool = False
    parameters: list[nn.Parameter] = field(default_factory=list)

    @property
    def parameter_bytes(self) -> int:
        """The size of the parameters that the layer owns."""
        return sum(parameter.nbytes for parameter in self.parameters)


def layers_of(model: nn.Module) -> list[Layer]:
    """Return the layers of a model in the order of their definition.

    A module or parameter that several layers share is listed once, at its first name.
    """
    found = list(_walk("", model, compiled=False, seen=set()))
    owned: set[int] = set()
    for layer in found:
        layer.parameters = list(_take(layer, owned))
    return [layer for layer in found if layer.timed or layer.parameters]


def _walk(name: str, module: nn.Module, *, compiled: bool, seen: set[int]) -> Iterator[Layer]:
    if id(module) in seen:
        return
    seen.add(id(module))
    compiled = compiled or hasattr(module, "_orig_mod") or module._compiled_call_impl is not None
    leaf = _leaf(module)
    yield Layer(name or type(module).__name__, module, leaf, compiled)
    if not leaf:
        for child_name, child in module.named_children():
            wraps = child_name in _WRAPPED or isinstance(module, _WRAPPERS)
            below = name if wraps else f"{name}.{child_name}".lstrip(".")
            yield from _walk(below, child, compiled=compiled, seen=seen)


def _leaf(module: nn.Module) -> bool:
    return (
        isinstance(module, _OPAQUE)
        or hasattr(module, "parametrizations")
        or next(module.children(), None) is None
    )


def _take(layer: Layer, owned: set[int]) -> Iterator[nn.Parameter]:
    """Yield the parameters of a layer that no earlier layer owns."""
    for parameter in layer.module.parameters(recurse=layer.timed):
        uninitialized = isinstance(parameter, nn.parameter.UninitializedParameter)
        if id(parameter) not in owned and not uninitialized:
            owned.add(id(parameter))
            yield parameter


@dataclass(slots=True)
class Timeline:
    """What an armed step saw, flat lists in order of time.

    Attributes:
        calls: Four each: the layer's index, start, end, bytes of the output or `RECOMPUTED`.
        arrivals: Two each: the index, and when the gradient of the layer's output came.
    """

    calls: list[Any] = field(default_factory=list)
    arrivals: list[Any] = field(default_factory=list)

    def take(self) -> Timeline:
        """Return what was seen so far, and begin anew."""
        taken = Timeline(self.calls[:], self.arrivals[:])
        self.calls.clear()
        self.arrivals.clear()
        return taken


class Stamps:
    """Puts stamps on every call of every layer while armed.

    Args:
        layers: The layers, as `layers_of` gives them.
        clock: What a stamp is read from.
        timeline: Where they go.
        fault: Told of an exception of ours, which then does not reach the layer's caller.
    """

    def __init__(
        self,
        layers: list[Layer],
        clock: Clock,
        timeline: Timeline,
        fault: Callable[[Exception], None],
    ) -> None:
        self._fault = fault
        self._clock = clock
        self._timeline = timeline
        self.unseen: dict[str, str] = {}
        """Layers that cannot be timed, and why."""
        self._layers = layers
        self._trials, self._called = _TRIALS, set[int]()
        self._methods: dict[int, tuple[dict[str, Any], MethodType]] = {}
        for index, layer in enumerate(layers):
            if (reason := _untimeable(layer)) is not None:
                self.unseen[layer.name] = reason
            elif layer.timed:
                self._methods[index] = (layer.module.__dict__, self._method(index, layer.module))

    def arm(self) -> None:
        for attributes, method in self._methods.values():
            attributes["forward"] = method

    def disarm(self) -> None:
        for attributes, method in self._methods.values():
            if attributes.get("forward") is method:
                del attributes["forward"]

    def give_up_silent(self, trained: set[int]) -> None:
        """Arm no more what gets gradients and is never called: a compiler has taken it in.

        Args:
            trained: The layers that got gradients in the armed step that ends.
        """
        if self._trials == 0:
            return
        self._trials -= 1
        self._called.update(self._timeline.calls[::4])
        silent = self._methods.keys() - self._called
        if self._trials == 0 and silent & trained:
            self._give_up(silent)

    def _give_up(self, silent: set[int]) -> None:
        for index in silent:
            attributes, method = self._methods.pop(index)
            if attributes.get("forward") is method:
                del attributes["forward"]
            self.unseen[self._layers[index].name] = "never called by itself"

    def _method(self, index: int, own: nn.Module) -> MethodType:
        plain: Callable[..., Any] = type(own).forward
        now, extend = self._clock.stamp, self._timeline.calls.extend
        is_compiling = torch.compiler.is_compiling
        graph_task, fault = torch._C._current_graph_task_id, self._fault
        arrived = gradient_hook(self._clock, self._timeline.arrivals, index, fault)

        # Its name must be `forward`: pickle restores a bound method by its name.
        def forward(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
            if self is not own or is_compiling():
                return plain(self, *args, **kwargs)
            try:
                start = now()
            except Exception as error:
                fault(error)
                return plain(self, *args, **kwargs)
            output = plain(self, *args, **kwargs)
            try:
                end = now()
                if type(output) is Tensor:
                    size = output.nbytes
                    # What `on_gradient` does, without the call: this is the hottest place.
                    if (node := output.grad_fn) is not None:
                        hooks = output._backward_hooks
                        if hooks is None:
                            output._backward_hooks = hooks = OrderedDict()
                            hooks[LAYER_KEY] = arrived
                            node._register_hook_dict(output)
                        elif LAYER_KEY not in hooks:
                            hooks[LAYER_KEY] = arrived
                else:
                    size = 0
                    for tensor in tensors(output):
                        size += tensor.nbytes
                        on_gradient(tensor, arrived, LAYER_KEY)
                extend((index, start, end, size if graph_task() == -1 else RECOMPUTED))
            except Exception as error:
                fault(error)
            return output

        return MethodType(forward, own)


def _untimeable(layer: Layer) -> str | None:
    """Return why a method on the instance is not what a call of the layer runs, if so."""
    if layer.compiled:
        return "compiled"
    if isinstance(layer.module, torch.jit.ScriptModule):
        return "scripted"
    if isinstance(layer.module, nn.modules.lazy.LazyModuleMixin):
        return "not initialised"
    if "forward" in layer.module.__dict__:
        return "forward replaced on the instance"
    return None


def tensors(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in what a module returned."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from tensors(item)
    elif isinstance(value, dict):
        yield from tensors(tuple(value.values()))


def on_gradient(tensor: Tensor, hook: Callable[[Tensor], None], key: int) -> None:
    """Call `hook` when the gradient of a tensor arrives, once for each tensor and key.

    Without the handle that `Tensor.register_hook` makes, which costs more than the hook. A
    tensor that holds the key already was only passed through by the layer after.
    """
    node = tensor.grad_fn
    if node is None:
        return
    hooks = tensor._backward_hooks
    if hooks is None:
        tensor._backward_hooks = OrderedDict(((key, hook),))
        node._register_hook_dict(tensor)
    elif key not in hooks:
        hooks[key] = hook


@dataclass(slots=True)
class LayerColumns:
    """What one armed step saw, a column for each figure and a place for each layer."""

    calls: list[int]
    forward_ns: list[int]
    backward_ns: list[int]
    recompute_ns: list[int]
    activation_bytes: list[int]

    @classmethod
    def empty(cls, count: int) -> LayerColumns:
        return cls(*([0] * count for _ in range(5)))


def fold(timeline: Timeline, count: int) -> LayerColumns:
    """Sum a timeline, its stamps in ns, to the layers.

    A layer's backward lasts from the arrival of its output's gradient to the next arrival:
    what runs between two layers counts to the one it ran after. What checkpointing
    computes again inside is taken out of it.
    """
    columns = LayerColumns.empty(count)
    calls, forward, sizes = columns.calls, columns.forward_ns, columns.activation_bytes
    recomputed = []
    entries = iter(timeline.calls)
    for index, start, end, size in zip(entries, entries, entries, entries, strict=True):
        if size == RECOMPUTED:
            recomputed.append((index, start, end))
        else:
            calls[index] += 1
            forward[index] += end - start
            sizes[index] += size
    _add_backwards(columns.backward_ns, timeline.arrivals)
    for index, start, end in recomputed:
        columns.recompute_ns[index] += end - start
        _take_out(columns.backward_ns, timeline.arrivals, start, end - start)
    return columns


def _add_backwards(backward: list[int], arrivals: list[Any]) -> None:
    open_index, open_at = BACKWARD_END, 0
    for index, at in zip(arrivals[::2], arrivals[1::2], strict=True):
        if open_index != BACKWARD_END and open_at and at:
            backward[open_index] += at - open_at
        open_index, open_at = index, at


def _take_out(backward: list[int], arrivals: list[Any], start: int, duration: int) -> None:
    """Take a forward inside a backward out of the layer whose backward was open then."""
    after = bisect_right(arrivals[1::2], start)
    if after and (open_index := arrivals[2 * after - 2]) != BACKWARD_END:
        backward[open_index] -= duration


def layer_norms(norms: list[float], owners: Sequence[int], count: int) -> list[float | None]:
    """Return the gradient norm of each layer from those of its parameters."""
    squares: list[float | None] = [None] * count
    for owner, norm in zip(owners, norms, strict=True):
        known = squares[owner]
        squares[owner] = norm * norm if known is None else known + norm * norm
    return [None if square is None else math.sqrt(square) for square in squares]
