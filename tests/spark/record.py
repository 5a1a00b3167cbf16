"""Writes down what Spark's integration says of the resolver's corpus.

Run as `make record-spark`: every statement of the corpus that Spark runs, and for which its
integration gives a `columnLineage` facet, goes to `facets.sql`, labelled in the corpus's own
form with what the facet says.
"""

import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.resolver.corpus import Case, Table, cases

from .engine import DELTA, Said, Statement, job

RECORDING = Path(__file__).with_name("facets.sql")
MADE = "made"

# Settings under which the names of a case lead to what Spark, as it is set up here, has not.
_ELSEWHERE = {"catalog", "schema"}
_DELTA_FAMILIES = ("merge", "update", "delete")
_DELTA = "--% format=delta\n"
_QUERY = re.compile(r"\(*\s*(select|with|from|values|table)\b", re.IGNORECASE)
_CREATED = re.compile(r"\bcreate\s+(?:or\s+replace\s+)?table\s+(?:if\s+not\s+exists\s+)?([\w.]+)")

# The listener reads the optimised plan. These rules write filters into it that no statement
# has, or take a filter that it has for a part of a join; without them Spark tells of what was
# written. The further ones that rewrite a statement cannot be left out.
_RULES = (
    "InferFiltersFromConstraints",
    "InferFiltersFromGenerate",
    "PushDownPredicates",
    "PushPredicateThroughJoin",
    "PushDownLeftSemiAntiJoin",
    "PushLeftSemiLeftAntiThroughJoin",
)
_EXCLUDED = ",".join(f"org.apache.spark.sql.catalyst.optimizer.{rule}" for rule in _RULES)

_HEAD = """\
-- What Spark's own integration says of the statements of the resolver's corpus, in the corpus's
-- form. Written by `make record-spark`; where the resolver says something else stands in
-- differences.toml.

"""
_TYPES = {"text": "string", "text[]": "array<string>", "int[]": "array<int>", "json": "string"}
_VALUES = {"int": "1", "string": "'1'", "timestamp": "'2024-01-01'", "date": "'2024-01-01'"}


class Asked(NamedTuple):
    """A statement to ask Spark about."""

    title: str
    sql: str
    tables: dict[str, Table]
    delta: bool


class Edge(NamedTuple):
    """A source of a field, or of the field `*`, which stands for every row."""

    field: str
    subtype: str
    source: str
    masked: bool

    def __str__(self) -> str:
        return f"{self.field} {self.subtype} {self.source}{' masked' * self.masked}"


def of_the_corpus() -> list[Asked]:
    """Return every statement of the corpus's Spark cases; a query becomes a table."""
    return [
        Asked(f"{case.family}: {case.title}", _statement(case.sql), _mentioned(case), delta)
        for case in cases()
        if case.dialect == "spark" and not case.settings.keys() & _ELSEWHERE
        for delta in [case.family in _DELTA_FAMILIES]
    ]


def ask(asked: Sequence[Asked]) -> dict[str, set[Edge]]:
    """Return what Spark says, by title; without those that it refuses or tells nothing of."""
    found: dict[str, set[Edge]] = {}
    for delta in (False, True):
        chosen = [one for one in asked if one.delta == delta]
        with tempfile.TemporaryDirectory(prefix="headwater-spark-") as directory:
            home = Path(directory)
            conf = {"spark.sql.optimizer.excludedRules": _EXCLUDED} | (DELTA if delta else {})
            said = job(_prepared(chosen), conf, home)
            edges = (_edges(one, home / "warehouse") for one in said)
            found |= {one.title: e for one, e in zip(chosen, edges, strict=True) if e is not None}
    return found


def written(asked: Iterable[Asked], found: dict[str, set[Edge]]) -> str:
    """Return statements and what Spark says of them as cases of the corpus."""
    known = [one for one in asked if one.title in found]
    return _HEAD + "\n".join(_case(one, found[one.title]) for one in known)


def _statement(sql: str) -> str:
    sql = sql.strip().rstrip(";")
    return f"CREATE TABLE {MADE} AS\n{sql}" if _QUERY.match(sql) else sql


