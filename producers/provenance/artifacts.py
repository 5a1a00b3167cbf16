"""What a run made: the digest of weights, a file or a folder of files."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_CHUNK_BYTES = 1 << 20


def digest(artifact: Any) -> str:
    """Return the digest of an artifact, with what it is taken over before it.

    `sha256:` over the bytes of a file, as any tool computes it; `sha256-tree:` over the names
    and digests of a folder's files; `sha256-tensors:` over named tensors.

    Args:
        artifact: A path of a file or folder, bytes, a state dict, or what has one as
            `state_dict()`.
    """
    if isinstance(artifact, str | Path):
        return path_digest(Path(artifact))
    if isinstance(artifact, bytes):
        return f"sha256:{hashlib.sha256(artifact).hexdigest()}"
    state = artifact if isinstance(artifact, Mapping) else artifact.state_dict()
    return weights_digest(state)


def path_digest(path: Path) -> str:
    """Return the digest of a file, or of a folder: over the names and digests in it."""
    if path.is_file():
        return f"sha256:{_file(path)}"
    hashed = hashlib.sha256()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        hashed.update(f"{file.relative_to(path).as_posix()}\0{_file(file)}\0".encode())
    return f"sha256-tree:{hashed.hexdigest()}"


def weights_digest(state: Mapping[str, Any]) -> str:
    """Return the digest of named tensors: names, types, shapes and bytes, in order of name.

    It depends on the weights alone: not on the order they were saved in, nor on the format
    of a checkpoint, nor on the device.
    """
    hashed = hashlib.sha256()
    for name in sorted(state):
        _update(hashed, name, state[name])
    return f"sha256-tensors:{hashed.hexdigest()}"


def _update(hashed: Any, name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for member in sorted(value, key=str):
            _update(hashed, f"{name}.{member}", value[member])
    elif hasattr(value, "detach"):
        tensor = value.detach().cpu().contiguous()
        hashed.update(f"{name}\0{tensor.dtype}\0{tuple(tensor.shape)}\0".encode())
        hashed.update(tensor.flatten().view(_bytes_type()).numpy().data)
    else:
        hashed.update(f"{name}\0{value!r}\0".encode())


def _bytes_type() -> Any:
    import torch

    return torch.uint8


def _file(path: Path) -> str:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            hashed.update(chunk)
    return hashed.hexdigest()
