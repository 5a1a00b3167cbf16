"""Training with Lightning: a callback that profiles and fills the passport."""

from typing import Any

from ..provenance import TrainingRun
from .callback import Following
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
    the start of a batch and its backward. Its arguments are those of `callback.Following`.
    """

    def __init__(self, run: TrainingRun, model: str | None = None, **profile_options: Any) -> None:
        self._training = Following(run, model, profile_options)
        self._profile: Profile | None = None

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        self._profile = self._training.begin(
            pl_module,
            hyperparameters=dict(pl_module.hparams),
            optimizer=trainer.optimizers[0] if trainer.optimizers else None,
            loader=trainer.train_dataloader,
        )

    def on_train_batch_start(self, *_: Any) -> None:
        if self._profile is not None:
            self._profile.forward_begins()

    def on_before_backward(self, trainer: Any, pl_module: Any, loss: Any) -> None:  # noqa: ARG002
        if self._profile is not None:
            self._profile.forward_ended(loss)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        self._training.metrics(trainer.callback_metrics)
        self._training.end(pl_module)
