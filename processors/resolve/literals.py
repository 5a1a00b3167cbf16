"""Literals taken out of SQL: they hold personal data, and lineage seldom depends on them."""

import re
from functools import lru_cache

from .parse import dialect_name
from .vocabulary import WORDS

_BACKSLASH = WORDS["dialects_backslash"]
_DOUBLE_QUOTED = WORDS["dialects_double_quoted_strings"]
_NUMBER = r"(?<![\w$#@.:])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w])"


@lru_cache(maxsize=64)
def _parts(dialect: str) -> re.Pattern[str]:
    """Return what finds comments, quoted identifiers and literals of a dialect, in order."""
    inside = r"(?:[^'\\]|\\.|'')*+" if dialect in _BACKSLASH else r"(?:[^']|'')*+"
    inside_double = r'(?:[^"\\]|\\.|"")*+' if dialect in _BACKSLASH else r'(?:[^"]|"")*+'
    comments = [r"--[^\n]*", r"/\*(?:[^*]|\*(?!/))*+(?:\*/)?"]
    if dialect in ("mysql", "bigquery", "clickhouse"):
        comments.append(r"\#[^\n]*")
    if dialect == "snowflake":
        comments.append(r"//[^\n]*")
    strings = [
        r"[qQ]'\[.*?\]'|[qQ]'\{.*?\}'|[qQ]'\(.*?\)'|[qQ]'<.*?>'|[qQ]'(?P<quote>[^\s\[{(<]).*?(?P=quote)'",
        r"[eE]'(?:[^'\\]|\\.|'')*+'?",
        rf"(?:(?<!\w)(?:[rRbBnNxXuU]|[rR][bB]|[uU]&|_\w+\s*))?'{inside}'?",
    ]
    if dialect == "bigquery":
        strings.insert(0, r"[rRbB]{0,2}(?:'''.*?'''|\"\"\".*?\"\"\")")
    identifiers = [r"`[^`]*`?"]
    if dialect in ("tsql", "fabric"):
        identifiers.append(r"\[[^\]]*\]")
    (strings if dialect in _DOUBLE_QUOTED else identifiers).append(f'"{inside_double}"?')
    if dialect not in ("bigquery", "spark", "databricks", "hive", "mysql", "tsql"):
        strings.append(r"(?P<dollar>\$\w*\$).*?(?P=dollar)")
    return re.compile(
        f"(?P<comment>{'|'.join(comments)})|(?P<string>{'|'.join(strings)})"
        f"|(?P<identifier>{'|'.join(identifiers)})|(?P<number>{_NUMBER})|(?P<blank>\\s+)",
        re.DOTALL,
    )


def strip_literals(sql: str, dialect: str | None = None) -> str:
    """Return SQL with `?` for each literal, without comments, and with single blanks.

    It works on text alone, so it takes what no parser does.
    """
    return _parts(dialect_name(dialect)).sub(_stripped, sql).strip()


def _stripped(match: re.Match[str]) -> str:
    kind = match.lastgroup if match.lastgroup not in ("quote", "dollar") else "string"
    if match["comment"] is not None or match["blank"] is not None:
        return " "
    return match[0] if kind == "identifier" else "?"


def fingerprint(sql: str, dialect: str) -> str | None:
    """Return SQL with its literals stripped where lineage cannot depend on them.

    Whole numbers in lists stay, as `ORDER BY 2` names a column. None where a literal may name
    something: a file, a column of PIVOT, a pattern of COLUMNS, a text to execute.
    """
    stripped = _LISTS.sub("IN (?)", _parts(dialect).sub(_fingerprinted, sql))
    if _NAMING_LITERALS.search(stripped):
        return None
    return stripped.strip()


_NAMING_LITERALS = re.compile(
    r"""\b(?:pivot|unpivot|columns|copy|unload|load|exec|execute|immediate|call|ilike|location
    |\w*read_\w+|\w+_scan|s3\w*|gcs|url|file|hdfs|openrowset|\w*files|export|identifier|external
    |function|procedure|proc|declare|set|use|begin|replace|table_name|stage|remote|stack)\b
    |\b(?:from|join|into|as|table|directory|update)\s*\?|\{\{|\{%|[\w)]\s\?\s*(?:,|\bfrom\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_LISTS = re.compile(r"\bIN\s*\(\s*(?:\?|\d+)(?:\s*,\s*(?:\?|\d+))*\s*\)", re.IGNORECASE)


def _fingerprinted(match: re.Match[str]) -> str:
    if match["number"] is not None and match[0].isdigit() and _lists(match.string, match.start()):
        return match[0]
    return _stripped(match)


def _lists(sql: str, place: int) -> bool:
    """Whether a number stands where a list has its items: it may mean a column by its place."""
    place -= 1
    while place >= 0 and sql[place].isspace():
        place -= 1
    return place >= 0 and (sql[place] in "(," or sql[max(place - 1, 0) : place + 1].lower() == "by")


_LONG = 1_000


def shortened(sql: str, dialect: str) -> str:
    """Return SQL with long literals and long lists of them cut short.

    A literal of ten megabytes and a list of a hundred thousand say no more about lineage than
    one of a letter.
    """

    def short(match: re.Match[str]) -> str:
        if match["comment"] is not None:
            return " "
        if match["string"] is not None and len(match[0]) > _LONG and "$" not in match[0][:1]:
            return "'?'"
        return match[0]

    sql = _parts(dialect).sub(short, sql)
    return _LONG_LISTS.sub(r"\1)", sql)


_ITEM = r"(?:'[^']*+'|-?\d[\d.eE]*+)"
_LONG_LISTS = re.compile(rf"(\bIN\s*\(\s*{_ITEM})(?:\s*,\s*{_ITEM}){{100,}}\s*\)", re.IGNORECASE)
