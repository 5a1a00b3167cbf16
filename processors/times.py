"""The one form in which records hold a time."""

from datetime import UTC, datetime


def iso(time: datetime) -> str:
    """Return a time as ISO 8601 in UTC with microseconds, so that text order is time order."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
