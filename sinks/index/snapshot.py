"""Snapshots: the index in a file, with the offsets it holds, so that a restart takes seconds.

A first line with the version of the format and the SHA-256 of what follows; then an npz of
arrays. What is damaged or of another version is refused: the topic has it all.
"""

import hashlib
import io
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from ...schemas.errors import HeadwaterError
from ...schemas.names import JobName
from ...schemas.records import (
    DatasetChange,
    ModelVersion,
    RunState,
    TrainingProfile,
    Unresolved,
    decode,
    encode,
)
from .edges import Columns, Edges, Statements
from .names import Names
from .schemas import Schemas
from .store import Store
from .tenure import Resolutions

FORMAT = "headwater-index/6"

_REMEDY = "Remove the file: the index is then built anew from the topic of records."


class SnapshotError(HeadwaterError):
    """A snapshot cannot be used."""


def write(path: Path, data: bytes) -> None:
    """Write a snapshot so that either all of it is there or what was there before."""
    head = f"{FORMAT} {hashlib.sha256(data).hexdigest()}\n".encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(head + data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def load(path: Path) -> Store:
    """Read a snapshot.

    Raises:
        SnapshotError: If it is damaged or of another version.
        FileNotFoundError: If there is none.
    """
    head, _, data = path.read_bytes().partition(b"\n")
    version, _, checksum = head.decode(errors="replace").partition(" ")
    if version != FORMAT:
        raise SnapshotError(f"{path} is no snapshot of the form {FORMAT}", remedy=_REMEDY)
    if hashlib.sha256(data).hexdigest() != checksum:
        raise SnapshotError(f"{path} is damaged: its checksum differs", remedy=_REMEDY)
    return _restore(data)


def dump(store: Store) -> bytes:
    """Return a store as an npz."""
    datasets, fields = store.names.state()
    edges, statements = store.edges.columns(), store.edges.statements()
    stored = [(encode(env).decode(), at, known) for env, at, known in store.models.stored()]
    observed, versions = store.schemas.state()
    told = {
        "datasets": [list(name) for name in datasets],
        "fields": fields,
        "kinds": [list(kind) for kind in store.kinds],
        "jobs": [list(job) for job in store.jobs],
        "slots": list(store.slots),
        "derivations": list(store.derivations),
        "resolutions": store.resolutions.told(),
        "schemas": versions,
        "offsets": [[*where, at] for where, at in store.offsets.items()],
        "models": stored,
        "codes": _texts(store.codes),
        "environments": _texts(store.environments),
        "source": store.source,
        "runs": [encode(envelope).decode() for envelope in store.runs.stored()],
        "unresolved": [
            [number, [part.model_dump(exclude_none=True) for part in parts]]
            for number, parts in store.unresolved.items()
        ],
        "changes": [[encode(env).decode(), known] for env, known in store.changes.stored()],
        "annotations": [
            [encode(envelope).decode(), at, known]
            for envelope, at, known in store.annotations.stored()
        ],
        "profiles": [encode(envelope).decode() for envelope in store.profiles.stored()],
    }
    arrays: dict[str, Any] = {
        "told": np.frombuffer(orjson.dumps(told), np.uint8),
        "dataset_of": store.names.dataset_of(),
        "nodes_known": store.names.known(),
        "source": edges.source,
        "target": edges.target,
        "stated": edges.stated,
        "derivation": statements.derivation,
        "kind": statements.kind,
        **{f"resolution_{name}": data for name, data in store.resolutions.state().items()},
        **{f"schema_{name}": data for name, data in observed.items()},
    }
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _restore(data: bytes) -> Store:
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        arrays: dict[str, NDArray[Any]] = dict(held)
    told = orjson.loads(arrays["told"].tobytes())
    store = Store()
    store.names = Names.restore(
        [(namespace, name) for namespace, name in told["datasets"]],
        told["fields"],
        arrays["dataset_of"],
        arrays["nodes_known"],
    )
    columns = Columns(*(arrays[name] for name in ("source", "target", "stated")))
    statements = Statements(arrays["derivation"], arrays["kind"])
    store.edges = Edges.restore(columns, statements, len(store.names))
    store.resolutions = Resolutions.restore(_under("resolution_", arrays), told["resolutions"])
    store.schemas = Schemas.restore(_under("schema_", arrays), told["schemas"])
    store.unresolved = {
        number: tuple(Unresolved(**part) for part in parts) for number, parts in told["unresolved"]
    }
    for type_, subtype, masking, known_by in told["kinds"]:
        _ = store.kinds[type_, subtype, masking, known_by]
    store.jobs = {JobName(*job): number for number, job in enumerate(told["jobs"])}
    store.slots = {(job, output): number for number, (job, output) in enumerate(told["slots"])}
    store.derivations = {record_id: number for number, record_id in enumerate(told["derivations"])}
    store.offsets = {(topic, partition): at for topic, partition, at in told["offsets"]}
    store.codes = _bytes(told["codes"])
    store.environments = _bytes(told["environments"])
    store.source = told["source"]
    _restore_records(store, told)
    return store


def _under(prefix: str, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the arrays whose names begin so, without that."""
    return {
        name.removeprefix(prefix): data for name, data in arrays.items() if name.startswith(prefix)
    }


def _texts(records: Mapping[str, bytes]) -> dict[str, str]:
    return {record_id: data.decode() for record_id, data in records.items()}


def _bytes(records: Mapping[str, str]) -> dict[str, bytes]:
    return {record_id: text.encode() for record_id, text in records.items()}


def _restore_records(store: Store, told: dict[str, Any]) -> None:
    for data, at, known in told["models"]:
        envelope = decode(data)
        assert isinstance(envelope.record, ModelVersion)
        store.models.add(envelope, envelope.record, store.names, at=at, known=known)
    for data in told["profiles"]:
        envelope = decode(data)
        assert isinstance(envelope.record, TrainingProfile)
        store.profiles.add(envelope, envelope.record)
    for data in told["runs"]:
        envelope = decode(data)
        assert isinstance(envelope.record, RunState)
        store.runs.add(envelope, envelope.record)
    for data, known in told["changes"]:
        envelope = decode(data)
        assert isinstance(envelope.record, DatasetChange)
        store.changes.add(envelope, envelope.record, known)
    for data, at, known in told["annotations"]:
        store.annotations.restore(decode(data), at, known)
