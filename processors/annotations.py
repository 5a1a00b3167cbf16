"""Annotations: what events say of datasets, columns, jobs and models besides their lineage.

Our own facet puts and removes, at the time of its event. OpenLineage's facets `tags`,
`ownership` and `documentation` come again with every run and can only put: such a
statement has no time of its own, holds since it was first made, and is one record however
often it is made. What was taken off by hand since then stays off.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..schemas import facets
from ..schemas.openlineage import NAME_LENGTH_MAX, Dataset, Event, Job, complaints
from ..schemas.records import Annotation
from .decode import RefusedError
from .derive import datasets_written
from .times import iso

VALUE_LENGTH_MAX = 100_000
KEYS = frozenset({"owner", "tag", "term", "classification", "description", "rule", "consent"})
"""The keys that a tag's own key may be; any other makes it an annotation `tag`."""


def annotations(event: Event) -> Iterable[Annotation]:
    """Return what an event annotates, each once.

    Raises:
        RefusedError: If our own facet is not as it should be.
    """
    found = (*_of_datasets(event), *_of_job(event.job, event))
    return dict.fromkeys(found)


def _of_datasets(event: Event) -> Iterator[Annotation]:
    described = (*event.inputs, *datasets_written(event))
    for dataset in described if event.dataset is None else (event.dataset,):
        target = {"namespace": dataset.namespace, "name": dataset.name}
        yield from _standard(dataset, "dataset", target)
        yield from _own(dataset, "dataset", target, event)


def _of_job(job: Job | None, event: Event) -> Iterator[Annotation]:
    if job is not None:
        target = {"namespace": job.namespace, "name": job.name}
        yield from _standard(job, "job", target)
        yield from _own(job, "job", target, event)


def _standard(
    said_of: Dataset | Job, kind: Literal["dataset", "job"], target: Mapping[str, str]
) -> Iterator[Annotation]:
    """Yield what OpenLineage's own facets say."""
    for tag in _listed(said_of.facets, "tags", "tags"):
        field, key = _text(tag.get("field")), _text(tag.get("key"))
        if key is None:
            continue
        key, value = _tag(key, _text(tag.get("value")))
        if kind == "dataset" and field is not None:
            yield Annotation(target_kind="column", **target, field=field, key=key, value=value)
        else:
            yield Annotation(target_kind=kind, **target, key=key, value=value)
    for owner in _listed(said_of.facets, "ownership", "owners"):
        name = _text(owner.get("name"))
        if name is not None:
            yield Annotation(target_kind=kind, **target, key="owner", value=name)
    documentation = said_of.facets.get("documentation")
    text = documentation.get("description") if isinstance(documentation, Mapping) else None
    if (described := _text(text)) is not None:
        yield Annotation(target_kind=kind, **target, key="description", value=described)


def _tag(key: str, value: str | None) -> tuple[str, str]:
    """Return a tag as key and value: `classification: pii`, `tag: gold`, `tag: tier=1`."""
    if key.lower() in KEYS and value is not None:
        return key.lower(), value
    # A tag that is a word alone: Airflow gives it as its own value, dbt as `true`.
    bare = value is None or value == key or value.lower() == "true"
    return "tag", key if bare else f"{key}={value}"


def _listed(said: Mapping[str, Any], facet: str, member: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a facet's list; clients are known to send null for either."""
    found = said.get(facet)
    listed = found.get(member) if isinstance(found, Mapping) else None
    return (each for each in listed or () if isinstance(each, Mapping))


def _text(value: object) -> str | None:
    return value[:VALUE_LENGTH_MAX] if isinstance(value, str) and value.strip() else None


class _Said(BaseModel):
    """One entry of our own facet."""

    model_config = ConfigDict(extra="ignore")

    field: str | None = Field(default=None, min_length=1, max_length=NAME_LENGTH_MAX)
    key: str = Field(min_length=1, max_length=NAME_LENGTH_MAX)
    value: str = Field(min_length=1, max_length=VALUE_LENGTH_MAX)
    action: Literal["put", "remove"] = "put"
    by: str | None = Field(default=None, max_length=NAME_LENGTH_MAX)


class _Facet(BaseModel):
    """Our own facet."""

    model_config = ConfigDict(extra="ignore")

    on: Literal["dataset", "job", "model"] | None = None
    annotations: tuple[_Said, ...]


def _own(
    said_of: Dataset | Job,
    kind: Literal["dataset", "job"],
    target: Mapping[str, str],
    event: Event,
) -> Iterator[Annotation]:
    """Yield what our own facet says."""
    if facets.ANNOTATIONS not in said_of.facets:
        return
    try:
        facet = _Facet.model_validate(said_of.facets[facets.ANNOTATIONS])
    except ValidationError as error:
        raise RefusedError("not_an_annotation", complaints(error)) from error
    on = facet.on or kind
    for said in facet.annotations:
        yield Annotation(
            target_kind="column" if said.field is not None and on == "dataset" else on,
            **target,
            field=said.field if on == "dataset" else None,
            key=said.key,
            value=said.value,
            action=said.action,
            by=said.by,
            at=iso(event.event_time),
        )
