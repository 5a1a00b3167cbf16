"""MLflow: the runs and registered models of a tracking server or store."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from ..emitter import Emitter
from ..provenance.datasets import used, versioned
from ..provenance.environment import environment
from ..provenance.secrets import address
from ..provenance.training_run import MLFLOW_TAG
from .run import State, TrackedModel, TrackedRun, run_events, typed

_STATES: Mapping[str, State] = {"FINISHED": "COMPLETE", "FAILED": "FAIL", "KILLED": "ABORT"}
_ROLES = {"training": "train", "eval": "validation"}


def runs(client: Any, *, namespace: str, experiment: str | None = None) -> Iterator[TrackedRun]:
    """Yield the runs of an experiment, or of all, oldest first.

    Args:
        client: An `mlflow.MlflowClient`.
        namespace: The namespace of jobs and models, such as `mlflow://host`.
        experiment: Its name; all if None.
    """
    for found in _experiments(client, experiment):
        order = ["attributes.start_time ASC"]
        for run in _all(client.search_runs, [found.experiment_id], order_by=order):
            yield tracked(client, run, namespace=namespace, experiment=found.name)


def emit(client: Any, run_id: str, *, namespace: str, emitter: Emitter | None = None) -> None:
    """Tell one run as it is now: from the job that made it, whose environment goes with it.

    Args:
        client: An `mlflow.MlflowClient`.
        run_id: MLflow's id of the run, which then carries the id here as a tag.
        namespace: The namespace of jobs and models, such as `mlflow://host`.
        emitter: Takes the events; the process's default emitter if None.
    """
    run = client.get_run(run_id)
    experiment = client.get_experiment(run.info.experiment_id).name
    found = tracked(client, run, namespace=namespace, experiment=experiment)
    client.set_tag(run_id, MLFLOW_TAG, found.run_id)
    here = {name: value for name, value in environment().items() if value is not None}
    for event in run_events(replace(found, environment={**here, **found.environment})):
        (emitter or Emitter.default()).emit(event)


def tracked(client: Any, run: Any, *, namespace: str, experiment: str) -> TrackedRun:
    """Return an `mlflow.entities.Run` with the models that the registry has of it."""
    tags = run.data.tags
    started = _time(run.info.start_time)
    return TrackedRun(
        namespace=namespace,
        job=experiment,
        id=run.info.run_id,
        state=_STATES.get(run.info.status, "RUNNING"),
        at=_time(run.info.end_time or run.info.start_time),
        started_at=started,
        parameters={key: typed(value) for key, value in run.data.params.items()},
        metrics=run.data.metrics,
        inputs=tuple(map(_input, run.inputs.dataset_inputs)),
        models=tuple(_models(client, run)),
        repository=_text(tags, "mlflow.source.git.repoURL"),
        commit=_text(tags, "mlflow.source.git.commit"),
        branch=_text(tags, "mlflow.source.git.branch"),
        path=_text(tags, "mlflow.source.name"),
        environment=_environment(tags),
        parent=_text(tags, "mlflow.parentRunId"),
    )


def _experiments(client: Any, name: str | None) -> Iterable[Any]:
    if name is None:
        return sorted(_all(client.search_experiments), key=lambda each: each.name)
    found = client.get_experiment_by_name(name)
    return [found] if found is not None else []


def _all(search: Any, *arguments: Any, **options: Any) -> Iterator[Any]:
    """Yield what all pages of a search hold."""
    token = None
    while True:
        page = search(*arguments, page_token=token, **options)
        yield from page
        token = page.token
        if not token:
            return


def _time(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def _text(tags: Mapping[str, str], key: str) -> str | None:
    value = tags.get(key)
    return address(value) if value else None


def _environment(tags: Mapping[str, str]) -> dict[str, Any]:
    stated = {"image": "mlflow.docker.image.uri", "imageDigest": "mlflow.docker.image.id"}
    return {member: tags[tag] for member, tag in stated.items() if tags.get(tag)}


def _input(item: Any) -> dict[str, Any]:
    dataset = item.dataset
    namespace, name = _place(dataset)
    context = next((tag.value for tag in item.tags if tag.key == "mlflow.data.context"), None)
    found = versioned(namespace, name, kind="mlflow", version=dataset.digest)
    return used(found, columns=_columns(dataset.schema), role=_ROLES.get(context or "", context))


def _place(dataset: Any) -> tuple[str, str]:
    """Return where a dataset lies, by its source's address where it has one."""
    source = _json(dataset.source)
    parts = urlsplit(str(source.get("uri") or source.get("url") or source.get("path") or ""))
    if parts.scheme and parts.netloc:
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}", parts.path.lstrip("/")
    return ("file", parts.path) if parts.path else ("mlflow://datasets", dataset.name)


def _columns(schema: str | None) -> list[str]:
    stated = _json(schema).get("mlflow_colspec")
    return [str(each["name"]) for each in stated or () if "name" in each]


def _json(text: str | None) -> dict[str, Any]:
    try:
        read = orjson.loads(text or "")
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}


def _models(client: Any, run: Any) -> Iterator[TrackedModel]:
    """Yield the registered versions of a run, else the models that it logged."""
    registered = list(_all(client.search_model_versions, f"run_id='{run.info.run_id}'"))
    for model in registered:
        # A search leaves the aliases out.
        yield _registered(client.get_model_version(model.name, model.version))
    logged = getattr(getattr(run, "outputs", None), "model_outputs", None) or ()
    for output in logged if not registered else ():
        model = client.get_logged_model(output.model_id)
        yield TrackedModel(model.name, version=model.model_id, uri=model.artifact_location)


def _registered(model: Any) -> TrackedModel:
    registry = {"name": model.name, "version": str(model.version)}
    if aliases := list(getattr(model, "aliases", None) or ()):
        registry["alias"] = ",".join(sorted(aliases))
    return TrackedModel(model.name, str(model.version), uri=model.source, registry=registry)
