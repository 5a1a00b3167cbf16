"""What the callbacks of all frameworks do: attach a profile to a run, and fill its passport."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from ..provenance import TrainingRun
from .profiler import Profile


class Following:
    """A training that a framework runs, as a run of ours.

    Args:
        run: The run, entered around the framework's own call, so that a failure is told too.
        model: The name to state the trained model under; None states none.
        profile_options: Options of `producers.torch.profile`.
    """

    def __init__(
        self, run: TrainingRun, model: str | None, profile_options: Mapping[str, Any]
    ) -> None:
        self.run = run
        self._name = model
        self._options = profile_options

    def begin(
        self,
        model: nn.Module,
        *,
        hyperparameters: Any,
        optimizer: torch.optim.Optimizer | None,
        loader: Iterable[Any] | None,
    ) -> Profile:
        """Profile from here to the end of the run."""
        self.run.hyperparameters(hyperparameters)
        taken = self.run.profile(model, optimizer=optimizer, loader=loader, **self._options)
        attached: Profile = self.run.attach(taken)
        return attached

    def metrics(self, logged: Mapping[str, Any]) -> None:
        """State what is a number among the things that a framework logs."""
        numbers = {name: value for name, value in logged.items() if _number(value)}
        self.run.metrics(**{name: float(value) for name, value in numbers.items()})

    def end(self, model: nn.Module) -> None:
        """State the model that was trained."""
        if self._name is not None:
            self.run.model(self._name, model)


def _number(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, torch.Tensor) and value.numel() == 1)
