"""Where a run runs: image, Python, libraries, hardware, scheduler."""

import os
import platform
import re
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from .secrets import redact

IMAGE = "HEADWATER_IMAGE"
"""The image's reference, such as `registry/team/train:3`. A container cannot see its own:
the orchestrator has to hand it in. Unset by default."""

IMAGE_DIGEST = "HEADWATER_IMAGE_DIGEST"
"""The image's digest, such as `sha256:…`. Unset by default."""

# Where orchestrators put an image's reference and digest of themselves.
_IMAGE_VARIABLES = (IMAGE, "SAGEMAKER_TRAINING_IMAGE", "TRAINING_IMAGE", "CONTAINER_IMAGE")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CONTAINER = re.compile(rb"(?:docker|containerd|crio|kubepods|libpod)\S*?([0-9a-f]{64})")

SCHEDULERS: Mapping[str, tuple[str, ...]] = {
    "slurm": ("SLURM_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_STEP_ID", "SLURM_JOB_NAME"),
    "kubernetes": ("POD_NAME", "POD_NAMESPACE", "JOB_COMPLETION_INDEX"),
    "sagemaker": ("TRAINING_JOB_NAME", "TRAINING_JOB_ARN"),
    "ray": ("RAY_JOB_ID", "RAY_SUBMISSION_ID"),
    "torchrun": ("TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT", "GROUP_RANK"),
    "airflow": ("AIRFLOW_CTX_DAG_ID", "AIRFLOW_CTX_TASK_ID", "AIRFLOW_CTX_DAG_RUN_ID"),
}
"""The variables by which each scheduler names its job to the processes in it."""


def environment() -> dict[str, Any]:
    """Return the members of the environment facet. Takes some 30 ms: not for a hot path."""
    stated = (os.environ.get(name) for name in _IMAGE_VARIABLES)
    reference = next((redact(image) for image in stated if image), None)
    return {
        "image": reference,
        "imageDigest": _image_digest(reference),
        "container": container_id(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": libraries(),
        "hardware": hardware(),
    }


def _image_digest(reference: str | None) -> str | None:
    """Return the digest, from its own variable or from a reference that holds one."""
    stated = os.environ.get(IMAGE_DIGEST) or reference or ""
    found = _DIGEST.search(stated)
    return found.group() if found else None


def container_id() -> str | None:
    """Return the id of the container this runs in, as the kernel's cgroups show it."""
    for path in ("/proc/self/cgroup", "/proc/self/mountinfo"):
        try:
            found = _CONTAINER.search(Path(path).read_bytes())
        except OSError:
            continue
        if found:
            return found.group(1).decode()
    return None


def libraries() -> dict[str, str]:
    """Return every installed distribution and its version."""
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(name.lower().replace("_", "-"), distribution.version)
    return dict(sorted(found.items()))


def hardware() -> dict[str, str]:
    """Return the machine: processor, memory and, where torch has one in use, the GPU."""
    found = {
        "cpu": _cpu_model(),
        "cpus": str(len(os.sched_getaffinity(0))),
        "memory_bytes": str(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")),
        "machine": platform.machine(),
    }
    torch = sys.modules.get("torch")
    return found | (_torch(torch) if torch is not None else {})


def scheduler() -> dict[str, str]:
    """Return the ids by which a scheduler knows this job, as `scheduler.variable`."""
    return {
        f"{name}.{variable.lower()}": redact(os.environ[variable])
        for name, variables in SCHEDULERS.items()
        for variable in variables
        if os.environ.get(variable)
    }


def _cpu_model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    found = re.search(r"model name\s*:\s*(.+)", text)
    return found.group(1) if found else platform.processor()


def _torch(torch: Any) -> dict[str, str]:
    found = {"torch.git": str(torch.version.git_version)}
    if not torch.cuda.is_initialized():
        return found
    found |= {
        "cuda": str(torch.version.cuda),
        "cudnn": str(torch.backends.cudnn.version()),
        "gpus": str(torch.cuda.device_count()),
        "gpu": torch.cuda.get_device_name(),
        "gpu_uuid": str(getattr(torch.cuda.get_device_properties(0), "uuid", "")),
        "driver": _driver(),
    }
    if torch.distributed.is_available() and torch.distributed.is_nccl_available():
        found["nccl"] = ".".join(map(str, torch.cuda.nccl.version()))
    return found


def _driver() -> str:
    try:
        text = Path("/proc/driver/nvidia/version").read_text()
    except OSError:
        return "unknown"
    found = re.search(r"Kernel Module\D*([\d.]+)", text)
    return found.group(1) if found else "unknown"
