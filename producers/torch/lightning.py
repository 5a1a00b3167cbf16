"""Training with Lightning: a callback that profiles and fills the passport."""

from typing import Any

from ..provenance import TrainingRun
from .profiler import Profile

try:
    from lightning.pytorch import Callback
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"{error}; install it with `pip install lightning`", name=error.name
    ) from error


class LightningCallback(Callback):
    """Profiles a `Trainer`'s run, and states its hyperparameters, metrics and model.

    Lightning calls `training_step`, not the module, so that the forward is what lies between
    the start of a batch and its backward.

    Args:
        run: The run, entered around `Trainer.fit`, so that a failure is told too.
        model: The name to state the trained model under; None states none.
        profile_options: Options of `producers.torch.profile`.
    """

    def __init__(self, run: TrainingRun, model: str | None = None, **profile_options: Any) -> None:
        self._run = run
        self._name = model
        self._options = profile_options
        self._profile: Profile | None = None

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        self._run.hyperparameters(dict(pl_module.hparams))
        taken = self._run.profile(
            pl_module,
            optimizer=trainer.optimizers[0] if trainer.optimizers else None,
            loader=trainer.train_dataloader,
            **self._options,
        )
        self._profile = self._run.attach(taken)

    def on_train_batch_start(self, *_: Any) -> None:
        if self._profile is not None and self._profile.watching:
            self._profile.forward_begins()

    def on_before_backward(self, trainer: Any, pl_module: Any, loss: Any) -> None:  # noqa: ARG002
        if self._profile is not None and self._profile.watching:
            self._profile.forward_ended(loss)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        numbers = {name: float(value) for name, value in trainer.callback_metrics.items()}
        self._run.metrics(**numbers)
        if self._name is not None:
            self._run.model(self._name, pl_module)
