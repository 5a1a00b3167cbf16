"""Procedural text cut into the statements in it.

No parser reads every engine's procedural language, and none is needed: lineage is in the
statements. A text is cut into tokens, tokens into pieces at semicolons, and what controls the
flow (`IF … THEN`, `LOOP`, `BEGIN`, `END`) is taken off a piece's front.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import sqlglot
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType
from sqlglot.tokens import Tokenizer

from .vocabulary import WORDS

_OPENERS = {"(", "[", "{"}
_CLOSERS = {")", "]", "}"}
# Words that stand alone in front of a statement.
_ALONE = WORDS["flow_words"]
# Words that take a condition, and the word that ends it.
_CONDITIONS = {
    "if": ("then",), "elsif": ("then",), "elseif": ("then",), "when": ("then",),
    "while": ("loop", "do"), "for": ("loop", "do"), "foreach": ("loop",), "exception": ("then",),
    "until": (), "case": ("then",),
}  # fmt: skip
# Statements of the procedural language that move no data.
_EMPTY = WORDS["statements_without_data"]
_STARTS = WORDS["statement_starts"]
_PROCEDURES = re.compile(
    r"\s*create\s+(?:or\s+(?:replace|alter)\s+)?(?:\w+\s+){0,2}?"
    r"(?:procedure|proc|function|trigger|package|event)\b",
    re.IGNORECASE,
)


@dataclass
class Piece:
    """A statement in procedural text.

    Attributes:
        sql: Its text; empty for what only declares.
        variables: Names that are variables from here on.
        text_of: A variable that a literal text is put in, with that text.
        assigned: A variable that is given the value of `sql`, a SELECT.
    """

    sql: str
    variables: list[str] = field(default_factory=list)
    text_of: tuple[str, str] | None = None
    assigned: str | None = None


def prepared(sql: str) -> str:
    """Return a script without what only its client reads: DELIMITER, GO and the like."""
    delimiter = re.search(r"^\s*delimiter\s+(\S+)\s*$", sql, re.IGNORECASE | re.MULTILINE)
    if delimiter and delimiter.group(1) != ";":
        mark = delimiter.group(1)
        sql = re.sub(r"^\s*delimiter\s+\S+\s*$", "", sql, flags=re.IGNORECASE | re.MULTILINE)
        sql = sql.replace(mark, ";")
    return re.sub(r"^\s*(?:go|/|\\\w.*)\s*$", ";", sql, flags=re.IGNORECASE | re.MULTILINE)


def procedural(sql: str) -> bool:
    """Whether a text is a procedure or a block, by its first word."""
    return bool(_PROCEDURES.match(sql) or _BLOCKS.match(sql))


_BLOCKS = re.compile(
    r"\s*(?:begin|if|while|for|loop|delimiter|<<|declare(?!\s+@)|exec(?:ute)?(?=\s*\())\b",
    re.IGNORECASE,
)


def unseparated(sql: str, dialect: str) -> int:
    """Return how many statements a T-SQL text of several lines holds; none elsewhere."""
    if dialect not in _UNSEPARATED or "\n" not in sql.strip():
        return 0
    return sum(1 for _ in _runs(tokenized(sql, dialect), dialect))


def several(sql: str) -> bool:
    """Whether a text may hold several statements."""
    return ";" in sql or "\n" in sql.strip()


@lru_cache(maxsize=64)
def _tokenizer(dialect: str) -> type[Tokenizer]:
    """Return a dialect's tokenizer that does not take what follows a command for a string."""
    base = sqlglot.Dialect.get_or_raise(dialect).tokenizer_class
    return type("Words", (base,), {"COMMANDS": set()})


def tokenized(sql: str, dialect: str) -> list[Token]:
    """Return the tokens of a text; none if it cannot be cut into tokens."""
    try:
        return _tokenizer(dialect)(dialect=dialect).tokenize(sql)
    except SqlglotError:
        return []


def pieces(sql: str, dialect: str) -> Iterator[Piece]:
    """Return the statements of a procedural text, in their order."""
    tokens = tokenized(sql, dialect)
    declaring = False
    for run in _runs(tokens, dialect):
        variables: list[str] | None = None
        while run and (_PROCEDURES.match(sql, run[0].start) or _inner_head(run)):
            run, variables, declaring = _headless(run)
            yield Piece("", variables)
        if run and variables is not None and run[0].token_type in _TEXTS:
            yield from _quoted(run, dialect)
            continue
        first = _word(run[0]) if run else ""
        if first == "declare" and dialect not in _DECLARE_ALONE:
            declaring, run = True, run[1:]
        elif first in _STARTS - {"set"}:
            declaring = False
        if declaring and run and first not in ("procedure", "function"):
            begin = next((place for place, one in enumerate(run) if _word(one) == "begin"), None)
            yield from _declared(sql, run[:begin])
            declaring, run = begin is None, run[begin:] if begin is not None else []
        yield from _stripped(sql, run, dialect)


