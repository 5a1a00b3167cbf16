import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import deltalake
import numpy as np
import pyarrow
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from headwater.producers import dataset
from headwater.producers.provenance import datasets
from headwater.schemas import facets


def _version(found: dict[str, Any]) -> str:
    version: str = found["facets"]["version"]["datasetVersion"]
    return version


def _used(found: dict[str, Any]) -> dict[str, Any]:
    facet: dict[str, Any] = found["facets"][facets.COLUMNS_USED]
    return facet


def test_columns_role_and_rows_are_stated() -> None:
    """What was fed to the model goes with the dataset, and its schema stays."""
    found = datasets.used(
        dataset("duckdb://db", "main.flights", schema=[("a", "int")], version="3"),
        columns=["a"],
        role="train",
        rows="month < 10",
    )

    assert _version(found) == "3"
    assert "schema" in found["facets"]
    assert tuple(_used(found)[key] for key in ("fields", "role", "rows")) == (
        ["a"],
        "train",
        "month < 10",
    )


def test_version_keeps_its_kind_and_caveat_when_used() -> None:
    """What an identity cannot tell is not lost on the way."""
    found = datasets.used(datasets.versioned("n", "t", kind="mlflow", version="ab12"), role="test")

    assert _used(found)["versionKind"] == "mlflow"
    assert "hint" in _used(found)["caveat"]


def test_file_is_known_by_its_content(tmp_path: Path) -> None:
    """The same bytes have the same version wherever they lie; other bytes another."""
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("x")
    second.write_text("x")
    assert _version(datasets.local_file(first)) == _version(datasets.local_file(second))

    before = _version(datasets.local_file(first))
    first.write_text("y")
    os.utime(first, ns=(1, 1))
    assert _version(datasets.local_file(first)) != before


def test_folder_is_known_by_names_and_content(tmp_path: Path) -> None:
    """A file that was renamed makes another version."""
    (tmp_path / "a").write_text("x")
    before = _version(datasets.local_file(tmp_path))
    (tmp_path / "a").rename(tmp_path / "b")

    assert _version(datasets.local_file(tmp_path)) != before


def test_columns_in_memory_are_known_by_their_values() -> None:
    """Another value, type, name or order of rows makes another version."""
    table = dataset("duckdb://db", "letters", schema=[("a", "INTEGER")])
    a, b = np.array([1, 2, 3]), np.array(["x", None, "y"], dtype=object)
    first = datasets.in_memory(table, {"a": a, "b": b})

    assert _version(first) == _version(datasets.in_memory(table, {"a": a.copy(), "b": b.copy()}))
    assert "schema" in first["facets"]
    others = [{"a": a[::-1], "b": b}, {"a": a.astype("int32"), "b": b}, {"c": a, "b": b}, {"a": a}]
    versions = {_version(datasets.in_memory(table, columns)) for columns in others}
    assert len(versions | {_version(first)}) == 5


def _columns(found: dict[str, Any]) -> list[str]:
    return [field["name"] for field in found["facets"]["schema"]["fields"]]


LETTERS = pyarrow.table({"letter": ["a", "b"], "count": [1, 2]})


def test_delta_table_is_known_by_its_version(tmp_path: Path) -> None:
    """Each write is another version of the same table; an older one can still be named."""
    path = str(tmp_path / "letters")
    deltalake.write_deltalake(path, LETTERS)
    first = datasets.delta(deltalake.DeltaTable(path))
    deltalake.write_deltalake(path, LETTERS, mode="append")
    second = datasets.delta(deltalake.DeltaTable(path))
    again = datasets.delta(deltalake.DeltaTable(path, version=0))

    table, _, number = _version(second).partition("@")
    assert (number, _version(first)) == ("1", f"{table}@0")
    assert _version(again) == _version(first)
    assert first["name"] == second["name"]
    assert path in first["name"] or path in f"/{first['name']}"
    assert _columns(first) == ["letter", "count"]
    assert "vacuum" in _used(first)["caveat"]


def test_iceberg_table_is_known_by_its_snapshot(tmp_path: Path) -> None:
    """A snapshot's id goes as text: JSON's numbers would round it."""
    address = f"sqlite:///{tmp_path}/catalog.db"
    catalog = SqlCatalog("local", uri=address, warehouse=tmp_path.as_uri())
    catalog.create_namespace("demo")
    table = catalog.create_table("demo.letters", LETTERS.schema)
    empty = datasets.iceberg(table, namespace="iceberg://local")
    table.append(LETTERS)
    first = datasets.iceberg(table, namespace="iceberg://local")
    table.append(LETTERS)
    second = datasets.iceberg(table, namespace="iceberg://local")
    snapshots = [str(each.snapshot_id) for each in table.metadata.snapshots]
    catalog.close()

    versions = [_version(found).partition("@")[2] for found in (empty, first, second)]
    assert versions == ["None", *snapshots]
    assert json.loads(json.dumps(first))["facets"]["version"] == first["facets"]["version"]
    assert ("demo.letters", ["letter", "count"]) == (first["name"], _columns(first))
    assert "expire" in _used(first)["caveat"]


