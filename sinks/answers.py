"""What questions of lineage are answered with, whoever answers: the graph, the index, the API.

Plain frozen objects; each says how complete it is and up to where it reflects the records.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from pydantic import BaseModel

from ..schemas.errors import HeadwaterError
from ..schemas.names import ColumnName, DatasetName, JobName
from ..schemas.records import Environment, JobVersion, ModelVersion

Named = ColumnName | DatasetName
T = TypeVar("T")


class UnknownSubjectError(HeadwaterError):
    """Nothing has that name."""


class AmbiguousSubjectError(HeadwaterError):
    """Several things have that name."""


class Position(NamedTuple):
    """Where a record stood in Kafka."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """The last link of the path to something: why it is in the answer.

    Attributes:
        subtype: How the source acts on the target, such as IDENTITY or FILTER.
        derivation: The id of the record that says so.
    """

    source: Named
    target: Named
    job: JobName
    type: str
    subtype: str
    masking: bool
    known_by: str | None
    derivation: str


@dataclass(frozen=True, slots=True)
class Related:
    """A column or dataset that an answer names.

    Attributes:
        direct: Whether values get there; otherwise rows, order or conditions rest on it.
        masked: Whether the values get there masked only.
        hops: How many derivations lie between.
        before: The column or dataset before it on the path.
        evidence: The link between the two.
    """

    name: Named
    direct: bool
    masked: bool
    hops: int
    before: Named | None
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Reach:
    """What lies downstream or upstream of a column or dataset.

    Attributes:
        columns, datasets: Nearest first, and of these at most as many as were asked for.
        columns_count, datasets_count: How many there are in all.
        hops_max: The longest way to any of them.
        cut: Why there may be more still; None if the answer is complete.
        offsets: Up to where in each partition the answer reflects the records; the graph
            does not know.
    """

    subject: Named
    columns: tuple[Related, ...]
    datasets: tuple[Related, ...]
    columns_count: int
    datasets_count: int
    hops_max: int
    cut: str | None
    offsets: tuple[Position, ...]

    @property
    def complete(self) -> bool:
        """Whether the walk was not cut."""
        return self.cut is None


class ModelName(NamedTuple):
    """A version of a model."""

    namespace: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A version of a model that was trained on something affected, or made from one that was.

    Attributes:
        columns: The affected columns it was trained on; empty where it took whole datasets.
        direct: Whether values of the subject got into it.
        base: The model that it was made from, where only that was trained on something
            affected.
    """

    namespace: str
    name: str
    version: str
    id: str
    columns: tuple[ColumnName, ...]
    direct: bool
    base: ModelName | None = None


@dataclass(frozen=True, slots=True)
class Impact:
    """What depends on a column, dataset or model: what breaks if it is dropped."""

    reach: Reach
    jobs: tuple[JobName, ...]
    models: tuple[ModelUse, ...]