def _mentioned(case: Case) -> dict[str, Table]:
    words = set(re.findall(r"\w+", case.sql.lower()))
    return {name: table for name, table in case.tables.items() if {*name.split(".")} <= words}


def _prepared(asked: Iterable[Asked]) -> Iterator[Statement]:
    """Yield statements with what makes their tables; a table that is as needed stays."""
    there: dict[str, Table] = {}
    for one in asked:
        needed = {name: table for name, table in one.tables.items() if there.get(name) != table}
        targets = {name for name in _CREATED.findall(one.sql.lower()) if name not in one.tables}
        before = [f"DROP TABLE IF EXISTS {name}" for name in targets]
        for name, table in needed.items():
            before += _made(name, table, "delta" if one.delta else "parquet")
        there |= one.tables
        if not targets:  # it may have changed any of them
            there = {name: there[name] for name in there.keys() - one.tables.keys()}
        yield Statement(one.sql, before)


def _made(name: str, table: Table, file_format: str) -> Iterator[str]:
    columns = ", ".join(f"{_value(type_)} AS `{column}`" for column, type_ in table.columns)
    if "." in name:
        yield f"CREATE DATABASE IF NOT EXISTS {name.rpartition('.')[0]}"
    yield f"DROP TABLE IF EXISTS {name}"
    yield f"CREATE TABLE {name} USING {file_format} AS SELECT {columns}"


def _value(type_: str) -> str:
    if members := re.fullmatch(r"struct\((.*)\)", type_):
        type_ = f"struct<{members[1]}>"
    type_ = _TYPES.get(type_) or re.sub(r"\btext\b", "string", type_.replace("(", "<"))
    type_ = re.sub(r"(\w+) (?=\w)", r"\1:", type_.replace(")", ">"))
    return f"CAST({_VALUES.get(type_, 'NULL')} AS {type_})"


def _edges(said: Said, warehouse: Path) -> set[Edge] | None:
    """Return the edges of the last event that has a facet; None if none has."""
    facets = [
        output["facets"]["columnLineage"]
        for event in said.events
        if event["eventType"] == "COMPLETE"
        for output in event["outputs"]
        if "columnLineage" in output["facets"]
    ]
    if not facets:
        return None
    fields = {field: entry["inputFields"] for field, entry in facets[-1]["fields"].items()}
    fields["*"] = facets[-1].get("dataset", [])
    return {
        Edge(field.lower(), way["subtype"], _source(entry, warehouse), way["masking"])
        for field, entries in fields.items()
        for entry in entries
        for way in entry["transformations"]
    }


def _source(entry: dict[str, Any], warehouse: Path) -> str:
    table = Path(entry["name"]).relative_to(warehouse)
    return f"{'.'.join(table.parts).replace('.db.', '.')}.{entry['field']}".lower()


def _case(one: Asked, edges: set[Edge]) -> str:
    by_field: dict[str, list[Edge]] = defaultdict(list)
    for edge in sorted(edges):
        by_field[edge.field].append(edge)
    tables = (f"--: {name}({_columns(table)})\n" for name, table in sorted(one.tables.items()))
    labels = (f"--> {field}: {_sources(own)}\n" for field, own in sorted(by_field.items()))
    head = f"--# {one.title} @spark\n{_DELTA * one.delta}"
    return f"{head}{''.join(tables)}{one.sql}\n{''.join(labels)}"


def _columns(table: Table) -> str:
    return ", ".join(f"{column} {type_}" for column, type_ in table.columns)


def _sources(edges: Sequence[Edge]) -> str:
    """Write the sources of a field, those that act in one way beside each other."""
    ways: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for edge in edges:
        ways[edge.subtype, edge.masked].append(edge.source)
    return "; ".join(
        f"{subtype} {' '.join(sources)}{' masked' * masked}"
        for (subtype, masked), sources in ways.items()
    )


def main() -> None:
    """Ask Spark about the corpus and write down what it says."""
    asked = of_the_corpus()
    found = ask(asked)
    RECORDING.write_text(written(asked, found))
    sys.stdout.write(f"{len(found)} of {len(asked)} statements have a facet\n")


if __name__ == "__main__":
    main()
