"""Everything that emits. Importing this package pulls in nothing beyond its base needs."""

from .annotations import annotate
from .config import EmitterConfig
from .datasets import dataset
from .emitter import Emitter
from .outbox import Counts
from .runs import run

__all__ = ["Counts", "Emitter", "EmitterConfig", "annotate", "dataset", "run"]
