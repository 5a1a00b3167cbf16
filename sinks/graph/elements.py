"""Records as vertices and edges.

A vertex says that a thing exists; its properties follow from its id alone, or come from
the one record that it is. Whatever a record says of a thing that other records name by
id only (a derivation, a version) is on an edge that this record alone creates. So no
property ever needs a second write, and records may arrive in any order.

No Gremlin store holds an edge unique by a property. The embedded graph's transactions are
serializable, which does it; elsewhere two sinks that write one record in the same instant,
while its partition changes hands, may make an edge twice. So whoever reads counts it once.
"""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ...schemas.canonical import canonical, element_id
from ...schemas.names import DatasetName
from ...schemas.records import (
    CONFIDENCE,
    Annotation,
    DatasetChange,
    DatasetRef,
    DatasetVersion,
    Derivation,
    Envelope,
    Environment,
    Erasure,
    InputField,
    JobVersion,
    Method,
    ModelInput,
    ModelVersion,
    Record,
    Resolution,
    RunState,
    TrainingProfile,
    Transformation,
    content,
)

Value = str | int | float | bool
Properties = dict[str, Value]

LEAF_LENGTH_MAX = 256
"""What is kept of a name for search. Cassandra refuses index keys beyond 64 KiB."""

UNKNOWN_COLUMNS = "UNKNOWN_COLUMNS"
"""Subtype of a dataset-level edge: any column of the source may feed the target."""

EXISTENCE = "EXISTENCE"
"""Subtype of a dataset-level edge: rows are read, but no column's value, as by `count(*)`."""

# Reasons that concern columns by themselves: the edges that are there name every candidate.
_COLUMN_REASONS = frozenset({"ambiguous_column", "unknown_column"})


@dataclass(frozen=True, slots=True)
class Vertex:
    """A vertex to exist, with the properties that it is created with."""

    uid: str
    label: str
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge to exist between two vertices, given by their uids."""

    uid: str
    label: str
    source: str
    target: str
    properties: Properties = field(default_factory=dict)


Element = Vertex | Edge


@dataclass(frozen=True, slots=True)
class Elements:
    """What a record adds to the graph. Every edge's ends are among the vertices."""

    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]


def elements(envelope: Envelope) -> Elements:
    """Return the vertices and edges that state a record.

    Raises:
        ValueError: If a time of the record cannot be read.
    """
    found = {element.uid: element for element in _elements(envelope.id, envelope.record)}
    return Elements(
        tuple(e for e in found.values() if isinstance(e, Vertex)),
        tuple(e for e in found.values() if isinstance(e, Edge)),
    )


def dataset_uid(namespace: str, name: str) -> str:
    """Return the id of a dataset's vertex."""
    return element_id("dataset", namespace, name)


def column_uid(namespace: str, name: str, field: str) -> str:
    """Return the id of a column's vertex."""
    return element_id("column", namespace, name, field)


def job_uid(namespace: str, name: str) -> str:
    """Return the id of a job's vertex."""
    return element_id("job", namespace, name)


def run_uid(run_id: str) -> str:
    """Return the id of a run's vertex."""
    return element_id("run", run_id)


def model_uid(namespace: str, name: str) -> str:
    """Return the id of a model's vertex."""
    return element_id("model", namespace, name)


def search_key(text: str) -> str:
    """Return the form under which a name is indexed and looked up."""
    return text.lower()[:LEAF_LENGTH_MAX]


def instant(at: str) -> str:
    """Return a time in the one form whose text sorts as the times do.

    Raises:
        ValueError: If `at` is no ISO 8601 time.
    """
    moment = datetime.fromisoformat(at)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _elements(record_id: str, record: Record) -> Iterator[Element]:
    match record:
        case DatasetVersion():
            yield from _dataset_version(record_id, record)
        case JobVersion():
            yield from _job_version(record_id, record)
        case Derivation():
            yield from _derivation(record_id, record)
        case RunState():
            yield from _run_state(record_id, record)
        case Resolution():
            yield from _resolution(record_id, record)
        case ModelVersion():
            yield from _model_version(record_id, record)
        case Environment():
            yield Vertex(record_id, "Environment", {"content": _json(content(record))})
        case TrainingProfile():
            yield from _training_profile(record_id, record)
        case DatasetChange():
            yield from _dataset_change(record_id, record)
        case Erasure():
            yield Vertex(record_id, "Erasure", {"content": _json(content(record))})
        case Annotation():
            yield from _annotation(record_id, record)
        case _:
            raise TypeError(f"no elements for a {type(record).__name__}")


