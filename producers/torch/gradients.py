"""Gradients: when each layer's arrive, and their norms as the optimizer is about to see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from .clock import Clock, gradient_hook
from .layers import Layer


class Arrivals:
    """A mark for each layer in every backward: when its gradient is there.

    A layer's gradient is taken to be there when that of its first parameter is: a backward
    comes to it last. It works inside compiled models, and before any collective: what is
    late here is the layer's own rank, not another's.

    Args:
        marks: Where they go: the layer's place in `layers`, and the stamp.
        fault: Told of an exception of ours, which then does not reach the backward.
        count_max: For how many layers there is room; they are spread evenly, and the first
            one, whose gradient is the last of a backward, is always among them.
    """

    def __init__(
        self,
        layers: list[Layer],
        clock: Clock,
        marks: list[Any],
        fault: Callable[[Exception], None],
        count_max: int,
    ) -> None:
        found = {index: _first_trained(layer) for index, layer in enumerate(layers)}
        trained = [(index, first) for index, first in found.items() if first is not None]
        count = min(count_max, len(trained))
        chosen = [trained[place * len(trained) // count] for place in range(count)]
        self.layers = [index for index, _ in chosen]
        """The layers that are looked at."""
        self._handles = [
            parameter.register_post_accumulate_grad_hook(gradient_hook(clock, marks, place, fault))
            for place, (_, parameter) in enumerate(chosen)
        ]

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()


def _first_trained(layer: Layer) -> nn.Parameter | None:
    return next((each for each in layer.parameters if each.requires_grad and each.is_leaf), None)


class Norms:
    """The norm of every parameter's gradient, fetched without waiting for a device."""

    def __init__(self, layers: list[Layer]) -> None:
        self._owned = [
            (index, parameter)
            for index, layer in enumerate(layers)
            for parameter in layer.parameters
        ]

    def read(self, scale: Tensor | None = None, *, scaled: bool = False) -> Reading | None:
        """Start reading the gradients as they are now; None where there is none.

        Of a gradient that is spread over ranks it is this rank's shard: the norm of the
        whole would be a collective, which other ranks do not take part in.

        Args:
            scale: The loss scale of a gradient scaler.
            scaled: Whether the gradients are still multiplied by it.
        """
        found = [
            (index, gradient if type(gradient) is Tensor else _local(gradient))
            for index, parameter in self._owned
            if (gradient := parameter.grad) is not None and not gradient.is_sparse
        ]
        if not found:
            return None
        owners, gradients = zip(*found, strict=True)
        return Reading(owners, gradients, scale, scaled=scaled)


class Reading:
    """Norms on their way to the host.

    Attributes:
        owners: The layer of each norm.
        sizes: The bytes of each gradient.
    """

    def __init__(
        self,
        owners: Sequence[int],
        gradients: Sequence[Tensor],
        scale: Tensor | None,
        *,
        scaled: bool,
    ) -> None:
        self.owners = owners
        self.sizes = [gradient.nbytes for gradient in gradients]
        self.non_finite: dict[int, tuple[int, int]] = {}
        self._scaled = scaled
        self._has_scale = scale is not None
        self._fetched: list[_Fetch] = []
        norms = list(torch._foreach_norm(tuple(gradients)))
        figures = norms if scale is None else [*norms, scale]
        if norms[0].is_cuda or norms[-1].is_cuda:
            self._fetched = [_Fetch(figures, places) for places in _by_device(figures)]
            self._figures = [0.0] * len(figures)
            return
        self._figures = [figure.item() for figure in figures]
        total = sum(self._figures)
        if total - total != 0:
            self.non_finite = _non_finite(owners, gradients, self._figures)

    @property
    def ready(self) -> bool:
        return all(fetch.ready for fetch in self._fetched)

    def norms(self) -> list[float]:
        """Return the norm of each gradient, without its scale. Only once `ready`."""
        figures = self._read()
        if not self._has_scale:
            return figures
        *norms, scale = figures
        return [norm / scale for norm in norms] if self._scaled and scale else norms

    def scale(self) -> float | None:
        """Return the loss scale, where there is a gradient scaler. Only once `ready`."""
        return self._read()[-1] if self._has_scale else None

    def _read(self) -> list[float]:
        while self._fetched:
            self._fetched.pop().put(self._figures)
        return self._figures


class _Fetch:
    """Figures of one device, copied to the host behind what the device has to do before."""

    def __init__(self, figures: list[Tensor], places: list[int]) -> None:
        self._places = places
        stacked = torch.stack([figures[place].reshape(()).float() for place in places])
        self._event: torch.cuda.Event | None = None
        self._host = stacked
        if stacked.is_cuda:
            self._host = torch.empty(stacked.shape, dtype=stacked.dtype, pin_memory=True)
            self._host.copy_(stacked, non_blocking=True)
            self._event = torch.cuda.Event()
            self._event.record(torch.cuda.current_stream(stacked.device))

    @property
    def ready(self) -> bool:
        return self._event is None or bool(self._event.query())

    def put(self, figures: list[float]) -> None:
        for place, figure in zip(self._places, self._host.tolist(), strict=True):
            figures[place] = figure


def _by_device(figures: list[Tensor]) -> list[list[int]]:
    places: dict[torch.device, list[int]] = {}
    for place, figure in enumerate(figures):
        places.setdefault(figure.device, []).append(place)
    return list(places.values())


def _local(gradient: Tensor) -> Tensor:
    local: Callable[[], Tensor] | None = getattr(gradient, "to_local", None)
    return gradient if local is None else local()


def _non_finite(
    owners: Sequence[int], gradients: Sequence[Tensor], norms: list[float]
) -> dict[int, tuple[int, int]]:
    """Return layer → (NaNs, infinities), looking only where a norm is not finite."""
    found: dict[int, tuple[int, int]] = {}
    for owner, gradient, norm in zip(owners, gradients, norms, strict=False):
        if norm - norm != 0:
            nans, infinities = found.get(owner, (0, 0))
            nans += int(gradient.isnan().sum())
            found[owner] = (nans, infinities + int(gradient.isinf().sum()))
    return found


def trainable(layers: list[Layer]) -> int:
    """Return how many parameters are trained: it changes when layers are frozen or freed."""
    return sum(parameter.requires_grad for layer in layers for parameter in layer.parameters)
