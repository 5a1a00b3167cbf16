"""The tables of a statement that could not be resolved, read from its words alone."""

import re

from ...schemas.names import DatasetName
from ...schemas.records import Unresolved
from .answer import Answer, Naming, Output
from .literals import strip_literals
from .naming import names_for
from .parse import dialect_name
from .vocabulary import WORDS

_NAME = r"(?:[\w$#@]+|\"[^\"]+\"|`[^`]+`|\[[^\[\]]+\])"
_TABLE = re.compile(
    rf"""\b(?P<word>from|join|using|into(?:\s+table)?|overwrite(?:\s+table)?|update|merge\s+into
    |create\s+(?:or\s+replace\s+)?(?:\w+\s+){{0,2}}?(?:table|view)(?:\s+if\s+not\s+exists)?)
    \s+(?P<name>{_NAME}(?:\s*\.\s*{_NAME}){{0,3}})(?P<call>\s*\()?""",
    re.IGNORECASE | re.VERBOSE,
)
_CTE = re.compile(
    rf"(?<![\w$#@])({_NAME})\s*(?:\([^()]*\))?\s*as\s*(?:not\s+)?(?:materialized\s*)?\(",
    re.IGNORECASE,
)
_NOT_TABLES = WORDS["words_after_from"]
_TEXT_MAX = 1_000_000


def outline(sql: str, dialect: str | None, naming: Naming, reason: str) -> Answer:
    """Return table-level lineage with the reason why there is no more."""
    used = dialect_name(dialect)
    read, written = tables(sql, used, naming)
    marker = Unresolved(reason=reason)
    inputs = tuple(sorted(read - written))
    outputs = [Output(one, inputs=inputs, unresolved=(marker,)) for one in sorted(written)]
    if inputs and not outputs:
        outputs = [Output(None, inputs=inputs, unresolved=(marker,))]
    return Answer(tuple(outputs), (), (marker,), used)


def tables(sql: str, dialect: str, naming: Naming) -> tuple[set[DatasetName], set[DatasetName]]:
    """Return the datasets that a text seems to read, and those it seems to write."""
    text = strip_literals(sql[:_TEXT_MAX], dialect)
    names = names_for(dialect, naming)
    ctes = {_bare(found).lower() for found in _CTE.findall(text)}
    read: set[DatasetName] = set()
    written: set[DatasetName] = set()
    for match in _TABLE.finditer(text):
        pieces = re.findall(_NAME, match["name"])
        if pieces[-1].lower() in _NOT_TABLES or (
            len(pieces) == 1 and _bare(pieces[0]).lower() in ctes
        ):
            continue
        parts = [_bare(one) if one[0] in '"`[' else names.fold(one) for one in pieces]
        if match["call"] and match["word"].lower() in ("from", "join", "using"):
            continue
        into = read if match["word"].lower() in ("from", "join", "using") else written
        into.add(names.dataset(parts))
    return read, written


def _bare(name: str) -> str:
    return name[1:-1] if name[0] in '"`[' else name