def _dataset_version(record_id: str, record: DatasetVersion) -> Iterator[Element]:
    dataset = _dataset(record.namespace, record.name)
    version = Vertex(record_id, "DatasetVersion")
    yield from (dataset, version)
    for part in record.fields or ():
        yield from _column(record.namespace, record.name, part.name)
    said = {"version": record.version, "content": _json(content(record))}
    yield _edge("VERSION_OF", version, dataset, **said)


def _job_version(record_id: str, record: JobVersion) -> Iterator[Element]:
    job = _job(record.namespace, record.name)
    version = Vertex(record_id, "JobVersion")
    yield from (job, version)
    said = {"commit": record.commit, "content": _json(content(record))}
    yield _edge("VERSION_OF", version, job, **said)


def _derivation(record_id: str, record: Derivation) -> Iterator[Element]:
    derivation = Vertex(record_id, "Derivation")
    job = _job(record.job.namespace, record.job.name)
    output = _dataset(*record.output.key)
    yield from (derivation, job, output)
    yield _edge(
        "MAKES",
        derivation,
        output,
        job=job.uid,
        method=record.method.value,
        unresolved=_json([part.model_dump(exclude_none=True) for part in record.unresolved]),
    )
    for made in record.fields:
        target = yield from _column(*record.output.key, made.field)
        for source in made.inputs:
            yield from _column_edge(record_id, source, target)
    for source in record.dataset:
        yield from _column_edge(record_id, source, output)
    yield from _dataset_edges(record_id, record, output)


def _column_edge(derivation: str, source: InputField, target: Vertex) -> Iterator[Element]:
    column = yield from _column(source.namespace, source.name, source.field)
    direct = source.type is Transformation.DIRECT and target.label == "Column"
    said: Properties = {
        "derivation": derivation,
        "type": source.type.value,
        "subtype": source.subtype,
        "masking": source.masking,
        "known_by": source.known_by.value,
        "confidence": CONFIDENCE[source.known_by],
    }
    told_apart = [str(value) for value in said.values()]
    yield _edge("DERIVES" if direct else "INFLUENCES", column, target, *told_apart, **said)


def _dataset_edges(record_id: str, record: Derivation, output: Vertex) -> Iterator[Element]:
    """Yield an edge for each input of which columns are not known, or none is used."""
    with_columns = {(source.namespace, source.name) for source in _sources(record)}
    unknown = _columns_unknown(record)
    for ref in record.inputs:
        if unknown or ref.key not in with_columns:
            source = _dataset(*ref.key)
            yield source
            subtype = UNKNOWN_COLUMNS if unknown else EXISTENCE
            said = {"derivation": record_id, "type": "INDIRECT", "subtype": subtype}
            yield _edge("DERIVES", source, output, *said.values(), **said)


def _sources(record: Derivation) -> Iterator[InputField]:
    for made in record.fields:
        yield from made.inputs
    yield from record.dataset


def _columns_unknown(record: Derivation) -> bool:
    return record.method is Method.INFERRED or any(
        part.reason not in _COLUMN_REASONS for part in record.unresolved
    )


def _run_state(record_id: str, record: RunState) -> Iterator[Element]:
    run = _run(record.run_id)
    job = _job(record.job.namespace, record.job.name)
    yield from (run, job)
    yield _edge("EXECUTED", run, job, record_id, state=record.state, at=instant(record.at))
    if record.job_version:
        version = Vertex(record.job_version, "JobVersion")
        yield from (version, _edge("EXECUTED", run, version))
    if record.parent:
        parent = _run(record.parent)
        yield from (parent, _edge("CHILD_OF", run, parent))
    for ref in record.inputs:
        yield from _dataset_use("READ", run, ref)
    for ref in record.outputs:
        yield from _dataset_use("WROTE", run, ref)


def _dataset_use(label: str, run: Vertex, ref: DatasetRef) -> Iterator[Element]:
    """Yield an edge to the dataset and, where it is known, one to its version."""
    dataset = _dataset(*ref.key)
    yield from (dataset, _edge(label, run, dataset))
    if ref.version:
        version = Vertex(ref.version, "DatasetVersion")
        yield from (version, _edge(label, run, version))


def _resolution(record_id: str, record: Resolution) -> Iterator[Element]:
    by = _job(*record.job.key) if record.run_id is None else _run(record.run_id)
    yield by
    for derivation_id in record.derivations:
        derivation = Vertex(derivation_id, "Derivation")
        yield derivation
        yield _edge(
            "RESOLVED_TO",
            by,
            derivation,
            record_id,
            event=record.event,
            at=instant(record.at),
            rank=record.rank,
            order=f"{instant(record.at)}|{record.rank}",
        )


