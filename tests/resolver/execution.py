"""Judges the resolver by running statements: no label takes part, the engine decides.

Rows are drawn at random and one input column is drawn anew, all else held still. An output
column that then holds other values depends on that column, so the resolver must list it
(soundness). A direct edge that is listed must be seen to matter at least once (nothing is
invented).
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import duckdb
import sqlglot
from sqlglot import exp

from headwater.processors.resolve import Answer, Output
from headwater.schemas.records import Transformation

ROWS = 9
NULL_SHARE = 0.12
# Words of a statement are what its conditions compare with, so rows must often hold them.
MINED_SHARE = 0.6
_TEXTS = ("a", "b", "c", "x", "Ana Bo", "bo@x.org")
_DIGITS = ("1", "2", "3", "40", "500")
_TIMES = ("2023-12-31 10:00:00", "2024-01-01 00:00:00", "2024-02-03 04:05:06", "2024-03-01 01:00:00")
_JSON = (
    '{"user": {"name": "a"}, "items": [{"sku": "x"}]}',
    '{"user": {"name": "b"}, "a": 1}',
    '{"a": {"b": 2}, "items": []}',
)

Source = tuple[str, str]
"""A table and a column of it, in lower case."""

Place = tuple[str | None, int]
"""An output and the position of a column in it."""


@dataclass(frozen=True)
class Schema:
    """The tables that a statement may read or write: name to its columns and their types.

    Attributes:
        unique: Columns that hold no value twice.
    """

    tables: Mapping[str, tuple[tuple[str, str], ...]]
    unique: frozenset[Source] = frozenset()


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


class NotRun(Exception):
    """The engine does not run the statement, for the reason given."""


def examine(
    sql: str,
    schema: Schema,
    answer: Answer,
    *,
    seeds: Iterable[int],
    setup: str = "",
    columns_max: int | None = None,
) -> Findings:
    """Run a statement over rows of each seed and hold the answer against what happens.

    Raises:
        NotRun: If the engine refuses the statement.
    """
    listed = {
        (_key(output), place): entry
        for output in answer.outputs
        for place, entry in enumerate(_listed(output, answer))
    }
    findings = Findings()
    idle = {(place, source) for place, entry in listed.items() for source in entry.direct}
    for seed in seeds:
        bench = Bench(sql, schema, answer, setup, seed)
        findings.shape = bench.shape
        steady = bench.steady()
        findings.rows_seen |= any(steady.values())
        wanted = {source for _, source in idle}
        for source in bench.sources(columns_max, wanted):
            changed = bench.changed(source, steady)
            for place in changed:
                idle.discard((place, source))
                entry = listed.get(place)
                if entry and source not in entry.every:
                    findings.unsound.add(f"{'.'.join(source)} -> {place[0] or 'query'}.{entry.name}")
    findings.idle = {
        f"{'.'.join(source)} -> {place[0] or 'query'}.{listed[place].name}"
        for place, source in idle
    }
    return findings


class Bench:
    """One engine with rows of one seed."""

    def __init__(
        self, sql: str, schema: Schema, answer: Answer, setup: str, seed: int
    ) -> None:
        self.sql, self.schema, self.answer = sql, schema, answer
        self.random = random.Random(seed)  # noqa: S311 - rows need no secrecy
        self.mined = mined(sql)
        self.engine = engine()
        self.shape: list[str] = []
        if setup:
            self.engine.execute(setup)
        self.texts = _TEXTS
        self.rows = self._drawn()
        for table in schema.tables:
            self._create(table, self.rows[table])
        self.width = {table: len(columns) for table, columns in schema.tables.items()}

    def steady(self) -> dict[Place, Counter[str]]:
        """Return each output column's values, of those that two runs agree on."""
        try:
            first = self.run()
        except duckdb.ConversionException:
            self.texts = _DIGITS
            self.rows = self._drawn()
            for table in self.schema.tables:
                self._create(table, self.rows[table])
            first = self._run_or_refuse()
        except duckdb.Error as error:
            raise NotRun(str(error).splitlines()[0]) from error
        second = self._run_or_refuse()
        return {place: values for place, values in first.items() if second.get(place) == values}

    def _run_or_refuse(self) -> dict[Place, Counter[str]]:
        try:
            return self.run()
        except duckdb.Error as error:
            raise NotRun(str(error).splitlines()[0]) from error

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

    def changed(self, source: Source, steady: dict[Place, Counter[str]]) -> list[Place]:
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
            self._create(table, redrawn)
            after = self.run()
        except duckdb.Error:
            return []  # such as a text that is no number: this draw tells nothing
        finally:
            self._create(table, self.rows[table])
        return [
            place
            for place, values in steady.items()
            if after.get(place) != values and not self._kept(place, source)
        ]

    def _kept(self, place: Place, source: Source) -> bool:
        """Whether a target's column holds other values only because it held others before."""
        target, position = place
        if target is None or target != source[0]:
            return False
        output = next(o for o in self.answer.outputs if _key(o) == target)
        return position < len(output.fields) and output.fields[position].field.lower() == source[1]

    def run(self) -> dict[Place, Counter[str]]:
        """Run the text, read what it gave or wrote, and undo it."""
        self.engine.execute("BEGIN")
        try:
            result = None
            for statement in self.engine.extract_statements(self.sql):
                if statement.type in {
                    duckdb.StatementType.TRANSACTION,
                }:
                    continue
                result = self.engine.execute(statement)
            return self._read(result)
        finally:
            self.engine.execute("ROLLBACK")

    def _read(self, result: duckdb.DuckDBPyConnection | None) -> dict[Place, Counter[str]]:
        seen: dict[Place, Counter[str]] = {}
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

    def _places(self, output: Output, names: list[str]) -> Iterable[tuple[int, Place]]:
        """Pair the engine's columns with the resolver's: by place for a query, else by name."""
        key = _key(output)
        if key is None:
            if len(names) != len(output.fields) and not output.unresolved:
                self.shape = [f"engine {names}, resolver {[f.field for f in output.fields]}"]
            return [(i, (key, i)) for i in range(min(len(names), len(output.fields)))]
        lowered = [name.lower() for name in names]
        missing = [f.field for f in output.fields if f.field.lower() not in lowered]
        if missing:
            self.shape = [f"engine {names}, resolver adds {missing}"]
        return [
            (lowered.index(f.field.lower()), (key, i))
            for i, f in enumerate(output.fields)
            if f.field.lower() in lowered
        ]

    def _spelled(self, source: Source) -> Source:
        table = next(name for name in self.schema.tables if name.lower() == source[0])
        names = (name for name, _ in self.schema.tables[table])
        return table, next(name for name in names if name.lower() == source[1])

    def _create(self, table: str, rows: list[list[str]]) -> None:
        columns = self.schema.tables[table]
        kinds = ", ".join(f'"{name}" {type_}' for name, type_ in columns)
        name = ".".join(f'"{part}"' for part in table.split("."))
        keys = [c for c, _ in columns if (table.lower(), c.lower()) in self.schema.unique]
        key = f', PRIMARY KEY ("{keys[0]}")' if keys else ""
        values = ", ".join(f"({', '.join(row)})" for row in rows)
        self.engine.execute(f"CREATE OR REPLACE TABLE {name} ({kinds}{key})")
        self.engine.execute(f"INSERT INTO {name} VALUES {values}")

    def _drawn(self) -> dict[str, list[list[str]]]:
        drawn = {}
        for table, columns in self.schema.tables.items():
            by_column = [self._column(table, name, type_) for name, type_ in columns]
            drawn[table] = [list(row) for row in zip(*by_column, strict=True)]
        return drawn

    def _column(self, table: str, name: str, type_: str) -> list[str]:
        if (table.lower(), name.lower()) in self.schema.unique:
            return [str(n) for n in self.random.sample(range(ROWS * 2), ROWS)]
        return [self._value(name.lower(), type_) for _ in range(ROWS)]

    def _value(self, name: str, type_: str) -> str:
        draw = self.random
        if draw.random() < NULL_SHARE:
            return "NULL"
        if type_.endswith("[]"):
            return f"[{', '.join(self._value(name, type_[:-2]) for _ in range(draw.randrange(4)))}]"
        if type_.startswith("struct("):
            members = (part.strip().partition(" ") for part in type_[7:-1].split(","))
            return f"{{{', '.join(f"'{n}': {self._value(n, t)}" for n, _, t in members)}}}"
        if type_.startswith("map("):
            return f"MAP {{'colour': '{draw.choice(_TEXTS)}', 'b': '{draw.choice(_TEXTS)}'}}"
        return _FAMILIES[_family(type_)](self, name)

    def integer(self, name: str) -> str:
        """Draw a number: few different ones, so that keys match."""
        special = self.mined.numbers.get(name)
        if special and self.random.random() < MINED_SHARE:
            return self.random.choice(special)
        return str(self.random.randrange(6))

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
    every_text: list[str]
    every_time: list[str]


