"""OpenLineage's own Python client with our transport, and our emitter beside its others."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("openlineage.client", reason="openlineage-python is not installed")

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import Job, Run, RunEvent, RunState

import headwater.producers.openlineage  # noqa: F401 - registers the type


def event(number: int) -> RunEvent:
    return RunEvent(
        eventType=RunState.COMPLETE,
        eventTime=datetime.now(UTC).isoformat(),
        run=Run(runId=str(uuid.uuid4())),
        job=Job(namespace="n", name=f"j{number}"),
        producer="urn:test",
    )


@pytest.mark.parametrize(
    "kind", ["headwater", "headwater.producers.openlineage.HeadwaterTransport"]
)
def test_the_client_emits_through_the_spool(tmp_path: Path, kind: str) -> None:
    """By configuration alone; closing the client waits for what was emitted."""
    out = tmp_path / "out"
    settings = {"type": kind, "transport": "file", "file": str(out), "spool_dir": str(tmp_path)}
    path = tmp_path / "openlineage.yml"
    path.write_text(json.dumps({"transport": settings}))
    client = OpenLineageClient(config=json.loads(path.read_text()))
    for number in range(3):
        client.emit(event(number))
    assert client.close(10)
    names = [json.loads(line).get("job", {}).get("name") for line in out.read_text().splitlines()]
    assert names == ["j0", "j1", "j2", None]
