"""Everything that emits. Importing this package pulls in nothing beyond its base needs.

Who calls whom on an event's way:

    the job           Emitter → Outbox → Writer, which appends to the spool
    shipping thread   Courier → Shipper → Transport: Kafka, HTTP, file or console
    spool push        push    → Shipper → Transport
"""

from .annotations import annotate
from .config import EmitterConfig
from .datasets import dataset
from .emitter import Emitter
from .outbox import Counts
from .runs import run

__all__ = ["Counts", "Emitter", "EmitterConfig", "annotate", "dataset", "run"]
