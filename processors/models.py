"""Events of training runs to model passports and environments."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..schemas import facets
from ..schemas.openlineage import Dataset, Event
from ..schemas.records import (
    Environment,
    JobRef,
    ModelBase,
    ModelInput,
    ModelVersion,
    Scalar,
    record_id,
)


def model_versions(event: Event, *, job_version: str | None = None) -> list[ModelVersion]:
    """Return the passport of every model that an event's run made.

    Args:
        event: An event whose outputs carry the model facet; others give none.
        job_version: The id of the event's JobVersion.
    """
    return [
        _model_version(event, output, job_version)
        for output in event.outputs
        if facets.MODEL in output.facets
    ]


def environment(event: Event) -> Environment | None:
    """Return what an event's run ran in; None where it does not say."""
    facet = _facet(event.run.facets if event.run else {}, facets.ENVIRONMENT)
    if not facet:
        return None
    return Environment(
        image=_text(facet, "image"),
        image_digest=_text(facet, "imageDigest"),
        python=_text(facet, "python"),
        platform=_text(facet, "platform"),
        libraries=_texts(facet, "libraries"),
        hardware=_texts(facet, "hardware"),
    )


def _model_version(event: Event, output: Dataset, job_version: str | None) -> ModelVersion:
    facet = _facet(output.facets, facets.MODEL)
    run_facets: Mapping[str, Any] = event.run.facets if event.run else {}
    run_id = event.run.run_id if event.run else None
    training = _facet(run_facets, facets.TRAINING)
    found = environment(event)
    return ModelVersion(
        namespace=output.namespace,
        name=output.name,
        version=_text(facet, "version") or run_id or event.event_time.isoformat(),
        run_id=run_id,
        job=JobRef(namespace=event.job.namespace, name=event.job.name) if event.job else None,
        job_version=job_version,
        environment=record_id(found) if found else None,
        inputs=_inputs(event.inputs),
        hyperparameters=_hyperparameters(run_facets),
        seeds={name: _seed(value) for name, value in _mapping(training, "seeds").items()},
        metrics=_metrics(facet),
        framework=_text(facet, "framework"),
        artifact_uri=_text(facet, "artifactUri"),
        artifact_digest=_text(facet, "artifactDigest"),
        determinism=_scalars(_mapping(training, "determinism")),
        config_hash=_text(training, "configHash"),
        command=tuple(map(str, _sequence(training, "command"))),
        folder=_text(training, "folder"),
        scheduler=_texts(training, "scheduler"),
        bases=tuple(map(_base, _sequence(facet, "bases"))),
        registry=_texts(facet, "registry"),
    )


def _inputs(inputs: Iterable[Dataset]) -> tuple[ModelInput, ...]:
    """Return the inputs once each, in canonical order: clients may state them in any."""
    found = {_input(dataset) for dataset in inputs}
    return tuple(sorted(found, key=lambda item: item.model_dump_json()))


def _input(dataset: Dataset) -> ModelInput:
    used = _facet(dataset.facets, facets.COLUMNS_USED)
    version = _facet(dataset.facets, "version")
    return ModelInput(
        namespace=dataset.namespace,
        name=dataset.name,
        version=_text(version, "datasetVersion"),
        fields=tuple(sorted(set(map(str, _sequence(used, "fields"))))),
        role=_text(used, "role"),
        version_kind=_text(used, "versionKind"),
        rows=_text(used, "rows"),
        caveat=_text(used, "caveat"),
    )


def _hyperparameters(run_facets: Mapping[str, Any]) -> dict[str, Scalar]:
    facet = _facet(run_facets, "executionParameters")
    stated = [item for item in _sequence(facet, "parameters") if isinstance(item, Mapping)]
    return _scalars({str(item.get("key")): item.get("value") for item in stated})


def _base(base: Any) -> ModelBase:
    stated = base if isinstance(base, Mapping) else {"name": base}
    return ModelBase(
        namespace=str(stated.get("namespace", "")),
        name=str(stated.get("name", "")),
        version=_text(stated, "version"),
        relation=str(stated.get("relation", "finetuned")),
    )


def _metrics(facet: Mapping[str, Any]) -> dict[str, float]:
    """Return metrics as numbers; JSON holds neither NaN nor infinity."""
    stated = _mapping(facet, "metrics")
    return {
        name: float(value)
        for name, value in stated.items()
        if isinstance(value, int | float) and float(value) - float(value) == 0
    }


def _seed(value: Any) -> int | str:
    """A seed beyond the doubles' exact range goes as text: JSON readers would round it."""
    exact = isinstance(value, int) and abs(value) < 2**53
    return value if exact else str(value)


def _scalars(stated: Mapping[str, Any]) -> dict[str, Scalar]:
    return {name: _scalar(value) for name, value in stated.items()}


def _scalar(value: Any) -> Scalar:
    if isinstance(value, int) and not isinstance(value, bool):
        return _seed(value)
    return value if value is None or isinstance(value, str | float | bool) else str(value)


def _facet(stated: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a facet; clients are known to send null, or no object, for one."""
    facet = stated.get(key)
    return facet if isinstance(facet, Mapping) else {}


def _mapping(facet: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = facet.get(key)
    return {str(k): v for k, v in value.items()} if isinstance(value, Mapping) else {}


def _sequence(facet: Mapping[str, Any], key: str) -> list[Any]:
    value = facet.get(key)
    return list(value) if isinstance(value, list | tuple) else []


def _texts(facet: Mapping[str, Any], key: str) -> dict[str, str]:
    stated = _mapping(facet, key)
    return {name: str(value) for name, value in stated.items() if value is not None}


def _text(facet: Mapping[str, Any], key: str) -> str | None:
    value = facet.get(key)
    return None if value is None else str(value)
