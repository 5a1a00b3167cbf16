"""OpenLineage 2-0-2 events, read leniently: strict where meaning depends on it.

Real clients omit `eventType`, send null for empty lists, write times without a zone and
add facets of their own. All of that is accepted. What is refused is what could not be
placed in the graph: no time, no job or dataset, an empty name. Facets stay as they came;
the bytes of the whole event stay in `lineage.events`.

Source: https://openlineage.io/spec/2-0-2/OpenLineage.json
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AliasChoices,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from .names import DatasetName, JobName

NAME_LENGTH_MAX = 4096
COMPLAINTS_LENGTH_MAX = 500


class RunStateType(StrEnum):
    """A transition of a run. Clients may omit it; that reads as OTHER."""

    START = "START"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    ABORT = "ABORT"
    FAIL = "FAIL"
    OTHER = "OTHER"


def _or_empty_dict(value: Any) -> Any:
    return {} if value is None else value


def _or_empty_list(value: Any) -> Any:
    return () if value is None else value


def _with_zone(value: Any) -> Any:
    """Read a time without a zone as UTC, which is what such clients mean."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    raise ValueError("a time must be a string in ISO 8601")


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


Name = Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH_MAX)]
Facets = Annotated[dict[str, Any], BeforeValidator(_or_empty_dict)]
Time = Annotated[AwareDatetime, BeforeValidator(_with_zone)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Run(_Part):
    """One run of a job. The spec asks for a UUID; other ids that clients use are kept."""

    run_id: Name = Field(alias="runId")
    facets: Facets = {}


class Job(_Part):
    """A job and what is known of it."""

    namespace: Name
    name: Name
    facets: Facets = {}

    @property
    def key(self) -> JobName:
        """The job's name as a plain tuple."""
        return JobName(self.namespace, self.name)


class Dataset(_Part):
    """A dataset that is read, written or described."""

    namespace: Name
    name: Name
    facets: Facets = {}
    io_facets: Facets = Field(
        default={}, validation_alias=AliasChoices("inputFacets", "outputFacets", "io_facets")
    )

    @property
    def key(self) -> DatasetName:
        """The dataset's name as a plain tuple."""
        return DatasetName(self.namespace, self.name)


Datasets = Annotated[tuple[Dataset, ...], BeforeValidator(_or_empty_list)]


class Event(_Part):
    """A RunEvent (run and job), JobEvent (job alone) or DatasetEvent (dataset alone)."""

    event_time: Time = Field(alias="eventTime")
    producer: str = ""
    event_type: Annotated[RunStateType, BeforeValidator(_upper)] = Field(
        default=RunStateType.OTHER, alias="eventType"
    )
    run: Run | None = None
    job: Job | None = None
    dataset: Dataset | None = None
    inputs: Datasets = ()
    outputs: Datasets = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.job is not None and self.dataset is not None:
            raise ValueError("an event holds either `job` or `dataset`, not both")
        if self.job is None and self.dataset is None:
            raise ValueError("an event needs a `job` or a `dataset`")
        if self.run is not None and self.job is None:
            raise ValueError("a run needs its `job`")
        return self


def complaints(error: ValidationError) -> str:
    """Say what is wrong where, without the values, which may be personal."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    text = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'event'}: {e['msg']}" for e in found)
    return text[:COMPLAINTS_LENGTH_MAX]
