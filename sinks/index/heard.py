"""What somebody may hear of a record that has just come: what it is about, as it is told."""

from typing import Any

from ...schemas.names import DatasetName, JobName
from ...schemas.records import (
    Annotation,
    AnyRecord,
    DatasetChange,
    DatasetVersion,
    Derivation,
    JobVersion,
    ModelVersion,
    Resolution,
    RunState,
    TrainingProfile,
)
from .annotations import target_of
from .seen import SeenStore
from .store import full_name


def heard(store: SeenStore, record: AnyRecord) -> dict[str, Any] | None:
    """Return the subject of a record, and of a run's transition all; None if it is hidden.

    Not the record's id: it is a hash of content of which a part may be hidden.
    """
    if isinstance(record, RunState):
        state = store.runs.state(record)
        said = {"run_id", "job", "state", "parent"}
        if state is None:
            return None
        return {"subject": f"run:{state.run_id}", **state.model_dump(include=said)}
    subject = _subject(store, record)
    return None if subject is None else {"subject": subject}


def _subject(store: SeenStore, record: AnyRecord) -> str | None:
    sight = store.sight
    match record:
        case Derivation() if sight.dataset(record.output.key) is None:
            return None
        case Derivation() | Resolution():
            return _of_job(sight.job(record.job.key))
        case JobVersion():
            return _of_job(sight.job(JobName(record.namespace, record.name)))
        case ModelVersion():
            model = sight.model(record)
            return None if model is None else f"model:{full_name(model[:2])}"
        case DatasetVersion():
            return _of_dataset(sight.dataset(DatasetName(record.namespace, record.name)))
        case DatasetChange():
            named = sight.dataset(DatasetName(record.namespace, record.name))
            # What got a name that is hidden is gone, and told by the one that it had.
            before = None if record.previous is None else sight.dataset(record.previous.key)
            return _of_dataset(named or before)
        case Annotation() if store.annotations.seen(target_of(record)):
            kind = "dataset" if record.target_kind == "column" else record.target_kind
            return f"{kind}:{record.namespace}/{record.name}"
        case TrainingProfile() if record.run_id in store.profiles:
            return f"run:{record.run_id}"
    return None


def _of_job(job: JobName | None) -> str | None:
    return None if job is None else f"job:{full_name(job)}"


def _of_dataset(dataset: DatasetName | None) -> str | None:
    return None if dataset is None else f"dataset:{full_name(dataset)}"
