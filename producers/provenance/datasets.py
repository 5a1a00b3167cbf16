"""Which version of a dataset was read, by the identity that its own system gives it.

No system's identity says everything. What one cannot tell is stated beside it, as the
`caveat` of the facet, and comes up wherever the version does.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...schemas import facets
from .text import json_text

_CHUNK_BYTES = 1 << 20

CAVEATS = {
    "huggingface": "says how the data came about, not what it holds: the same bytes at another "
    "path, or shuffled without a seed, have another fingerprint",
    "huggingface-revision": "the commit of the repository on the hub; splits and filters come "
    "after it",
    "mlflow": "a hint: 32 bits over the first 10,000 rows and the number of rows",
    "wandb": "the digest of a manifest; files that it only refers to may change. A run that "
    "only used the artifact knows its version, `v3`, and no digest",
    "delta": "counts up within one table; vacuum removes old versions",
    "iceberg": "random, so that it says nothing of the order; snapshots expire",
    "s3": "exists only in a bucket with versioning",
    "s3-etag": "an md5 only where the upload had one part and no KMS key; else no digest at all",
    "md5": "a digest that two contents can be made to share",
    "dvc": "an md5; DVC 2 took it of text with its line ends normalised",
    "lakefs": "the commit of a whole repository",
    "git-lfs": "the SHA-256 that the pointer states",
    "sha256": None,
}
"""For each kind of version what it cannot tell; None where it identifies the content."""


def used(
    dataset: Mapping[str, Any],
    *,
    columns: Sequence[str] = (),
    role: str | None = None,
    rows: str | None = None,
) -> dict[str, Any]:
    """Return a dataset as an input of training.

    Args:
        dataset: From `producers.dataset`, or one of the functions here.
        columns: Those that were fed to the model, its targets too.
        role: `train`, `validation` or `test`.
        rows: Which rows, as text: a condition, a split, a sample.
    """
    stated = dataset.get("facets", {})
    known = stated.get(facets.COLUMNS_USED, {})
    facet = facets.own(
        facets.COLUMNS_USED,
        fields=list(columns),
        role=role,
        rows=rows or known.get("rows"),
        versionKind=known.get("versionKind"),
        caveat=known.get("caveat"),
    )
    return {**dataset, "facets": {**stated, facets.COLUMNS_USED: facet}}


def versioned(
    namespace: str, name: str, *, kind: str, version: str | int, rows: str | None = None
) -> dict[str, Any]:
    """Return a dataset at a version of its own system.

    Args:
        namespace: Where it lives.
        name: Which it is.
        kind: One of `CAVEATS`.
        version: The id. An Iceberg snapshot's goes as text: it exceeds what JSON's numbers
            hold exactly.
        rows: Which rows of it, where the system says so.
    """
    facet = facets.own(
        facets.COLUMNS_USED, fields=[], rows=rows, versionKind=kind, caveat=CAVEATS[kind]
    )
    return {
        "namespace": namespace,
        "name": json_text(name),
        "facets": {"version": facets.version(str(version)), facets.COLUMNS_USED: facet},
    }


def local_file(path: str | Path) -> dict[str, Any]:
    """Return a file, or a folder of files, by the SHA-256 of its content."""
    found = Path(path).resolve()
    digest = (
        f"sha256-tree:{_folder_sha256(found)}" if found.is_dir() else f"sha256:{_sha256(found)}"
    )
    return versioned("file", str(found), kind="sha256", version=digest)


def in_memory(dataset: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return a dataset by the SHA-256 of the columns that were read of it, in their order.

    It depends on names, types, values and the order of rows: two reads of the same table
    agree only if they ask for an order.

    Args:
        dataset: From `producers.dataset`.
        columns: Their names and values, as NumPy arrays or what becomes one.
    """
    import numpy

    hashed = hashlib.sha256()
    for name, values in columns.items():
        array = numpy.ascontiguousarray(values)
        held = array.tobytes() if array.dtype != object else repr(array.tolist()).encode()
        hashed.update(f"{name}\0{array.dtype.str}\0{array.shape}\0{len(held)}\0".encode())
        hashed.update(held)
    version = f"sha256-columns:{hashed.hexdigest()}"
    found = versioned(dataset["namespace"], dataset["name"], kind="sha256", version=version)
    return {**found, "facets": {**dataset.get("facets", {}), **found["facets"]}}


def hugging_face(dataset: Any, name: str | None = None) -> dict[str, Any]:
    """Return a `datasets.Dataset` by its fingerprint, and by its revision where it has one."""
    info = dataset.info
    revision = getattr(info, "download_checksums", None) or {}
    commit = next((url.split("@")[1].split("/")[0] for url in revision if "@" in url), None)
    split = str(dataset.split) if dataset.split else None
    found = versioned(
        "hf://datasets",
        name or info.dataset_name or info.builder_name or "in-memory",
        kind="huggingface",
        version=dataset._fingerprint + (f"@{commit}" if commit else ""),
        rows=f"split {split}" if split else None,
    )
    return _with_schema(found, [(name, str(kind)) for name, kind in dataset.features.items()])


