"""SageMaker: its lineage entities, from the service or from answers of it that were saved.

A training job is a trial component there. Datasets, images and code are artifacts that
contributed to it, models are artifacts that it produced.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from ..provenance.datasets import used, versioned
from .run import State, TrackedModel, TrackedRun, UnreadableError, typed

_STATES: Mapping[str, State] = {
    "Completed": "COMPLETE",
    "Failed": "FAIL",
    "Stopped": "ABORT",
    "Stopping": "ABORT",
}
_KINDS = {"S3Version": "s3", "S3ETag": "s3-etag", "MD5Hash": "md5"}


@dataclass(slots=True)
class Entities:
    """Lineage entities by ARN, each as `describe_…` or `list_…` answers it.

    Attributes:
        associations: Source, destination and type of each.
    """

    artifacts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    components: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    associations: set[tuple[str, str, str]] = field(default_factory=set)

    def take(self, answer: Mapping[str, Any]) -> None:
        """Take in an answer of boto3 or of the AWS command line; others state nothing here."""
        for one in answer.get("AssociationSummaries", ()):
            kind = one.get("AssociationType", "AssociatedWith")
            self.associations.add((one["SourceArn"], one["DestinationArn"], kind))
        for one in (*answer.get("ArtifactSummaries", ()), answer):
            if "ArtifactArn" in one:
                known = self.artifacts.get(one["ArtifactArn"], {})
                self.artifacts[one["ArtifactArn"]] = {**known, **one}
        for one in (*answer.get("TrialComponentSummaries", ()), answer):
            if "TrialComponentArn" in one:
                known = self.components.get(one["TrialComponentArn"], {})
                self.components[one["TrialComponentArn"]] = {**known, **one}


def runs(entities: Entities) -> Iterator[TrackedRun]:
    """Yield every trial component that read or made an artifact, oldest first."""
    read_by: defaultdict[str, list[str]] = defaultdict(list)
    made_by: defaultdict[str, list[str]] = defaultdict(list)
    for source, target, kind in sorted(entities.associations):
        if kind == "Produced":
            made_by[source].append(target)
        else:
            read_by[target].append(source)
    for arn, component in sorted(entities.components.items(), key=lambda each: _began(each[1])):
        read, made = (
            [entities.artifacts[each] for each in ends[arn] if each in entities.artifacts]
            for ends in (read_by, made_by)
        )
        if read or made:
            yield _tracked(arn, component, read, made)


def live(client: Any) -> Entities:
    """Return the lineage entities of an account and region.

    Args:
        client: `boto3.client("sagemaker")`, which may list and describe lineage.
    """
    entities = Entities()
    for summary in _all(client.list_trial_components, "TrialComponentSummaries"):
        name = summary["TrialComponentName"]
        entities.take(client.describe_trial_component(TrialComponentName=name))
    for arn in list(entities.components):
        for end in ("SourceArn", "DestinationArn"):
            found = _all(client.list_associations, "AssociationSummaries", **{end: arn})
            entities.take({"AssociationSummaries": list(found)})
    for arn in sorted({end for pair in entities.associations for end in pair[:2]}):
        if ":artifact/" in arn:
            entities.take(client.describe_artifact(ArtifactArn=arn))
    return entities


def saved(path: Path) -> Entities:
    """Return the entities in JSON files of answers: one, or a list of several, in each.

    Raises:
        UnreadableError: If a file is no JSON, or none of them states an entity.
    """
    entities = Entities()
    for file in [path] if path.is_file() else sorted(path.rglob("*.json")):
        try:
            read = orjson.loads(file.read_bytes())
        except orjson.JSONDecodeError as error:
            raise UnreadableError(f"{file} is no JSON: {error}") from error
        for answer in read if isinstance(read, list) else [read]:
            if isinstance(answer, dict):
                entities.take(answer)
    if not entities.components:
        raise UnreadableError(
            f"{path} describes no trial component of SageMaker",
            remedy="Save what `aws sagemaker describe-trial-component`, `list-associations` and "
            "`describe-artifact` print.",
        )
    return entities


def _all(request: Any, member: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
    """Yield what all pages of a listing hold."""
    while True:
        answer = request(**arguments)
        yield from answer[member]
        if not answer.get("NextToken"):
            return
        arguments["NextToken"] = answer["NextToken"]


def _tracked(
    arn: str,
    component: Mapping[str, Any],
    read: Iterable[Mapping[str, Any]],
    made: Iterable[Mapping[str, Any]],
) -> TrackedRun:
    stated = component.get("MetadataProperties") or {}
    status = (component.get("Status") or {}).get("PrimaryStatus", "")
    ended = component.get("EndTime") or component.get("LastModifiedTime")
    kinds: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for artifact in read:
        kinds[str(artifact.get("ArtifactType", "")).lower()].append(artifact)
    images = [_uri(artifact) for artifact in kinds.pop("image", [])]
    kinds.pop("code", None)
    bases = [_base(artifact) for artifact in kinds.pop("model", [])]
    models = [a for a in made if str(a.get("ArtifactType", "")).lower() == "model"]
    parameters = component.get("Parameters") or {}
    return TrackedRun(
        namespace=":".join(arn.split(":")[:5]),
        job=component.get("DisplayName") or component["TrialComponentName"],
        id=arn,
        state=_STATES.get(status, "RUNNING"),
        at=_time(ended or component["CreationTime"]),
        started_at=_began(component),
        parameters={
            name: value.get("NumberValue", typed(str(value.get("StringValue", ""))))
            for name, value in parameters.items()
            if name not in _SETTINGS
        },
        metrics={each["MetricName"]: each["Last"] for each in component.get("Metrics") or ()},
        inputs=tuple(_input(artifact) for each in kinds.values() for artifact in each),
        models=tuple(_model(artifact, component, tuple(bases)) for artifact in models),
        repository=stated.get("Repository"),
        commit=stated.get("CommitId"),
        environment=_environment(parameters, images),
    )


# Parameters of a training job's trial component that say where it ran.
_SETTINGS = {
    "SageMaker.ImageUri": "image",
    "SageMaker.InstanceCount": "instances",
    "SageMaker.InstanceType": "instance",
    "SageMaker.VolumeSizeInGB": "volume_gb",
}


def _environment(parameters: Mapping[str, Any], images: list[str]) -> dict[str, Any]:
    stated = {
        _SETTINGS[name]: str(value.get("StringValue", value.get("NumberValue")))
        for name, value in parameters.items()
        if name in _SETTINGS
    }
    image = stated.pop("image", None) or next(iter(images), None)
    digest = image.partition("@")[2] if image else None
    found = {"image": image, "imageDigest": digest or None, "hardware": stated or None}
    return found if any(found.values()) else {}


def _input(artifact: Mapping[str, Any]) -> dict[str, Any]:
    """Return an artifact by its own id where SageMaker was told one."""
    namespace, name = _place(_uri(artifact))
    role = next((each for each in ("train", "validation", "test") if each in name.lower()), None)
    for source in (artifact.get("Source") or {}).get("SourceTypes") or ():
        kind = _KINDS.get(source.get("SourceIdType", ""))
        if kind is not None:
            found = versioned(namespace, name, kind=kind, version=source["Value"])
            return used(found, role=role)
    return used({"namespace": namespace, "name": name}, role=role)


def _model(
    artifact: Mapping[str, Any],
    component: Mapping[str, Any],
    bases: tuple[Mapping[str, str], ...],
) -> TrackedModel:
    name = component.get("DisplayName") or component["TrialComponentName"]
    properties = artifact.get("Properties") or {}
    group = properties.get("ModelPackageGroupName")
    return TrackedModel(
        str(group or name),
        version=properties.get("ModelPackageVersion") or component["TrialComponentName"],
        uri=_uri(artifact),
        registry={"name": str(group)} if group else {},
        bases=bases,
    )


def _base(artifact: Mapping[str, Any]) -> dict[str, str]:
    namespace, name = _place(_uri(artifact))
    return {"namespace": namespace, "name": name, "relation": "finetuned"}


def _uri(artifact: Mapping[str, Any]) -> str:
    return str((artifact.get("Source") or {}).get("SourceUri", ""))


def _place(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    if parts.scheme and parts.netloc:
        return f"{parts.scheme}://{parts.netloc}", parts.path.lstrip("/") or "/"
    return "sagemaker", uri


def _began(component: Mapping[str, Any]) -> datetime:
    return _time(component.get("StartTime") or component["CreationTime"])


def _time(stated: Any) -> datetime:
    """Return a time as boto3 gives it, or as the command line writes it."""
    if isinstance(stated, int | float):
        return datetime.fromtimestamp(stated, UTC)
    found = datetime.fromisoformat(stated) if isinstance(stated, str) else stated
    assert isinstance(found, datetime)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
