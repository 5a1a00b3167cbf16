"""The closing event of an emitter's session: how many events there must be.

Every event of a session carries the session and its number in headers; the closing event,
one on each topic of the session, says how many there were. So a loss is provable:
emitted = stored + dead-lettered + dropped, by reason, or the missing numbers are known.
"""

from typing import Any, NamedTuple

import orjson

_KIND = "session-close"


class SessionClose(NamedTuple):
    """The counts of a session on one topic; numbers run from 0 to `emitted - 1`."""

    session: str
    topic: str
    closed_at: str
    emitted: int
    dropped: dict[str, int]


def to_event(close: SessionClose) -> dict[str, Any]:
    """Return a closing event as plain JSON values."""
    return {
        "headwater": _KIND,
        "session": close.session,
        "topic": close.topic,
        "closedAt": close.closed_at,
        "counts": {"emitted": close.emitted, "dropped": close.dropped},
    }


def of_event(event: Any) -> SessionClose | None:
    """Return what a closing event says; None for any other event."""
    if not isinstance(event, dict) or event.get("headwater") != _KIND:
        return None
    try:
        counts = event["counts"]
        dropped = {str(reason): int(count) for reason, count in counts["dropped"].items()}
        said = (str(event["session"]), str(event["topic"]), str(event["closedAt"]))
        return SessionClose(*said, int(counts["emitted"]), dropped)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def of_message(value: bytes | None) -> SessionClose | None:
    """Return what a message says if it holds a closing event; others are hardly looked at."""
    if value is None or _KIND.encode() not in value:
        return None
    try:
        return of_event(orjson.loads(value))
    except orjson.JSONDecodeError:
        return None
