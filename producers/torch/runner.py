"""`python -m headwater.producers.torch.runner train.py …`: a passport and profile for a script
that knows nothing of either.

The model is known with its first call: it is the first module called, with gradients on, that
holds all that an optimizer trains. So the profile begins with the first step. Where a script
never calls such a module it begins with the second, once an optimizer's step has shown what
is trained.
"""

import functools
import gc
import logging
import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils.data import DataLoader

from ..provenance import TrainingRun, train_run
from .loader import LoaderPatch
from .profiler import Profile

_log = logging.getLogger(__name__)


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
    """Waits for a model that is trained, and profiles it from there.

    Until then it looks at every call of a module and at every optimizer that is made; the
    waits of data loaders it hands on all the time.
    """

    def __init__(self, run: TrainingRun, name: str) -> None:
        self._run, self._name = run, name
        self._model: nn.Module | None = None
        self._profile: Profile | None = None
        self._waited_ns = 0
        self._optimizers = _OptimizersMade()
        self._loaders = LoaderPatch(DataLoader, self._waited)
        self._undo: list[Callable[[], None]] = [
            register_module_forward_pre_hook(self._called).remove,
            register_optimizer_step_post_hook(self._stepped).remove,
            self._optimizers.undo,
        ]

    def finish(self) -> None:
        """State the model that was trained."""
        self._look_no_more()
        self._loaders.undo()
        if self._model is not None:
            self._run.model(self._name, self._model)

    def _waited(self, wait_ns: int) -> None:
        if self._profile is not None:
            self._profile.waited(wait_ns)
        else:
            self._waited_ns = wait_ns

    def _called(self, module: nn.Module, _args: Any) -> None:
        compiling = torch.compiler.is_compiling()
        if compiling or not self._optimizers.made or not torch.is_grad_enabled():
            return
        with self._guarded():
            own = {id(parameter) for parameter in module.parameters()}
            made = self._optimizers.made
            optimizer = next((each for each in made if _trained(each) <= own), None)
            if optimizer is not None:
                taken = self._begin(module, optimizer)
                taken.waited(self._waited_ns)
                # The hooks of the call that runs were listed before the profile's were there.
                taken.forward_begins()

    def _stepped(self, optimizer: Optimizer, *_: Any) -> None:
        with self._guarded():
            model = model_of(optimizer)
            if model is not None:
                self._begin(model, optimizer)
            self._look_no_more()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Keep a fault of ours from the script, and look no more."""
        try:
            yield
        except Exception:
            self._look_no_more()
            _log.exception("the training cannot be profiled; the script goes on")

    def _begin(self, model: nn.Module, optimizer: Optimizer) -> Profile:
        self._look_no_more()
        self._model = model
        self._run.hyperparameters(_settings(optimizer))
        self._profile = self._run.attach(self._run.profile(model, optimizer=optimizer))
        return self._profile

    def _look_no_more(self) -> None:
        while self._undo:
            self._undo.pop()()


class _OptimizersMade:
    """Notes the optimizers that are made, until undone."""

    def __init__(self) -> None:
        self.made: list[Optimizer] = []
        self._plain = plain = Optimizer.__init__

        @functools.wraps(plain)
        def __init__(optimizer: Optimizer, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            plain(optimizer, *args, **kwargs)
            self.made.append(optimizer)

        self._patch = __init__
        Optimizer.__init__ = __init__  # type: ignore[assignment,method-assign]

    def undo(self) -> None:
        """Put the class back as it was, unless someone else has patched it since."""
        self.made.clear()
        if vars(Optimizer).get("__init__") is self._patch:
            Optimizer.__init__ = self._plain  # type: ignore[method-assign]


def model_of(optimizer: Optimizer) -> nn.Module | None:
    """Return the module that an optimizer trains: the outermost that holds its parameters."""
    trained = _trained(optimizer)
    # By type alone: to ask a stranger for its `__class__` may run its code.
    modules = [found for found in gc.get_objects() if issubclass(type(found), nn.Module)]
    holding = [
        module for module in modules if trained <= {id(each) for each in module.parameters()}
    ]
    return max(holding, key=lambda module: sum(1 for _ in module.modules()), default=None)


def _trained(optimizer: Optimizer) -> set[int]:
    return {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}


def _settings(optimizer: Optimizer) -> dict[str, Any]:
    kind = type(optimizer).__name__
    return {"optimizer": {"type": kind, **optimizer.defaults}}


if __name__ == "__main__":
    main(sys.argv[1:])
