"""TraceML: the final summary of a run, and the manifests that lie beside it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from .run import Read, State, TrackedRun, UnreadableError, read_each

SUMMARY = "final_summary.json"
_STATES: Mapping[str, State] = {"completed": "COMPLETE", "failed": "FAIL", "interrupted": "ABORT"}


def runs(path: Path) -> Iterator[Read]:
    """Yield the run of every final summary at a path: such a file, or a folder of them."""
    return read_each([path] if path.is_file() else sorted(path.rglob(SUMMARY)), tracked)


def tracked(path: Path) -> TrackedRun:
    """Return the run that a summary tells of.

    Its averages become metrics: over all steps and ranks, not the steps themselves, which
    TraceML forgets after 30 minutes.

    Raises:
        UnreadableError: If it is no final summary.
    """
    summary = _read(path)
    if "schema_version" not in summary or "step_time" not in summary:
        raise UnreadableError(f"{path} is no final summary of TraceML")
    manifest, system = (_beside(path, name) for name in ("manifest.json", "system_manifest.json"))
    lifecycle = manifest.get("lifecycle") or {}
    launch = manifest.get("launch") or {}
    name = (summary.get("meta") or {}).get("run_name") or path.parent.name
    status = ((summary.get("run_context") or {}).get("run") or {}).get("status")
    ended = lifecycle.get("training_ended_at") or summary["generated_at"]
    script = launch.get("script_path")
    return TrackedRun(
        namespace="traceml",
        job=Path(script).stem if script else name,
        id=f"{name} {manifest.get('created_at') or summary['generated_at']}",
        state=_STATES.get(status or "", "RUNNING"),
        at=datetime.fromisoformat(ended),
        started_at=_time(lifecycle.get("training_started_at")),
        metrics=dict(_averages(summary)),
        path=script,
        environment=_environment(system),
    )


def _averages(summary: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for section in ("step_time", "step_memory", "process", "system"):
        average = ((summary.get(section) or {}).get("global") or {}).get("average") or {}
        for name, value in average.items():
            if isinstance(value, int | float):
                yield f"{section}.{name}", float(value)
    steps = ((summary["step_time"] or {}).get("metadata") or {}).get("training_total_steps")
    if isinstance(steps, int):
        yield "steps", float(steps)


def _environment(system: Mapping[str, Any]) -> dict[str, Any]:
    if not system:
        return {}
    gpu, cpu = system.get("gpu") or {}, system.get("cpu") or {}
    devices = [device.get("name", "") for device in gpu.get("devices") or ()]
    hardware = {
        "cpus": cpu.get("logical_core_count"),
        "memory_bytes": (system.get("memory") or {}).get("ram_total_bytes"),
        "gpus": gpu.get("count"),
        "gpu": ", ".join(devices) or None,
    }
    version = str((system.get("python") or {}).get("version", "")).split(" ")[0]
    return {
        "python": version or None,
        "platform": (system.get("platform") or {}).get("platform"),
        "hardware": {
            name: str(int(value) if isinstance(value, float) else value)
            for name, value in hardware.items()
            if value
        },
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        read = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise UnreadableError(f"{path} cannot be read as JSON: {error}") from error
    return read if isinstance(read, dict) else {}


def _beside(path: Path, name: str) -> dict[str, Any]:
    found = path.with_name(name)
    return _read(found) if found.exists() else {}


def _time(stated: str | None) -> datetime | None:
    return datetime.fromisoformat(stated) if stated else None
