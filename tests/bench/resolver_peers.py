"""One parser of column lineage behind one small protocol, in whatever environment it lives.

Run as `python resolver_peers.py NAME`: each line in is a job, `{"tables": {table: {column:
type}}, "statements": [[sql, dialect], …]}`, or one `tables` for each statement as a list;
each line out holds per statement the milliseconds of processor time, the edges `[target
column, table, column]` in lower case (none if it failed) and what went wrong.
"""

import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

Tables = dict[str, dict[str, str]]
Edges = set[tuple[str, str, str]]
Parser = Callable[[str, str], Edges]


def headwater(tables: Tables) -> Parser:
    """Headwater's resolver, direct edges alone."""
    from headwater.processors.resolve import Naming, resolve
    from headwater.schemas.names import DatasetName
    from headwater.schemas.records import FieldType

    naming = Naming(namespace="bench")
    known = {}
    for table, columns in tables.items():
        fields = tuple(FieldType(name=name, type=type_) for name, type_ in columns.items())
        known[DatasetName("bench", table)] = fields
        upper = tuple(FieldType(name=f.name.upper(), type=f.type) for f in fields)
        known[DatasetName("bench", table.upper())] = upper

    def parse(sql: str, dialect: str) -> Edges:
        found = resolve(sql, dialect=dialect or None, naming=naming, schemas=known.get)
        edges = {
            (column.field.lower(), edge.name.lower(), edge.field.lower())
            for output in found.outputs
            for column in output.fields
            for edge in column.inputs
            if edge.type == "DIRECT"
        }
        problems = [*found.unresolved, *(p for output in found.outputs for p in output.unresolved)]
        if problems:
            raise PartlyError(edges, problems[0].reason)
        return edges

    return parse


def parse_alone(_tables: Tables) -> Parser:
    """The parser of sqlglot alone: what any answer made with it takes at least."""
    import sqlglot

    def parse(sql: str, dialect: str) -> Edges:
        sqlglot.parse(sql, read=dialect or None)
        return set()

    return parse


def sqlglot_lineage(tables: Tables) -> Parser:
    """The function `lineage` of sqlglot, called for each output column."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify

    def parse(sql: str, dialect: str) -> Edges:
        schema: Any = _nested(tables)
        tree = sqlglot.parse_one(sql, read=dialect or None)
        query = tree.expression if isinstance(tree, exp.Create | exp.Insert) else tree
        qualified: Any = qualify(query.copy(), schema=schema, dialect=dialect or None)
        edges = set()
        for name in qualified.named_selects:
            for node in lineage(name, query, schema=schema, dialect=dialect or None).walk():
                source = node.expression
                if isinstance(source, exp.Table) and not node.downstream:
                    parts = [part.name for part in source.parts]
                    column = node.name.split(".")[-1].strip('"`[]')
                    edges.add((name.lower(), ".".join(parts).lower(), column.lower()))
        return edges

    return parse


def _top(tables: Tables) -> Tables:
    """Leave out the members of structs, which Headwater alone takes as columns."""
    return {
        table: {name: type_ for name, type_ in columns.items() if "." not in name}
        for table, columns in tables.items()
    }


def _nested(tables: Tables) -> dict[str, Any]:
    """Return a schema in the nested form that sqlglot takes; all names of one depth."""
    depth = max((name.count(".") for name in tables), default=0)
    nested: dict[str, Any] = {}
    for name, columns in tables.items():
        *path, last = name.split(".")
        if len(path) == depth:
            inner = nested
            for part in path:
                inner = inner.setdefault(part, {})
            inner[last] = columns
    return nested


def sqllineage(tables: Tables) -> Parser:
    """The tool sqllineage, on sqlfluff's dialects."""
    from sqllineage.core.metadata.dummy import DummyMetaDataProvider  # type: ignore[import-not-found]
    from sqllineage.runner import LineageRunner  # type: ignore[import-not-found]

    provider = DummyMetaDataProvider(
        {n if "." in n else f"<default>.{n}": list(columns) for n, columns in tables.items()}
    )

    def parse(sql: str, dialect: str) -> Edges:
        used = {"spark": "sparksql", "": "ansi"}.get(dialect, dialect)
        runner = LineageRunner(sql, dialect=used, metadata_provider=provider)
        edges = set()
        for path in runner.get_column_lineage(exclude_subquery_columns=True):
            source, target = path[0], path[-1]
            table = str(source.parent).removeprefix("<default>.")
            edges.add((target.raw_name.lower(), table.lower(), source.raw_name.lower()))
        return edges

    return parse


