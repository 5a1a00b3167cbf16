"""Training with Hugging Face's `Trainer`: a callback that profiles and fills the passport."""

from typing import Any

from ..provenance import TrainingRun, datasets
from .callback import Following

try:
    from transformers import TrainerCallback
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"{error}; install it with `pip install transformers`", name=error.name
    ) from error


class TransformersCallback(TrainerCallback):
    """Profiles a `Trainer`'s run, and states its arguments, data, metrics and model.

    Its arguments are those of `callback.Following`.
    """

    def __init__(self, run: TrainingRun, model: str | None = None, **profile_options: Any) -> None:
        self._training = Following(run, model, profile_options)

    def on_train_begin(self, args: Any, state: Any, control: Any, **parts: Any) -> None:  # noqa: ARG002
        loader = parts.get("train_dataloader")
        data: Any = getattr(loader, "dataset", None)
        if hasattr(data, "_fingerprint"):
            found = datasets.hugging_face(data)
            used = datasets.used(found, columns=data.column_names, role="train")
            self._training.run.reads(used)
        self._training.begin(
            parts["model"], hyperparameters=args, optimizer=parts.get("optimizer"), loader=loader
        )

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:  # noqa: ARG002
        self._training.metrics(logs or {})

    def on_train_end(self, args: Any, state: Any, control: Any, **parts: Any) -> None:  # noqa: ARG002
        self._training.end(parts["model"])
