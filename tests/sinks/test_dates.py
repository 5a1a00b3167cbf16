"""Dates are read as people mean them, or refused with the forms there are."""

from datetime import UTC, datetime

import pytest

from headwater.sinks.dates import read_date

NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-31", "2026-03-31T23:59:59.999999+00:00"),
        ("20260331", "2026-03-31T23:59:59.999999+00:00"),
        ("2026-W10-2", "2026-03-03T23:59:59.999999+00:00"),
        ("2026-03-31T17:00", "2026-03-31T17:00:00+00:00"),
        ("2026-03-31 17:00:01.5", "2026-03-31T17:00:01.500000+00:00"),
        ("2026-03-31T17:00+05:30", "2026-03-31T11:30:00+00:00"),
        ("2026-03-31T17:00Z", "2026-03-31T17:00:00+00:00"),
        ("0001-01-01", "0001-01-01T23:59:59.999999+00:00"),
        ("9999-12-31", "9999-12-31T23:59:59.999999+00:00"),
        (" now ", "2026-03-10T12:30:00+00:00"),
        ("Today", "2026-03-10T23:59:59.999999+00:00"),
        ("yesterday", "2026-03-09T23:59:59.999999+00:00"),
        ("2 hours ago", "2026-03-10T10:30:00+00:00"),
        ("1 day ago", "2026-03-09T12:30:00+00:00"),
        ("90m", "2026-03-10T11:00:00+00:00"),
        ("3d", "2026-03-07T12:30:00+00:00"),
        ("1w", "2026-03-03T12:30:00+00:00"),
        ("10 secs", "2026-03-10T12:29:50+00:00"),
    ],
)
def test_a_date_is_a_moment_in_utc(text: str, moment: str) -> None:
    """A day means its end, a zone counts, words count from now."""
    assert moment == read_date(text, NOW).isoformat()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2026-02-30",
        "31.3.2026",
        "2026-13-01",
        "999999999 weeks ago",
        "-3 days ago",
        "3 fortnights ago",
        "2026-03-31T25:00",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-01:00",
        "x" * 100_000,
    ],
)
def test_what_is_no_date_is_refused_with_the_forms_there_are(text: str) -> None:
    """In a sentence that fits on a line or two."""
    with pytest.raises(ValueError, match="is no date; give one like 2026-03-31") as caught:
        read_date(text, NOW)
    assert len(str(caught.value)) < 250
