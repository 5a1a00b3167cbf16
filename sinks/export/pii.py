"""A report on personal data as a page."""

from datetime import datetime

from ..answers import PiiReport
from .page import page


def html(report: PiiReport, made_at: datetime) -> str:
    """Return the page.

    Args:
        report: The answer.
        made_at: When it was given.
    """
    title = f"Personal data in {'.'.join(report.subject[1:])}"
    return page("pii.html", title=title, report=report, made_at=made_at)