def mined(sql: str) -> Mined:
    """Gather what the conditions of a statement compare columns with."""
    found = Mined({}, {}, {}, [], [])
    for tree in sqlglot.parse(sql, read="duckdb", error_level=sqlglot.ErrorLevel.IGNORE):
        for node in tree.walk() if tree else ():
            if isinstance(node, exp.Predicate | exp.Case | exp.Between | exp.In):
                _mine(node, found)
    return found


def _mine(node: exp.Expr, found: Mined) -> None:
    literals = [n for n in node.find_all(exp.Literal)]
    names = {column.name.lower() for column in node.find_all(exp.Column)}
    for literal in literals:
        text = literal.this
        if not literal.is_string:
            near = [text] if "." in text else [str(int(text) + d) for d in (-1, 0, 0, 1)]
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


def engine() -> duckdb.DuckDBPyConnection:
    """Return an engine whose answers depend on nothing but the rows."""
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET scalar_subquery_error_on_multiple_rows = false")
    return connection


def _key(output: Output) -> str | None:
    return output.dataset.name.lower() if output.dataset else None


def _listed(output: Output, answer: Answer) -> list[Listed]:
    """Return what is listed for each column, followed through what the same text wrote."""
    written = {_key(other): other for other in answer.outputs if other.dataset}
    indirect = _followed({_source(edge) for edge in output.indirect}, written)
    entries = []
    for column in output.fields:
        direct = {_source(e) for e in column.inputs if e.type == Transformation.DIRECT}
        every = _followed({_source(edge) for edge in column.inputs}, written) | indirect
        known = {source for source in direct if source[0] not in written or source[0] == _key(output)}
        entries.append(Listed(column.field, frozenset(known), frozenset(every)))
    return entries


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
