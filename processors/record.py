"""Record: from an event to the immutable facts it states, apart from its derivations."""

from collections.abc import Iterable
from typing import Any

from ..schemas import facets
from ..schemas.openlineage import Dataset, Event
from ..schemas.records import (
    AnyRecord,
    DatasetRef,
    DatasetVersion,
    Erasure,
    FieldType,
    JobVersion,
    RunState,
    record_id,
)
from .annotations import annotations
from .derive import datasets_written, job_of, question
from .lifecycle import dataset_changes
from .models import environment, model_versions
from .resolve import strip_literals
from .times import iso


def records(event: Event) -> list[AnyRecord]:
    """Return the facts of an event: datasets, code, environment, run, models, annotations.

    They are a function of this event alone, so that no order of events changes them.

    Raises:
        RefusedError: If a facet of our own is not as it should be.
    """
    made: list[AnyRecord] = list(dataset_versions(event))
    version = job_version(event)
    if version is not None:
        made.append(version)
    ran_in = environment(event)
    if ran_in is not None:
        made.append(ran_in)
    if event.run is not None:
        made.append(run_state(event, version))
    made.extend(erasures(event))
    code = record_id(version) if version else None
    made.extend(model_versions(event, job_version=code))
    made.extend(dataset_changes(event, job_of(event), job_version=code))
    made.extend(annotations(event))
    return made


def erasures(event: Event) -> Iterable[Erasure]:
    """Return the record of a person's erasure, where the event states one."""
    person = _member(event.job.facets if event.job else {}, facets.ERASURE, "person")
    if person is not None:
        yield Erasure(person=person, at=iso(event.event_time))


def dataset_versions(event: Event) -> Iterable[DatasetVersion]:
    """Return the versions of the datasets whose schema or version the event states."""
    described = (*event.inputs, *datasets_written(event))
    if event.dataset is not None:
        described = (*described, event.dataset)
    versions = (dataset_version(dataset) for dataset in described)
    return dict.fromkeys(version for version in versions if version is not None)


def dataset_version(dataset: Dataset) -> DatasetVersion | None:
    """Return a dataset with its schema and version; None if neither is stated."""
    fields = _fields(dataset.facets.get("schema"))
    stated = _member(dataset.facets, "version", "datasetVersion")
    if fields is None and stated is None:
        return None
    return DatasetVersion(
        namespace=dataset.namespace, name=dataset.name, fields=fields, version=stated
    )


def _fields(facet: Any) -> tuple[FieldType, ...] | None:
    listed = facet.get("fields") if isinstance(facet, dict) else None
    return tuple(_field_types(listed)) if isinstance(listed, list) else None


def _field_types(listed: list[Any], prefix: str = "") -> Iterable[FieldType]:
    """Flatten a schema: a struct's members follow it, named by path."""
    for entry in listed:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            continue
        name = prefix + entry["name"]
        kind = entry.get("type")
        yield FieldType(name=name, type=kind if isinstance(kind, str) else None)
        members = entry.get("fields")
        if isinstance(members, list):
            yield from _field_types(members, f"{name}.")


def job_version(event: Event) -> JobVersion | None:
    """Return the version of the job's code; None if the event says nothing of it."""
    if event.job is None:
        return None
    code = event.job.facets.get("sourceCodeLocation")
    code = code if isinstance(code, dict) else {}
    version = JobVersion(
        namespace=event.job.namespace,
        name=event.job.name,
        repository=_text(code.get("repoUrl")) or _text(code.get("url")),
        commit=_text(code.get("version")),
        branch=_text(code.get("branch")),
        path=_text(code.get("path")),
        dirty_diff=_member(event.job.facets, facets.DIRTY_DIFF, "sha256"),
        sql=_statement(event),
        image=_member(event.run.facets, facets.ENVIRONMENT, "image") if event.run else None,
    )
    bare = JobVersion(namespace=version.namespace, name=version.name)
    return None if version == bare else version


def _statement(event: Event) -> str | None:
    """The SQL without its literals, which may hold personal data."""
    asked = question(event)
    return strip_literals(asked.sql, asked.dialect) if asked else None


def run_state(event: Event, version: JobVersion | None) -> RunState:
    """Return the transition that a run event states."""
    assert event.run is not None
    parent = event.run.facets.get("parent")
    return RunState(
        run_id=event.run.run_id,
        job=job_of(event),
        job_version=None if version is None else record_id(version),
        state=event.event_type,
        at=iso(event.event_time),
        parent=_member(parent, "run", "runId") if isinstance(parent, dict) else None,
        inputs=tuple(map(_ref, event.inputs)),
        outputs=tuple(map(_ref, datasets_written(event))),
    )


def _ref(dataset: Dataset) -> DatasetRef:
    version = dataset_version(dataset)
    return DatasetRef(
        namespace=dataset.namespace,
        name=dataset.name,
        version=None if version is None else record_id(version),
    )


def _member(holder: dict[str, Any], facet: str, key: str) -> str | None:
    """A text member of a facet; None where either is missing or of another type."""
    found = holder.get(facet)
    return _text(found.get(key)) if isinstance(found, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