def openlineage(_tables: Tables) -> Parser:
    """OpenLineage's own parser; it takes no schema."""
    from openlineage_sql import parse as parse_sql  # type: ignore[import-not-found]

    def parse(sql: str, dialect: str) -> Edges:
        found = parse_sql(
            [sql], {"spark": "databricks", "tsql": "mssql", "": "ansi"}.get(dialect, dialect)
        )
        edges = {
            (
                one.descendant.name.lower(),
                str(source.origin.qualified_name).lower(),
                source.name.lower(),
            )
            for one in (found.column_lineage if found else [])
            for source in one.lineage
            if source.origin
        }
        if found is None or found.errors:
            raise PartlyError(edges, "error reported")
        return edges

    return parse


def datahub(tables: Tables) -> Parser:
    """DataHub's parser, with its resolver of schemas filled beforehand."""
    from datahub.metadata.urns import DatasetUrn  # type: ignore[import-not-found]
    from datahub.sql_parsing.schema_resolver import SchemaResolver  # type: ignore[import-not-found]
    from datahub.sql_parsing.sqlglot_lineage import sqlglot_lineage  # type: ignore[import-not-found]

    resolvers: dict[str, Any] = {}

    def resolver(dialect: str) -> Any:
        platform = {"": "postgres", "tsql": "mssql", "spark": "databricks"}.get(dialect, dialect)
        if dialect not in resolvers:
            resolvers[dialect] = SchemaResolver(platform=platform, env="PROD")
            for name, columns in tables.items():
                urn = str(DatasetUrn(platform, name, "PROD"))
                resolvers[dialect].add_raw_schema_info(urn, columns)
        return resolvers[dialect]

    def parse(sql: str, dialect: str) -> Edges:
        found = sqlglot_lineage(
            sql, schema_resolver=resolver(dialect), override_dialect=dialect or None
        )
        edges = {
            (
                one.downstream.column.lower(),
                source.table.split(",")[1].lower(),
                source.column.lower(),
            )
            for one in found.column_lineage or ()
            for source in one.upstreams
        }
        if found.debug_info.error:
            raise PartlyError(edges, str(found.debug_info.error))
        return edges

    return parse


class PartlyError(Exception):
    """What was found, and what the parser itself says is missing."""

    def __init__(self, edges: Edges, reason: str) -> None:
        super().__init__(reason)
        self.edges = edges


PARSERS: dict[str, Callable[[Tables], Parser]] = {
    "headwater": headwater,
    "parse": parse_alone,
    "sqlglot": sqlglot_lineage,
    "sqllineage": sqllineage,
    "openlineage-sql": openlineage,
    "datahub": datahub,
}


def measured(parse: Parser, sql: str, dialect: str) -> dict[str, Any]:
    """Parse a statement and say what it gave and took."""
    began = time.process_time()  # other programs on the machine take no part
    edges: Edges = set()
    error = None
    try:
        edges = parse(sql, dialect)
    except PartlyError as partly:
        edges, error = partly.edges, str(partly)[:200]
    except Exception as failure:
        error = f"{type(failure).__name__}: {failure}"[:200]
    took_ms = (time.process_time() - began) * 1000
    return {"ms": took_ms, "edges": sorted(edges), "error": error}


def main() -> None:
    """Answer jobs from stdin until it ends."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    answers, sys.stdout = sys.stdout, sys.stderr  # some peers print
    make = PARSERS[sys.argv[1]]
    for line in sys.stdin:
        job = json.loads(line)
        tables, statements = job["tables"], job["statements"]
        if isinstance(tables, dict):
            parse = make(_top(tables))
            results = [measured(parse, *statement) for statement in statements]
        else:
            pairs = zip(tables, statements, strict=True)
            whole = sys.argv[1] == "headwater"
            results = [measured(make(t if whole else _top(t)), *s) for t, s in pairs]
        answers.write(json.dumps(results) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