@dataclass(frozen=True, slots=True)
class Passport:
    """A version of a model, with the code and environment that made it where they are known.

    Attributes:
        id: The id of the record that states the model.
        made_at: The time of the event that first states it; the graph does not know.
    """

    id: str
    model: ModelVersion
    code: JobVersion | None
    environment: Environment | None
    made_at: datetime | None = None

    @property
    def label(self) -> str:
        """How a person names it."""
        return f"{self.model.name}@{self.model.version}"


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a model, dataset or column comes from.

    Attributes:
        sources: Columns that no known column lies before.
        passport: Where the subject is a model.
    """

    reach: Reach
    sources: tuple[ColumnName, ...]
    jobs: tuple[JobName, ...]
    passport: Passport | None


@dataclass(frozen=True, slots=True)
class Path:
    """A way from one column or dataset to another: the strongest, then the shortest.

    Attributes:
        steps: From the first step to the target; empty if there is no way.
    """

    source: Named
    target: Named
    steps: tuple[Related, ...]
    cut: str | None
    offsets: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """An edge in force, without the derivation that states it."""

    source: Named
    target: Named
    job: JobName
    type: str
    subtype: str
    masking: bool


@dataclass(frozen=True, slots=True)
class Cause:
    """What made a change: the event's time and job, its run and the commit of its code."""

    at: datetime
    job: JobName | None
    run_id: str | None
    repository: str | None
    commit: str | None


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A column that is there now, is there no more, or is of another type.

    Attributes:
        before, after: Its type, where one is known.
    """

    name: ColumnName
    change: Literal["added", "removed", "retyped"]
    before: str | None
    after: str | None
    cause: Cause | None


class How(NamedTuple):
    """How the source of an edge acts on its target."""

    type: str
    subtype: str
    masking: bool


@dataclass(frozen=True, slots=True)
class EdgeChange:
    """An edge of a job that came into force, fell out of it, or acts in another way."""

    source: Named
    target: Named
    job: JobName
    change: Literal["added", "removed", "changed"]
    before: tuple[How, ...]
    after: tuple[How, ...]
    cause: Cause | None


@dataclass(frozen=True, slots=True)
class DatasetTurn:
    """What became of a dataset as a whole, such as DROP or RENAME.

    Attributes:
        previous: What it was called before it was renamed.
    """

    name: DatasetName
    change: str
    previous: DatasetName | None
    cause: Cause


@dataclass(frozen=True, slots=True)
class JobChange:
    """A job of which lineage is in force now and was not before, or the other way round."""

    name: JobName
    change: Literal["added", "removed"]
    cause: Cause | None


@dataclass(frozen=True, slots=True)
class ModelChange:
    """A model whose latest version was trained on something else than the one before.

    Attributes:
        before, after: The versions; None where there was none yet.
        added, removed: Columns, and datasets that were taken whole.
    """

    namespace: str
    name: str
    before: str | None
    after: str | None
    added: tuple[Named, ...]
    removed: tuple[Named, ...]
    cause: Cause | None


@dataclass(frozen=True, slots=True)
class DiffCounts:
    """How many changes there are in all."""

    columns: int
    edges: int
    datasets: int
    jobs: int
    models: int


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed between two times, of each kind at most as much as was asked for."""

    before: datetime
    after: datetime
    columns: tuple[ColumnChange, ...]
    edges: tuple[EdgeChange, ...]
    datasets: tuple[DatasetTurn, ...]
    jobs: tuple[JobChange, ...]
    models: tuple[ModelChange, ...]
    counts: DiffCounts
    cut: str | None
    offsets: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is said of a thing.

    Attributes:
        since: Since when it holds.
        id: The id of the record that says so.
    """

    key: str
    value: str
    by: str | None
    since: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Annotated:
    """What is said of a thing."""

    kind: Literal["dataset", "column", "job", "model"]
    namespace: str
    name: str
    field: str | None
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class ModelAtRisk:
    """A version of a model that rests on a column or dataset.

    Attributes:
        use: Which version, and on which columns of it the answer rests.
        latest: Whether no later version of the model is known.
        trained_at, job, run_id: When and by what it was made.
        last_run_at, last_run_state: Of the job that made it, as far as it is known.
        owners: Those of the model; where none are stated, of its job.
    """

    use: ModelUse
    latest: bool
    trained_at: datetime
    job: JobName | None
    run_id: str | None
    last_run_at: datetime | None
    last_run_state: str | None
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelsAtRisk:
    """The versions of models that break if a column or dataset is dropped."""

    subject: Named
    versions: tuple[ModelAtRisk, ...]
    models_count: int
    cut: str | None
    offsets: tuple[Position, ...]


VerdictWord = Literal["none", "masked", "weakened", "unknown", "exposed"]


@dataclass(frozen=True, slots=True)
class Step:
    """A link on the way from a source to a report, and what was left of the value after it."""

    source: Named
    target: Named
    job: JobName
    type: str
    subtype: str
    masking: bool
    derivation: str
    left: VerdictWord


@dataclass(frozen=True, slots=True)
class Finding:
    """Classified data of a source that a column of a report is made from.

    Attributes:
        data_class: The policy's name for it.
        classified_by: The annotations that say so, of the column or of its dataset.
        consents: The consent records in force for it.
        steps: The way from the source to the report; empty if the column is the source.
        allowed: What the policy allows to be shown.
        violated: Whether more is shown than that.
    """

    source: Named
    data_class: str
    verdict: VerdictWord
    classified_by: tuple[Note, ...]
    consents: tuple[Note, ...]
    steps: tuple[Step, ...]
    allowed: VerdictWord
    violated: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A place on the way from the sources that could not be resolved.

    Attributes:
        at: The column or dataset of which not all sources are known.
        reason: Why, in the resolver's words.
    """

    at: Named
    job: JobName | None
    reason: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """A column of a report, or a report of which no column is known, and what it shows.

    Attributes:
        findings: Classified sources that something is left of, the strongest first.
        findings_count: How many there are in all.
        gaps: Why there may be others.
    """

    name: Named
    verdict: VerdictWord
    findings: tuple[Finding, ...]
    findings_count: int
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class PiiReport:
    """What classified data a report shows, by whose consent.

    Attributes:
        subject: The dataset, column or model.
        version: That of the model.
        as_of, known_at: The times asked of; None for now.
        policy, policy_digest: The policy's name, and the SHA-256 of its text.
        verdict: The strongest of all columns.
        violated: Whether more is shown anywhere than the policy allows.
        columns: Those that show something first, then by name.
        sources_count: How many classified sources there are.
        classified_since: Sources that were classified only after `as_of`.
        cut: Why the sources may not be complete; None if they are.
    """

    subject: tuple[str, ...]
    version: str | None
    as_of: datetime | None
    known_at: datetime | None
    policy: str
    policy_digest: str
    verdict: VerdictWord
    violated: bool
    columns: tuple[ReportColumn, ...]
    sources_count: int
    classified_since: tuple[Named, ...]
    cut: str | None
    offsets: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class DatasetNode:
    """A dataset in a neighbourhood.

    Attributes:
        hops: From the subject, negative upstream; None where no way leads from or to it.
        columns: The first of them, in the order in which they became known.
        hidden_before, hidden_after: How many datasets next to it are not shown.
    """

    dataset: DatasetName
    hops: int | None
    columns: tuple[str, ...]
    columns_count: int
    hidden_before: int
    hidden_after: int


