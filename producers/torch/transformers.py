"""Training with Hugging Face's `Trainer`: a callback that profiles and fills the passport."""

from typing import Any

from ..provenance import TrainingRun, datasets

try:
    from transformers import TrainerCallback
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"{error}; install it with `pip install transformers`", name=error.name
    ) from error


class TransformersCallback(TrainerCallback):
    """Profiles a `Trainer`'s run, and states its arguments, data, metrics and model.

    Args:
        run: The run, entered around `Trainer.train`, so that a failure is told too.
        model: The name to state the trained model under; None states none.
        profile_options: Options of `producers.torch.profile`.
    """

    def __init__(self, run: TrainingRun, model: str | None = None, **profile_options: Any) -> None:
        self._run = run
        self._name = model
        self._options = profile_options

    def on_train_begin(self, args: Any, state: Any, control: Any, **parts: Any) -> None:  # noqa: ARG002
        self._run.hyperparameters(args)
        loader = parts.get("train_dataloader")
        data: Any = getattr(loader, "dataset", None)
        if hasattr(data, "_fingerprint"):
            found = datasets.hugging_face(data)
            self._run.reads(datasets.used(found, columns=data.column_names, role="train"))
        taken = self._run.profile(
            parts["model"], optimizer=parts.get("optimizer"), loader=loader, **self._options
        )
        self._run.attach(taken)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:  # noqa: ARG002
        numbers = {key: value for key, value in (logs or {}).items() if isinstance(value, float)}
        self._run.metrics(**numbers)

    def on_train_end(self, args: Any, state: Any, control: Any, **parts: Any) -> None:  # noqa: ARG002
        if self._name is not None:
            self._run.model(self._name, parts["model"])
