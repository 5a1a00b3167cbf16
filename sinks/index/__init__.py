"""The lineage index: column lineage in memory, with answers in milliseconds."""

from typing import TYPE_CHECKING, Any

from ..ask import Ask, Filter, Way

if TYPE_CHECKING:
    from .client import Client
    from .index import LineageIndex

__all__ = ["Ask", "Client", "Filter", "LineageIndex", "Way"]


def __getattr__(name: str) -> Any:
    # Whoever only asks by the client needs no numpy, and a quick start.
    match name:
        case "Client":
            from .client import Client

            return Client
        case "LineageIndex":
            from .index import LineageIndex

            return LineageIndex
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
