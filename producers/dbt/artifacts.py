"""dbt's artifacts: the files that an invocation leaves in its target folder.

Source: dbt's schemas `manifest` v8 to v12, `run-results` v4 to v6, `catalog` v1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ...schemas.errors import HeadwaterError

_BYTES_MAX = 1024 * 1024 * 1024
TABLES = frozenset({"model", "seed", "snapshot", "source"})

Node = Mapping[str, Any]
"""A model, seed, snapshot, source or test, as the manifest has it."""


@dataclass(frozen=True, slots=True)
class Artifacts:
    """What lies in a target folder; None for a file that is not there."""

    manifest: Mapping[str, Any]
    run_results: Mapping[str, Any] | None = None
    catalog: Mapping[str, Any] | None = None

    @property
    def adapter(self) -> str:
        """What dbt calls the database: `postgres`, `snowflake`, `duckdb`."""
        return str(as_object(self.manifest.get("metadata")).get("adapter_type") or "")

    def node(self, unique_id: str) -> Node:
        """Return a node or source; an empty one where the manifest has none of that id."""
        for part in ("nodes", "sources"):
            found = as_object(self.manifest.get(part)).get(unique_id)
            if isinstance(found, Mapping):
                return found
        return {}


def read(target: Path) -> Artifacts:
    """Return the artifacts in a target folder.

    Raises:
        HeadwaterError: If there is no manifest, or a file is not what dbt writes.
    """
    return Artifacts(
        manifest=read_manifest(target / "manifest.json"),
        run_results=_optional(target / "run_results.json", "results"),
        catalog=_optional(target / "catalog.json", "nodes"),
    )


def read_manifest(path: Path) -> Mapping[str, Any]:
    """Return a manifest.

    Raises:
        HeadwaterError: If it cannot be read, or is no manifest.
    """
    said = _loaded(path)
    if not isinstance(said.get("nodes"), dict):
        raise HeadwaterError(
            f"{path} is no dbt manifest: it has no `nodes`",
            remedy="`dbt parse` writes one to target/manifest.json.",
        )
    return said


def table_name(node: Node) -> str | None:
    """Return a table's name as OpenLineage's dbt integration writes it."""
    leaf = node.get("identifier") or node.get("alias") or node.get("name")
    parts = [part for part in (node.get("database"), node.get("schema"), leaf) if part]
    return ".".join(map(str, parts)) if leaf else None


def as_object(value: Any) -> Mapping[str, Any]:
    """Return an object, an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects among the members of one."""
    return (each for each in as_object(value).values() if isinstance(each, Mapping))


def _optional(path: Path, member: str) -> Mapping[str, Any] | None:
    if not path.exists():
        return None
    said = _loaded(path)
    if member not in said:
        raise HeadwaterError(f"{path} is none of dbt's: it has no `{member}`")
    return said


def _loaded(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > _BYTES_MAX:
            raise HeadwaterError(f"{path} is too large for an artifact of dbt")
        said = orjson.loads(path.read_bytes())
    except OSError as error:
        raise HeadwaterError(
            f"cannot read {path}: {error.strerror}", remedy="Name dbt's target folder."
        ) from error
    except orjson.JSONDecodeError as error:
        raise HeadwaterError(f"{path} is no JSON: {error}") from error
    return as_object(said)
