"""From tracked runs to passports, the way that the worker goes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headwater.processors.models import model_versions
from headwater.processors.record import records
from headwater.producers import Emitter
from headwater.producers.trackers import TrackedRun, run_events
from headwater.schemas.openlineage import Event
from headwater.schemas.records import ModelVersion


class Kept(Emitter):
    """An emitter that keeps what it is given."""

    def __init__(self, folder: Path) -> None:
        super().__init__(namespace="tests", spool_dir=folder)
        self.events: list[dict[str, Any]] = []

    def emit(self, event: Mapping[str, Any], **_: Any) -> None:
        self.events.append(json.loads(json.dumps(event)))


def events_of(run: TrackedRun) -> list[dict[str, Any]]:
    """Return a run's events as they arrive; each must be one that the worker takes."""
    found = [json.loads(json.dumps(event)) for event in run_events(run)]
    for event in found:
        assert records(Event.model_validate(event))
    return found


def passport_of(run: TrackedRun) -> ModelVersion:
    """Return the passport of the one model that a run made."""
    (model,) = model_versions(Event.model_validate(events_of(run)[-1]))
    return model
