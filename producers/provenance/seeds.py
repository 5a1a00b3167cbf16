"""Randomness: seeds, digests of the generators' states, and the flags of determinism.

Libraries are asked only where the job has imported them.
"""

import hashlib
import os
import random
import sys
from typing import Any


def seeds() -> dict[str, int | str]:
    """Return what fixes the randomness now: seeds where known, else digests of states."""
    found: dict[str, int | str] = {"python.state": _digest(repr(random.getstate()).encode())}
    if hash_seed := os.environ.get("PYTHONHASHSEED"):
        found["python.hash"] = hash_seed
    if (numpy := sys.modules.get("numpy")) is not None:
        found["numpy.state"] = _numpy(numpy)
    if (torch := sys.modules.get("torch")) is not None:
        found |= _torch(torch)
    return found


def determinism() -> dict[str, str | bool]:
    """Return the settings that decide whether a run repeats bit for bit."""
    found: dict[str, str | bool] = {
        name: os.environ[name]
        for name in ("CUBLAS_WORKSPACE_CONFIG", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        if name in os.environ
    }
    if (torch := sys.modules.get("torch")) is None:
        return found
    return found | {
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "cudnn.benchmark": torch.backends.cudnn.benchmark,
        "cudnn.deterministic": torch.backends.cudnn.deterministic,
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
        "threads": str(torch.get_num_threads()),
    }


def _numpy(numpy: Any) -> str:
    name, keys, *rest = numpy.random.get_state()
    return _digest(f"{name}{rest}".encode() + keys.tobytes())


def _torch(torch: Any) -> dict[str, int | str]:
    state = torch.get_rng_state()
    found: dict[str, int | str] = {
        "torch": torch.initial_seed(),
        "torch.state": _digest(state.numpy().tobytes()),
    }
    # A device's state is read only where the job has one in use: asking would start it.
    if torch.cuda.is_initialized():
        for index in range(torch.cuda.device_count()):
            found[f"cuda.{index}.state"] = _digest(
                torch.cuda.get_rng_state(index).numpy().tobytes()
            )
    return found


def _digest(state: bytes) -> str:
    return f"sha256:{hashlib.sha256(state).hexdigest()}"
