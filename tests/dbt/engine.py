"""A real dbt on a DuckDB, with OpenLineage's wrapper of it, in an environment of its own."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = ROOT / ".venv-dbt" / "bin"
MISSING = "no dbt here: run `make test-dbt`, which sets one up"
TIMEOUT_S = 300

_PROJECT = Path(__file__).with_name("project")
_RAW = Path(__file__).with_name("raw.py")


def require() -> None:
    """Skip the test if there is no dbt."""
    if not (BIN / "dbt").exists():
        pytest.skip(MISSING)


class Project:
    """A copy of the shop's project, with a database of its own, of which it bears the name."""

    def __init__(self, home: Path, name: str = "shop") -> None:
        self.folder = home / "shop"
        self.database = home / f"{name}.duckdb"
        shutil.copytree(_PROJECT, self.folder)
        subprocess.run([BIN / "python", _RAW, self.database], check=True, timeout=TIMEOUT_S)

    def environment(self, settings: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return what dbt's process sees: this environment's, its own commands first."""
        path = os.pathsep.join((str(BIN), os.environ["PATH"]))
        own = {"SHOP_DUCKDB": str(self.database), "PATH": path}
        return os.environ | own | dict(settings or {})

    def run(self, *words: str, settings: Mapping[str, str] | None = None, code: int = 0) -> str:
        """Run a command in the project's folder, and return what it printed."""
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment(settings),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == code, done.stdout[-5000:] + done.stderr[-5000:]
        return done.stdout
