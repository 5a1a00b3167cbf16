"""dbt meta: what a project's `manifest.json` says of its tables and columns, as annotations.

`meta` gives an annotation for each of its keys, `tags` one each, a group its owner, and
`description` the description. Models, seeds, snapshots and sources are read, and so are
their columns.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...schemas.names import DatasetName
from ..annotations import Note
from .artifacts import TABLES, as_object, objects, read_manifest, table_name


def read(manifest: Path, namespace: str) -> dict[DatasetName, list[Note]]:
    """Return what a manifest says, by dataset, each thing once.

    Args:
        manifest: The `manifest.json` of a dbt project, as of dbt 1.4 or later.
        namespace: OpenLineage namespace of its database, such as `postgres://host:5432`.

    Raises:
        HeadwaterError: If it cannot be read, or is no manifest.
    """
    said = read_manifest(manifest)
    owners = _owners(said.get("groups"))
    notes: dict[DatasetName, list[Note]] = {}
    for node in (*objects(said.get("nodes")), *objects(said.get("sources"))):
        name = table_name(node)
        if node.get("resource_type") in TABLES and name is not None:
            held = notes.setdefault(DatasetName(namespace, name), [])
            held.extend(dict.fromkeys(_notes(node, owners)))
    return {dataset: held for dataset, held in notes.items() if held}


def _notes(node: Mapping[str, Any], owners: Mapping[str, str]) -> Iterator[Note]:
    yield from _said(node, None)
    group = node.get("group") or as_object(node.get("config")).get("group")
    if isinstance(group, str) and group in owners:
        yield Note("owner", owners[group])
    for column in objects(node.get("columns")):
        field = column.get("name")
        if isinstance(field, str) and field:
            yield from _said(column, field)


def _said(node: Mapping[str, Any], field: str | None) -> Iterator[Note]:
    """Yield what a node or column says; newer manifests hold some of it under `config`."""
    config = as_object(node.get("config"))
    for meta in (as_object(config.get("meta")), as_object(node.get("meta"))):
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
    for group in objects(groups):
        owner = as_object(group.get("owner"))
        named = next(_texts(owner.get("email")), None) or next(_texts(owner.get("name")), None)
        if named and isinstance(group.get("name"), str):
            owners[group["name"]] = named
    return owners
