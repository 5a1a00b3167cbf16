"""What the graph sink is told from outside."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ...schemas import environment
from ...schemas.errors import HeadwaterError
from ...schemas.topics import GRAPH_SINK_GROUP

HEADWATER_GREMLIN_IDENTITY = "HEADWATER_GREMLIN_IDENTITY"
"""How vertices are known: `property` (default; JanusGraph on BerkeleyJE) or `vertex`
(Neptune, JanusGraph with custom ids)."""

_DEFAULTS = {
    environment.KAFKA_BOOTSTRAP: "127.0.0.1:9092",
    environment.GREMLIN_URL: "ws://127.0.0.1:8182/gremlin",
    HEADWATER_GREMLIN_IDENTITY: "property",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the graph sink."""

    kafka_bootstrap: str
    gremlin_url: str
    gremlin_identity: Literal["property", "vertex"] = "property"
    instance: str | None = None
    consumer_group: str = GRAPH_SINK_GROUP


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from environment variables.

    Raises:
        HeadwaterError: If a variable holds what it cannot.
    """
    values = {name: environ.get(name) or default for name, default in _DEFAULTS.items()}
    return Settings(
        kafka_bootstrap=values[environment.KAFKA_BOOTSTRAP],
        gremlin_url=values[environment.GREMLIN_URL],
        gremlin_identity=_identity(values[HEADWATER_GREMLIN_IDENTITY]),
        instance=environ.get(environment.INSTANCE),
    )


def _identity(name: str) -> Literal["property", "vertex"]:
    match name:
        case "property" | "vertex":
            return name
    raise HeadwaterError(
        f"{HEADWATER_GREMLIN_IDENTITY} is {name!r}", remedy="Set it to `property` or to `vertex`."
    )
