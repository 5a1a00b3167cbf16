"""What depends on something, as a page."""

from datetime import datetime

from ..answers import Impact, ModelsAtRisk
from ..ask import Ask
from .page import page


def html(answer: Impact, at_risk: ModelsAtRisk | None, ask: Ask, made_at: datetime) -> str:
    """Return the page.

    Args:
        answer: What depends on it.
        at_risk: Owners and last runs of the models among that, where they are known.
        ask: As of when it was asked.
        made_at: When it was answered.
    """
    title = f"What depends on {'.'.join(answer.reach.subject[1:])}"
    return page(
        "impact.html", title=title, answer=answer, at_risk=at_risk, ask=ask, made_at=made_at
    )


def models_html(answer: ModelsAtRisk, ask: Ask, made_at: datetime) -> str:
    """Return the page of the models alone."""
    title = f"Models that break without {'.'.join(answer.subject[1:])}"
    return page("models.html", title=title, answer=answer, ask=ask, made_at=made_at)
