"""dbt meta: what a project's `manifest.json` says of its tables and columns, as annotations.

`meta` gives an annotation for each of its keys, `tags` one each, a group its owner, and
`description` the description. Models, seeds, snapshots and sources are read, and so are
their columns.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from ..schemas.errors import HeadwaterError
from ..schemas.names import DatasetName
from .annotations import Note

_TABLES = frozenset({"model", "seed", "snapshot", "source"})
_MANIFEST_BYTES_MAX = 1024 * 1024 * 1024


def read(manifest: Path, namespace: str) -> dict[DatasetName, list[Note]]:
    """Return what a manifest says, by dataset, each thing once.

    Args:
        manifest: The `manifest.json` of a dbt project, as of dbt 1.4 or later.
        namespace: OpenLineage namespace of its database, such as `postgres://host:5432`.

    Raises:
        HeadwaterError: If it cannot be read, or is no manifest.
    """
    said = _loaded(manifest)
    owners = _owners(said.get("groups"))
    notes: dict[DatasetName, list[Note]] = {}
    for node in (*_objects(said.get("nodes")), *_objects(said.get("sources"))):
        name = _name(node)
        if node.get("resource_type") in _TABLES and name is not None:
            held = notes.setdefault(DatasetName(namespace, name), [])
            held.extend(dict.fromkeys(_notes(node, owners)))
    return {dataset: held for dataset, held in notes.items() if held}


def _loaded(manifest: Path) -> Mapping[str, Any]:
    try:
        if manifest.stat().st_size > _MANIFEST_BYTES_MAX:
            raise HeadwaterError(f"{manifest} is too large for a manifest")
        said = orjson.loads(manifest.read_bytes())
    except OSError as error:
        raise HeadwaterError(f"cannot read {manifest}: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise HeadwaterError(f"{manifest} is no JSON: {error}") from error
    if not isinstance(said, dict) or not isinstance(said.get("nodes"), dict):
        raise HeadwaterError(
            f"{manifest} is no dbt manifest: it has no `nodes`",
            remedy="`dbt parse` writes one to target/manifest.json.",
        )
    return said


def _name(node: Mapping[str, Any]) -> str | None:
    """Return the table's name as OpenLineage's dbt integration writes it."""
    leaf = node.get("identifier") or node.get("alias") or node.get("name")
    parts = [part for part in (node.get("database"), node.get("schema"), leaf) if part]
    return ".".join(map(str, parts)) if leaf else None


def _notes(node: Mapping[str, Any], owners: Mapping[str, str]) -> Iterator[Note]:
    yield from _said(node, None)
    group = node.get("group") or _object(node.get("config")).get("group")
    if isinstance(group, str) and group in owners:
        yield Note("owner", owners[group])
    for column in _objects(node.get("columns")):
        field = column.get("name")
        if isinstance(field, str) and field:
            yield from _said(column, field)


def _said(node: Mapping[str, Any], field: str | None) -> Iterator[Note]:
    """Yield what a node or column says; newer manifests hold some of it under `config`."""
    config = _object(node.get("config"))
    for meta in (_object(config.get("meta")), _object(node.get("meta"))):
        for key, value in _flat(meta):
            yield Note(key, value, field)
    for tags in (config.get("tags"), node.get("tags")):
        for tag in _texts(tags):
            yield Note("tag", tag, field)
    for text in _texts(node.get("description")):
        yield Note("description", text, field)


def _flat(meta: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield each value of `meta` with its key; what lies deeper goes by a path."""
    for key, value in meta.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            for text in _texts(value):
                yield f"{prefix}{key}", text


def _texts(value: Any) -> Iterator[str]:
    """Yield a scalar, or those in a list, as text; what says nothing is left out."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, bool):
            yield str(each).lower()
        elif isinstance(each, str | int | float) and str(each).strip():
            yield str(each)


def _owners(groups: Any) -> dict[str, str]:
    """Return the owner of each group."""
    owners = {}
    for group in _objects(groups):
        owner = _object(group.get("owner"))
        named = next(_texts(owner.get("email")), None) or next(_texts(owner.get("name")), None)
        if named and isinstance(group.get("name"), str):
            owners[group["name"]] = named
    return owners


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    return (each for each in _object(value).values() if isinstance(each, Mapping))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
