"""The namespace of a dbt project's database, from the profile that dbt connects with.

Source: OpenLineage, Naming; dbt's documentation of each adapter's profile.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...schemas.errors import HeadwaterError

try:
    import yaml
except ImportError as error:
    raise ImportError("PyYAML is missing: install headwater[http]") from error

_TEMPLATES = {
    "athena": "awsathena://athena.{region_name}.amazonaws.com",
    "bigquery": "bigquery",
    "clickhouse": "clickhouse://{host}:{port}",
    "databricks": "databricks://{host}",
    "dremio": "dremio://{software_host}:{port}",
    "duckdb": "duckdb://{path}",
    "postgres": "postgres://{host}:{port}",
    "redshift": "redshift://{host}:{port}",
    "snowflake": "snowflake://{account}",
    "spark": "spark://{host}:{port}",
    "sqlserver": "mssql://{server}:{port}",
    "trino": "trino://{host}:{port}",
}
_PORTS = {
    "clickhouse": 8123, "postgres": 5432, "redshift": 5439, "spark": 10001, "sqlserver": 1433,
    "trino": 8080,
}  # fmt: skip
_ENV_VAR = re.compile(
    r"\{\{\s*env_var\(\s*['\"](\w+)['\"]\s*(?:,\s*['\"]([^'\"]*)['\"]\s*)?\)[^}]*\}\}"
)


def namespace(args: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> str:
    """Return the OpenLineage namespace of the database that an invocation was run on.

    Args:
        args: The invocation's, as `run_results.json` has them.
        environ: What `env_var()` in the profile reads.

    Raises:
        HeadwaterError: If the profile cannot be found, or does not say where the database is.
    """
    output = _output(args, environ)
    adapter = str(output.get("type"))
    known = {"port": _PORTS.get(adapter), "path": ":memory:"} | {
        key: _rendered(value, environ) for key, value in output.items()
    }
    try:
        found = _TEMPLATES[adapter].format_map(known)
    except KeyError as error:
        raise _unknown(f"the profile of the adapter {adapter} says no {error}") from error
    if "{" in found:
        raise _unknown("the profile computes it")
    return found


def _output(args: Mapping[str, Any], environ: Mapping[str, str]) -> Mapping[str, Any]:
    project = _yaml(Path(str(args.get("project_dir") or ".")) / "dbt_project.yml")
    profiles = _yaml(Path(str(args.get("profiles_dir") or "~/.dbt")).expanduser() / "profiles.yml")
    named = str(args.get("profile") or _rendered(project.get("profile"), environ))
    profile = profiles.get(named)
    profile = profile if isinstance(profile, dict) else {}
    target = str(args.get("target") or _rendered(profile.get("target", "default"), environ))
    output = (profile.get("outputs") or {}).get(target)
    if not isinstance(output, dict):
        raise _unknown(f"there is no target {target!r} of a profile {named!r}")
    return output


def _yaml(path: Path) -> Mapping[str, Any]:
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _unknown(f"cannot read {path}") from error
    return said if isinstance(said, dict) else {}


def _rendered(value: Any, environ: Mapping[str, str]) -> Any:
    if not isinstance(value, str):
        return value
    return _ENV_VAR.sub(lambda found: environ.get(found[1], found[2] or ""), value)


def _unknown(why: str) -> HeadwaterError:
    return HeadwaterError(
        f"where the project's database is cannot be told: {why}",
        remedy="Name it: --namespace postgres://host:5432.",
    )