@dataclass(frozen=True, slots=True)
class DatasetLink:
    """All links from one dataset's columns to another's, which are places in a neighbourhood.

    Attributes:
        direct, indirect: How many links between columns there are.
        masked: Whether values get there masked only.
        subtypes: How sources act on targets, such as IDENTITY or FILTER.
        jobs: The first of those that make them.
    """

    source: int
    target: int
    direct: int
    indirect: int
    masked: bool
    subtypes: tuple[str, ...]
    jobs: tuple[JobName, ...]
    jobs_count: int


@dataclass(frozen=True, slots=True)
class ModelNode:
    """A model in a neighbourhood, by its latest version."""

    namespace: str
    name: str
    version: str
    id: str
    versions_count: int


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """That a model was trained on a dataset, which are places in a neighbourhood.

    Attributes:
        uses: How many columns it took, or 1 where it took the whole.
    """

    dataset: int
    model: int
    uses: int


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The datasets around one, and how they hang together.

    Attributes:
        subject: What was asked of; the first of the datasets is it, or holds it.
        changes: When any of it changed, for whoever looks for a time to ask about.
    """

    subject: Named
    datasets: tuple[DatasetNode, ...]
    links: tuple[DatasetLink, ...]
    models: tuple[ModelNode, ...]
    trained_on: tuple[TrainedOn, ...]
    changes: tuple[str, ...]
    cut: str | None
    offsets: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that a search found."""

    kind: Literal["column", "dataset", "job", "model"]
    name: ColumnName | ModelName | DatasetName | JobName


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found, whole words first.

    Attributes:
        cut: Whether there is more; None if these are all.
    """

    hits: tuple[Hit, ...]
    cut: str | None
    offsets: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run as its events left it.

    Attributes:
        state: That of the latest event.
        started_at, at: The times of its first and last event.
    """

    run_id: str
    job: JobName
    state: str
    started_at: datetime
    at: datetime
    parent: str | None
    inputs: tuple[DatasetName, ...]
    outputs: tuple[DatasetName, ...]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A refused message: why, and where the original stands."""

    position: Position
    at: datetime
    reason: str
    stage: str
    error: str
    source: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list.

    Attributes:
        count: How many there are in all.
        next: The `start` of the page after this one; None after the last.
        offsets: Up to where in each partition the answer reflects the records.
    """

    items: tuple[T, ...]
    count: int
    next: int | None
    offsets: tuple[Position, ...]


def page(items: Sequence[T], count: int, start: int, offsets: tuple[Position, ...]) -> Page[T]:
    """Return these items of a list as a page of it."""
    after = start + len(items)
    return Page(tuple(items), count, after if after < count else None, offsets)


def plain(value: Any) -> Any:
    """Return an answer as JSON values, its names as objects."""
    match value:
        case datetime():
            return value.isoformat()
        case BaseModel():
            return value.model_dump(mode="json")
        case tuple() if hasattr(value, "_asdict"):
            return value._asdict()
        case tuple() | list():
            return [plain(each) for each in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value
