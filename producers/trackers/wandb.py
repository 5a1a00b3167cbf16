"""Weights & Biases: the runs that it wrote to disk, offline or not."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from ..provenance.datasets import used, versioned
from ..provenance.secrets import address
from .run import Read, State, TrackedModel, TrackedRun, UnreadableError, read_each
from .wandb_file import Fields, fields, messages, number_of, text

# Numbers of the fields of `wandb_internal.proto` that are read here.
_SUMMARY, _CONFIG, _ARTIFACT, _RUN, _EXIT, _USED, _ENVIRONMENT = 3, 5, 8, 17, 18, 25, 26
_UPDATE, _KEY, _NESTED_KEY, _VALUE_JSON = 1, 1, 2, 16


def runs(path: Path) -> Iterator[Read]:
    """Yield the run of every `.wandb` file at a path: such a file, or a folder of them."""
    return read_each([path] if path.is_file() else sorted(path.rglob("*.wandb")), tracked)


def tracked(path: Path) -> TrackedRun:
    """Return the run that a `.wandb` file holds.

    Raises:
        UnreadableError: If it is none, or states no run.
    """
    kept = _Kept()
    for message in messages(path):
        kept.take(message)
    if not kept.run:
        raise UnreadableError(f"{path} states no run")
    return kept.tracked()


class _Kept:
    """What the records of a file come to; later ones win."""

    def __init__(self) -> None:
        self.run: Fields = {}
        self.config: dict[str, Any] = {}
        self.summary: dict[str, Any] = {}
        self.environment: Fields = {}
        self.exit: Fields | None = None
        self.artifacts: list[Fields] = []
        self.used: list[Fields] = []

    def take(self, message: Fields) -> None:
        for number, (*_, value) in message.items():
            if number == _RUN:
                self.run = fields(value)
                for config in self.run.get(4, ()):
                    self.config |= _items(config)
            elif number == _CONFIG:
                self.config |= _items(value)
            elif number == _SUMMARY:
                self.summary |= _items(value)
            elif number == _ENVIRONMENT:
                self.environment |= fields(value)
            elif number == _EXIT:
                self.exit = fields(value)
            elif number == _ARTIFACT:
                self.artifacts.append(fields(value))
            elif number == _USED:
                self.used.append(fields(value))

    def tracked(self) -> TrackedRun:
        environment = self.environment
        git = fields(environment[9][-1]) if 9 in environment else {}
        started = _time(self.run.get(17))
        program = text(environment, 6)
        return TrackedRun(
            namespace=self._namespace(),
            job=text(self.run, 3) or "uncategorized",
            id=text(self.run, 1) or "",
            state=self._state(),
            at=self._ended(started),
            started_at=started,
            parameters={k: v for k, v in self.config.items() if k != "_wandb"},
            metrics=_numbers(self.summary),
            inputs=tuple(self._inputs()),
            outputs=tuple(self._outputs()),
            models=tuple(self._models()),
            repository=address(remote) if (remote := text(git, 1)) else None,
            commit=text(git, 2),
            path=text(environment, 7),
            command=tuple(filter(None, (text(environment, 14), program, *_texts(environment, 5)))),
            environment=_environment(environment),
        )

    def _namespace(self) -> str:
        return f"wandb://{text(self.run, 2) or 'offline'}"

    def _state(self) -> State:
        if self.exit is None:
            return "RUNNING"
        return "FAIL" if number_of(self.exit, 1) else "COMPLETE"

    def _ended(self, started: datetime | None) -> datetime:
        stamp = self.summary.get("_timestamp")
        if isinstance(stamp, int | float):
            return datetime.fromtimestamp(stamp, UTC)
        runtime_s = number_of(self.exit or {}, 2) or 0
        return (started or datetime.fromtimestamp(0, UTC)) + timedelta(seconds=runtime_s)

    def _inputs(self) -> Iterator[dict[str, Any]]:
        """Yield the artifacts that the run used; only their server knows their digests."""
        for artifact in self.used:
            name = text(artifact, 3) or text(artifact, 1) or ""
            base, _, version = name.partition(":")
            if version.startswith("v"):
                found = versioned(self._namespace(), base, kind="wandb", version=version)
            else:
                found = {"namespace": self._namespace(), "name": base}
            yield used(found)

    def _outputs(self) -> Iterator[dict[str, Any]]:
        for artifact in self._logged(model=False):
            name, digest = text(artifact, 5) or "", text(artifact, 6) or ""
            yield versioned(self._namespace(), name, kind="wandb", version=digest)

    def _models(self) -> Iterator[TrackedModel]:
        for artifact in self._logged(model=True):
            digest = text(artifact, 6)
            yield TrackedModel(
                text(artifact, 5) or "",
                version=digest,
                digest=f"wandb:{digest}" if digest else None,
            )

    def _logged(self, *, model: bool) -> Iterator[Fields]:
        """Yield artifacts of the run's own; those with a type of `wandb-…` are the library's."""
        for artifact in self.artifacts:
            kind = text(artifact, 4) or ""
            ours = kind in ("job", "code", "run_table") or kind.startswith("wandb-")
            if not ours and (kind == "model") is model:
                yield artifact


def _items(record: bytes) -> dict[str, Any]:
    """Return the updates that a config or summary record states, nested keys with dots."""
    found: dict[str, Any] = {}
    for update in fields(record).get(_UPDATE, ()):
        item = fields(update)
        key = ".".join(_texts(item, _NESTED_KEY)) or text(item, _KEY) or ""
        found[key] = _json(text(item, _VALUE_JSON))
    return found


def _json(stated: str | None) -> Any:
    try:
        return orjson.loads(stated or "null")
    except orjson.JSONDecodeError:  # NaN and Infinity, which Python's JSON writes
        return stated


def _numbers(summary: Mapping[str, Any]) -> dict[str, float]:
    return {
        key: float(value)
        for key, value in summary.items()
        if isinstance(value, int | float) and not key.startswith("_")
    }


def _texts(found: Fields, number: int) -> list[str]:
    return [value.decode(errors="replace") for value in found.get(number, ())]


def _time(values: list[bytes] | None) -> datetime | None:
    """Return a protobuf timestamp: seconds and nanoseconds."""
    if not values:
        return None
    stated = fields(values[-1])
    seconds, nanoseconds = number_of(stated, 1) or 0, number_of(stated, 2) or 0
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=nanoseconds // 1000)


def _environment(stated: Fields) -> dict[str, Any]:
    hardware = {
        "cpus": str(number_of(stated, 17) or ""),
        "gpu": text(stated, 18) or "",
        "gpus": str(number_of(stated, 19) or ""),
        "cuda": text(stated, 25) or "",
    }
    return {
        "image": text(stated, 4),
        "python": (text(stated, 2) or "").removeprefix("CPython ") or None,
        "platform": text(stated, 1),
        "hardware": {name: value for name, value in hardware.items() if value} or None,
    }
