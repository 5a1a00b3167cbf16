"""From the identifiers of a statement to OpenLineage's dataset names."""

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from sqlglot import exp

from ...schemas.names import DatasetName
from .answer import Naming
from .vocabulary import WORDS

_LOWER = WORDS["dialects_lower"]
_UPPER = WORDS["dialects_upper"]
# A schema's place in a Spark or DuckDB table name may be the format of a path.
_PATH_FORMATS = WORDS["path_formats"]

DEFAULT_SCHEMAS = {"tsql": "dbo", "fabric": "dbo", "snowflake": "PUBLIC"}
"""The schema that a database has without one being chosen."""


class Names:
    """Folds identifiers and names datasets, for one dialect and one `Naming`."""

    def __init__(self, dialect: str, naming: Naming) -> None:
        self.naming = naming
        self._lower = dialect in _LOWER
        self._upper = dialect in _UPPER
        self._default_schema = DEFAULT_SCHEMAS.get(dialect)
        self._known = _known_by_leaf(naming)

    def fold(self, identifier: exp.Expr | str | None) -> str:
        """Return an identifier as the engine stores it."""
        if isinstance(identifier, exp.Identifier):
            name = identifier.this
            if identifier.args.get("quoted"):
                return str(name)
            if identifier.args.get("temporary"):
                return f"#{name}"
            if identifier.args.get("global_"):
                return f"##{name}"
        elif identifier is None:
            return ""
        else:
            name = identifier if isinstance(identifier, str) else identifier.name
        if self._lower:
            return str(name).lower()
        if self._upper:
            return str(name).upper()
        return str(name)

    def parts(self, table: exp.Table) -> list[str]:
        """Return the folded parts of a table's name, the outermost first."""
        parts = table.parts
        if len(parts) == 3 and not parts[1].name and self._default_schema:
            # `database..table` leaves out the schema, which then is the usual one.
            return [self._part(parts[0]), self._default_schema, self._part(parts[2])]
        return [self._part(part) for part in parts if part.name]

    def _part(self, part: exp.Expr) -> str:
        if isinstance(part, exp.Identifier):
            return self.fold(part)
        if isinstance(part, exp.Parameter):
            return f"@{part.name}"
        if part.name.startswith("@"):
            return self.stage(part.name)
        return part.name

    def stage(self, name: str) -> str:
        """Return a stage's name: its identifier folds, the path behind it does not."""
        stage, slash, path = name.partition("/")
        return self.fold(stage) + slash + path

    def dataset(self, parts: Sequence[str]) -> DatasetName:
        """Return the dataset that a name of one to four parts leads to."""
        path = path_dataset(parts)
        if path is not None:
            return path
        known = self._among_known(parts)
        if known is not None:
            return known
        return DatasetName(self.naming.namespace, ".".join(self._complete(parts)))

    def _complete(self, parts: Sequence[str]) -> list[str]:
        schema, catalog = self.fold(self.naming.schema), self.fold(self.naming.catalog)
        whole = [part for part in parts if part]
        if whole and whole[0].startswith(("@", "#")):
            return whole
        if len(whole) == 1 and schema:
            whole.insert(0, schema)
        if len(whole) == 2 and catalog:
            whole.insert(0, catalog)
        return whole

    def _among_known(self, parts: Sequence[str]) -> DatasetName | None:
        if not self._known or not parts:
            return None
        candidates = self._known.get(parts[-1].lower(), ())
        for wanted in (parts, self._complete(parts)):
            lowered = [part.lower() for part in wanted if part]
            matching = {dataset for dataset, have in candidates if have[-len(lowered) :] == lowered}
            if len(matching) == 1:
                return matching.pop()
        return None


@lru_cache(maxsize=512)
def names_for(dialect: str, naming: Naming) -> Names:
    """Return the names of a dialect, made once."""
    return Names(dialect, naming)


@lru_cache(maxsize=512)
def _known_by_leaf(naming: Naming) -> dict[str, list[tuple[DatasetName, list[str]]]]:
    by_leaf: dict[str, list[tuple[DatasetName, list[str]]]] = {}
    for name, dataset in (*((known, known) for known in naming.known), *naming.symlinks):
        parts = re.split(r"[./]", name.name.lower().rstrip("/"))
        by_leaf.setdefault(parts[-1], []).append((dataset, parts))
    return by_leaf


def path_dataset(parts: Sequence[str]) -> DatasetName | None:
    """Return the dataset of a path or URL: its bucket is the namespace, its key the name.

    None for what is an ordinary table's name.
    """
    if not parts:
        return None
    last = parts[-1]
    if "://" in last:
        url = urlsplit(last)
        if url.scheme == "file":
            return DatasetName("file", url.path)
        return DatasetName(f"{url.scheme}://{url.netloc}", url.path.strip("/") or "/")
    looks_like_path = "/" in last and not last.startswith("@")
    if looks_like_path and (len(parts) == 1 or parts[-2].lower() in _PATH_FORMATS):
        return DatasetName("file", last)
    return None


def file_dataset(path: str, names: Names) -> DatasetName:
    """Return the dataset that a file or stage of COPY, LOAD or a table function names."""
    if path.startswith("@"):
        return DatasetName(names.naming.namespace, names.stage(path))
    return path_dataset([path]) or DatasetName("file", path)
