"""A passport as a page."""

from ..answers import Passport
from .page import page
from .sections import sections


def html(passport: Passport) -> str:
    """Return the page."""
    title = f"Passport of {passport.label}"
    namespace = passport.model.namespace
    return page("passport.html", title=title, namespace=namespace, sections=sections(passport))
