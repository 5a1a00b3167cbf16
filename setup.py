"""Builds the dashboard into a wheel. All else stands in `pyproject.toml`."""

import runpy
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

# As the source archive has it, too, which knows no links.
BUILD = Path(__file__).parent / ".src" / "headwater" / "sinks" / "dashboard" / "build.py"


class BuildWithPages(build_py):
    """Builds the pages first; in a checkout `make` does."""

    def run(self) -> None:
        """Build the pages, then collect the packages."""
        if not self.editable_mode:
            runpy.run_path(str(BUILD), run_name="__main__")
        super().run()


setup(cmdclass={"build_py": BuildWithPages})
