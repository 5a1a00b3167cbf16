"""Writes down what dbt and OpenLineage's wrapper of it leave of the shop's project.

Run as `make record-dbt`. Of the manifest only what says something of the project is kept: dbt's
own macros and documentation are most of it.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from .engine import Project

RECORDED = Path(__file__).with_name("recorded")
FOLDER = "/home"
"""Stands for the folder that the project was copied to."""

_OF_NODES = frozenset(
    "database schema name alias identifier resource_type unique_id original_file_path config meta "
    "tags columns description group language compiled_code depends_on attached_node column_name "
    "test_metadata root_path relation_name".split()
)
_OF_MANIFEST = ("metadata", "nodes", "sources", "exposures", "groups")


def main() -> None:
    """Build with a model that fails, ask the database for its columns, and keep what is said."""
    with tempfile.TemporaryDirectory() as home:
        project = Project(Path(home))
        log = project.folder / "events.jsonl"
        transport = {
            "OPENLINEAGE__TRANSPORT__TYPE": "file",
            "OPENLINEAGE__TRANSPORT__LOG_FILE_PATH": str(log),
            "OPENLINEAGE__TRANSPORT__APPEND": "true",
        }
        words = ("dbt-ol", "build", "--vars", "{broken: true}")
        project.run(*words, settings=transport, code=1)
        target = project.folder / "target"
        said = {name: json.loads((target / name).read_text()) for name in _ARTIFACTS}
        project.run("dbt", "docs", "generate")
        said["catalog.json"] = json.loads((target / "catalog.json").read_text())
        said["manifest.json"] = _of_the_project(said["manifest.json"])
        events = [json.loads(line) for line in log.read_text().splitlines()]
        RECORDED.mkdir(exist_ok=True)
        for name, artifact in said.items():
            _write(RECORDED / name, json.dumps(artifact, indent=1) + "\n", home)
        lines = "".join(json.dumps(event) + "\n" for event in events)
        _write(RECORDED / "events.jsonl", lines, home)


_ARTIFACTS = ("manifest.json", "run_results.json")


def _write(path: Path, text: str, home: str) -> None:
    path.write_text(text.replace(home, FOLDER))


def _of_the_project(manifest: dict[str, Any]) -> dict[str, Any]:
    kept = {part: manifest[part] for part in _OF_MANIFEST}
    for part in ("nodes", "sources", "exposures"):
        kept[part] = {
            unique_id: {key: value for key, value in node.items() if key in _OF_NODES}
            for unique_id, node in kept[part].items()
        }
    return kept


if __name__ == "__main__":
    main()
