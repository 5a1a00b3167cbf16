"""A passport in the forms that others read: each checked by the library of its standard."""

import io
from datetime import datetime
from typing import Any

import orjson
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_python_model import v3_0_1 as spdx_model

from headwater.deploy.passports import find, flat
from headwater.schemas.records import (
    Environment,
    JobRef,
    JobVersion,
    ModelBase,
    ModelInput,
    ModelVersion,
    wrap,
)
from headwater.sinks.answers import Passport
from headwater.sinks.export.cyclonedx import cyclonedx
from headwater.sinks.export.html import html
from headwater.sinks.export.sections import sections
from headwater.sinks.export.spdx import spdx
from headwater.sinks.index import LineageIndex

from .read_page import ReadPage

SHA256 = "ab" * 32
NAMED_ONLY = ModelVersion(namespace="n", name="m", version="1")
MADE_AT = datetime.fromisoformat("2026-01-02T03:04:05.678901+02:00")
BARE = Passport("0a", NAMED_ONLY, None, None, MADE_AT)
FULL = Passport(
    "0b",
    ModelVersion(
        namespace="tests",
        name="letters",
        version="7",
        run_id="r1",
        job=JobRef(namespace="tests", name="train"),
        inputs=(
            ModelInput(
                namespace="s3://bucket", name="letters.csv", version=f"sha256:{SHA256}",
                version_kind="sha256", fields=("a", "b"), role="train", rows="split train",
            ),
            ModelInput(namespace="s3://bucket", name="letters.csv", role="test"),
        ),
        hyperparameters={"rate": 0.5, "layers": None, "bias": True},
        seeds={"seed": 3, "torch.state": "sha256:00"},
        metrics={"rmse": 0.25},
        framework="torch 2.6",
        artifact_uri="s3://models/letters.pt",
        artifact_digest=f"sha256:{SHA256}",
        determinism={"threads": "1"},
        command=("python", "train.py", "--rate", "0.5"),
        bases=(ModelBase(namespace="hf", name="bert", version="1", relation="finetuned"),),
        registry={"name": "letters", "alias": "best"},
    ),
    JobVersion(
        namespace="tests", name="train", repository="https://example.org/r.git", commit="c" * 40,
        branch="main", path="train.py", dirty_diff="dd",
    ),
    Environment(
        image="registry/train:3", image_digest="sha256:11", python="3.11.7", platform="Linux",
        libraries={"torch": "2.6", "numpy": "2.1"}, hardware={"cpus": "2"},
    ),
    MADE_AT,
)  # fmt: skip
HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    "a/b/../../etc",
    "q\"uo'te & <b>",
    "line\nbreak\r\x1b[31mred\x00",
    "right-to-left \u202e and \ud7ff \U0001f9ea",
    "x" * 10_000,
    "a@b@c",
)


def _named(name: str) -> Passport:
    """Return a passport in which every text is hostile."""
    model = FULL.model.model_copy(
        update={
            "namespace": name,
            "name": name,
            "version": name,
            "artifact_uri": name,
            "command": (name,),
            "hyperparameters": {name: name},
            "metrics": {name: 1.0},
            "inputs": (ModelInput(namespace=name, name=name, version=name, fields=(name,)),),
            "bases": (ModelBase(namespace=name, name=name, version=name, relation=name),),
        }
    )
    code = JobVersion(namespace=name, name=name, repository=name, commit=name, path=name)
    ran_in = Environment(libraries={name: name}, image=name)
    return Passport("0c", model, code, ran_in, MADE_AT)


ALL = [BARE, FULL, *map(_named, HOSTILE_NAMES)]


@pytest.mark.parametrize("passport", ALL)
def test_page_holds_everything_and_nothing_that_runs(passport: Passport) -> None:
    """Every line of every section is there as text; no script, no link, no foreign tag."""
    page = html(passport)
    read = ReadPage(page)

    assert read.tags <= set("html head meta title style body h1 h2 p table tr th td".split())
    assert read.links == []
    shown = "".join(read.texts)
    for section in sections(passport):
        assert section.title in shown
        for _, text in section.lines:
            assert text[:30].isprintable() is False or text[:30] in shown
    assert not {"\x1b", "\x00", "\u202e", "\r"} & set(page)
    assert page == html(passport)


