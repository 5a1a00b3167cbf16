"""Everything that emits. Importing this package pulls in nothing beyond its base needs."""

from .datasets import dataset
from .emitter import Counts, Emitter
from .runs import run

__all__ = ["Counts", "Emitter", "dataset", "run"]
