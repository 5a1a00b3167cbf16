"""Cutting events that are too large for Kafka down to what matters most."""

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson

from ..schemas import facets as facet_builders

CUT = "headwater_cut"
"""Member of a facet that was cut: `bytes` it had, and their `sha256`."""

# A mark takes about 300 bytes itself.
_FACET_BYTES_MIN = 1024


def cut(value: bytes, bytes_max: int) -> bytes:
    """Replace the largest facets of an event by marks until it fits.

    Args:
        value: The event's JSON.
        bytes_max: What it may take.

    Returns:
        The JSON of what is left; empty if it does not fit without its facets either.
    """
    event = orjson.loads(value)
    excess = len(value) - bytes_max
    sized = ((len(orjson.dumps(facets[key])), facets, key) for facets, key in _facets(event))
    for size, facets, key in sorted(sized, key=lambda item: item[0], reverse=True):
        if excess <= 0 or size < _FACET_BYTES_MIN:
            break
        mark = _mark(facets[key])
        excess -= size - len(orjson.dumps(mark))
        facets[key] = mark
    return orjson.dumps(event) if excess <= 0 else b""


def _facets(event: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each facet of an event by the dict that holds it and its key there."""
    holders = [event.get("run"), event.get("job"), event.get("dataset")]
    holders += [*(event.get("inputs") or ()), *(event.get("outputs") or ())]
    for holder in holders:
        for kind in ("facets", "inputFacets", "outputFacets"):
            facets = (holder.get(kind) if isinstance(holder, dict) else None) or {}
            for key in facets:
                yield facets, key


def _mark(facet: Any) -> dict[str, Any]:
    data = orjson.dumps(facet)
    mark = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return facet_builders.facet("urn:headwater:facet:cut:1-0-0", **{CUT: mark})
