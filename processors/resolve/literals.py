"""Literals taken out of SQL: they hold personal data, and lineage seldom depends on them."""

import re
from functools import lru_cache

from .parse import dialect_name
from .vocabulary import WORDS

_BACKSLASH = WORDS["dialects_backslash"]
_DOUBLE_QUOTED = WORDS["dialects_double_quoted_strings"]
_ORACLE_QUOTED = (
    r"(?<![\w$#])[nN]?[qQ]'(?:\[(?:.*?\]'|.*)|\{(?:.*?\}'|.*)|\((?:.*?\)'|.*)|<(?:.*?>'|.*)"
    r"|(?P<quote>[^\s\[{(<])(?:.*?(?P=quote)'|.*))"
)
_NUMBER = r"(?<![\w$#@.:])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w])"


@lru_cache(maxsize=64)
def _parts(dialect: str, blanks: str = r"\s+|") -> re.Pattern[str]:
    """Return what finds comments, quoted names and literals of a dialect, in order."""
    inside = r"(?:[^'\\]|\\.|'')*+" if dialect in _BACKSLASH else r"(?:[^']|'')*+"
    inside_double = r'(?:[^"\\]|\\.|"")*+' if dialect in _BACKSLASH else r'(?:[^"]|"")*+'
    comments = [r"--[^\n]*", r"/\*(?:[^*]|\*(?!/))*+(?:\*/)?"]
    if dialect in ("mysql", "bigquery", "clickhouse"):
        comments.append(r"\#[^\n]*")
    if dialect == "snowflake":
        comments.append(r"//[^\n]*")
    # What opens and never closes goes to the end of the text: to look for the end of each
    # anew would take a time that grows with the square of the text.
    strings = [
        r"[eE]'(?:[^'\\]|\\.|'')*+'?",
        rf"(?:(?<!\w)(?:[rRbBnNxXuU]|[rR][bB]|[uU]&|_\w+\s*))?'{inside}'?",
    ]
    if dialect in ("oracle", ""):
        strings.insert(0, _ORACLE_QUOTED)
    if dialect == "bigquery":
        strings.insert(0, r"[rRbB]{0,2}(?:'''(?:.*?'''|.*)|\"\"\"(?:.*?\"\"\"|.*))")
    identifiers = [r"`[^`]*`?"]
    if dialect in ("tsql", "fabric"):
        identifiers.append(r"\[[^\]]*\]?")
    (strings if dialect in _DOUBLE_QUOTED else identifiers).append(f'"{inside_double}"?')
    if dialect not in ("bigquery", "spark", "databricks", "hive", "mysql", "tsql"):
        strings.append(r"(?<![\w$])(?P<dollar>\$(?:[^\W\d]\w*)?\$)(?:.*?(?P=dollar)|.*)")
    return re.compile(
        f"(?P<blank>(?:{blanks}{'|'.join(comments)})+)|(?P<string>{'|'.join(strings)})"
        f"|(?P<identifier>{'|'.join(identifiers)})|(?P<number>{_NUMBER})",
        re.DOTALL,
    )


def strip_literals(sql: str, dialect: str | None = None) -> str:
    """Return SQL with `?` for each literal, without comments, and with single blanks.

    It works on text alone, so it takes what no parser does.
    """
    return _parts(dialect_name(dialect)).sub(_stripped, sql).strip()


def _stripped(match: re.Match[str]) -> str:
    kind = match.lastgroup if match.lastgroup not in ("quote", "dollar") else "string"
    if match["blank"] is not None:
        return " "
    return match[0] if kind == "identifier" else "?"


def fingerprint(sql: str, dialect: str) -> str | None:
    """Return SQL with its literals stripped where lineage cannot depend on them.

    Whole numbers in lists stay, as `ORDER BY 2` names a column. None where a literal may name
    something: a file, a column of PIVOT, a pattern of COLUMNS, a text to execute.
    """
    # Blanks are most of what there is to match, and joining what lies between is quicker.
    short = " ".join(_parts(dialect, "").sub(_fingerprinted, sql).split())
    if "IN" in short or "in" in short:
        short = _LISTS.sub("IN (?)", short)
    return None if _may_name(short) else short


def _may_name(sql: str) -> bool:
    """Whether a literal of a stripped text may name what lineage leads to."""
    lowered = sql.lower()
    if any(mark in lowered for mark in _NAMING_PARTS):
        return True
    if not _NAMING_WORDS.isdisjoint(_WORD.findall(lowered)):
        return True
    before, *rest = lowered.split("?")
    for after in rest:
        words = before.split()
        if words and words[-1] in _BEFORE_NAMES:
            return True
        # `'literal',` behind a value is an alias in a few engines.
        behind_value = re.search(r"[\w)] $", before[-2:]) is not None
        if behind_value and after.lstrip().startswith((",", "from")):
            return True
        before = after
    return False


_WORD = re.compile(r"[a-z_]\w*")
_NAMING_WORDS = WORDS["words_beside_naming_literals"]
_NAMING_PARTS = (
    "read_", "_scan", "s3", "files", "{{", "{%", "[?", "{?", "{ ?", "->?", "-> ?", "->>", "#>",
    "json_extract", "jsonextract", "get_path",
)  # fmt: skip
_BEFORE_NAMES = frozenset(("from", "join", "into", "as", "table", "directory", "update"))
_LISTS = re.compile(r"\bIN\s*\(\s*(?:\?|\d+)(?:\s*,\s*(?:\?|\d+))*\s*\)", re.IGNORECASE)


def _fingerprinted(match: re.Match[str]) -> str:
    if match["number"] is not None and match[0].isdigit() and _lists(match.string, match.start()):
        return match[0]
    if match["identifier"] is not None:
        # Blanks in a name are part of it.
        return "\0".join(match[0].split(" ")) if " " in match[0] else match[0]
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
        if match["blank"] is not None:
            return "\n" if "\n" in match[0] else " "
        if match["string"] is not None and len(match[0]) > _LONG and "$" not in match[0][:1]:
            return "'?'"
        return match[0]

    sql = _parts(dialect).sub(short, sql)
    return _LONG_LISTS.sub(r"\1)", sql)


_ITEM = r"(?:'[^']*+'|-?\d[\d.eE]*+)"
_LONG_LISTS = re.compile(rf"(\bIN\s*\(\s*{_ITEM})(?:\s*,\s*{_ITEM}){{100,}}\s*\)", re.IGNORECASE)
