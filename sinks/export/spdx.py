"""A passport as an SPDX 3.0.1 AI-BOM in JSON-LD, by the SPDX project's own bindings."""

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ... import __version__
from ...schemas.canonical import element_id
from ...schemas.records import ModelBase, ModelInput
from ..answers import Passport
from .identifiers import sha256_of, uri_of
from .sections import described

try:
    from spdx_python_model import v3_0_1 as model
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"{error}; install it with `pip install 'headwater[bom]'`", name=error.name
    ) from error

_RELATIONSHIPS = model.RelationshipType
_PURPOSES = model.software_SoftwarePurpose
_PROFILES = tuple(
    getattr(model.ProfileIdentifierType, name) for name in ("core", "software", "ai", "dataset")
)


def spdx(passport: Passport) -> bytes:
    """Return a passport as SPDX JSON-LD; the same one gives the same bytes."""
    written = io.BytesIO()
    objects = model.SHACLObjectSet(_Document(passport).elements())
    model.JSONLDSerializer(indent=2, sort_keys=True).write(objects, written, force_at_graph=True)
    return written.getvalue()


class _Document:
    """Builds the elements of one document, which share who made it and when."""

    def __init__(self, passport: Passport) -> None:
        self._passport = passport
        self._id = passport.id
        at = (passport.made_at or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
        self._info = model.CreationInfo(_id="_:creation", specVersion="3.0.1", created=at)
        self._agent = model.SoftwareAgent(
            spdxId="urn:headwater:agent",
            name=f"headwater {__version__}",
            creationInfo=self._info,
        )
        self._info.createdBy.append(self._agent)
        self._relationships: list[Any] = []

    def elements(self) -> list[Any]:
        """Return the document, the bill, the packages and what relates them."""
        stated = self._passport.model
        subject = self._model()
        trained = [i for i in stated.inputs if i.role not in ("test", "validation")]
        tested = [i for i in stated.inputs if i.role in ("test", "validation")]
        parts = [
            *self._related(subject, _RELATIONSHIPS.trainedOn, map(self._data, trained)),
            *self._related(subject, _RELATIONSHIPS.testedOn, map(self._data, tested)),
            *self._related(subject, _RELATIONSHIPS.descendantOf, map(self._base, stated.bases)),
            *self._related(subject, _RELATIONSHIPS.dependsOn, self._libraries()),
        ]
        # A generates B: the code comes first.
        code = self._code()
        if code is not None:
            parts.append(code)
            self._relate(code, _RELATIONSHIPS.generates, [subject])
        held = [subject, *parts, *self._relationships]
        bill = self._element(model.software_Sbom, "bill", name=f"AI-BOM of {self._passport.label}")
        bill.rootElement.append(subject)
        bill.element.extend(held)
        document = self._element(model.SpdxDocument, "document", name=self._passport.label)
        document.rootElement.append(bill)
        document.element.extend([self._agent, *held])
        document.profileConformance.extend(
            getattr(model.ProfileIdentifierType, name)
            for name in ("core", "software", "ai", "dataset")
        )
        return [self._info, self._agent, document, bill, *held]

    def _model(self) -> Any:
        stated = self._passport.model
        package = self._element(
            model.ai_AIPackage,
            "model",
            name=stated.name,
            software_packageVersion=stated.version,
            software_primaryPurpose=_PURPOSES.model,
            software_downloadLocation=uri_of(stated.artifact_uri),
            summary=f"{stated.namespace} {stated.name}, version {stated.version}",
            comment=f"artifact digest {stated.artifact_digest}" if stated.artifact_digest else None,
            ai_informationAboutTraining=self._training() or None,
        )
        package.ai_hyperparameter.extend(_entries(stated.hyperparameters))
        package.ai_metric.extend(_entries(stated.metrics))
        if stated.framework:
            package.ai_typeOfModel.append(stated.framework)
        return _hashed(package, stated.artifact_digest)

    def _training(self) -> str:
        stated, ran_in = self._passport.model, self._passport.environment
        lines = [
            f"run {stated.run_id}" if stated.run_id else "",
            f"command {' '.join(stated.command)}" if stated.command else "",
            *(f"seed {name} {value}" for name, value in sorted(stated.seeds.items())),
            f"image {ran_in.image or ''} {ran_in.image_digest or ''}".strip()
            if ran_in is not None and (ran_in.image or ran_in.image_digest)
            else "",
        ]
        return "\n".join(filter(None, lines))

    def _data(self, item: ModelInput) -> Any:
        package = self._element(
            model.dataset_DatasetPackage,
            f"data {item.model_dump_json()}",
            name=item.name,
            software_packageVersion=item.version,
            software_primaryPurpose=_PURPOSES.data,
            software_sourceInfo=item.namespace,
            summary=described(item),
            comment=_comment(item),
        )
        # What sort of data it is, is nowhere stated.
        package.dataset_datasetType.append(model.dataset_DatasetType.noAssertion)
        return _hashed(package, item.version)

    def _base(self, base: ModelBase) -> Any:
        return self._element(
            model.ai_AIPackage,
            f"base {base.model_dump_json()}",
            name=base.name,
            software_packageVersion=base.version,
            software_primaryPurpose=_PURPOSES.model,
            comment=f"{base.relation} from {base.namespace} {base.name}",
        )

    def _libraries(self) -> Iterable[Any]:
        ran_in = self._passport.environment
        for name, version in (ran_in.libraries if ran_in else {}).items():
            yield self._element(
                model.software_Package,
                f"library {name} {version}",
                name=name,
                software_packageVersion=version,
                software_packageUrl=f"pkg:pypi/{name}@{version}",
                software_primaryPurpose=_PURPOSES.library,
            )

    def _code(self) -> Any:
        code = self._passport.code
        if code is None or not (code.repository or code.commit):
            return None
        dirty = f", with uncommitted changes {code.dirty_diff}" if code.dirty_diff else ""
        return self._element(
            model.software_Package,
            "code",
            name=code.path or code.name,
            software_packageVersion=code.commit,
            software_primaryPurpose=_PURPOSES.source,
            software_sourceInfo=f"{code.repository or 'repository unknown'}{dirty}",
        )

    def _related(self, source: Any, kind: str, targets: Iterable[Any]) -> list[Any]:
        """Relate a package to others, and return these."""
        found = list({target.spdxId: target for target in targets}.values())
        if found:
            self._relate(source, kind, found)
        return found

    def _relate(self, source: Any, kind: str, targets: list[Any]) -> None:
        told_apart = " ".join(target.spdxId for target in targets)
        made = self._element(
            model.Relationship,
            f"relationship {source.spdxId} {kind} {told_apart}",
            relationshipType=kind,
        )
        # Set one by one: the constructor takes ids for new elements.
        made.from_ = source
        made.to.extend(targets)
        self._relationships.append(made)

    def _element(self, kind: Any, part: str, **fields: Any) -> Any:
        stated = {name: value for name, value in fields.items() if value is not None}
        uid = f"urn:headwater:{element_id('spdx', self._id, part).replace(':', '-')}"
        return kind(spdxId=uid, creationInfo=self._info, **stated)


def _comment(item: ModelInput) -> str | None:
    columns = f"columns used: {', '.join(item.fields)}" if item.fields else None
    caveat = f"its version: {item.caveat}" if item.caveat else None
    return "; ".join(filter(None, (columns, caveat))) or None


def _entries(stated: dict[str, Any]) -> list[Any]:
    return [
        model.DictionaryEntry(key=key, value=str(value)) for key, value in sorted(stated.items())
    ]


def _hashed(package: Any, digest: str | None) -> Any:
    found = sha256_of(digest)
    if found:
        package.verifiedUsing.append(
            model.Hash(algorithm=model.HashAlgorithm.sha256, hashValue=found)
        )
    return package