def test_page_prints_and_follows_the_theme() -> None:
    """Light and dark come from the reader's settings, and paper has rules of its own."""
    page = html(FULL)

    for rule in ("prefers-color-scheme: dark", "@media print", "default-src 'none'"):
        assert rule in page


@pytest.mark.parametrize("passport", ALL)
def test_cyclonedx_is_valid(passport: Passport) -> None:
    """The strict schema of CycloneDX 1.6 takes it, whatever the names are."""
    written = cyclonedx(passport)

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written.decode()) is None
    assert written == cyclonedx(passport)


def test_cyclonedx_states_what_made_the_model() -> None:
    """Data, base, libraries, commit, hash, hyperparameters and metrics have their places."""
    document = orjson.loads(cyclonedx(FULL))
    subject = document["metadata"]["component"]

    assert ("machine-learning-model", "letters", "7") == (
        subject["type"], subject["name"], subject["version"],
    )  # fmt: skip
    assert subject["hashes"] == [{"alg": "SHA-256", "content": SHA256}]
    assert subject["pedigree"]["commits"][0]["uid"] == "c" * 40
    card = subject["modelCard"]
    assert card["quantitativeAnalysis"]["performanceMetrics"] == [{"type": "rmse", "value": "0.25"}]
    assert {"name": "headwater:hyperparameter:rate", "value": "0.5"} in card["properties"]
    refs = {item["bom-ref"] for item in document["components"]}
    assert {each["ref"] for each in card["modelParameters"]["datasets"]} <= refs
    kinds = sorted((item["type"], item["name"]) for item in document["components"])
    assert kinds == [
        ("data", "letters.csv"),
        ("data", "letters.csv"),
        ("library", "numpy"),
        ("library", "torch"),
        ("machine-learning-model", "bert"),
    ]


def _read(written: bytes) -> Any:
    objects = spdx_model.SHACLObjectSet()
    spdx_model.JSONLDDeserializer().read(io.BytesIO(written), objects)
    return objects


@pytest.mark.parametrize("passport", ALL)
def test_spdx_is_valid(passport: Passport) -> None:
    """The bindings made from SPDX's shapes read it back whole and miss nothing."""
    written = spdx(passport)
    objects = _read(written)

    assert objects.missing_ids == set()
    assert len(list(objects.foreach_type("SpdxDocument"))) == 1
    assert written == spdx(passport)


def test_spdx_states_what_made_the_model() -> None:
    """Training and test data, base, libraries and code are related to the package."""
    objects = _read(spdx(FULL))
    (package,) = (p for p in objects.foreach_type("ai_AIPackage") if p.name == "letters")
    entries = {entry.key: entry.value for entry in package.ai_hyperparameter}

    assert entries == {"rate": "0.5", "layers": "None", "bias": "True"}
    assert package.verifiedUsing[0].hashValue == SHA256
    found = {
        (each.from_.name, each.relationshipType.rpartition("/")[2], target.name)
        for each in objects.foreach_type("Relationship")
        for target in each.to
    }
    assert found == {
        ("letters", "trainedOn", "letters.csv"),
        ("letters", "testedOn", "letters.csv"),
        ("letters", "descendantOf", "bert"),
        ("letters", "dependsOn", "torch"),
        ("letters", "dependsOn", "numpy"),
        ("train.py", "generates", "letters"),
    }


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_are_found(name: str) -> None:
    """A name or version with slashes, line breaks or `@` is still the name of one model."""
    models = (BARE.model, _named(name).model)
    at = MADE_AT.isoformat()
    index = LineageIndex.from_records(wrap(m, observed_at=at, event_id="e") for m in models)
    for wanted in (name, f"{name}@{name}", f"{name}/{name}", f"{name}/{name}@{name}"):
        assert find(index, wanted).model == _named(name).model


def test_same_dataset_in_two_roles_is_told_twice() -> None:
    """The test data does not overwrite what is said of the training data."""
    stated = flat(FULL)

    assert stated["inputs.s3://bucket/letters.csv (train).version"] == f"sha256:{SHA256}"
    assert stated["inputs.s3://bucket/letters.csv (test).role"] == "test"
