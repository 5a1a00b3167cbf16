"""What changed between two times, as a page."""

from datetime import datetime

from ..answers import Diff
from .page import page


def html(answer: Diff, subject: str | None, known_at: datetime | None, made_at: datetime) -> str:
    """Return the page.

    Args:
        answer: What changed.
        subject: What it was narrowed down to; None for everything.
        known_at: By what was known then; None for now.
        made_at: When it was answered.
    """
    said = {"subject": subject, "known_at": known_at, "made_at": made_at}
    return page("diff.html", title="What changed", answer=answer, **said)
