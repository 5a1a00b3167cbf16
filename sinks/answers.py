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


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A version of a model that was trained on something affected.

    Attributes:
        columns: The affected columns it was trained on; empty where it took whole datasets.
        direct: Whether values of the subject got into it.
    """

    namespace: str
    name: str
    version: str
    id: str
    columns: tuple[ColumnName, ...]
    direct: bool


@dataclass(frozen=True, slots=True)
class Impact:
    """What depends on a column or dataset: what breaks if it is dropped."""

    reach: Reach
    jobs: tuple[JobName, ...]
    models: tuple[ModelUse, ...]


@dataclass(frozen=True, slots=True)
class Passport:
    """A version of a model, with the code and environment that made it where they are known.

    Attributes:
        id: The id of the record that states the model.
    """

    id: str
    model: ModelVersion
    code: JobVersion | None
    environment: Environment | None


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
class Diff:
    """What changed between two times.

    Attributes:
        added, removed: At most as many as were asked for.
    """

    before: datetime
    after: datetime
    added: tuple[Link, ...]
    removed: tuple[Link, ...]
    added_count: int
    removed_count: int
    cut: str | None
    offsets: tuple[Position, ...]


class ModelName(NamedTuple):
    """A version of a model."""

    namespace: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class DatasetNode:
    """A dataset in a neighbourhood.

    Attributes:
        hops: From the subject; negative upstream.
        columns: The first of them, in the order in which they became known.
        hidden_before, hidden_after: How many datasets next to it are not shown.
    """

    dataset: DatasetName
    hops: int
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
