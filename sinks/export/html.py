"""A passport as one HTML page: no script, nothing fetched, every name escaped."""

from html import escape

from ..answers import Passport
from .sections import Section, sections

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --line: #d0d7de; --page: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --dim: #9198a1; --line: #3d444d; --page: #0d1117; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page);
  max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; border-bottom: 1px solid var(--line); }
p, th { color: var(--dim); }
table { border-collapse: collapse; width: 100%; }
th { font-weight: normal; text-align: left; vertical-align: top; width: 14rem;
  padding: .15rem 1rem .15rem 0; overflow-wrap: anywhere; }
td { padding: .15rem 0; overflow-wrap: anywhere; white-space: pre-wrap;
  font-family: ui-monospace, monospace; font-size: .9em; }
@media print {
  :root { color-scheme: light; --ink: #000; --dim: #444; --line: #999; --page: #fff; }
  body { margin: 0; max-width: none; font-size: 10pt; }
  h2 { break-after: avoid; }
  tr { break-inside: avoid; }
}
"""


def html(passport: Passport) -> str:
    """Return a passport as a page."""
    title = f"Passport of {_safe(passport.label)}"
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        # Whatever a name may hold, the page runs and fetches nothing.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{title}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        f"<h1>{title}</h1>",
        f"<p>of {_safe(passport.model.namespace)}</p>",
        *map(_section, sections(passport)),
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def _section(section: Section) -> str:
    rows = "\n".join(
        f'<tr><th scope="row">{_safe(label)}</th><td>{_safe(text)}</td></tr>'
        for label, text in section.lines
    )
    return f"<h2>{_safe(section.title)}</h2>\n<table>\n{rows}\n</table>"


def _safe(text: str) -> str:
    """Escape a text, and show what would turn or hide the letters around it by its code."""
    shown = "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
    return escape(shown)
