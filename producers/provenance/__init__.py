"""What made a model: code, data, hyperparameters, seeds and environment of a training run."""

from . import datasets
from .datasets import used
from .training_run import TrainingRun, train_run

__all__ = ["TrainingRun", "datasets", "train_run", "used"]
