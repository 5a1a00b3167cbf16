"""The lineage index: column lineage in memory, with answers in milliseconds."""

from .ask import Ask, Filter
from .index import LineageIndex
from .walk import Way

__all__ = ["Ask", "Filter", "LineageIndex", "Way"]
