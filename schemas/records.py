"""Records: immutable, content-addressed facts.

A record's id is the SHA-256 over its kind and its canonical content, so the same fact
has the same id whoever states it, however often, in whatever order. The envelope around
it (when, by which event, from which producer) is not part of the id.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from .canonical import canonical, content_id
from .names import DatasetName, JobName

Scalar = str | int | float | bool | None


class Part(BaseModel):
    """A piece of a record: frozen, and closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Record(Part):
    """What a record says. Subclasses are listed in `AnyRecord`."""

    kind: str


class DatasetRef(Part):
    """A dataset, and the version of it where one is known (the id of a DatasetVersion)."""

    namespace: str
    name: str
    version: str | None = None

    @property
    def key(self) -> DatasetName:
        """The dataset's name as a plain tuple."""
        return DatasetName(self.namespace, self.name)


class JobRef(Part):
    """A job."""

    namespace: str
    name: str

    @property
    def key(self) -> JobName:
        """The job's name as a plain tuple."""
        return JobName(self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class FieldType:
    """A column of a schema. A struct's members are columns of their own, named by path.

    Of columns and edges there are more than of all else: a model would take three times the
    memory, and twice the time to make and to read. What is decoded is checked all the same.
    """

    __pydantic_config__ = Part.model_config

    name: str
    type: str | None = None


class DatasetVersion(Record):
    """A dataset with a schema, a version from its own system, or both.

    Attributes:
        fields: The columns in order; None where no schema was stated.
        version: What the dataset's own system calls this version, as text: a Delta
            version, an Iceberg snapshot id, an S3 version id, a fingerprint.
    """

    kind: Literal["DatasetVersion"] = "DatasetVersion"
    namespace: str
    name: str
    fields: tuple[FieldType, ...] | None = None
    version: str | None = None


class SchemaStatement(Record):
    """The columns that a statement of DDL left a dataset with.

    It lies in `lineage.schemas` alone: what a statement says can depend on schemas that
    become known later, and then it is said anew under a higher rank.

    Attributes:
        fields: The columns in order; None where the dataset is gone, or nobody can tell.
        statement: The id of the statement, the same for all events of its run.
        rank: The rank of the basis on which the statement was read.
    """

    kind: Literal["SchemaStatement"] = "SchemaStatement"
    namespace: str
    name: str
    fields: tuple[FieldType, ...] | None = None
    statement: str
    rank: str


class JobVersion(Record):
    """A job at a version of its code, as far as the client stated it."""

    kind: Literal["JobVersion"] = "JobVersion"
    namespace: str
    name: str
    repository: str | None = None
    commit: str | None = None
    branch: str | None = None
    path: str | None = None
    dirty_diff: str | None = None
    sql: str | None = None
    """The statement with its literals stripped; they may hold personal data."""
    image: str | None = None


class Method(StrEnum):
    """How a derivation was known: the client said so, we read the SQL, or neither."""

    DECLARED = "declared"
    PARSED = "parsed"
    INFERRED = "inferred"


class Transformation(StrEnum):
    """OpenLineage's `transformations[].type`."""

    DIRECT = "DIRECT"
    INDIRECT = "INDIRECT"


class Subtype(StrEnum):
    """OpenLineage's `transformations[].subtype`: three direct ones, six indirect ones."""

    IDENTITY = "IDENTITY"
    TRANSFORMATION = "TRANSFORMATION"
    AGGREGATION = "AGGREGATION"
    JOIN = "JOIN"
    FILTER = "FILTER"
    GROUP_BY = "GROUP_BY"
    SORT = "SORT"
    WINDOW = "WINDOW"
    CONDITIONAL = "CONDITIONAL"


class KnownBy(StrEnum):
    """On what grounds a column is an edge's source, strongest first.

    DECLARED: the client named it. CATALOG: a known schema holds it. QUALIFIED: the
    statement names its table, whose schema is unknown. POSITIONAL: by place, as the
    target's schema is unknown. SOLE_CANDIDATE: the only table it can be of. GUESSED: one
    of several that it can be of.
    """

    DECLARED = "declared"
    CATALOG = "catalog"
    QUALIFIED = "qualified"
    POSITIONAL = "positional"
    SOLE_CANDIDATE = "sole_candidate"
    GUESSED = "guessed"


CONFIDENCE = {
    KnownBy.DECLARED: 1.0,
    KnownBy.CATALOG: 1.0,
    KnownBy.QUALIFIED: 0.95,
    KnownBy.POSITIONAL: 0.9,
    KnownBy.SOLE_CANDIDATE: 0.8,
    KnownBy.GUESSED: 0.3,
}


@dataclass(frozen=True, slots=True)
class InputField:
    """A source column of an edge and how it acts on its target.

    No model, as a FieldType is none.

    Attributes:
        subtype: A `Subtype`, or a client's own word where it used another.
        masking: Whether the value can no longer be read from the result.
    """

    __pydantic_config__ = Part.model_config

    namespace: str
    name: str
    field: str
    type: Transformation
    subtype: str
    masking: bool = False
    known_by: KnownBy = KnownBy.DECLARED


class OutputField(Part):
    """A column of the output and all that it derives from, in canonical order."""

    field: str
    inputs: tuple[InputField, ...]


class Unresolved(Part):
    """What could not be resolved, and why.

    Attributes:
        field: The output column concerned; None where it is the whole statement.
        reason: A word from a fixed list (`unknown_schema`, `ambiguous_column`,
            `unknown_column`, `parse_error`, `timeout`, `out_of_memory`, `too_large`,
            `dynamic_sql`, `unsupported`, …).
        detail: Which name or construct; never a literal of the statement.
    """

    field: str | None = None
    reason: str
    detail: str | None = None


class Derivation(Record):
    """How a job makes one output dataset: all its edges as one set.

    The version of the code is not part of it: a commit that leaves the columns alone
    states the same derivation.

    Attributes:
        fields: The output's columns with their sources.
        dataset: Columns that act on every row of the output: filter, join, group, sort.
        inputs: Every dataset that takes part, also where no column is known.
    """

    kind: Literal["Derivation"] = "Derivation"
    job: JobRef
    output: DatasetRef
    method: Method
    fields: tuple[OutputField, ...] = ()
    dataset: tuple[InputField, ...] = ()
    inputs: tuple[DatasetRef, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()


class RunState(Record):
    """One transition of a run, with what it read and wrote so far.

    Attributes:
        at: The event's time, ISO 8601 in UTC.
        parent: The run that started this one.
    """

    kind: Literal["RunState"] = "RunState"
    run_id: str
    job: JobRef
    job_version: str | None = None
    state: str
    at: str
    parent: str | None = None
    inputs: tuple[DatasetRef, ...] = ()
    outputs: tuple[DatasetRef, ...] = ()


class SchemaUsed(Part):
    """The schema of a dataset that a resolution rests on, or the want of one.

    Attributes:
        version: The id of the DatasetVersion; None if no schema was known.
        valid_from: When that schema was first seen.
        late: Whether it was first seen only after the event, the best there was.
        statement: The id of the DDL statement that made it; None where an event stated it.
        rank: The rank of the basis on which that statement was read.
    """

    namespace: str
    name: str
    version: str | None = None
    valid_from: str | None = None
    late: bool = False
    statement: str | None = None
    rank: str | None = None


class Basis(Part):
    """What a resolution rests on; `rank` in `processors/rank.py` orders bases.

    Attributes:
        earlier: How many earlier statements of the same session were known.
    """

    resolver: str
    schemas: tuple[SchemaUsed, ...] = ()
    earlier: int = 0


class Resolution(Record):
    """An event and the derivations it stands for, on a basis.

    Attributes:
        event: The id of the event.
        job_version: The id of the JobVersion that the event ran at.
        at: The event's time.
        rank: A string that orders the resolutions of one event: the greatest is in force.
    """

    kind: Literal["Resolution"] = "Resolution"
    event: str
    job: JobRef
    job_version: str | None = None
    run_id: str | None = None
    at: str
    derivations: tuple[str, ...] = ()
    basis: Basis
    rank: str


class Environment(Record):
    """What a run ran in.

    Attributes:
        libraries: Distribution name to version.
        hardware: `cpu`, `memory_bytes`, `gpu`, … as text.
    """

    kind: Literal["Environment"] = "Environment"
    image: str | None = None
    image_digest: str | None = None
    python: str | None = None
    platform: str | None = None
    libraries: dict[str, str] = {}
    hardware: dict[str, str] = {}


class ModelInput(Part):
    """A dataset that a model was trained on, and the columns used of it.

    Attributes:
        version: What the dataset's own system calls the version that was read.
        version_kind: What sort of id that is: `delta`, `sha256`, `huggingface`, …
        rows: Which rows, as text: a condition, a split, a sample.
        caveat: What such an id cannot tell.
    """

    namespace: str
    name: str
    version: str | None = None
    fields: tuple[str, ...] = ()
    role: str | None = None
    version_kind: str | None = None
    rows: str | None = None
    caveat: str | None = None


class ModelBase(Part):
    """A model that another was made from.

    Attributes:
        relation: `finetuned`, `adapter`, `merged`, `distilled`, `quantized`, `checkpoint`.
    """

    namespace: str
    name: str
    version: str | None = None
    relation: str


class ModelVersion(Record):
    """The model passport: what made this version of a model.

    Attributes:
        version: The client's own version; the run's id where it states none.
        job_version, environment: Ids of those records.
        artifact_digest: `sha256:…` of a file, `sha256-tree:…` of a folder,
            `sha256-tensors:…` of weights in whatever file.
        command: The command line, secrets hidden; `folder` is where it was given, relative
            to the repository.
        bases: The models that this one was made from.
        registry: Its `name`, `version` and `alias` in a model registry.
    """

    kind: Literal["ModelVersion"] = "ModelVersion"
    namespace: str
    name: str
    version: str
    run_id: str | None = None
    job: JobRef | None = None
    job_version: str | None = None
    environment: str | None = None
    inputs: tuple[ModelInput, ...] = ()
    hyperparameters: dict[str, Scalar] = {}
    seeds: dict[str, int | str] = {}
    metrics: dict[str, float] = {}
    framework: str | None = None
    artifact_uri: str | None = None
    artifact_digest: str | None = None
    determinism: dict[str, Scalar] = {}
    config_hash: str | None = None
    command: tuple[str, ...] = ()
    folder: str | None = None
    scheduler: dict[str, str] = {}
    bases: tuple[ModelBase, ...] = ()
    registry: dict[str, str] = {}


class Quantiles(Part):
    """The spread of a figure over a window of steps."""

    count: int
    p50: float
    p90: float
    max: float
    sum: float


class LayerProfile(Part):
    """One layer over the sampled steps of a window. Times in ns, sizes in bytes.

    A figure is None where it was not observed.

    Attributes:
        calls: How often the layer ran in all sampled steps.
        arrival_ns: From the start of the backward to the layer's gradient, on every step.
        recompute_ns: What checkpointing ran again inside the backward.
        nan_count, inf_count: Elements of its gradients in all sampled steps.
        non_finite_steps: Sampled steps in which its gradient held a NaN or an infinity.
    """

    name: str
    type: str
    calls: int = 0
    forward_ns: Quantiles | None = None
    backward_ns: Quantiles | None = None
    recompute_ns: Quantiles | None = None
    arrival_ns: Quantiles | None = None
    activation_bytes: Quantiles | None = None
    grad_norm: Quantiles | None = None
    grad_bytes: int | None = None
    nan_count: int = 0
    inf_count: int = 0
    non_finite_steps: int = 0
    parameter_bytes: int = 0


class TrainingEnd(Part):
    """How the profile of a run and rank ended, and what must have arrived until then.

    Attributes:
        status: `complete`, `failed`, or `stopped` where the profile itself broke.
        events: How many events there are in all, this one too: seq 0 to `events` - 1.
        steps: How many steps ended.
        dropped: Steps that were not recorded, by reason.
        failed_layer: The layer that failed in forward or backward, where it is known.
    """

    status: str
    events: int
    steps: int
    dropped: dict[str, int] = {}
    error: str | None = None
    failed_layer: str | None = None
    failed_phase: str | None = None
    failed_step: int | None = None


class TrainingProfile(Record):
    """Times and memory of a window of training steps of one run and rank.

    Attributes:
        seq: The event's number in its run and rank, from 0; a gap is a loss.
        first_step, last_step: The window; -1 where a closing event holds no step.
        steps: How many steps the window holds.
        sampled_steps: Those that the layers were timed in.
        wall_ns: The time of each step.
        phases: `data`, `forward`, `backward`, `optimizer`, … to their times in ns.
        amp_scale: The loss scale of a gradient scaler, in the sampled steps.
        memory_source: `allocator` of the device, or `process` on a CPU.
        memory_reserved_bytes: What the allocator keeps, in use or not.
        memory_retries: How often it freed its caches because a request did not fit.
        unseen: Layers that cannot be timed, with the reason.
        end: Only in the last event of a run and rank.
    """

    kind: Literal["TrainingProfile"] = "TrainingProfile"
    run_id: str
    rank: int = 0
    seq: int
    first_step: int
    last_step: int
    phases: dict[str, Quantiles] = {}
    layers: tuple[LayerProfile, ...] = ()
    memory_bytes_max: int | None = None
    memory_bytes: int | None = None
    memory_source: str | None = None
    memory_reserved_bytes: int | None = None
    memory_retries: int | None = None
    amp_scale: Quantiles | None = None
    world_size: int = 1
    steps: int = 0
    sampled_steps: int = 0
    wall_ns: Quantiles | None = None
    own_ns: Quantiles | None = None
    clock: str | None = None
    activation_definition: str | None = None
    unseen: dict[str, str] = {}
    end: TrainingEnd | None = None


class Change(StrEnum):
    """OpenLineage's `lifecycleStateChange`: what became of a dataset as a whole."""

    ALTER = "ALTER"
    CREATE = "CREATE"
    DROP = "DROP"
    OVERWRITE = "OVERWRITE"
    RENAME = "RENAME"
    TRUNCATE = "TRUNCATE"


class DatasetChange(Record):
    """A dataset was made, altered, emptied, renamed or dropped.

    A retraction is a record too: nothing that was said of the dataset before goes away.

    Attributes:
        previous: What it was called before it was renamed.
        job, job_version, run_id: By what it was done.
    """

    kind: Literal["DatasetChange"] = "DatasetChange"
    namespace: str
    name: str
    change: Change
    previous: DatasetRef | None = None
    job: JobRef
    job_version: str | None = None
    run_id: str | None = None
    at: str


class Annotation(Record):
    """Something said of a dataset, column, job or model: put on or taken off.

    Of what was put and removed the last by `at` is in force, and of the same instant what
    was put.

    Attributes:
        target_kind, namespace, name, field: What it is said of.
        key: `owner`, `tag`, `term`, `classification`, `description`, `rule`, `consent`, or
            a word of the user's own.
        by: Who said so.
        at: Since when it holds; None where an event of a run states it over and over: then
            since the first of these events.
    """

    kind: Literal["Annotation"] = "Annotation"
    target_kind: Literal["dataset", "column", "job", "model"]
    namespace: str
    name: str
    field: str | None = None
    key: str
    value: str
    action: Literal["put", "remove"] = "put"
    by: str | None = None
    at: str | None = None


class Erasure(Record):
    """That the key of a person was destroyed: what was sealed under it cannot be read.

    Attributes:
        person: What the key is called in sealed texts.
        at: When it was destroyed, ISO 8601 in UTC.
    """

    kind: Literal["Erasure"] = "Erasure"
    person: str
    at: str


AnyRecord = Annotated[
    DatasetVersion
    | SchemaStatement
    | JobVersion
    | Derivation
    | RunState
    | Resolution
    | Environment
    | ModelVersion
    | TrainingProfile
    | DatasetChange
    | Annotation
    | Erasure,
    Field(discriminator="kind"),
]


class Envelope(Part):
    """A record on its way: the fact, and who stated it when.

    Attributes:
        observed_at: The time of the event that states it, ISO 8601 in UTC.
        event_id: The id of that event.
    """

    id: str
    observed_at: str
    event_id: str
    producer: str = ""
    record: AnyRecord

    SCHEMA: ClassVar[int] = 1


def record_id(record: Record) -> str:
    """Return the id of a record.

    Parts that hold their default count as absent, so a field added later leaves the ids
    of older records as they are.
    """
    return content_id(record.kind, content(record))


def content(record: Record) -> dict[str, Any]:
    """Return what identifies a record, as plain JSON values."""
    return record.model_dump(mode="json", exclude_defaults=True, exclude={"kind"})


def wrap(record: AnyRecord, *, observed_at: str, event_id: str, producer: str = "") -> Envelope:
    """Put a record into its envelope."""
    return Envelope.model_construct(
        id=record_id(record),
        observed_at=observed_at,
        event_id=event_id,
        producer=producer,
        record=record,
    )


def encode(envelope: Envelope) -> bytes:
    """Return an envelope as canonical JSON, the value of a `lineage.records` message."""
    return canonical(
        {
            "id": envelope.id,
            "observed_at": envelope.observed_at,
            "event_id": envelope.event_id,
            "producer": envelope.producer,
            "record": {"kind": envelope.record.kind, **content(envelope.record)},
        }
    )


def decode(data: bytes) -> Envelope:
    """Read an envelope back.

    Raises:
        pydantic.ValidationError: If the bytes are no envelope.
    """
    return Envelope.model_validate_json(data)


def subject(record: Record) -> str:
    """Return the Kafka key of a record: the job, dataset, model or run that it is about."""
    match record:
        case Derivation() | Resolution():
            return f"job:{record.job.namespace}/{record.job.name}"
        case RunState() | TrainingProfile():
            return f"run:{record.run_id}"
        case JobVersion():
            return f"job:{record.namespace}/{record.name}"
        case ModelVersion():
            return f"model:{record.namespace}/{record.name}"
        case Annotation() if record.target_kind in ("job", "model"):
            return f"{record.target_kind}:{record.namespace}/{record.name}"
        case DatasetVersion() | DatasetChange() | Annotation():
            return f"dataset:{record.namespace}/{record.name}"
        case Environment():
            return f"environment:{record_id(record)}"
        case Erasure():
            return f"person:{record.person}"
    raise TypeError(f"no subject for a {type(record).__name__}")
