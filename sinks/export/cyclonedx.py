"""A passport as a CycloneDX 1.6 ML-BOM.

The library has no class for a model card yet, so that one member is put into its JSON; its
validator checks the whole.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

import orjson

from ... import __version__
from ...schemas.records import ModelBase, ModelInput
from ..answers import Passport
from .identifiers import sha256_of, uri_of
from .sections import described

try:
    from cyclonedx.model import HashAlgorithm, HashType, Property, XsUri
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Commit, Component, ComponentType, Pedigree
    from cyclonedx.output.json import JsonV1Dot6
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"{error}; install it with `pip install 'headwater[bom]'`", name=error.name
    ) from error

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:headwater:cyclonedx")
_VERSION_LENGTH_MAX = 1024
_ROLES_OF_TESTS = frozenset({"test", "validation"})


def cyclonedx(passport: Passport) -> bytes:
    """Return a passport as CycloneDX JSON; the same one gives the same bytes."""
    bom = _bom(passport)
    document = orjson.loads(JsonV1Dot6(bom).output_as_string())
    document["metadata"]["component"]["modelCard"] = _model_card(passport)
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)


def _bom(passport: Passport) -> Bom:
    model = passport.model
    bom = Bom(serial_number=uuid.uuid5(_NAMESPACE, passport.id))
    bom.metadata.timestamp = passport.made_at or datetime.now(UTC)
    bom.metadata.tools.components.add(
        Component(name="headwater", version=__version__, type=ComponentType.APPLICATION)
    )
    subject = _model(passport)
    bom.metadata.component = subject
    parts = [*map(_data, _distinct(passport)), *map(_base, model.bases)]
    if passport.environment is not None:
        parts += [_library(*item) for item in passport.environment.libraries.items()]
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(subject, parts)
    return bom


def _model(passport: Passport) -> Component:
    model, code = passport.model, passport.code
    stated: dict[str, Any] = {
        "namespace": model.namespace,
        "run": model.run_id,
        "framework": model.framework,
        "artifact": model.artifact_uri,
        "artifact-digest": model.artifact_digest,
        "config-hash": model.config_hash,
        "command": " ".join(model.command) or None,
        **({"uncommitted-changes": code.dirty_diff} if code is not None else {}),
    }
    commits = []
    if code is not None and code.commit:
        url = uri_of(code.repository)
        commits.append(Commit(uid=code.commit, url=XsUri(url) if url else None))
    return Component(
        name=model.name,
        version=_version(model.version),
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=f"model:{passport.id}",
        hashes=_hashes(model.artifact_digest),
        properties=_properties({**stated, **{f"seed:{k}": v for k, v in model.seeds.items()}}),
        pedigree=Pedigree(commits=commits) if commits else None,
    )


def _data(item: ModelInput) -> Component:
    stated = {
        "namespace": item.namespace,
        "version-kind": item.version_kind,
        "rows": item.rows,
        "role": item.role,
        "columns": ", ".join(item.fields) or None,
        "caveat": item.caveat,
    }
    return Component(
        name=item.name,
        version=_version(item.version),
        type=ComponentType.DATA,
        bom_ref=_data_ref(item),
        hashes=_hashes(item.version),
        description=described(item),
        properties=_properties(stated),
    )


def _base(base: ModelBase) -> Component:
    return Component(
        name=base.name,
        version=_version(base.version),
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=f"base:{base.namespace}/{base.name}@{base.version}",
        properties=_properties({"namespace": base.namespace, "relation": base.relation}),
    )


def _library(name: str, version: str) -> Component:
    return Component(
        name=name,
        version=_version(version),
        type=ComponentType.LIBRARY,
        bom_ref=f"pkg:pypi/{name}@{version}",
    )


def _model_card(passport: Passport) -> dict[str, Any]:
    model = passport.model
    card: dict[str, Any] = {
        "modelParameters": {"datasets": [{"ref": _data_ref(item)} for item in _distinct(passport)]},
        "properties": [
            {"name": f"headwater:hyperparameter:{key}", "value": str(value)}
            for key, value in sorted(model.hyperparameters.items())
        ],
    }
    if model.metrics:
        metrics = [{"type": key, "value": str(value)} for key, value in model.metrics.items()]
        card["quantitativeAnalysis"] = {"performanceMetrics": metrics}
    return card


def _distinct(passport: Passport) -> tuple[ModelInput, ...]:
    return tuple({_data_ref(item): item for item in passport.model.inputs}.values())


def _data_ref(item: ModelInput) -> str:
    role = f" as {item.role}" if item.role in _ROLES_OF_TESTS else ""
    return f"data:{item.namespace}/{item.name}@{item.version}{role}"


def _version(stated: str | None) -> str | None:
    """Return a version within the length that the standard sets; the references hold it whole."""
    return stated and stated[:_VERSION_LENGTH_MAX]


def _hashes(digest: str | None) -> list[HashType]:
    found = sha256_of(digest)
    return [HashType(alg=HashAlgorithm.SHA_256, content=found)] if found else []


def _properties(stated: dict[str, Any]) -> list[Property]:
    return [
        Property(name=f"headwater:{name}", value=str(value))
        for name, value in stated.items()
        if value is not None
    ]
