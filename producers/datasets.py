"""`dataset(...)`: an OpenLineage dataset as a plain dict."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..schemas import facets as facet_builders


def dataset(
    namespace: str,
    name: str,
    *,
    schema: Sequence[tuple[str, str]] | None = None,
    version: str | None = None,
    facets: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return an OpenLineage dataset.

    Args:
        namespace: Where it lives, such as `postgres://host:5432` or `s3://bucket`.
        name: Which it is, such as `db.schema.table` or an object's key.
        schema: Its columns as (name, type) pairs.
        version: What its own system calls this version.
        facets: Further facets, which win over the two above.
    """
    stated: dict[str, Any] = {}
    if schema is not None:
        stated["schema"] = facet_builders.schema(list(schema))
    if version is not None:
        stated["version"] = facet_builders.version(version)
    return {"namespace": namespace, "name": name, "facets": {**stated, **(facets or {})}}
