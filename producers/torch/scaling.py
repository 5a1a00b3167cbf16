"""Mixed precision: the gradient scaler that drives an optimizer, and its loss scale."""

from __future__ import annotations

from types import FrameType

from torch import Tensor
from torch.amp.grad_scaler import GradScaler

_STEPS = {GradScaler.step.__code__, GradScaler._maybe_opt_step.__code__}

_FRAMES_MAX = 12
"""How far above a hook of an optimizer's step a scaler's may lie: wrappers come between."""


def loss_scale(frame: FrameType | None) -> Tensor | None:
    """Return the loss scale of the scaler that runs an optimizer's step; None without one.

    A scaler leaves no trace on its optimizer, and is not to be patched, so that it is read
    from the stack. Its tensor is not read: that would wait for the device.

    Args:
        frame: That of a hook inside the optimizer's `step`.
    """
    for _ in range(_FRAMES_MAX):
        if frame is None:
            break
        if frame.f_code in _STEPS:
            scale: Tensor | None = frame.f_locals["self"]._scale
            return scale
        frame = frame.f_back
    return None
