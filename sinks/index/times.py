"""Times as integers: microseconds since 1970, so that arrays can hold and compare them."""

from datetime import UTC, datetime, timedelta

from ..ask import Ask

EVER = 2**63 - 1
"""After every time."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Return a time as a number; without a zone it is taken as UTC."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND


def as_numbers(ask: Ask) -> tuple[int | None, int | None]:
    """Return the two times of a question: what was true, and what was known."""
    as_of, known_at = (None if t is None else microseconds(t) for t in (ask.as_of, ask.known_at))
    return as_of, known_at


def parsed(text: str) -> int:
    """Return an ISO 8601 time as a number.

    Raises:
        ValueError: If the text is no such time.
    """
    return microseconds(datetime.fromisoformat(text))


def moment(number: int) -> datetime:
    """Return a number as a time."""
    return _EPOCH + number * _MICROSECOND
