"""Judges the resolver by running statements: no label takes part, the engine decides.

Rows are drawn at random and one input column is drawn anew, all else held still. An output
column that then holds other values depends on that column, so the resolver must list it
(soundness). A direct edge that is listed must be seen to matter at least once (nothing is
invented).
"""

import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, Self

import duckdb
import sqlglot
from sqlglot import exp

from headwater.processors.resolve import Answer, Output
from headwater.schemas.records import Transformation

ROWS = 9
NULL_SHARE = 0.12
# A recursion over rows that form a ring never ends.
RUN_TIMEOUT_S = 1.0
# Words of a statement are what its conditions compare with, so rows must often hold them.
MINED_SHARE = 0.6
# Numbers compared with an expression belong to none of its columns alone.
STRAY_SHARE = 0.1
_TEXTS: tuple[str, ...] = ("a", "b", "c", "x", "40", "Ana Bo", "bo@x.org")
_DIGITS = ("1", "2", "3", "40", "500")
_TIMES = (
    "2023-12-31 10:00:00",
    "2024-01-01 00:00:00",
    "2024-02-03 04:05:06",
    "2024-03-01 01:00:00",
)
_JSON = (
    '{"user": {"name": "a"}, "items": [{"sku": "x"}]}',
    '{"user": {"name": "b"}, "a": 1}',
    '{"a": {"b": 2}, "items": []}',
)

Source = tuple[str, str]
"""A table and a column of it, in lower case."""

Place = tuple[str | None, str]
"""An output and a column of it: by name where it is written, by position in a query."""

Seen = dict[Place, Counter[str]]
"""The values that a run left in each output column."""


@dataclass(frozen=True)
class Schema:
    """The tables that a statement may read or write: name to its columns and their types.

    Attributes:
        unique: Columns that hold no value twice.
        spare: How many more values there are for a unique column than it holds.
        many: Tables that hold three times the rows of others.
        default: The schema, or catalogue and schema, where unqualified names lead.
    """

    tables: Mapping[str, tuple[tuple[str, str], ...]]
    unique: frozenset[Source] = frozenset()
    spare: int = ROWS
    many: frozenset[str] = frozenset()
    default: str | None = None


@dataclass
class Findings:
    """What runs of a statement showed.

    Attributes:
        unsound: Dependencies seen that the resolver does not list.
        idle: Direct edges listed of which no run saw an effect.
        shape: Where the engine's columns are not the resolver's.
        rows_seen: Whether any output ever held a row.
    """

    unsound: set[str] = field(default_factory=set)
    idle: set[str] = field(default_factory=set)
    shape: list[str] = field(default_factory=list)
    rows_seen: bool = False


class Listed(NamedTuple):
    """What the resolver lists for an output column, down to the tables that hold rows."""

    name: str
    direct: frozenset[Source]
    every: frozenset[Source]


class NotRunError(Exception):
    """The engine does not run the statement, for the reason given."""


def examine(
    sql: str,
    schema: Schema,
    answer: Answer,
    *,
    seeds: int,
    seeds_max: int,
    columns_max: int | None = None,
) -> Findings:
    """Run a statement over rows of several seeds and hold the answer against what happens.

    Args:
        seeds: How many seeds every column is redrawn for.
        seeds_max: How many more are tried for edges of which no effect was seen.
        columns_max: How many columns are redrawn for a seed; all if None.

    Raises:
        NotRunError: If the engine refuses the statement.
    """
    listed = {
        place: entry
        for output in answer.outputs
        for place, entry in _listed(output, answer, schema)
    }
    findings = Findings()
    idle = {(place, source) for place, entry in listed.items() for source in entry.direct}
    for seed in range(seeds_max):
        if seed >= seeds and not idle:
            break
        with Bench(sql, schema, answer, seed) as bench:
            steady = bench.steady()
            findings.shape = bench.shape
            findings.rows_seen |= any(steady.values())
            wanted = {source for _, source in idle}
            sources = bench.sources(columns_max, wanted) if seed < seeds else sorted(wanted)
            for source in sources:
                for place in bench.changed(source, steady):
                    idle.discard((place, source))
                    foreign = place in listed and source not in listed[place].every
                    if foreign and bench.repeats(source[0], place, steady):
                        findings.unsound.add(_arrow(source, place, listed))
    findings.idle = {_arrow(source, place, listed) for place, source in idle}
    return findings


