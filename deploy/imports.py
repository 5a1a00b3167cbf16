"""Imports: what experiment trackers recorded, emitted as the events of runs of ours."""

import importlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..producers import Emitter
from ..producers.trackers import UnreadableError, run_events
from ..producers.trackers.run import Read
from ..schemas.errors import HeadwaterError
from ..schemas.facets import MODEL

_FLUSH_EVERY = 500
_FLUSH_TIMEOUT_S = 60.0


@dataclass(slots=True)
class Imported:
    """What an import came to.

    Attributes:
        models: Versions by the model's name.
        states: Runs by state.
        unreadable: Why something could not be read.
    """

    runs: int = 0
    events: int = 0
    models: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    states: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    unreadable: list[str] = field(default_factory=list)


def read(tracker: str, source: str, *, namespace: str | None = None) -> Iterator[Read]:
    """Yield every run that a tracker has at a source, a path or an address.

    Args:
        tracker: One of `TRACKERS`.
        source: As its entry there says.
        namespace: Of jobs and models, instead of the tracker's own.
    """
    for found in TRACKERS[tracker](source):
        if namespace is None or isinstance(found, UnreadableError):
            yield found
        else:
            yield replace(found, namespace=namespace)


def take(found: Iterable[Read], emitter: Emitter | None) -> Imported:
    """Emit every run that was read, and count.

    Args:
        found: From `read`.
        emitter: Takes the events; None only counts them.
    """
    imported = Imported()
    for each in found:
        if isinstance(each, UnreadableError):
            imported.unreadable.append(each.message)
            continue
        imported.runs += 1
        imported.states[each.state] += 1
        for event in run_events(each):
            imported.events += 1
            for output in _made(event):
                imported.models[output["name"]] += 1
            if emitter is not None:
                emitter.emit(event)
        if emitter is not None and imported.runs % _FLUSH_EVERY == 0:
            # An import may be larger than a spool.
            emitter.flush(_FLUSH_TIMEOUT_S)
    return imported


def _made(event: dict[str, object]) -> Iterator[dict[str, str]]:
    outputs = event["outputs"]
    assert isinstance(outputs, list)
    return (output for output in outputs if MODEL in output.get("facets", {}))


def _mlflow(source: str) -> Iterator[Read]:
    from ..producers.trackers.mlflow import runs

    parts = urlsplit(source)
    if parts.scheme == "sqlite":
        # MLflow would make a new one.
        _path(parts.path.removeprefix("/"))
    client = _library("mlflow").MlflowClient(tracking_uri=source)
    place = parts.netloc.rpartition("@")[2] or str(Path(parts.path.lstrip("/") or ".").resolve())
    return runs(client, namespace=f"mlflow://{place}")


def _wandb(source: str) -> Iterator[Read]:
    from ..producers.trackers.wandb import runs

    return runs(_path(source))


def _neptune(source: str) -> Iterator[Read]:
    from ..producers.trackers.neptune import runs

    return runs(_path(source))


def _traceml(source: str) -> Iterator[Read]:
    from ..producers.trackers.traceml import runs

    return runs(_path(source))


def _sagemaker(source: str) -> Iterator[Read]:
    from ..producers.trackers.sagemaker import live, runs, saved

    scheme, _, region = source.partition("sagemaker://")
    if scheme or not region:
        return runs(saved(_path(source)))
    return runs(live(_library("boto3").client("sagemaker", region_name=region)))


def _library(name: str) -> Any:
    """Return a tracker's own library, which nothing here depends on."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        remedy = f"Run `pip install {name}`."
        raise HeadwaterError(f"{name} is not installed", remedy=remedy) from error


def _path(source: str) -> Path:
    found = Path(source)
    if not found.exists():
        raise HeadwaterError(f"{source} does not exist", remedy="Name a file or folder.")
    return found


TRACKERS: dict[str, Callable[[str], Iterator[Read]]] = {
    "mlflow": _mlflow,
    "wandb": _wandb,
    "neptune": _neptune,
    "sagemaker": _sagemaker,
    "traceml": _traceml,
}
"""Every tracker that can be imported, with what reads a source of it."""
