"""dbt from the command line: what its artifacts say, read and emitted."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..producers.dbt import runs
from ..producers.dbt.artifacts import Artifacts, read
from ..producers.dbt.profile import namespace as namespace_of
from ..producers.provenance import git
from ..schemas.errors import HeadwaterError

TARGET = "target"


def events(
    target: Path, *, database: str | None = None, jobs: str | None = None, told: runs.Told
) -> Iterator[dict[str, Any]]:
    """Yield the events that dbt's artifacts in a folder stand for.

    Args:
        target: dbt's target folder.
        database: The OpenLineage namespace of the tables; told by the profile if None.
        jobs: The namespace of the jobs; OPENLINEAGE_NAMESPACE, else `dbt`, if None.
        told: Counts them.

    Raises:
        HeadwaterError: If the artifacts cannot be read, or name no database.
    """
    found = read(target)
    yield from runs.events(found, _place(found, target, database, jobs), told)


def target_folder(words: list[str]) -> Path:
    """Return where a call of dbt leaves its artifacts."""
    stated = _option(words, "--target-path") or os.environ.get("DBT_TARGET_PATH")
    project = Path(_option(words, "--project-dir") or os.environ.get("DBT_PROJECT_DIR") or ".")
    return project / (stated or TARGET)


def _place(found: Artifacts, target: Path, database: str | None, jobs: str | None) -> runs.Place:
    args = runs.arguments(found)
    if database is None and not args:
        raise HeadwaterError(
            f"{target} has no run_results.json, and so does not say which profile was used",
            remedy="Name the database: --namespace postgres://host:5432.",
        )
    project = Path(str(args.get("project_dir") or target.parent))
    return runs.Place(
        database=database or namespace_of(args),
        jobs=jobs or os.environ.get("OPENLINEAGE_NAMESPACE") or "dbt",
        code=_code(found, project) if project.is_dir() else None,
        parent=runs.parent_of_environment(),
    )


def _code(found: Artifacts, project: Path) -> git.Code | None:
    """Return the work tree of a project, unless it has moved on since dbt was run."""
    words = ("git", "-C", str(project), "log", "-1", "--format=%ct")
    try:
        shown = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return None
    begun = runs.started_at(found)
    if not shown.isdigit() or begun is None or int(shown) > begun.timestamp():
        return None
    return git.code(project)


def _option(words: list[str], name: str) -> str | None:
    for place, word in enumerate(words):
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
        if word == name:
            return next(iter(words[place + 1 :]), None)
    return None
