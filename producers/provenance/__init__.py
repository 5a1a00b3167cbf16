"""What made a model: code, data, hyperparameters, seeds and environment of a training run."""

from .datasets import used
from .training_run import TrainingRun, train_run

__all__ = ["TrainingRun", "train_run", "used"]
