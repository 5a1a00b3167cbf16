"""Schemas read from a file: an export of `information_schema.columns`, a JSON mapping, or DDL."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...schemas import information_schema
from ...schemas.errors import HeadwaterError
from ...schemas.names import DatasetName
from ...schemas.records import FieldType
from .answer import Naming, SchemaLookup
from .session import Session

_Tables = dict[str, list[FieldType]]


def read(path: Path, *, dialect: str | None, naming: Naming) -> SchemaLookup:
    """Return what knows the schemas of a file.

    A JSON object maps a table to its columns: a list of names, or names to types. Any other
    JSON, and CSV, is an export of `information_schema.columns`. A table is found by its full
    name, or by the end of it where that is unambiguous.

    Raises:
        HeadwaterError: If the file is none of them.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix.lower() == ".sql":
        return _declared(text, dialect, naming)
    mapping = path.suffix.lower() == ".json" and text.lstrip().startswith("{")
    tables = _from_json(text, path) if mapping else _listed(text, naming)
    return _lookup({name: tuple(fields) for name, fields in tables.items()})


def _declared(text: str, dialect: str | None, naming: Naming) -> SchemaLookup:
    from . import resolve

    session = Session()
    resolve(text, dialect=dialect, naming=naming, session=session)
    return _lookup({dataset.name: fields for dataset, fields in session.schemas.items() if fields})


def _from_json(text: str, path: Path) -> _Tables:
    try:
        stated = json.loads(text)
        return {table: list(_fields(columns)) for table, columns in stated.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise HeadwaterError(
            f"{path} does not map tables to columns: {error}",
            remedy='Write {"schema.table": {"column": "type"}}.',
        ) from error


def _fields(columns: Mapping[str, str | None] | Iterable[str]) -> Iterable[FieldType]:
    if isinstance(columns, Mapping):
        return [FieldType(name=name, type=type_) for name, type_ in columns.items()]
    return [FieldType(name=name) for name in columns]


def _listed(text: str, naming: Naming) -> _Tables:
    return {
        table.dataset_name(naming.namespace): list(_fields(dict(table.columns)))
        for table in information_schema.read(text)
    }


def _lookup(tables: Mapping[str, tuple[FieldType, ...]]) -> SchemaLookup:
    lowered: dict[str, list[tuple[FieldType, ...]]] = {}
    for name, fields in tables.items():
        parts = name.lower().split(".")
        for start in range(len(parts)):
            lowered.setdefault(".".join(parts[start:]), []).append(fields)

    def find(dataset: DatasetName) -> tuple[FieldType, ...] | None:
        if dataset.name in tables:
            return tables[dataset.name]
        parts = dataset.name.lower().split(".")
        for start in range(len(parts)):
            found = lowered.get(".".join(parts[start:]), [])
            if len(found) == 1:
                return found[0]
        return None

    return find
