"""Reads the resolver's corpus: statements with the edges they must give.

A file holds cases of one family:

    --: t(a int, s struct(x int), s.x int)   a table that every case of the file knows
    --@ ansi postgres                        dialects of the cases that name none

    --# a title @duckdb snowflake            starts a case; `@all`, `@all -hive`
    --: t(a int)                             tables of this case alone; `--: none` forgets all
    --% catalog=db schema=public             where unqualified names lead
    --% unique=t.a                           its rows hold no value of the column twice
    --! not executed: reason                 the check by execution passes it by
    --! no effect: reason                    that check need not see every edge matter
    SELECT a, b + 1 AS c FROM t WHERE d = 1
    --> into out                             following lines are of this output
    --> a: t.a                               field: sources; IDENTITY if no other word
    --> c: TRANSFORMATION t.b; CONDITIONAL t.c masked
    --> *: FILTER t.d                        what acts on every row
    --> from t                               every dataset read
    --> !: unknown_schema                    unresolved; `c!:` in one field

A source is `dataset.column`, or `dataset::column` where either holds a dot; `~guessed` after
it states on what grounds it is known. A field called `_` has whatever name the engine gives
it. Names are in lower case and fold with the dialect, except in a case with `--% exact`.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from headwater.schemas.records import KnownBy, Subtype

FOLDER = Path(__file__).parent
NAMESPACE = "test"
ANY_NAME = "_"
DIALECTS = (
    "ansi postgres mysql snowflake bigquery redshift spark databricks hive trino duckdb tsql "
    "oracle clickhouse"
).split()
DIRECT = {Subtype.IDENTITY, Subtype.TRANSFORMATION, Subtype.AGGREGATION}
_UPPER = {"snowflake", "oracle"}


class Edge(NamedTuple):
    """A source as a label states it; None where it leaves a question open."""

    subtype: Subtype
    dataset: str
    column: str
    masked: bool
    known_by: KnownBy | None


@dataclass
class Expected:
    """What one output must be."""

    fields: list[tuple[str, set[Edge]]] = field(default_factory=list)
    indirect: set[Edge] = field(default_factory=set)
    inputs: set[str] | None = None


class Table(NamedTuple):
    """A column's name and type, for each column of a table."""

    columns: tuple[tuple[str, str], ...]


@dataclass
class Case:
    """A statement in one dialect with what the resolver must say of it."""

    family: str
    title: str
    dialect: str
    sql: str = ""
    tables: dict[str, Table] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    not_executed: str | None = None
    no_effect: str | None = None
    outputs: dict[str | None, Expected] = field(default_factory=dict)
    unresolved: set[tuple[str | None, str]] = field(default_factory=set)

    @property
    def id(self) -> str:
        return f"{self.family}: {self.title} [{self.dialect}]"

    @property
    def upper(self) -> bool:
        return self.dialect in _UPPER and "exact" not in self.settings


def families() -> list[str]:
    """Return the corpus's families, one folder each."""
    return sorted(path.name for path in FOLDER.iterdir() if any(path.glob("*.sql")))


def cases() -> list[Case]:
    """Return every case once for each of its dialects."""
    return [
        case
        for family in families()
        for path in sorted((FOLDER / family).glob("*.sql"))
        for case in read(path)
    ]


def read(path: Path) -> Iterator[Case]:
    """Read the cases of a file."""
    head, *blocks = re.split(r"^--# ", path.read_text(), flags=re.MULTILINE)
    common = _tables([*_SHOP, *_marked(head, "--: ")])
    settings = "\n".join(f"--% {line}" for line in _marked(head, "--% "))
    default = " ".join(_marked(head, "--@ ")) or "all"
    for block in blocks:
        first, _, body = block.partition("\n")
        title, _, names = first.partition(" @")
        for dialect in _dialects(names or default):
            yield _case(path.parent.name, title.strip(), dialect, f"{settings}\n{body}", common)


def _marked(text: str, mark: str) -> list[str]:
    return [line[len(mark) :] for line in text.splitlines() if line.startswith(mark)]


def _dialects(names: str) -> list[str]:
    words = names.replace("@", "").split()
    chosen = DIALECTS if "all" in words else [word for word in words if word[0] != "-"]
    unknown = {word.lstrip("-") for word in words} - {*DIALECTS, "all"}
    if unknown:
        raise ValueError(f"no such dialect: {unknown}")
    return [name for name in chosen if f"-{name}" not in words]


def _case(family: str, title: str, dialect: str, body: str, common: dict[str, Table]) -> Case:
    case = Case(family, title, dialect)
    case.sql = "\n".join(
        line for line in body.splitlines() if not re.match(r"--(?:[:%!] |>)", line)
    ).strip()
    own = _marked(body, "--: ")
    known = {} if "none" in own else common
    case.tables = known | _tables([line for line in own if line != "none"])
    for line in _marked(body, "--% "):
        case.settings |= {key: value for key, _, value in (w.partition("=") for w in line.split())}
    case.not_executed = next(iter(_marked(body, "--! not executed: ")), None)
    case.no_effect = next(iter(_marked(body, "--! no effect: ")), None)
    target: str | None = None
    for line in _marked(body, "-->"):
        if line.startswith(" into "):
            target = line.removeprefix(" into ").strip()
            case.outputs.setdefault(target, Expected())
        else:
            _expect(case, target, line.strip())
    return case


def _expect(case: Case, target: str | None, line: str) -> None:
    left, _, right = line.partition(":") if line.endswith(":") else line.partition(": ")
    name = left.strip().strip('"')
    if name.endswith("!"):
        case.unresolved |= {(name[:-1] or None, reason) for reason in right.split()}
        return
    expected = case.outputs.setdefault(target, Expected())
    if line.startswith("from "):
        expected.inputs = set(shlex.split(line)[1:])
    elif name == "*":
        expected.indirect |= set(_edges(case, right))
    else:
        expected.fields.append((name, set(_edges(case, right))))


def _edges(case: Case, text: str) -> Iterator[Edge]:
    for group in text.split("; "):
        words = shlex.split(group.replace(",", " "))
        subtype = Subtype.IDENTITY
        if words and words[0] in Subtype.__members__:
            subtype = Subtype(words.pop(0))
        masked = "masked" in words
        words = [word for word in words if word != "masked"]
        for word in words:
            source, _, grounds = word.partition("~")
            dataset, column = source.split("::") if "::" in source else source.rsplit(".", 1)
            known = KnownBy(grounds) if grounds else None
            if known is None and dataset in case.tables:
                known = KnownBy.CATALOG
            yield Edge(subtype, dataset, column, masked, known)


def _tables(lines: list[str]) -> dict[str, Table]:
    tables = {}
    for line in lines:
        name, _, columns = line.partition("(")
        parts = re.split(r",\s*(?![^(<\[]*[)>\]])", columns.strip()[:-1])
        pairs = [part.strip().partition(" ") for part in parts if part.strip()]
        tables[name.strip()] = Table(tuple((c.strip('"'), t or "int") for c, _, t in pairs))
    return tables


_SHOP = """
customers(id int, name text, email text, country text, segment text, created_at timestamp)
orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
order_items(order_id int, product_id int, quantity int, unit_price int)
products(id int, title text, category text, price int)
employees(id int, full_name text, manager_id int, department text, salary int, hired_on date)
visits(user_id int, session_id text, event text, url text, seen_at timestamp)
t(a int, b int, c int, d text)
u(a int, e int, f text)
v(k int, x int, y int, z text)
w(k int, p int, q text)
""".split("\n")[1:-1]