def _model_version(record_id: str, record: ModelVersion) -> Iterator[Element]:
    model = _model(record.namespace, record.name)
    version = Vertex(record_id, "ModelVersion", _model_properties(record))
    yield from (model, version, _edge("VERSION_OF", version, model))
    if record.run_id:
        run = _run(record.run_id)
        yield from (run, _edge("PRODUCED", run, version))
    for used in record.inputs:
        yield from _model_input(version, used)
    for base in record.bases:
        # Its version's vertex has an id that only its own record tells.
        origin = _model(base.namespace, base.name)
        said = {"version": base.version, "subtype": base.relation}
        told_apart = [str(value) for value in said.values()]
        yield from (origin, _edge("DERIVED_FROM", version, origin, *told_apart, **said))


def _model_input(version: Vertex, used: ModelInput) -> Iterator[Element]:
    """Yield an edge to the dataset, and one to each column that was used of it.

    `whole` says whether the edge itself stands for what was used: that to a dataset does
    only where no columns were stated.
    """
    said = {"role": used.role, "rows": used.rows, "version": used.version}
    told_apart = [str(value) for value in said.values()]
    dataset = _dataset(used.namespace, used.name)
    whole = not used.fields
    yield dataset
    yield _edge("TRAINED_ON", version, dataset, *told_apart, str(whole), **said, whole=whole)
    for name in used.fields:
        column = yield from _column(used.namespace, used.name, name)
        yield _edge("TRAINED_ON", version, column, *told_apart, **said, whole=True)


def _model_properties(record: ModelVersion) -> Properties:
    return {
        "namespace": record.namespace,
        "name": record.name,
        "leaf": search_key(f"{record.name}@{record.version}"),
        "version": record.version,
        "content": _json(content(record)),
    }


def _training_profile(record_id: str, record: TrainingProfile) -> Iterator[Element]:
    run = _run(record.run_id)
    profile = Vertex(record_id, "TrainingProfile", {"content": _json(content(record))})
    yield from (run, profile, _edge("PROFILES", profile, run))


def _dataset_change(record_id: str, record: DatasetChange) -> Iterator[Element]:
    dataset = _dataset(record.namespace, record.name)
    by = _job(*record.job.key) if record.run_id is None else _run(record.run_id)
    yield from (dataset, by)
    said: dict[str, Value] = {"change": record.change.value, "at": instant(record.at)}
    if record.previous:
        previous = _dataset(*record.previous.key)
        yield previous
        said["previous"] = previous.uid
    yield _edge("CHANGED", by, dataset, record_id, **said)


def _annotation(record_id: str, record: Annotation) -> Iterator[Element]:
    annotation = Vertex(record_id, "Annotation", {"content": _json(content(record))})
    yield annotation
    target: Vertex
    match record.target_kind:
        case "dataset":
            target = _dataset(record.namespace, record.name)
        case "column":
            target = yield from _column(record.namespace, record.name, record.field or "")
        case "job":
            target = _job(record.namespace, record.name)
        case "model":
            target = _model(record.namespace, record.name)
    yield from (target, _edge("ANNOTATES", annotation, target))


def _dataset(namespace: str, name: str) -> Vertex:
    leaf = DatasetName(namespace, name).leaf
    return Vertex(dataset_uid(namespace, name), "Dataset", _named(namespace, name, leaf))


def _column(namespace: str, name: str, field: str) -> Generator[Element, None, Vertex]:
    """Yield a column, its dataset and the edge between them; return the column."""
    dataset = _dataset(namespace, name)
    leaf = f"{DatasetName(namespace, name).leaf}.{field}"
    properties = _named(namespace, name, leaf) | {"field": field}
    column = Vertex(column_uid(namespace, name, field), "Column", properties)
    yield from (dataset, column, _edge("HAS_COLUMN", dataset, column))
    return column


def _job(namespace: str, name: str) -> Vertex:
    return Vertex(job_uid(namespace, name), "Job", _named(namespace, name, name))


def _model(namespace: str, name: str) -> Vertex:
    return Vertex(model_uid(namespace, name), "Model", _named(namespace, name, name))


def _run(run_id: str) -> Vertex:
    return Vertex(run_uid(run_id), "Run", {"name": run_id})


def _named(namespace: str, name: str, leaf: str) -> Properties:
    return {"namespace": namespace, "name": name, "leaf": search_key(leaf)}


def _edge(
    label: str, source: Vertex, target: Vertex, *told_apart: str, **said: Value | None
) -> Edge:
    """Return an edge whose id holds its label, its ends and what tells it from its like."""
    uid = element_id("edge", label, source.uid, target.uid, *told_apart)
    return Edge(uid, label, source.uid, target.uid, _present(said))


def _present(said: Mapping[str, Value | None]) -> Properties:
    return {name: value for name, value in said.items() if value is not None}


def _json(value: object) -> str:
    return canonical(value).decode()
