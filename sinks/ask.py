"""How a question is to be answered."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

DEPTH_MAX = 100
NODES_MAX = 20_000
LIMIT = 1_000
"""How many names an answer lists unless told otherwise."""


class Way(Enum):
    """Whether to go from sources to what is made of them, or back."""

    DOWNSTREAM = "downstream"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which links are followed, and which names are listed.

    Attributes:
        direct_only: Follow values only: no filter, join or the like.
        subtypes: Follow these only, such as `IDENTITY`; all if empty.
        namespaces: List what lies in these only; all if empty.
        kind: List only columns, or only datasets.
        tags: List only what one of these words stands on as a `tag` or `classification`, upper
            or lower case alike, or on its dataset; all if empty.
    """

    direct_only: bool = False
    subtypes: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()
    kind: Literal["column", "dataset"] | None = None
    tags: frozenset[str] = frozenset()


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Ask:
    """How a question is to be answered.

    Attributes:
        as_of: By what was true then: of each job, its last run at or before; None for now.
        known_at: By the records that were known then; None for all.
        limit, start: Which part of the names to list.
        evidence: Whether to look up by which link each name was reached.
    """

    as_of: datetime | None = None
    known_at: datetime | None = None
    filter: Filter = EVERYTHING
    depth_max: int = DEPTH_MAX
    nodes_max: int = NODES_MAX
    limit: int = LIMIT
    start: int = 0
    evidence: bool = True


NOW = Ask()