# Here DECLARE is a statement; elsewhere it opens a section.
_DECLARE_ALONE = WORDS["dialects_declare_alone"]
# A body in one of these languages holds no SQL to be read.
_FOREIGN = WORDS["foreign_languages"]


def _inner_head(run: list[Token]) -> bool:
    """Whether this is the head of a procedure in a package or a block."""
    words = [_word(token) for token in run]
    return words[0] in ("procedure", "function") and bool({"is", "as"} & set(words))


def _quoted(run: list[Token], dialect: str) -> Iterator[Piece]:
    """Read a body that stands in a string."""
    words = [_word(token) for token in run]
    language = words[words.index("language") + 1] if "language" in words[:-1] else ""
    if language not in _FOREIGN:
        yield from pieces(run[0].text, dialect)


def _runs(tokens: list[Token], dialect: str) -> Iterator[list[Token]]:
    """Cut tokens at semicolons; T-SQL needs none, so there a new line's verb cuts, too."""
    run: list[Token] = []
    top: list[str] = []  # the words outside of parentheses and CASE
    depth = 0
    for place, token in enumerate(tokens):
        word = _word(token)
        if token.token_type == TokenType.SEMICOLON:
            if run:
                yield run
            run, top, depth = [], [], 0
            continue
        begins = dialect in _UNSEPARATED and _starts(tokens, place, top)
        if depth == 0 and (begins or (word == "end" and run and top[-1:] != ["end"])):
            yield run
            run, top = [], []
        if word in _OPENERS or word == "case":
            depth += 1
        elif word in _CLOSERS or (word == "end" and depth):
            depth -= 1
        elif depth == 0:
            top.append(word)
        run.append(token)
    if run:
        yield run


_UNSEPARATED = frozenset(("tsql", "fabric"))
_VERBS = frozenset(("select", "insert", "update", "delete", "merge"))
_GOES_ON = frozenset(("union", "all", "except", "intersect", "as", "then", "from", "and", "or"))


def _starts(tokens: list[Token], place: int, top: list[str]) -> bool:
    """Whether a word at the beginning of a line begins a statement of its own."""
    word = _word(tokens[place])
    if word not in _STARTS or not top or tokens[place].line == tokens[place - 1].line:
        return False
    following = _word(tokens[place + 1]) if place + 1 < len(tokens) else ""
    if top[-1] in _GOES_ON or (word == "with" and following == "("):
        return False
    words = top
    if words[0] == "create" and "as" in words:
        words = words[words.index("as") + 1 :]
    if words and words[0] == "with":
        words = words[next((n for n, one in enumerate(words) if one in _VERBS), len(words)) :]
    if not words:
        return word not in _VERBS and word != "with"
    if words[0] == "merge":
        return word not in ("insert", "update", "delete", "set")
    if words[0] == "update" and word == "set":
        return "set" in words
    if words[0] == "insert" and word in ("select", "exec", "execute", "with", "values"):
        return bool({"select", "values", "exec", "execute"} & set(words))
    return True


def _word(token: Token) -> str:
    return "" if token.token_type == TokenType.STRING else token.text.lower()


def _stripped(sql: str, run: list[Token], dialect: str) -> Iterator[Piece]:
    """Take control flow off a piece's front, until a statement is left."""
    while run:
        word = _word(run[0])
        if word == "declare" and len(run) > 1:
            if dialect in ("tsql", "fabric"):
                yield Piece(_text(sql, run))
            else:
                yield from _declared(sql, run[1:])
            return
        if word in _CONDITIONS and not (word == "case" and len(run) < 2):
            opening, run = _after_condition(run, _CONDITIONS[word])
            if word in ("for", "foreach"):
                yield from _cursor(sql, opening)
            continue
        if word in _ALONE or run[0].text == "<<":
            run = run[1:]
            continue
        break
    if run:
        yield from _statement(sql, run)


