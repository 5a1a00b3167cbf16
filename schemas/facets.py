"""OpenLineage facets that are Headwater's own, and the small builders for those we send.

A facet's key starts with `headwater_`, as the spec asks of custom facets. Producers build
plain dicts with these functions; the worker reads them by the same keys.
"""

from typing import Any

PRODUCER = "urn:headwater:producer"
SPEC = "https://openlineage.io/spec"
RUN_EVENT_SCHEMA = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
JOB_EVENT_SCHEMA = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/JobEvent"
DATASET_EVENT_SCHEMA = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/DatasetEvent"

JOB_EVENT_SCHEMA = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/JobEvent"

SQL_CONTEXT = "headwater_sqlContext"
"""Job facet: where unqualified names of the statement lead. `dialect`, `namespace`,
`catalog`, `schema`; `session`, which the statements of one database session share, and `user`,
who ran it."""

COLUMNS_USED = "headwater_columnsUsed"
"""Facet of an input of a training run: `fields`, the columns that were fed to the model,
`role` (`train`, `validation`, `test`), `rows` (which of them, as text), `versionKind` (what
sort of id its version is) and `caveat` (what that id cannot tell)."""

MODEL = "headwater_model"
"""Facet of an output that is a model: `version`, `framework`, `artifactUri`,
`artifactDigest`, `metrics`, `bases` (models it was made from: `namespace`, `name`,
`version`, `relation`), `registry` (`name`, `version`, `alias`)."""

TRAINING = "headwater_training"
"""Run facet of a training run: `seeds`, `determinism`, `configHash`, `command` (the command
line, redacted), `folder`, `scheduler`."""

ENVIRONMENT = "headwater_environment"
"""Run facet: `image`, `imageDigest`, `container`, `python`, `platform`, `libraries`,
`hardware`."""

ERASURE = "headwater_erasure"
"""Job facet: `person`, whose key was destroyed, as sealed texts name it. The event's time is
that of the destruction."""

DIRTY_DIFF = "headwater_dirtyDiff"
"""Job facet: `sha256` of the uncommitted changes a run was started with, `patch` (those of
tracked files, secrets hidden, left out where too large) and `untracked` (name and SHA-256
of each file that git does not know)."""


ANNOTATIONS = "headwater_annotations"
"""Facet of the dataset of a DatasetEvent, or of the job of a JobEvent: `annotations`, a list
of what is put on it or taken off (`key`, `value`, `action`: `put` or `remove`, `by`), each
with the `field` where it is said of a column. `on` is `model` where the event's dataset is
none but a model of that name."""


def facet(schema: str, /, **fields: Any) -> dict[str, Any]:
    """Return a facet with the two members that every facet carries.

    Args:
        schema: The facet's `_schemaURL`.
        fields: Its members; None leaves one out.
    """
    present = {name: value for name, value in fields.items() if value is not None}
    return {"_producer": PRODUCER, "_schemaURL": schema, **present}


def own(key: str, /, **fields: Any) -> dict[str, Any]:
    """Return one of Headwater's own facets, to be put under `key`."""
    return facet(f"urn:headwater:facet:{key.removeprefix('headwater_')}:1-0-0", **fields)


def schema(fields: list[tuple[str, str]]) -> dict[str, Any]:
    """Return a dataset's `schema` facet from (column, type) pairs."""
    return facet(
        f"{SPEC}/facets/1-2-0/SchemaDatasetFacet.json",
        fields=[{"name": name, "type": type_} for name, type_ in fields],
    )


def sql(query: str, dialect: str | None = None) -> dict[str, Any]:
    """Return a job's `sql` facet."""
    return facet(f"{SPEC}/facets/1-1-0/SQLJobFacet.json", query=query, dialect=dialect)


def version(dataset_version: str) -> dict[str, Any]:
    """Return a dataset's `version` facet."""
    return facet(
        f"{SPEC}/facets/1-0-1/DatasetVersionDatasetFacet.json", datasetVersion=dataset_version
    )


def parent(run_id: str, namespace: str, name: str) -> dict[str, Any]:
    """Return a run's `parent` facet."""
    return facet(
        f"{SPEC}/facets/1-1-0/ParentRunFacet.json",
        run={"runId": run_id},
        job={"namespace": namespace, "name": name},
    )


def error_message(message: str, stack_trace: str | None = None) -> dict[str, Any]:
    """Return a run's `errorMessage` facet."""
    return facet(
        f"{SPEC}/facets/1-0-1/ErrorMessageRunFacet.json",
        message=message,
        programmingLanguage="python",
        stackTrace=stack_trace,
    )


def execution_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return a run's `executionParameters` facet: hyperparameters and the like."""
    return facet(
        f"{SPEC}/facets/1-0-0/ExecutionParametersRunFacet.json",
        parameters=[{"key": key, "value": value} for key, value in parameters.items()],
    )


def source_code_location(
    repository: str, commit: str, *, path: str | None = None, branch: str | None = None
) -> dict[str, Any]:
    """Return a job's `sourceCodeLocation` facet."""
    return facet(
        f"{SPEC}/facets/1-0-1/SourceCodeLocationJobFacet.json",
        type="git",
        url=repository,
        repoUrl=repository,
        version=commit,
        path=path,
        branch=branch,
    )
