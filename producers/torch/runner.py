"""`python -m headwater.producers.torch.runner train.py …`: a passport and profile for a script
that knows nothing of either.

Nothing is patched. The first step of any optimizer shows which parameters are trained; the
model is the module that holds them all. The profile begins with the step after.
"""

import gc
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from ..provenance import TrainingRun, train_run


def main(arguments: Sequence[str]) -> None:
    """Run a script, or a module after `-m`, as a training run."""
    module = arguments[0] == "-m"
    target, *own = arguments[1:] if module else arguments
    name = target if module else Path(target).stem
    sys.argv = [target, *own]
    ended = None
    with train_run(name) as run:
        watch = _Watch(run, name)
        try:
            _run_target(target, module=module)
        except SystemExit as end:
            if end.code not in (None, 0):
                raise
            ended = end
        watch.finish()
    if ended is not None:
        raise ended


def _run_target(target: str, *, module: bool) -> None:
    if module:
        runpy.run_module(target, run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, str(Path(target).resolve().parent))
        runpy.run_path(target, run_name="__main__")


class _Watch:
    """Waits for the first step of an optimizer, and profiles from there."""

    def __init__(self, run: TrainingRun, name: str) -> None:
        self._run, self._name = run, name
        self._model: nn.Module | None = None
        self._handle = register_optimizer_step_post_hook(self._first_step)

    def finish(self) -> None:
        """State the model that was trained."""
        self._handle.remove()
        if self._model is not None:
            self._run.model(self._name, self._model)

    def _first_step(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        self._handle.remove()
        self._model = model_of(optimizer)
        self._run.hyperparameters(_settings(optimizer))
        if self._model is not None:
            self._run.attach(self._run.profile(self._model, optimizer=optimizer))


def model_of(optimizer: torch.optim.Optimizer) -> nn.Module | None:
    """Return the module that an optimizer trains: the outermost that holds its parameters."""
    trained = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    # By type alone: to ask a stranger for its `__class__` may run its code.
    modules = [found for found in gc.get_objects() if issubclass(type(found), nn.Module)]
    holding = [
        module for module in modules if trained <= {id(each) for each in module.parameters()}
    ]
    return max(holding, key=lambda module: sum(1 for _ in module.modules()), default=None)


def _settings(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    kind = type(optimizer).__name__
    return {"optimizer": {"type": kind, **optimizer.defaults}}


if __name__ == "__main__":
    main(sys.argv[1:])
