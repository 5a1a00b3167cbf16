"""Dates as people give them: ISO 8601, or a few words."""

import re
from datetime import UTC, datetime, time, timedelta

FORMS = "2026-03-31, 2026-03-31T17:00+01:00, now, today, yesterday, 3 days ago, 2h"

_AGO = re.compile(r"(\d{1,9})\s*([a-z]+?)s?(?:\s+ago)?")
_UNITS = {
    **dict.fromkeys(("second", "sec", "s"), timedelta(seconds=1)),
    **dict.fromkeys(("minute", "min", "m"), timedelta(minutes=1)),
    **dict.fromkeys(("hour", "hr", "h"), timedelta(hours=1)),
    **dict.fromkeys(("day", "d"), timedelta(days=1)),
    **dict.fromkeys(("week", "w"), timedelta(weeks=1)),
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}|\d{4}-?W\d{2}-?\d")


def read_date(text: str, now: datetime | None = None) -> datetime:
    """Return the moment that a text means, in UTC.

    A day without a time means its end, as in the books: `2026-03-31` holds all that
    happened on that day. What has no zone is UTC.

    Args:
        text: A date, a date and time, `now`, `today`, `yesterday`, or how long ago.
        now: What is now; the clock's time if None.

    Raises:
        ValueError: If the text means no moment; says which forms there are.
    """
    now = now or datetime.now(UTC)
    said = text.strip()
    try:
        return _relative(said.lower(), now) or _absolute(said)
    except (ValueError, OverflowError):
        raise ValueError(f"`{text[:100]}` is no date; give one like {FORMS}") from None


def _relative(said: str, now: datetime) -> datetime | None:
    match said:
        case "now":
            return now
        case "today":
            return _end_of(now)
        case "yesterday":
            return _end_of(now - timedelta(days=1))
    ago = _AGO.fullmatch(said)
    if ago is None or ago[2] not in _UNITS:
        return None
    return now - int(ago[1]) * _UNITS[ago[2]]


def _absolute(said: str) -> datetime:
    if _DAY.fullmatch(said):
        return _end_of(datetime.fromisoformat(said))
    moment = datetime.fromisoformat(said)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _end_of(day: datetime) -> datetime:
    """Return the last microsecond of a day in UTC."""
    return datetime.combine(day.date(), time.max, UTC)
