"""Column edges that the client already knows: the `columnLineage` and `lineage` facets.

Source: OpenLineage facets `columnLineage` 1-2-0 and `lineage` 1-0-0.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..schemas.names import ColumnName, DatasetName
from ..schemas.openlineage import Event
from ..schemas.records import (
    DatasetRef,
    Derivation,
    InputField,
    JobRef,
    Method,
    OutputField,
    Subtype,
    Transformation,
)

_WHOLE_ROW = {Subtype.FILTER, Subtype.JOIN, Subtype.GROUP_BY, Subtype.SORT}
"""What decides on rows, so that it acts on every column alike."""


def declared(event: Event, job: JobRef) -> list[Derivation]:
    """Return the derivations that an event's facets spell out, by output dataset.

    A `lineage` facet outranks `columnLineage` for the same dataset, as its spec says.
    """
    found = {d.output.key: d for d in _column_lineage(event, job)}
    found.update({d.output.key: d for d in _lineage(event, job)})
    return list(found.values())


_PARSING = frozenset({"AIRFLOW", "DBT"})
"""Integrations that read `columnLineage` from the very SQL that their events carry."""


def second_hand(event: Event) -> frozenset[DatasetName]:
    """Return the datasets whose columns the client itself only read from the event's SQL.

    It reads without any schema and knows no filters, so our reading of the same text says more.
    """
    facets = event.job.facets if event.job else {}
    kind = facets.get("jobType")
    integration = kind.get("integration") if isinstance(kind, dict) else None
    if "sql" not in facets or str(integration).upper() not in _PARSING:
        return frozenset()
    return frozenset(d.key for d in event.outputs if not _typed(d.facets.get("columnLineage")))


def _typed(facet: Any) -> bool:
    """Whether a facet says of any column how it comes about, which no such client can."""
    fields = facet.get("fields") if isinstance(facet, dict) else None
    listed = fields.values() if isinstance(fields, dict) else ()
    entries = [entry for entry in listed if isinstance(entry, dict)]
    sources = [s for e in entries for s in e.get("inputFields") or () if isinstance(s, dict)]
    return any(e.get("transformationType") for e in entries) or any(
        source.get("transformations") for source in sources
    )


def _column_lineage(event: Event, job: JobRef) -> Iterator[Derivation]:
    described = event.outputs if event.dataset is None else (event.dataset,)
    for output in described:
        facet = output.facets.get("columnLineage")
        if not isinstance(facet, dict) or not isinstance(facet.get("fields"), dict):
            continue
        fields = {
            column: frozenset(_column_inputs(entry)) for column, entry in facet["fields"].items()
        }
        indirect = frozenset(_row_inputs(facet.get("dataset")))
        yield _derivation(job, output.key, fields, indirect, _inputs_of(event))


def _column_inputs(entry: Any) -> Iterator[InputField]:
    if isinstance(entry, dict):
        yield from _input_fields(entry.get("inputFields"), entry.get("transformationType"))


def _row_inputs(entries: Any) -> Iterator[InputField]:
    """What acts on every row.

    Spark's listener states at times how the value is computed that rows are grouped, sorted or
    filtered by, as if it were direct. What is done with that value it leaves open.
    """
    for one in _input_fields(entries):
        if one.type == Transformation.DIRECT:
            yield replace(one, type=Transformation.INDIRECT, subtype=Subtype.FILTER)
        else:
            yield one


def _input_fields(entries: Any, legacy_type: Any = None) -> Iterator[InputField]:
    for entry in entries if isinstance(entries, list) else ():
        source = _source(entry)
        if source is None:
            continue
        for kind in _transformations(entry, legacy_type):
            yield InputField(*source, **kind)


def _source(entry: Any) -> ColumnName | None:
    """The three names of an input field; None if one is missing."""
    if not isinstance(entry, dict):
        return None
    names = [entry.get(key) for key in ("namespace", "name", "field")]
    stated = [each for each in names if isinstance(each, str) and each]
    return ColumnName(*stated) if len(stated) == len(names) else None


def _transformations(entry: dict[str, Any], legacy_type: Any) -> Iterator[dict[str, Any]]:
    """The ways in which a source acts, one for a client that states none."""
    stated = [t for t in entry.get("transformations") or () if isinstance(t, dict)]
    if not stated:
        masked = legacy_type == "MASKED"
        subtype = Subtype.IDENTITY if legacy_type == "IDENTITY" else Subtype.TRANSFORMATION
        yield {"type": Transformation.DIRECT, "subtype": subtype, "masking": masked}
    for transformation in stated:
        indirect = str(transformation.get("type")).upper() == "INDIRECT"
        default = Subtype.FILTER if indirect else Subtype.TRANSFORMATION
        yield {
            "type": Transformation.INDIRECT if indirect else Transformation.DIRECT,
            "subtype": str(transformation.get("subtype") or default).upper(),
            "masking": transformation.get("masking") is True,
        }


def _lineage(event: Event, job: JobRef) -> Iterator[Derivation]:
    for target, facet in _lineage_entries(event):
        fields = {
            column: frozenset(_lineage_inputs(entry))
            for column, entry in (facet.get("fields") or {}).items()
        }
        listed = facet.get("inputs") or ()
        indirect = frozenset(_row_inputs([i for i in listed if _field_of(i)]))
        datasets = [DatasetName(i["namespace"], i["name"]) for i in listed if _is_dataset(i)]
        yield _derivation(job, target, fields, indirect, datasets)


def _lineage_entries(event: Event) -> Iterator[tuple[DatasetName, dict[str, Any]]]:
    """Each described dataset with the facet's part on it, from the job's facet or its own."""
    described = event.outputs if event.dataset is None else (event.dataset,)
    for dataset in described:
        facet = dataset.facets.get("lineage")
        if isinstance(facet, dict):
            yield dataset.key, facet
    facet = (event.job.facets if event.job else {}).get("lineage")
    for entry in (facet.get("entries") if isinstance(facet, dict) else None) or ():
        if _is_dataset(entry):
            yield DatasetName(entry["namespace"], entry["name"]), entry


def _lineage_inputs(entry: Any) -> Iterator[InputField]:
    if isinstance(entry, dict):
        yield from _input_fields(entry.get("inputs"))


def _field_of(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("field"), str)


def _is_dataset(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("type", "DATASET") == "DATASET"
        and isinstance(entry.get("namespace"), str)
        and isinstance(entry.get("name"), str)
    )


def _inputs_of(event: Event) -> list[DatasetName]:
    return [dataset.key for dataset in event.inputs]


def _derivation(
    job: JobRef,
    output: DatasetName,
    fields: dict[str, frozenset[InputField]],
    indirect: frozenset[InputField],
    inputs: Iterable[DatasetName],
) -> Derivation:
    """Compact what older clients repeat in every field into the whole-dataset part."""
    repeated = frozenset.intersection(*fields.values()) if fields else frozenset()
    shared = frozenset(i for i in repeated if i.subtype in _WHOLE_ROW and i.type == "INDIRECT")
    indirect |= shared
    kept = {column: sources - indirect for column, sources in fields.items()}
    sources = indirect.union(*kept.values())
    datasets = {DatasetName(i.namespace, i.name) for i in sources} | set(inputs)
    return Derivation(
        job=job,
        output=DatasetRef(namespace=output.namespace, name=output.name),
        method=Method.DECLARED,
        fields=tuple(
            OutputField(field=column, inputs=in_order(kept[column])) for column in sorted(kept)
        ),
        dataset=in_order(indirect),
        inputs=tuple(DatasetRef(namespace=d.namespace, name=d.name) for d in sorted(datasets)),
    )


def in_order(inputs: Iterable[InputField]) -> tuple[InputField, ...]:
    """Return input fields in the one order that records hold them in."""
    return tuple(
        sorted(inputs, key=lambda i: (i.namespace, i.name, i.field, i.type, i.subtype, i.masking))
    )
