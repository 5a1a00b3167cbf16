"""Decode: from the bytes of a message to an OpenLineage event, or a refusal with its reason."""

from dataclasses import dataclass
from typing import Any

import orjson
import rfc8785
from pydantic import ValidationError

from ..schemas.canonical import canonical, digest
from ..schemas.errors import HeadwaterError
from ..schemas.openlineage import Event, complaints
from ..schemas.personal import seal_event
from ..schemas.profile import ProfileEvent
from ..schemas.sealed import Seal, as_it_is
from ..schemas.session import SessionClose, of_event
from .dbt import as_meant

EVENT_BYTES_MAX = 10 * 1024 * 1024
"""What the topic takes; a larger event cannot arrive by Kafka."""

_DETAIL_LENGTH_MAX = 500


class RefusedError(HeadwaterError):
    """A message that cannot become facts; it goes to the dead letters.

    Args:
        reason: A word from a fixed list: `empty`, `too_large`, `not_json`, `too_deep`,
            `not_an_event`, `not_a_profile`, `not_an_annotation`, `unexpected`.
        detail: Which member is wrong and how; never a value of the message.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail[:_DETAIL_LENGTH_MAX]


@dataclass(frozen=True, slots=True)
class Decoded:
    """An event and its id, the SHA-256 of its canonical JSON."""

    event_id: str
    event: Event


def decode(value: bytes | None, seal: Seal = as_it_is) -> Decoded | SessionClose:
    """Read one OpenLineage event, or the closing event of an emitter's session.

    Args:
        value: The message.
        seal: Seals personal values. That comes before the id is taken: an event and its
            sealed copy are one event, and no id tells whether a guess at a name is right.

    Raises:
        RefusedError: If the bytes are no event that could be placed in the graph.
    """
    parsed = parse_json(value)
    close = of_event(parsed)
    if close is not None:
        return close
    try:
        seal_event(parsed, seal)
        return Decoded(_event_id(parsed), as_meant(Event.model_validate(parsed)))
    except ValidationError as error:
        raise RefusedError("not_an_event", complaints(error)) from error
    except RecursionError as error:
        raise RefusedError("too_deep") from error


def decode_profile(value: bytes | None) -> ProfileEvent | SessionClose:
    """Read one training-profile event, or the closing event of an emitter's session.

    Raises:
        RefusedError: If the bytes are neither.
    """
    parsed = parse_json(value)
    close = of_event(parsed)
    if close is not None:
        return close
    try:
        return ProfileEvent.model_validate(parsed)
    except ValidationError as error:
        raise RefusedError("not_a_profile", complaints(error)) from error


def parse_json(value: bytes | None) -> Any:
    """Read JSON strictly: UTF-8, no NaN, no lone surrogates, bounded size and depth.

    Raises:
        RefusedError: If it is none.
    """
    if not value:
        raise RefusedError("empty")
    if len(value) > EVENT_BYTES_MAX:
        raise RefusedError("too_large", f"{len(value)} bytes")
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as error:
        reason = "too_deep" if "depth" in error.msg else "not_json"
        raise RefusedError(reason, error.msg) from error


def _event_id(parsed: Any) -> str:
    try:
        return digest(canonical(parsed))
    except rfc8785.CanonicalizationError:
        # An integer beyond 2**53 - 1, such as an Iceberg snapshot id, has no canonical form.
        return digest(orjson.dumps(parsed, option=orjson.OPT_SORT_KEYS))
