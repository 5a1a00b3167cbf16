import os
from pathlib import Path
from typing import Any

import pytest

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


def test_iceberg_snapshot_is_text() -> None:
    """A snapshot id exceeds what a JSON number holds exactly."""
    found = datasets.versioned("n", "t", kind="iceberg", version=3497810964824022504)

    assert _version(found) == "3497810964824022504"


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


def test_dvc_file_states_its_md5(tmp_path: Path) -> None:
    """What a `.dvc` file tracks is known without being read."""
    pointer = tmp_path / "data.csv.dvc"
    pointer.write_text("outs:\n- md5: 0123abc\n  size: 4\n  hash: md5\n  path: data.csv\n")
    found = datasets.dvc(pointer)

    assert (str(tmp_path / "data.csv"), "md5:0123abc") == (found["name"], _version(found))


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
