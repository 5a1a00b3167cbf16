"""DuckDB: a connection whose statements are emitted as OpenLineage runs.

    import duckdb
    from headwater.producers.duckdb import traced

    connection = traced(duckdb.connect("shop.duckdb"), job_namespace="nightly")
    connection.execute("CREATE TABLE totals AS SELECT …", job="totals")

Each statement is a run (START, then COMPLETE or FAIL) with its SQL, the relations it names
and their schemas. The worker reads the columns from the SQL; nothing is parsed here.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from ..schemas import facets
from .datasets import dataset
from .emitter import Emitter
from .runs import Run, run

try:
    import duckdb
except ImportError as error:
    raise ImportError(
        "the DuckDB producer needs DuckDB: pip install 'headwater[duckdb]'"
    ) from error

_READS = {"from", "join", "using"}
_WRITES = {"into", "update", "table", "view"}
_BETWEEN = {"if", "not", "exists", "only", "lateral"}
_POSITION_DIGITS_MAX = 2
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_COMMENT = re.compile(r"--|/\*")


def traced(
    connection: duckdb.DuckDBPyConnection,
    *,
    job_namespace: str | None = None,
    namespace: str | None = None,
    literals: Literal["strip", "keep"] = "strip",
    emitter: Emitter | None = None,
) -> "TracedConnection":
    """Return a connection that tells what its statements do.

    Args:
        connection: The connection to use; it stays usable by itself.
        job_namespace: Namespace of the jobs; the emitter's if None.
        namespace: Namespace of the datasets; made from the database's path if None.
        literals: Whether strings and numbers of the SQL leave the process. They may be
            personal data, so they are replaced by `?` unless kept. Integers of up to two
            digits stay: `GROUP BY 1` needs them.
        emitter: Takes the events; the process's default emitter if None.
    """
    return TracedConnection(connection, job_namespace, namespace, literals, emitter)


class TracedConnection:
    """A DuckDB connection that emits its statements. Made by `traced`."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        job_namespace: str | None,
        namespace: str | None,
        literals: Literal["strip", "keep"],
        emitter: Emitter | None,
    ) -> None:
        self.connection = connection
        self.namespace = namespace or _namespace(connection)
        self._job_namespace = job_namespace
        self._literals = literals
        self._emitter = emitter

    def execute(
        self, sql: str, parameters: Sequence[Any] | None = None, *, job: str | None = None
    ) -> duckdb.DuckDBPyConnection:
        """Execute a statement as a run, and return the connection as DuckDB does.

        Args:
            sql: The statement.
            parameters: Its parameters; they never leave the process.
            job: The job's name; the first relation it writes, or `query`, if None.
        """
        with self._run(sql, job) as statement:
            result = self.connection.execute(sql, parameters)
            self._describe(statement, sql)
        return result

    def dataset(self, table: str) -> dict[str, Any]:
        """Return the OpenLineage dataset of a table or view, with its schema.

        Raises:
            LookupError: If there is no such relation.
        """
        for relation in self._relations():
            if relation.named(tuple(table.lower().split("."))):
                return self._dataset(relation)
        raise LookupError(f"no table or view {table!r} in this connection")

    def _run(self, sql: str, job: str | None) -> Run:
        named = [name[-1] for name, written in relations_named(sql) if written]
        statement = run(
            job or next(iter(named), "query"),
            namespace=self._job_namespace,
            job_facets=self._job_facets(sql),
            emitter=self._emitter,
        )
        self._describe(statement, sql)
        return statement

    def _job_facets(self, sql: str) -> dict[str, Any]:
        catalog, schema = self._one("SELECT current_database(), current_schema()")
        text = sql if self._literals == "keep" else without_literals(sql)
        return {
            "sql": facets.sql(text, dialect="duckdb"),
            facets.SQL_CONTEXT: facets.own(
                facets.SQL_CONTEXT, namespace=self.namespace, catalog=catalog, schema=schema
            ),
        }

    def _describe(self, statement: Run, sql: str) -> None:
        """State the relations that the SQL names, as they are at this moment."""
        known = self._relations()
        for name, written in relations_named(sql):
            relation = next((r for r in known if r.named(name)), None)
            if relation is not None:
                state = statement.writes if written else statement.reads
                state(self._dataset(relation))

    def _relations(self) -> "list[_Relation]":
        """Every relation of the connection with its columns, the current schema's first."""
        rows = (
            self.connection.cursor()
            .execute(
                "SELECT database_name, schema_name, table_name, column_name, data_type "
                "FROM duckdb_columns() WHERE NOT internal "
                "ORDER BY schema_name <> current_schema(), 1, 2, 3, column_index"
            )
            .fetchall()
        )
        return [
            _Relation(name[0], name[1], name[2], [(row[3], row[4]) for row in columns])
            for name, columns in itertools.groupby(rows, key=lambda row: row[:3])
        ]

    def _dataset(self, relation: "_Relation") -> dict[str, Any]:
        name = f"{relation.catalog}.{relation.schema}.{relation.table}"
        return dataset(self.namespace, name, schema=relation.columns)

    def _one(self, sql: str) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = self.connection.cursor().execute(sql).fetchone()
        assert row is not None
        return row


