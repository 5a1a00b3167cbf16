"""The jars of Kafka and JanusGraph, from pinned Maven coordinates, and the JVM that runs them."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..schemas.errors import HeadwaterError
from .home import write_json

LOCK = Path(__file__).with_name("jars.json")

Count = Callable[[int], None]
Progress = Callable[[str, int], AbstractContextManager[Count]]
"""Called with a file's name and size as its download starts; yields what counts its bytes."""


@dataclass(frozen=True, slots=True)
class JarSet:
    """Maven coordinates that together make one program's class path."""

    name: str
    coordinates: tuple[str, ...]

    @property
    def endpoint(self) -> str:
        return "+".join(self.coordinates)


KAFKA = JarSet("kafka", ("org.apache.kafka:kafka_2.13:4.1.0", "org.slf4j:slf4j-simple:1.7.36"))

JANUSGRAPH = JarSet(
    "janusgraph",
    (
        "org.janusgraph:janusgraph-server:1.1.0",
        "org.janusgraph:janusgraph-berkeleyje:1.1.0",
        # Without it the server dies: an older commons-lang3 in the tree lacks `Range.of`.
        "org.apache.commons:commons-lang3:3.17.0",
        "org.slf4j:slf4j-simple:1.7.36",
    ),
)

ALL = (KAFKA, JANUSGRAPH)


def class_path(jars: JarSet, progress: Progress | None = None) -> tuple[Path, ...]:
    """Return the jars of a set, fetched if they are not in the user's cache yet.

    What was found is remembered, so that only the first call asks Maven.

    Raises:
        HeadwaterError: They cannot be fetched, or are not the pinned ones.
    """
    remembered = _remembered_path(jars)
    return _recall(remembered, jars) or _fetch(jars, remembered, progress)


def cached(jars: JarSet) -> bool:
    """Tell whether a set can be used without fetching anything."""
    return _recall(_remembered_path(jars), jars) is not None


def pinned(jars: JarSet) -> dict[str, Any]:
    """Return the size and SHA-256 of each jar of a set, by file name."""
    found: dict[str, Any] = json.loads(LOCK.read_text())[jars.name]
    return found


@contextmanager
def no_progress(name: str, size: int) -> Iterator[Count]:  # noqa: ARG001
    """Show nothing."""
    yield lambda _: None


def _remembered_path(jars: JarSet) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headwater"
    return cache / f"{jars.name}-{hashlib.sha256(jars.endpoint.encode()).hexdigest()[:16]}.json"


def _recall(remembered: Path, jars: JarSet) -> tuple[Path, ...] | None:
    """Return the remembered class path if each file is still there with its pinned size."""
    try:
        paths = tuple(Path(path) for path in json.loads(remembered.read_text()))
        sizes = {path.name: path.stat().st_size for path in paths}
    except (OSError, ValueError):
        return None
    return paths if sizes == {name: pin["size"] for name, pin in pinned(jars).items()} else None


def _fetch(jars: JarSet, remembered: Path, progress: Progress | None) -> tuple[Path, ...]:
    remembered.parent.mkdir(parents=True, exist_ok=True)
    with (remembered.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        paths = _recall(remembered, jars) or _resolve(jars, progress or no_progress)
        write_json(remembered, [str(path) for path in paths])
    return paths


def _resolve(jars: JarSet, progress: Progress) -> tuple[Path, ...]:
    paths = _build(jars, progress)
    if _unpinned(jars, paths):
        # A download that was cut short, or a damaged cache: once more, from nothing.
        _forget(jars, paths)
        paths = _build(jars, progress)
    if wrong := _unpinned(jars, paths):
        raise HeadwaterError(
            f"{len(wrong)} jars of {jars.name} are not the pinned ones, the first is {wrong[0]}",
            remedy="Check what answers for your Maven repository: a jar differs from its checksum.",
        )
    return paths


def _build(jars: JarSet, progress: Progress) -> tuple[Path, ...]:
    import jgo
    from jgo.maven import PythonResolver

    try:
        environment = jgo.build(jars.endpoint, resolver=PythonResolver(progress_callback=progress))
    except (RuntimeError, OSError, AssertionError) as error:
        raise HeadwaterError(
            f"the jars of {jars.name} cannot be fetched: {error}",
            remedy="Check the network and the proxy variables, then run the same command again.",
        ) from error
    return tuple(sorted(environment.all_jars))


def _forget(jars: JarSet, paths: tuple[Path, ...]) -> None:
    """Remove the set's environment and each wrong jar from the Maven cache beneath it."""
    from jgo.config import GlobalSettings

    repository = GlobalSettings.load().repo_cache
    for name in _unpinned(jars, paths):
        for copy in repository.rglob(name):
            copy.unlink()
    for directory in {path.parent.parent for path in paths}:
        shutil.rmtree(directory)


def _unpinned(jars: JarSet, paths: tuple[Path, ...]) -> list[str]:
    """Name the jars that are missing, unknown, or other than the pinned ones."""
    found = {path.name: _digest(path) for path in paths}
    wanted = {name: pin["sha256"] for name, pin in pinned(jars).items()}
    return sorted(name for name in found | wanted if found.get(name) != wanted.get(name))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_lock() -> None:
    """Pin the jars that Maven resolves the coordinates to now."""
    built = {jars.name: _build(jars, no_progress) for jars in ALL}
    pins = {
        name: {p.name: {"size": p.stat().st_size, "sha256": _digest(p)} for p in paths}
        for name, paths in built.items()
    }
    LOCK.write_text(json.dumps(pins, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    write_lock()
