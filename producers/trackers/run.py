"""A training run as a tracker recorded it, and the OpenLineage events that tell it."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import orjson

from ...schemas import facets
from ...schemas.errors import HeadwaterError
from ..provenance.hyperparameters import config_hash, flatten
from ..provenance.secrets import redact_arguments

State = Literal["COMPLETE", "FAIL", "ABORT", "RUNNING"]

_SEED_KEYS = frozenset({"seed", "random_seed", "random_state", "data_seed", "global_seed"})


class UnreadableError(HeadwaterError):
    """What a tracker left cannot be read."""


@dataclass(frozen=True, slots=True)
class TrackedModel:
    """A model that a run made.

    Attributes:
        version: The tracker's; the run's id if None.
        digest: As `provenance.artifacts.digest` gives it, or in the tracker's own way.
        bases: What it was made from, as `schemas.facets.MODEL` says.
    """

    name: str
    version: str | None = None
    uri: str | None = None
    digest: str | None = None
    framework: str | None = None
    registry: Mapping[str, str] = field(default_factory=dict)
    bases: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedRun:
    """A run as its tracker recorded it.

    Attributes:
        namespace: Of the job and of its models, such as `mlflow://host`.
        job: What the tracker groups runs by: an experiment, a project, a training job.
        id: The tracker's id of the run.
        at: When it ended, or was last heard of.
        parameters: Hyperparameters; nested ones are flattened, secrets hidden.
        inputs, outputs: Datasets, from `producers.provenance.datasets`.
        models: What it made. A run that completed without one made the job's own model.
        environment: Members of the environment facet.
        parent: The tracker's id of the run that started this one.
    """

    namespace: str
    job: str
    id: str
    state: State
    at: datetime
    started_at: datetime | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    inputs: tuple[Mapping[str, Any], ...] = ()
    outputs: tuple[Mapping[str, Any], ...] = ()
    models: tuple[TrackedModel, ...] = ()
    repository: str | None = None
    commit: str | None = None
    branch: str | None = None
    path: str | None = None
    command: Sequence[str] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    parent: str | None = None

    @property
    def run_id(self) -> str:
        """The run's id as OpenLineage wants it: a UUID, the same at every import."""
        return _uuid(self.namespace, self.id)


Read = TrackedRun | UnreadableError
"""What reading a run came to."""


def run_events(run: TrackedRun) -> Iterator[dict[str, Any]]:
    """Yield the events of a run: its start, where that is known, and how it is now.

    The same run gives the same events, so that importing it again adds nothing.
    """
    if run.started_at is not None and run.state != "RUNNING":
        yield _event(run, "START", run.started_at, {}, {}, ())
    run_facets, job_facets = _run_facets(run), _job_facets(run)
    yield _event(run, run.state, run.at, run_facets, job_facets, [*run.outputs, *_models(run)])


def read_each(files: Iterable[Path], read: Callable[[Path], TrackedRun]) -> Iterator[Read]:
    """Yield the run of each file, and for one that cannot be read the reason in its place."""
    for file in files:
        try:
            yield read(file)
        except UnreadableError as error:
            yield error
        except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
            yield UnreadableError(f"{file} is not as its tracker writes it: {error!r}")


def typed(text: str) -> Any:
    """Return a number or boolean as such: trackers keep many parameters as text."""
    try:
        read = orjson.loads(text.lower() if text in ("True", "False") else text)
    except orjson.JSONDecodeError:
        return text
    return read if isinstance(read, int | float) else text


def _event(
    run: TrackedRun,
    state: str,
    at: datetime,
    run_facets: dict[str, Any],
    job_facets: dict[str, Any],
    outputs: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    return {
        "eventType": state,
        "eventTime": at.astimezone(UTC).isoformat(),
        "producer": facets.PRODUCER,
        "schemaURL": facets.RUN_EVENT_SCHEMA,
        "run": {"runId": run.run_id, "facets": run_facets},
        "job": {"namespace": run.namespace, "name": run.job, "facets": job_facets},
        "inputs": [dict(item) for item in run.inputs],
        "outputs": [dict(item) for item in outputs],
    }


def _run_facets(run: TrackedRun) -> dict[str, Any]:
    parameters = flatten(run.parameters)
    seeds = {k: v for k, v in parameters.items() if k.rpartition(".")[2] in _SEED_KEYS}
    found: dict[str, Any] = {
        "executionParameters": facets.execution_parameters(parameters),
        facets.TRAINING: facets.own(
            facets.TRAINING,
            seeds=seeds,
            configHash=config_hash(parameters),
            command=redact_arguments(list(map(str, run.command))) or None,
        ),
    }
    if run.environment:
        found[facets.ENVIRONMENT] = facets.own(facets.ENVIRONMENT, **run.environment)
    if run.parent is not None:
        parent = _uuid(run.namespace, run.parent)
        found["parent"] = facets.parent(parent, run.namespace, run.job)
    return found


def _job_facets(run: TrackedRun) -> dict[str, Any]:
    if run.commit is None and run.repository is None:
        return {}
    location = facets.source_code_location(
        run.repository or "", run.commit or "", path=run.path, branch=run.branch
    )
    return {"sourceCodeLocation": location}


def _models(run: TrackedRun) -> Iterator[dict[str, Any]]:
    """Yield what the run made, or the job's own model where it completed without one."""
    own = (TrackedModel(run.job),) if run.state == "COMPLETE" else ()
    for model in run.models or own:
        facet = facets.own(
            facets.MODEL,
            version=model.version or run.id,
            framework=model.framework,
            artifactUri=model.uri,
            artifactDigest=model.digest,
            metrics=dict(run.metrics) or None,
            bases=[dict(base) for base in model.bases] or None,
            registry=dict(model.registry) or None,
        )
        yield {"namespace": run.namespace, "name": model.name, "facets": {facets.MODEL: facet}}


def _uuid(namespace: str, own: str) -> str:
    try:
        return str(uuid.UUID(own))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{namespace}/{own}"))
