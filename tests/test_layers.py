"""Who may import whom: the table of the README, held."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "schemas": {"schemas"},
    "producers": {"producers", "schemas"},
    "processors": {"processors", "schemas"},
    "sinks": {"sinks", "schemas"},
    "deploy": {"deploy", "sinks", "processors", "producers", "schemas"},
}


def imported(path: Path, text: str) -> set[str]:
    """Return the Headwater folders that a file with this text imports."""
    package = path.relative_to(ROOT).parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            target = (*base, *(node.module or "").split("."))
            names = [a.name for a in node.names] if not node.module and not base else [target[0]]
            found.update(names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("headwater."):
            found.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            found.update(
                a.name.split(".")[1] for a in node.names if a.name.startswith("headwater.")
            )
    return found & set(MAY_IMPORT)


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_folder_imports_only_what_the_table_allows(folder: str) -> None:
    """Dependencies point one way."""
    strays = {
        f"{path.relative_to(ROOT)} imports {other}"
        for path in (ROOT / folder).rglob("*.py")
        for other in imported(path, path.read_text()) - MAY_IMPORT[folder]
    }
    assert set() == strays


def test_the_reader_of_imports_sees_a_stray_one() -> None:
    """The check above can fail."""
    text = "from ..sinks.view import View\nfrom headwater.deploy import home\nfrom .. import sinks"
    assert {"sinks", "deploy"} == imported(ROOT / "schemas" / "names.py", text)


def test_importing_the_producers_stays_light() -> None:
    """An emitter brings no pydantic, torch, faust or sqlglot into a job."""
    code = (
        "import sys; import headwater.producers; "
        "print(*{m.split('.')[0] for m in sys.modules} & "
        "{'pydantic','torch','faust','sqlglot','rfc8785','numpy','typer'})"
    )
    out = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / ".src"), "PATH": ""},
    )
    assert "" == out.stdout.strip()