def test_lakefs_path_is_known_by_its_commit() -> None:
    """A commit names the data for good; a branch does not, and is refused."""
    found = datasets.lakefs("letters", "0f" * 32, "/train/letters.csv")

    assert ("lakefs://letters", "train/letters.csv") == (found["namespace"], found["name"])
    assert (_version(found), _used(found)["versionKind"]) == ("0f" * 32, "lakefs")
    with pytest.raises(ValueError, match="resolve the branch"):
        datasets.lakefs("letters", "main", "train/letters.csv")


@pytest.mark.parametrize(
    ("name", "entity", "expected"),
    [
        ("letters:v3", "team", ("wandb://team/p", "letters", "0f0f:v3")),
        ("letters", None, ("wandb://offline/p", "letters", "0f0f")),
    ],
)
def test_wandb_artifact_is_known_by_its_digest(
    name: str, entity: str | None, expected: tuple[str, str, str]
) -> None:
    """The digest of its manifest, and its version once the server has given one."""
    artifact = SimpleNamespace(name=name, entity=entity, project="p", digest="0f0f")
    found = datasets.wandb_artifact(artifact)

    assert (found["namespace"], found["name"], _version(found)) == expected


def test_every_kind_says_what_it_cannot_tell() -> None:
    """Only what identifies the content itself goes without a caveat, and stays so when used."""
    silent = {kind for kind, caveat in datasets.CAVEATS.items() if caveat is None}

    assert silent == {"sha256"}
    for kind, caveat in datasets.CAVEATS.items():
        found = datasets.used(datasets.versioned("n", "t", kind=kind, version="1"))
        assert _used(found).get("caveat") == caveat


@pytest.mark.parametrize(
    ("head", "version", "kind"),
    [
        ({"VersionId": "v1", "ETag": "e"}, "v1", "s3"),
        ({"VersionId": "null", "ChecksumSHA256": "c="}, "sha256-base64:c=", "sha256"),
    ],
)
def test_s3_object_is_known_by_version_or_checksum(
    head: dict[str, str], version: str, kind: str
) -> None:
    """The version id wins; an unversioned object has its checksum."""
    found = datasets.s3_object("bucket", "key", head)

    assert (version, kind) == (_version(found), _used(found)["versionKind"])


def test_s3_etag_is_no_version() -> None:
    """An object with an ETag alone has no version, and it is said why."""
    found = datasets.s3_object("bucket", "key", {"ETag": "e"})

    assert "version" not in found["facets"]
    assert "no versions" in _used(found)["caveat"]


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        (
            "outs:\n- md5: 3b5d5c3712955042212316173ccf37be\n  size: 2\n  hash: md5\n"
            "  path: f.csv\n",
            "f.csv",
            "md5:3b5d5c3712955042212316173ccf37be",
        ),
        (
            "outs:\n- md5: aab41784c76ad7606d1268dea09ec286.dir\n  size: 2\n  nfiles: 1\n"
            "  hash: md5\n  path: data\n",
            "data",
            "md5:aab41784c76ad7606d1268dea09ec286.dir",
        ),
    ],
)
def test_dvc_file_states_its_md5(tmp_path: Path, text: str, name: str, version: str) -> None:
    """What DVC 3 tracks, a file or a folder, is known without being read."""
    pointer = tmp_path / f"{name}.dvc"
    pointer.write_text(text)
    found = datasets.dvc(pointer)

    assert (str(tmp_path / name), version) == (found["name"], _version(found))


def test_git_lfs_pointer_states_its_sha256(tmp_path: Path) -> None:
    """A pointer is as good as the file."""
    pointer = tmp_path / "weights.bin"
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00ff\nsize 3\n")

    assert _version(datasets.git_lfs(pointer)) == "sha256:00ff"


def test_hugging_face_dataset_has_fingerprint_and_schema() -> None:
    """The fingerprint changes with every transform, and the columns go along."""
    library = pytest.importorskip("datasets", reason="datasets is not installed")
    data = library.Dataset.from_dict({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    found = datasets.hugging_face(data, "letters")
    filtered = datasets.hugging_face(data.select([0]), "letters")

    assert [field["name"] for field in found["facets"]["schema"]["fields"]] == ["a", "b"]
    assert _version(found) != _version(filtered)
    assert _used(found)["versionKind"] == "huggingface"
    data.info.download_checksums = {f"hf://datasets/team/letters@{'0f' * 20}/train.csv": {}}
    assert _version(datasets.hugging_face(data, "letters")) == f"{_version(found)}@{'0f' * 20}"
