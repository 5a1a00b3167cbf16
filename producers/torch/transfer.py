"""Copies from the host to a device, timed while a batch is prepared.

`Tensor.to` and `Tensor.cuda` are patched between the batch and the forward of a sampled
step, and nowhere else: no compiler traces there, and no other step pays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

_METHODS = ("to", "cuda")


class Transfers:
    """Reports copies of tensors to another device while `on`.

    Args:
        began: Called before each `to` and `cuda`.
        ended: Called after it, with whether the tensor went to another device.
    """

    def __init__(self, began: Callable[[], None], ended: Callable[[bool], None]) -> None:
        self._began, self._ended = began, ended
        self._patches: dict[str, Callable[..., Tensor]] = {}

    def on(self) -> None:
        """Patch what no one else has patched."""
        for name in _METHODS:
            if name not in vars(Tensor):
                self._patches[name] = self._timed(getattr(Tensor, name))
                setattr(Tensor, name, self._patches[name])

    def off(self) -> None:
        """Take the patches off again."""
        for name, patch in self._patches.items():
            if vars(Tensor).get(name) is patch:
                delattr(Tensor, name)
        self._patches.clear()

    def _timed(self, plain: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def copy(tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
            self._began()
            moved = tensor
            try:
                moved = plain(tensor, *args, **kwargs)
            finally:
                self._ended(moved.device != tensor.device)
            return moved

        return copy
