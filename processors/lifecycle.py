"""Lifecycle: that datasets were dropped, renamed, emptied or made, as OpenLineage's facet says.

Source: OpenLineage facet `lifecycleStateChange` 1-0-1.
"""

from collections.abc import Callable, Iterable, Iterator

from ..schemas.names import DatasetName
from ..schemas.openlineage import Dataset, Event
from ..schemas.records import (
    Change,
    DatasetChange,
    DatasetRef,
    Derivation,
    FieldType,
    InputField,
    JobRef,
    Method,
    OutputField,
    Subtype,
    Transformation,
)
from .times import iso

EMPTYING = frozenset({Change.DROP, Change.TRUNCATE})
"""Changes by which nothing flows into a dataset, whatever else its run reads."""

SchemaLookup = Callable[[DatasetName], tuple[FieldType, ...] | None]


def dataset_changes(
    event: Event, job: JobRef, *, job_version: str | None = None
) -> Iterator[DatasetChange]:
    """Yield what became of datasets as a whole.

    Args:
        event: The event.
        job: Its job.
        job_version: The id of its JobVersion.
    """
    for dataset in _described(event):
        change = change_of(dataset)
        if change is not None:
            yield DatasetChange(
                namespace=dataset.namespace,
                name=dataset.name,
                change=change,
                previous=_previous(dataset),
                job=job,
                job_version=job_version,
                run_id=event.run.run_id if event.run else None,
                at=iso(event.event_time),
            )


def change_of(dataset: Dataset) -> Change | None:
    """Return what became of a dataset; None where its facet says nothing that is known."""
    facet = dataset.facets.get("lifecycleStateChange")
    word = facet.get("lifecycleStateChange") if isinstance(facet, dict) else None
    known = isinstance(word, str) and word.upper() in Change.__members__
    return Change(str(word).upper()) if known else None


def former_names(event: Event) -> tuple[DatasetName, ...]:
    """Return the names that datasets of an event had before they were renamed."""
    return tuple(old for _, old in _renamings(event))


def renamed(event: Event, job: JobRef, fields_of: SchemaLookup) -> Iterator[Derivation]:
    """Yield for each renamed dataset that it holds all that stood under its former name.

    Args:
        event: The event.
        job: Its job.
        fields_of: Returns the columns of a dataset as of the event, if they are known.
    """
    for new, old in _renamings(event):
        fields = fields_of(old)
        yield Derivation(
            job=job,
            output=DatasetRef(namespace=new.namespace, name=new.name),
            method=Method.INFERRED if fields is None else Method.DECLARED,
            fields=tuple(_same(old, name) for name in sorted({f.name for f in fields or ()})),
            inputs=(DatasetRef(namespace=old.namespace, name=old.name),),
        )


def _same(old: DatasetName, field: str) -> OutputField:
    source = InputField(
        namespace=old.namespace,
        name=old.name,
        field=field,
        type=Transformation.DIRECT,
        subtype=Subtype.IDENTITY,
    )
    return OutputField(field=field, inputs=(source,))


def _renamings(event: Event) -> Iterator[tuple[DatasetName, DatasetName]]:
    for dataset in _described(event):
        previous = _previous(dataset)
        if previous is not None and previous.key != dataset.key:
            yield dataset.key, previous.key


def _previous(dataset: Dataset) -> DatasetRef | None:
    """Return what a renamed dataset was called before."""
    if change_of(dataset) is not Change.RENAME:
        return None
    before = dataset.facets["lifecycleStateChange"].get("previousIdentifier")
    names = (before.get("namespace"), before.get("name")) if isinstance(before, dict) else ()
    if not names or not all(isinstance(each, str) and each for each in names):
        return None
    return DatasetRef(namespace=names[0], name=names[1])


def _described(event: Event) -> Iterable[Dataset]:
    """The datasets that an event writes or describes; one that it only reads is as it was."""
    return event.outputs if event.dataset is None else (event.dataset,)
