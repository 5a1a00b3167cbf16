"""A real Airflow with its provider for OpenLineage, in an environment of its own."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ENVIRONMENT = Path(__file__).parents[2] / ".venv-airflow"
MISSING = "no Airflow here: run `make test-airflow`, which sets one up"
TIMEOUT_S = 300
NAMESPACE = "nightly"

_DAGS = Path(__file__).with_name("dags")


def require() -> None:
    """Skip the test if there is no Airflow."""
    if not (ENVIRONMENT / "bin" / "airflow").exists():
        pytest.skip(MISSING)


def run_dag(dag: str, home: Path, port: int, database: str, transport: Mapping[str, Any]) -> str:
    """Run a DAG once, without a scheduler, and return what Airflow printed.

    Args:
        dag: Which.
        home: Airflow's own.
        port, database: Of the Postgres that its connection `shop` leads to.
        transport: Of OpenLineage's client.
    """
    settings = {
        "PATH": os.pathsep.join((str(ENVIRONMENT / "bin"), os.environ["PATH"])),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__DAGS_FOLDER": str(_DAGS),
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(transport),
        "AIRFLOW__OPENLINEAGE__NAMESPACE": NAMESPACE,
        "AIRFLOW_CONN_SHOP": f"postgresql://shop@127.0.0.1:{port}/{database}",
    }
    environment = os.environ | settings
    _airflow("db", "migrate", environment=environment)
    return _airflow("dags", "test", dag, environment=environment).stdout


def _airflow(*words: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [ENVIRONMENT / "bin" / "airflow", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
