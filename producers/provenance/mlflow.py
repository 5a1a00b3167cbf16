"""MLflow runs as lineage: what its tracking server recorded, told as OpenLineage events."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from ...schemas import facets
from .datasets import used, versioned
from .secrets import hide

_STATES = {"FINISHED": "COMPLETE", "FAILED": "FAIL", "KILLED": "ABORT"}


def events(client: Any, experiment: str, *, namespace: str) -> Iterator[dict[str, Any]]:
    """Yield the event of every run of an experiment, oldest first.

    Args:
        client: An `mlflow.MlflowClient`.
        experiment: Its name.
        namespace: The namespace of jobs and models, such as `mlflow://host`.
    """
    found = client.get_experiment_by_name(experiment)
    if found is None:
        return
    token = None
    while True:
        page = client.search_runs(
            [found.experiment_id], order_by=["attributes.start_time ASC"], page_token=token
        )
        for run in page:
            models = client.search_model_versions(f"run_id='{run.info.run_id}'")
            yield event(run, experiment=experiment, namespace=namespace, models=models)
        token = page.token
        if not token:
            return


def event(
    run: Any, *, experiment: str, namespace: str, models: Iterable[Any] = ()
) -> dict[str, Any]:
    """Return the event of one run, as of now.

    Args:
        run: An `mlflow.entities.Run`.
        experiment: The experiment's name: the job, and the model's name where none is
            registered.
        namespace: The namespace of jobs and models.
        models: The registered versions that it made.
    """
    tags = run.data.tags
    return {
        "eventType": _STATES.get(run.info.status, "RUNNING"),
        "eventTime": _time(run.info.end_time or run.info.start_time),
        "producer": facets.PRODUCER,
        "schemaURL": facets.RUN_EVENT_SCHEMA,
        "run": {"runId": str(uuid.UUID(run.info.run_id)), "facets": _run_facets(run)},
        "job": {"namespace": namespace, "name": experiment, "facets": _job_facets(tags)},
        "inputs": [_input(item) for item in run.inputs.dataset_inputs],
        "outputs": _outputs(run, experiment, namespace, list(models)),
    }


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def _run_facets(run: Any) -> dict[str, Any]:
    parameters = {key: hide(key, _typed(value)) for key, value in run.data.params.items()}
    found = {"executionParameters": facets.execution_parameters(parameters)}
    image, digest = (run.data.tags.get(f"mlflow.docker.image.{key}") for key in ("uri", "id"))
    if image or digest:
        found[facets.ENVIRONMENT] = facets.own(facets.ENVIRONMENT, image=image, imageDigest=digest)
    return found


def _typed(value: str) -> Any:
    """Return a number or boolean as such: MLflow keeps all parameters as text."""
    try:
        read = orjson.loads(value.lower() if value in {"True", "False"} else value)
    except orjson.JSONDecodeError:
        return value
    return read if isinstance(read, int | float) else value


def _job_facets(tags: Mapping[str, str]) -> dict[str, Any]:
    commit = tags.get("mlflow.source.git.commit")
    if commit is None:
        return {}
    location = facets.source_code_location(
        tags.get("mlflow.source.git.repoURL", ""),
        commit,
        path=tags.get("mlflow.source.name"),
        branch=tags.get("mlflow.source.git.branch"),
    )
    return {"sourceCodeLocation": location}


def _input(item: Any) -> dict[str, Any]:
    dataset = item.dataset
    namespace, name = _place(dataset)
    context = next((tag.value for tag in item.tags if tag.key == "mlflow.data.context"), None)
    found = versioned(namespace, name, kind="mlflow", version=dataset.digest)
    return used(found, columns=_columns(dataset.schema), role=_ROLES.get(context or "", context))


_ROLES = {"training": "train", "eval": "validation"}


def _place(dataset: Any) -> tuple[str, str]:
    """Return where a dataset lies, by its source's address where it has one."""
    source = _json(dataset.source)
    parts = urlsplit(str(source.get("uri") or source.get("url") or source.get("path") or ""))
    if parts.scheme and parts.netloc:
        return f"{parts.scheme}://{parts.netloc}", parts.path.lstrip("/")
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


def _outputs(run: Any, experiment: str, namespace: str, models: list[Any]) -> list[dict[str, Any]]:
    """Return the registered versions, or the run's own model where it finished without one."""
    if models:
        return [_registered(run, namespace, model) for model in models]
    if run.info.status != "FINISHED":
        return []
    facet = facets.own(
        facets.MODEL,
        version=run.info.run_id,
        artifactUri=run.info.artifact_uri,
        metrics=run.data.metrics or None,
    )
    return [{"namespace": namespace, "name": experiment, "facets": {facets.MODEL: facet}}]


def _registered(run: Any, namespace: str, model: Any) -> dict[str, Any]:
    registry = {"name": model.name, "version": str(model.version)}
    if aliases := list(getattr(model, "aliases", None) or ()):
        registry["alias"] = ",".join(sorted(aliases))
    facet = facets.own(
        facets.MODEL,
        version=str(model.version),
        artifactUri=model.source,
        metrics=run.data.metrics or None,
        registry=registry,
    )
    return {"namespace": namespace, "name": model.name, "facets": {facets.MODEL: facet}}