def delta(table: Any) -> dict[str, Any]:
    """Return a `deltalake.DeltaTable` by its table id and version."""
    uri = str(table.table_uri)
    namespace, _, path = uri.rpartition("://")
    host, _, name = path.partition("/")
    place = f"{namespace}://{host}" if namespace and host else "file"
    version = f"{table.metadata().id}@{table.version()}"
    found = versioned(place, name.rstrip("/") if namespace else uri, kind="delta", version=version)
    return _with_schema(found, [(field.name, str(field.type)) for field in table.schema().fields])


def iceberg(table: Any, *, namespace: str) -> dict[str, Any]:
    """Return a `pyiceberg` table by its uuid and current snapshot."""
    snapshot = table.current_snapshot()
    version = f"{table.metadata.table_uuid}@{snapshot.snapshot_id if snapshot else None}"
    found = versioned(namespace, ".".join(table.name()), kind="iceberg", version=version)
    fields = [(field.name, str(field.field_type)) for field in table.schema().fields]
    return _with_schema(found, fields)


def lakefs(repository: str, commit: str, path: str) -> dict[str, Any]:
    """Return a path in a lakeFS repository at a commit.

    Raises:
        ValueError: If it is no commit's id: a branch or a tag leads elsewhere tomorrow.
    """
    if not re.fullmatch("[0-9a-f]{64}", commit):
        raise ValueError(f"{commit!r} is no id of a lakeFS commit; resolve the branch to one")
    return versioned(f"lakefs://{repository}", path.lstrip("/"), kind="lakefs", version=commit)


def wandb_artifact(artifact: Any) -> dict[str, Any]:
    """Return a `wandb.Artifact` by its digest, and by its version where it is logged."""
    name, _, version = str(artifact.name).partition(":")
    place = f"wandb://{artifact.entity or 'offline'}/{artifact.project or ''}".rstrip("/")
    stated = f"{artifact.digest}:{version}" if version else str(artifact.digest)
    return versioned(place, name, kind="wandb", version=stated)


def s3_object(bucket: str, key: str, head: Mapping[str, Any]) -> dict[str, Any]:
    """Return an S3 object from the answer to `head_object` or `get_object`.

    The version id where the bucket keeps versions, else a checksum. An ETag is an md5 only
    for some uploads, so it is never taken for one.
    """
    version = head.get("VersionId")
    if version and version != "null":
        return versioned(f"s3://{bucket}", key, kind="s3", version=version)
    if checksum := head.get("ChecksumSHA256"):
        return versioned(f"s3://{bucket}", key, kind="sha256", version=f"sha256-base64:{checksum}")
    facet = facets.own(facets.COLUMNS_USED, fields=[], caveat="the bucket keeps no versions")
    return {"namespace": f"s3://{bucket}", "name": key, "facets": {facets.COLUMNS_USED: facet}}


def dvc(path: str | Path) -> dict[str, Any]:
    """Return what a `.dvc` file tracks, by the md5 that it states."""
    pointer = Path(path).resolve()
    stated = _lines(pointer)
    if "md5" not in stated:
        raise ValueError(f"{pointer} states no md5")
    target = pointer.with_name(stated.get("path", pointer.stem))
    return versioned("file", str(target), kind="dvc", version=f"md5:{stated['md5']}")


def git_lfs(pointer: str | Path) -> dict[str, Any]:
    """Return a file from its Git LFS pointer, by the SHA-256 that it states."""
    path = Path(pointer).resolve()
    oid = next(
        (line.split()[1] for line in path.read_text().splitlines() if line.startswith("oid ")), None
    )
    if oid is None:
        raise ValueError(f"{path} is no Git LFS pointer")
    return versioned("file", str(path), kind="git-lfs", version=oid)


def _with_schema(found: dict[str, Any], fields: list[tuple[str, str]]) -> dict[str, Any]:
    return {**found, "facets": {**found["facets"], "schema": facets.schema(fields)}}


def _lines(pointer: Path) -> dict[str, str]:
    """Return the `key: value` lines of a `.dvc` file, which has one output and no more."""
    pairs = (line.strip(" -").partition(":") for line in pointer.read_text().splitlines())
    return {key: value.strip() for key, _, value in pairs if value.strip()}


def _folder_sha256(folder: Path) -> str:
    hashed = hashlib.sha256()
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        hashed.update(f"{file.relative_to(folder).as_posix()}\0{_sha256(file)}\0".encode())
    return hashed.hexdigest()


def _sha256(path: Path) -> str:
    """Return a file's digest, computed once for as long as it is not written to."""
    stat = path.stat()
    return _sha256_of(path, stat.st_ino, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=4096)
def _sha256_of(path: Path, _inode: int, _size: int, _modified_ns: int) -> str:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            hashed.update(chunk)
    return hashed.hexdigest()
