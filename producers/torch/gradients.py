"""Gradients: when each layer's arrive, and their norms as the optimizer is about to see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .clock import Clock
from .layers import Layer


class Arrivals:
    """A stamp for each layer in every backward: when its last parameter's gradient is there.

    It works inside compiled models, and before any collective: what is late here is the
    layer's own rank, not another's.
    """

    def __init__(
        self, layers: list[Layer], clock: Clock, fault: Callable[[Exception], None]
    ) -> None:
        self._clock, self._fault = clock, fault
        self._stamps: list[Any] = [0] * len(layers)
        self._handles = [
            parameter.register_post_accumulate_grad_hook(self._hook(index))
            for index, layer in enumerate(layers)
            for parameter in layer.parameters
            if parameter.requires_grad and parameter.is_leaf
        ]

    def take(self) -> list[Any]:
        """Return the stamps of the step that ends, 0 where no gradient came."""
        taken = self._stamps[:]
        self._stamps[:] = [0] * len(taken)
        return taken

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()

    def _hook(self, index: int) -> Callable[[Tensor], None]:
        stamps, now, fault = self._stamps, self._clock.stamp, self._fault

        def arrived(_parameter: Tensor) -> None:
            try:
                stamps[index] = now()
            except Exception as error:
                fault(error)

        return arrived


class Norms:
    """The norm of every parameter's gradient, fetched without waiting for a device."""

    def __init__(self, layers: list[Layer]) -> None:
        self._owned = [
            (index, parameter)
            for index, layer in enumerate(layers)
            for parameter in layer.parameters
        ]

    def read(self) -> Reading | None:
        """Start reading the gradients as they are now; None where there is none."""
        owners, gradients = [], []
        for index, parameter in self._owned:
            gradient = parameter.grad
            if gradient is not None and not gradient.is_sparse:
                owners.append(index)
                gradients.append(gradient)
        return Reading(owners, gradients) if gradients else None


class Reading:
    """Norms on their way to the host.

    Attributes:
        owners: The layer of each norm.
        sizes: The bytes of each gradient.
    """

    def __init__(self, owners: list[int], gradients: list[Tensor]) -> None:
        self.owners = owners
        self.sizes = [gradient.nbytes for gradient in gradients]
        self.non_finite: dict[int, tuple[int, int]] = {}
        self._event: torch.cuda.Event | None = None
        self._norms: list[float] = []
        norms = torch._foreach_norm(gradients)
        if norms[0].is_cuda:
            self._fetch(torch.stack(norms))
            return
        self._norms = [norm.item() for norm in norms]
        total = sum(self._norms)
        if total - total != 0:
            self.non_finite = _non_finite(owners, gradients, self._norms)

    @property
    def ready(self) -> bool:
        return self._event is None or bool(self._event.query())

    def norms(self) -> list[float]:
        """Return the norm of each gradient. Only once `ready`."""
        return self._norms if self._event is None else self._host.tolist()

    def _fetch(self, norms: Tensor) -> None:
        self._host = torch.empty(norms.shape, dtype=norms.dtype, pin_memory=True)
        self._host.copy_(norms, non_blocking=True)
        self._event = torch.cuda.Event()
        self._event.record()


def _non_finite(
    owners: list[int], gradients: list[Tensor], norms: list[float]
) -> dict[int, tuple[int, int]]:
    """Return layer → (NaNs, infinities), looking only where a norm is not finite."""
    found: dict[int, tuple[int, int]] = {}
    for owner, gradient, norm in zip(owners, gradients, norms, strict=True):
        if norm - norm != 0:
            nans, infinities = found.get(owner, (0, 0))
            nans += int(gradient.isnan().sum())
            found[owner] = (nans, infinities + int(gradient.isinf().sum()))
    return found


def trainable(layers: list[Layer]) -> int:
    """Return how many parameters are trained: it changes when layers are frozen or freed."""
    return sum(parameter.requires_grad for layer in layers for parameter in layer.parameters)