def _arrow(source: Source, place: Place, listed: Mapping[Place, Listed]) -> str:
    return f"{'.'.join(source)} -> {place[0] or 'query'}.{listed[place].name}"


class Bench:
    """One statement over the rows of one seed, in a database of its own."""

    def __init__(self, sql: str, schema: Schema, answer: Answer, seed: int) -> None:
        self.sql, self.schema, self.answer = sql, schema, answer
        self.random = random.Random(seed)
        # Some conditions hold on rows without gaps alone, such as NOT IN.
        self.null_share = (NULL_SHARE, 0.03, 0.0)[seed % 3]
        self.mined = mined(sql)
        self.shape: list[str] = []
        self.texts = _TEXTS
        self.catalogs = ["bench", *sorted(_parts(schema, 3))]
        # Watching costs a thread for each run.
        self.endless = "recursive" in sql.lower()

    def __enter__(self) -> Self:
        self.engine = engine()
        try:
            self.statements = self._extracted()
            self._prepare()
        except duckdb.Error as error:
            self.__exit__()
            raise NotRunError(str(error).splitlines()[0]) from error
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.execute("USE memory")
        for catalog in self.catalogs:
            self.engine.execute(f'DETACH DATABASE IF EXISTS "{catalog}"')

    def _extracted(self) -> list[duckdb.Statement]:
        """Split the text; what opens or closes a transaction is left to the bench."""
        statements = self.engine.extract_statements(self.sql)
        return [s for s in statements if s.type != duckdb.StatementType.TRANSACTION]

    def _prepare(self) -> None:
        for catalog in self.catalogs:
            self.engine.execute(f"ATTACH ':memory:' AS \"{catalog}\"")
        self.engine.execute("USE bench")
        for path in sorted(_parts(self.schema, 2)):
            self.engine.execute(f"CREATE SCHEMA {path}")
        self._fill()
        if self.schema.default:
            self.engine.execute(f"USE {self.schema.default}")

    def _fill(self) -> None:
        self.rows = self._drawn()
        for table, rows in self.rows.items():
            self._create(table, rows)

    def steady(self) -> Seen:
        """Return each output column's values, of those that two runs agree on.

        Raises:
            NotRunError: If the engine refuses the statement.
        """
        try:
            try:
                first = self.run()
            except duckdb.ConversionException:
                self.texts, self.mined = _DIGITS, mined("")
                self._fill()
                first = self.run()
            second = self.run()
        except duckdb.Error as error:
            raise NotRunError(str(error).splitlines()[0]) from error
        return {place: values for place, values in first.items() if second.get(place) == values}

    def sources(self, columns_max: int | None, wanted: set[Source]) -> list[Source]:
        """Return the columns to draw anew: those whose table and name the text can reach."""
        text = self.sql.lower()
        star = "*" in text.replace("(*)", "").replace("/*", "") or "natural" in text
        every = [
            (table.lower(), column.lower())
            for table, columns in self.schema.tables.items()
            if re.search(rf"\b{re.escape(table.lower().rsplit('.', 1)[-1])}\b", text)
            for column, _ in columns
            if star or len(columns) < 8 or re.search(rf"\b{re.escape(column.lower())}\b", text)
        ]
        if columns_max is None or len(every) <= columns_max:
            return every
        first = [source for source in every if source in wanted]
        rest = [source for source in every if source not in wanted]
        self.random.shuffle(first)
        self.random.shuffle(rest)
        # Half for what is listed and half for what is not, so that both kinds of error show.
        half = max(columns_max // 2, columns_max - len(rest))
        return (first[:half] + rest)[:columns_max]

    def changed(self, source: Source, steady: Seen) -> list[Place]:
        """Draw a column anew and return the output columns that hold other values then."""
        table, column = self._spelled(source)
        columns = self.schema.tables[table]
        position = next(i for i, (name, _) in enumerate(columns) if name == column)
        fresh = self._column(table, column, columns[position][1])
        redrawn = [
            [*row[:position], value, *row[position + 1 :]]
            for row, value in zip(self.rows[table], fresh, strict=True)
        ]
        try:
            after = self.run({table: redrawn})
        except duckdb.Error:
            return []  # such as a text that is no number: this draw tells nothing
        return [
            place
            for place, values in steady.items()
            if after.get(place) != values and place != source  # rows that were there before
        ]

    def repeats(self, table: str, place: Place, steady: Seen) -> bool:
        """Whether an output stays as it is when a table is made anew with the same rows.

        Where rows tie in an order, the engine may take them as they lie in the table.
        """
        name = next(name for name in self.schema.tables if name.lower() == table)
        return self.run({name: self.rows[name]}).get(place) == steady[place]

    def run(self, redrawn: Mapping[str, list[list[str]]] | None = None) -> Seen:
        """Run the text over the rows, some redrawn, read what it gave or wrote, and undo it."""
        self.engine.execute("BEGIN")
        watch = threading.Timer(RUN_TIMEOUT_S, self.engine.interrupt)
        if self.endless:
            watch.start()
        try:
            for table, rows in (redrawn or {}).items():
                self._create(table, rows)
            result = None
            for statement in self.statements:
                result = self.engine.execute(statement)
            return self._read(result)
        finally:
            watch.cancel()
            self.engine.execute("ROLLBACK")

    def _read(self, result: duckdb.DuckDBPyConnection | None) -> Seen:
        seen: Seen = {}
        for output in self.answer.outputs:
            key = _key(output)
            if key is None and result is not None:
                names, rows = _table(result)
            elif key is not None:
                names, rows = _table(self.engine.execute(f"SELECT * FROM {key}"))
            else:
                continue
            for position, place in self._places(output, names):
                seen[place] = Counter(_shown(row[position]) for row in rows)
        return seen

    def _places(self, output: Output, names: list[str]) -> list[tuple[int, Place]]:
        """Pair the engine's columns with the resolver's: by place for a query, else by name."""
        key, fields = _key(output), [entry.field for entry in output.fields]
        if key is None:
            if len(names) != len(fields) and not output.unresolved:
                self.shape = [f"engine {names}, resolver {fields}"]
            return [(i, (key, str(i))) for i in range(min(len(names), len(fields)))]
        lowered = [name.lower() for name in names]
        if key not in {name.lower() for name in self.schema.tables} and len(names) == len(fields):
            # The statement made the table; an expression's name is the engine's own.
            return [(i, (key, name.lower())) for i, name in enumerate(fields)]
        if not {name.lower() for name in fields} <= set(lowered):
            self.shape = [f"engine {names}, resolver {fields}"]
        return [(i, (key, name)) for i, name in enumerate(lowered)]

    def _spelled(self, source: Source) -> Source:
        table = next(name for name in self.schema.tables if name.lower() == source[0])
        names = (name for name, _ in self.schema.tables[table])
        return table, next(name for name in names if name.lower() == source[1])

    def _create(self, table: str, rows: list[list[str]]) -> None:
        columns = self.schema.tables[table]
        kinds = ", ".join(f'"{name}" {type_}' for name, type_ in columns)
        name = ".".join(f'"{part}"' for part in table.split("."))
        keys = [c for c, _ in columns if (table.lower(), c.lower()) in self.schema.unique]
        key = f', UNIQUE ("{keys[0]}")' if keys else ""
        values = ", ".join(f"({', '.join(row)})" for row in rows)
        self.engine.execute(
            f"CREATE OR REPLACE TABLE {name} ({kinds}{key}); INSERT INTO {name} VALUES {values}"
        )

    def _drawn(self) -> dict[str, list[list[str]]]:
        drawn = {}
        for table, columns in self.schema.tables.items():
            by_column = [self._column(table, name, type_) for name, type_ in columns]
            drawn[table] = [list(row) for row in zip(*by_column, strict=True)]
        return drawn

    def _column(self, table: str, name: str, type_: str) -> list[str]:
        rows = ROWS * 3 if table in self.schema.many else ROWS
        if (table.lower(), name.lower()) in self.schema.unique:
            days = self.random.sample(range(1, rows + self.schema.spare + 1), rows)
            return [f"'2024-01-{n:02}'" if _family(type_) == "time" else str(n) for n in days]
        return [self._value(name.lower(), type_) for _ in range(rows)]

    def _value(self, name: str, type_: str) -> str:
        draw = self.random
        if draw.random() < self.null_share:
            return "NULL"
        if type_.endswith("[]"):
            return f"[{', '.join(self._value(name, type_[:-2]) for _ in range(draw.randrange(4)))}]"
        if type_.startswith("struct("):
            members = (part.strip().partition(" ") for part in type_[7:-1].split(","))
            pairs = (f"'{member}': {self._value(member, t)}" for member, _, t in members)
            return "{" + ", ".join(pairs) + "}"
        if type_.startswith("map("):
            return f"MAP {{'colour': '{draw.choice(_TEXTS)}', 'b': '{draw.choice(_TEXTS)}'}}"
        return _FAMILIES[_family(type_)](self, name)

    def integer(self, name: str) -> str:
        """Draw a number: few different ones, so that keys match."""
        special = self.mined.numbers.get(name)
        if special and self.random.random() < MINED_SHARE:
            return self.random.choice(special)
        if self.mined.every_number and self.random.random() < STRAY_SHARE:
            return self.random.choice(self.mined.every_number)
        return str(self.random.randrange(1, 7))

    def text(self, name: str) -> str:
        """Draw a text, often one that the statement compares the column with."""
        special = self.mined.texts.get(name) or self.mined.every_text
        pool = special if special and self.random.random() < MINED_SHARE else self.texts
        return "'" + self.random.choice(pool).replace("'", "''") + "'"

    def time(self, name: str) -> str:
        """Draw a point in time."""
        special = self.mined.times.get(name) or self.mined.every_time
        pool = special if special and self.random.random() < MINED_SHARE else _TIMES
        return f"'{self.random.choice(pool)}'"

    def truth(self, _name: str) -> str:
        """Draw true or false."""
        return self.random.choice(("TRUE", "FALSE"))

    def json(self, _name: str) -> str:
        """Draw a document."""
        return f"'{self.random.choice(_JSON)}'"


_FAMILIES: dict[str, Callable[[Bench, str], str]] = {
    "int": Bench.integer,
    "text": Bench.text,
    "time": Bench.time,
    "bool": Bench.truth,
    "json": Bench.json,
}


def _family(type_: str) -> str:
    lowered = type_.lower()
    if "char" in lowered or lowered in {"text", "string"}:
        return "text"
    if "date" in lowered or "time" in lowered:
        return "time"
    return {"bool": "bool", "boolean": "bool", "json": "json"}.get(lowered, "int")


@dataclass(frozen=True)
class Mined:
    """Constants of a statement, by the name of the column that they are compared with."""

    numbers: dict[str, list[str]]
    texts: dict[str, list[str]]
    times: dict[str, list[str]]
    every_number: list[str]
    every_text: list[str]
    every_time: list[str]


def mined(sql: str) -> Mined:
    """Gather what the conditions of a statement compare columns with."""
    found = Mined({}, {}, {}, [], [], [])
    for tree in sqlglot.parse(sql, read="duckdb", error_level=sqlglot.ErrorLevel.IGNORE):
        for node in tree.walk() if tree else ():
            if isinstance(node, exp.Predicate | exp.Case | exp.Between | exp.In):
                _mine(node, found)
    return found


def _mine(node: exp.Expr, found: Mined) -> None:
    literals = list(node.find_all(exp.Literal))
    names = {column.name.lower() for column in node.find_all(exp.Column)}
    for literal in literals:
        text = literal.this
        if not literal.is_string:
            near = [text] if "." in text else [str(int(text) + d) for d in (-1, 0, 0, 1)]
            found.every_number.extend(near)
            for name in names:
                found.numbers.setdefault(name, []).extend(near)
        elif re.match(r"\d{4}-\d\d?-\d\d?", text):
            found.every_time.append(text)
            for name in names:
                found.times.setdefault(name, []).append(text)
        else:
            plain = text.replace("%", "").replace("_", "")
            found.every_text.append(plain)
            for name in names:
                found.texts.setdefault(name, []).append(plain)


@cache
def engine() -> duckdb.DuckDBPyConnection:
    """Return the engine, whose answers depend on nothing but the rows."""
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET scalar_subquery_error_on_multiple_rows = false")
    return connection


def _parts(schema: Schema, count: int) -> set[str]:
    """Return the catalogues (3) or the schemas (2) that the tables' names want."""
    paths = [table.split(".") for table in schema.tables]
    if count == 3:
        return {path[0] for path in paths if len(path) == 3}
    return {".".join(f'"{part}"' for part in path[:-1]) for path in paths if len(path) > 1}


def _key(output: Output) -> str | None:
    return output.dataset.name.lower() if output.dataset else None


def _listed(output: Output, answer: Answer, schema: Schema) -> Iterator[tuple[Place, Listed]]:
    """Give what is listed for each column, followed through what the same text wrote."""
    key = _key(output)
    written = {_key(other): other for other in answer.outputs if other.dataset}
    indirect = _followed({_source(edge) for edge in output.indirect}, written)
    # A column that the statement leaves alone still loses rows, or gains empty ones.
    for name, columns in schema.tables.items():
        if name.lower() == key:
            for column, _ in columns:
                yield (key, column.lower()), Listed(column, frozenset(), frozenset(indirect))
    for position, entry in enumerate(output.fields):
        place = (key, str(position) if key is None else entry.field.lower())
        direct = {_source(e) for e in entry.inputs if e.type == Transformation.DIRECT}
        every = _followed({_source(edge) for edge in entry.inputs}, written) | indirect
        shown = {source for source in direct if source[0] not in written or source[0] == key}
        yield place, Listed(entry.field, frozenset(shown - {place}), frozenset(every))


def _followed(sources: set[Source], written: Mapping[str | None, Output]) -> set[Source]:
    """Add to sources what they stem from, where the same text wrote them."""
    every, waiting = set(sources), list(sources)
    while waiting:
        table, column = waiting.pop()
        output = written.get(table)
        if output is None:
            continue
        edges = [e for f in output.fields if f.field.lower() == column for e in f.inputs]
        for edge in (*edges, *output.indirect):
            source = _source(edge)
            if source not in every:
                every.add(source)
                waiting.append(source)
    return every


def _source(edge: Any) -> Source:
    """Return the table and column of an edge; of a struct's member, the struct."""
    return edge.name.lower(), edge.field.lower().partition(".")[0]


def _table(result: duckdb.DuckDBPyConnection) -> tuple[list[str], list[tuple[Any, ...]]]:
    names = [column[0] for column in result.description or ()]
    return names, result.fetchall() if names else []


def _shown(value: Any) -> str:
    """Show a value so that sums of floats in another order are the same."""
    if isinstance(value, float):
        return f"{value:.9g}"
    return repr(value)