class _Relation(NamedTuple):
    catalog: str
    schema: str
    table: str
    columns: list[tuple[str, str]]

    def named(self, name: tuple[str, ...]) -> bool:
        """Whether a name of one to three parts, in lower case, leads here."""
        parts = (self.catalog.lower(), self.schema.lower(), self.table.lower())
        return parts[-len(name) :] == name


class _Token(NamedTuple):
    text: str
    kind: Any


def relations_named(sql: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield each name that stands where a relation is read or written, once.

    A name as (catalog, schema, table), shorter where the SQL is, in lower case; and whether
    it is written. By the keyword before it alone, so a CTE is among them: who asks knows
    which relations exist.
    """
    tokens = _tokens(sql)
    first = tokens[0].text.lower() if tokens else ""
    found: dict[tuple[str, ...], bool] = {}
    for i, token in enumerate(tokens):
        word = token.text.lower()
        if word not in _READS | _WRITES:
            continue
        written = word in _WRITES or (word == "from" and first == "delete" and i == 1)
        for name in _names_from(tokens, i + 1, several=word == "from"):
            found[name] = found.get(name, False) or written
    yield from found.items()


def _names_from(tokens: list[_Token], start: int, *, several: bool) -> Iterator[tuple[str, ...]]:
    """Read the dotted name at a place, and with `several` those behind commas and aliases."""
    i = start
    while i < len(tokens) and tokens[i].text.lower() in _BETWEEN:
        i += 1
    parts: list[str] = []
    while i < len(tokens) and _is_name(tokens[i]):
        parts.append(tokens[i].text.strip('"').lower())
        if i + 1 == len(tokens) or tokens[i + 1].text != ".":
            break
        i += 2
    # `read_csv(` is a function, but the list of `INTO t (x)` follows a table.
    called = several and i + 1 < len(tokens) and tokens[i + 1].text == "("
    if parts and not called:
        yield tuple(parts)
    if several and parts:
        i += 1
        while i < len(tokens) and (_is_name(tokens[i]) or tokens[i].text.lower() == "as"):
            i += 1
        if i < len(tokens) and tokens[i].text == ",":
            yield from _names_from(tokens, i + 1, several=True)


def _is_name(token: _Token) -> bool:
    return bool(token.kind == duckdb.token_type.identifier)


def _tokens(sql: str) -> list[_Token]:
    """Cut SQL up with DuckDB's own tokenizer, which leaves comments out."""
    cuts = duckdb.tokenize(sql)
    ends = [start for start, _ in cuts[1:]] + [len(sql)]
    texts = (sql[start:end] for (start, _), end in zip(cuts, ends, strict=False))
    return [_Token(_without_comment(t), kind) for t, (_, kind) in zip(texts, cuts, strict=False)]


def _without_comment(text: str) -> str:
    """Cut off the comment that the tokenizer leaves at a token's end."""
    quoted = _QUOTED.match(text)
    return quoted.group() if quoted else _COMMENT.split(text, maxsplit=1)[0].strip()


def without_literals(sql: str) -> str:
    """Return SQL with strings and numbers replaced by `?`, and comments left out."""
    return " ".join("?" if _is_literal(token) else token.text for token in _tokens(sql))


def _is_literal(token: _Token) -> bool:
    if token.kind == duckdb.token_type.string_const:
        return True
    position = token.text.isdigit() and len(token.text) <= _POSITION_DIGITS_MAX
    return bool(token.kind == duckdb.token_type.numeric_const and not position)


def _namespace(connection: duckdb.DuckDBPyConnection) -> str:
    path = connection.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchone()
    return f"duckdb://{path[0] if path and path[0] else 'memory'}"