def _headless(run: list[Token]) -> tuple[list[Token], list[str], bool]:
    """Take a procedure's head off; its parameters are variables in its body.

    Returns:
        The rest, the parameters, and whether declarations follow.
    """
    depth, names = 0, []
    words = [_word(token) for token in run]
    if "language" in words[:-1] and words[words.index("language") + 1] in _FOREIGN:
        return [], [], False
    previous = ""
    for place, token in enumerate(run):
        word = _word(token)
        if word in _OPENERS:
            depth += 1
        elif word in _CLOSERS:
            depth -= 1
        elif depth == 1 and (previous in _OPENERS or previous == ","):
            names.append(word if word not in ("in", "out", "inout") else _word(run[place + 1]))
        elif depth == 0 and word in ("is", "as", "begin") and place > 1:
            rest = run[place + (word != "begin") :]
            declares = bool(rest) and _word(rest[0]) not in _STARTS | _CONDITIONS.keys()
            declares = declares and rest[0].token_type not in _TEXTS
            return rest, names, declares
        elif word.startswith("@"):
            names.append(_name(word))
        previous = word
    return [], names, False


def _after_condition(run: list[Token], ends: tuple[str, ...]) -> tuple[list[Token], list[Token]]:
    depth = 0
    for place, token in enumerate(run[1:], 1):
        word = _word(token)
        depth += (word in _OPENERS) - (word in _CLOSERS)
        if depth == 0 and word in ends:
            return run[1:place], run[place + 1 :]
        if depth == 0 and "then" in ends and word in _STARTS - {"if", "end", "with", "set"}:
            # T-SQL has no THEN.
            return run[1:place], run[place:]
        if depth == 0 and word == "begin":
            return run[1:place], run[place:]
    return run[1:], []


def _cursor(sql: str, opening: list[Token]) -> Iterator[Piece]:
    """Read `row IN query` of a FOR: the row's columns are what the query gives."""
    words = [_word(token) for token in opening]
    if "in" not in words or not opening:
        return
    name, rest = words[0], opening[words.index("in") + 1 :]
    query = _text(sql, rest)
    if re.match(r"[\s(]*(?:select|with)\b", query, re.IGNORECASE):
        yield Piece(query, [name], assigned=name)
    else:
        yield Piece("", [name])


def _declared(sql: str, run: list[Token]) -> Iterator[Piece]:
    """Read one declaration; those of one DECLARE section are pieces of their own."""
    words = [_word(token) for token in run]
    if not words:
        return
    if words[0] == "cursor" and "is" in words:
        yield Piece(_text(sql, run[words.index("is") + 1 :]), [words[1]], assigned=words[1])
        return
    if "cursor" in words and "for" in words:
        query = _text(sql, run[words.index("for") + 1 :])
        yield Piece(query, [words[0]], assigned=words[0])
        return
    yield from _assignment(sql, run, words) or [Piece("", [_name(run[0].text)])]


def _name(text: str) -> str:
    return text.lower().lstrip("@:")


def _assignment(sql: str, run: list[Token], words: list[str]) -> list[Piece]:
    for mark in (":=", "=", "default"):
        if mark in words[1:]:
            place = words.index(mark, 1)
            value = run[place + 1 :]
            name = _name(words[1] if words[0] in ("@", ":", "let", "set") else words[0])
            if len(value) == 1 and value[0].token_type in _TEXTS:
                return [Piece("", [name], text_of=(name, value[0].text))]
            if value:
                return [Piece(f"SELECT {_text(sql, value)}", [name], assigned=name)]
    return []


_TEXTS = (
    TokenType.STRING,
    TokenType.NATIONAL_STRING,
    TokenType.RAW_STRING,
    TokenType.HEREDOC_STRING,
)


def _statement(sql: str, run: list[Token]) -> Iterator[Piece]:
    words = [_word(token) for token in run]
    first = words[0]
    if first == "return" and len(words) > 2 and words[1] in ("query", "table"):
        return
    if first == "perform":
        yield Piece(f"SELECT {_text(sql, run[1:])}")
    elif first == "open" and "for" in words:
        yield Piece(_text(sql, run[words.index("for") + 1 :]))
    elif first in _EMPTY:
        return
    elif ":=" in words[1:4] or first == "let":
        yield from _assignment(sql, run, words)
    else:
        yield Piece(_text(sql, run))


def _text(sql: str, run: list[Token]) -> str:
    return sql[run[0].start : run[-1].end + 1] if run else ""


def literal(sql: str, dialect: str) -> tuple[str, bool] | None:
    """Return what EXECUTE runs: a literal text, or the name of a variable.

    Returns:
        The text and True, a name and False; None where it is put together at run time.
    """
    tokens = [
        one
        for one in tokenized(sql, dialect)
        if _word(one) not in ("immediate", "(", ")", "@", ":", "n")
    ]
    ends = {"into", "using", "with", ";", "as"}
    if not tokens or (len(tokens) > 1 and _word(tokens[1]) not in ends):
        return None
    first = tokens[0]
    if first.token_type in _TEXTS:
        return first.text, True
    return _name(first.text), False
