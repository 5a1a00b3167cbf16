"""Pages: reports as one HTML file that runs nothing, fetches nothing and prints well."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def page(template: str, **said: Any) -> str:
    """Return a page of `templates/`.

    Everything it is told is escaped, wherever it stands.

    Args:
        template: The file's name.
        said: What the template is told.
    """
    return _TEMPLATES.get_template(template).render(said)


def visible(text: str) -> str:
    """Show what would turn, hide or stack the letters around it by its code."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def _told(value: Any) -> Any:
    """Return a value as it is put into a page; jinja2 escapes it then."""
    if value is None:
        return ""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _dotted(name: Any) -> str:
    """Return a name without its namespace, as people say it."""
    return ".".join(str(part) for part in name[1:])


_TEMPLATES = Environment(
    loader=PackageLoader("headwater.sinks.export"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_told,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["dotted"] = _dotted
