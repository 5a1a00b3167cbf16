"""The jars of Kafka and JanusGraph: pinned, fetched once into the user's Maven repository."""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..schemas.errors import HeadwaterError

if TYPE_CHECKING:
    from jgo.maven import Artifact, MavenContext

LOCK = Path(__file__).with_name("jars.json")
"""Every jar of each set: what the coordinates below and all they need resolve to."""

_DOWNLOADS_AT_ONCE = 8
_RETRY_AFTER_S = (0.5, 2)

Count = Callable[[int], None]
Progress = Callable[[str, int], AbstractContextManager[Count]]
"""Called with a file's name and size as its download starts; yields what counts its bytes."""


@dataclass(frozen=True, slots=True)
class JarSet:
    """Maven coordinates that together, with what they need, make one program's class path."""

    name: str
    coordinates: tuple[str, ...]


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
"""What the embedded stack runs on."""

SPARK = JarSet(
    "spark",
    (
        # What Spark brings along, such as Scala, it takes from its own jars.
        "io.openlineage:openlineage-spark_2.12:1.37.0",
        # Its kafka transport needs a client, which Spark has not.
        "org.apache.kafka:kafka-clients:4.1.0",
        # For MERGE, which Spark leaves to the format of a table.
        "io.delta:delta-spark_2.12:3.3.2",
    ),
)
"""What a Spark job adds to say what it does. The stack needs none of it; the tests do."""

CASSANDRA = JarSet(
    "cassandra",
    ("org.apache.cassandra:cassandra-all:5.0.2", "org.slf4j:slf4j-simple:1.7.36"),
)
"""A store for a graph that outgrows one machine, for the tests of it."""

JANUSGRAPH_ON_CASSANDRA = JarSet(
    "janusgraph-on-cassandra",
    (
        "org.janusgraph:janusgraph-server:1.1.0",
        "org.janusgraph:janusgraph-cql:1.1.0",
        "org.apache.commons:commons-lang3:3.17.0",
        "org.slf4j:slf4j-simple:1.7.36",
    ),
)
"""JanusGraph as it runs on Cassandra, for the tests of it."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One pinned file."""

    group: str
    artifact: str
    version: str
    classifier: str
    size: int
    sha256: str

    @property
    def path(self) -> Path:
        """Where it lies in the user's Maven repository, which all homes share."""
        suffix = f"-{self.classifier}" if self.classifier else ""
        name = f"{self.artifact}-{self.version}{suffix}.jar"
        return repository().joinpath(*self.group.split("."), self.artifact, self.version, name)

    @property
    def present(self) -> bool:
        """Whether it is there in full; its content was compared when it arrived."""
        return self.path.exists() and self.path.stat().st_size == self.size

    @property
    def intact(self) -> bool:
        """Whether its content is the pinned one."""
        return _digest(self.path) == self.sha256


@contextmanager
def no_progress(name: str, size: int) -> Iterator[Count]:  # noqa: ARG001
    """Show nothing."""
    yield lambda _: None


def class_path(jars: JarSet, progress: Progress = no_progress) -> tuple[Path, ...]:
    """Return the jars of a set; those that are missing or cut short are fetched first.

    Raises:
        HeadwaterError: They cannot be fetched, or are not the pinned ones.
    """
    if missing(jars):
        _fetch(jars, progress)
    return tuple(jar.path for jar in pinned(jars))


def pinned(jars: JarSet) -> list[Jar]:
    """Return every jar of a set."""
    return [Jar(**pin) for pin in json.loads(LOCK.read_text())[jars.name]]


def missing(*jar_sets: JarSet) -> set[Jar]:
    """Return the jars of some sets that are still to be fetched."""
    return {jar for jar_set in jar_sets for jar in pinned(jar_set) if not jar.present}


def repository() -> Path:
    """Return the user's Maven repository, as Maven and jgo find it."""
    named = os.environ.get("M2_REPO")
    return Path(named).expanduser() if named else Path.home() / ".m2" / "repository"


def write_lock() -> None:
    """Pin the jars that Maven resolves the coordinates to now."""
    import jgo

    pins = {}
    for jar_set in (*ALL, SPARK, CASSANDRA, JANUSGRAPH_ON_CASSANDRA):
        artifacts = jgo.resolve("+".join(jar_set.coordinates))
        found = sorted((_pin(artifact) for artifact in artifacts), key=lambda jar: jar.path)
        pins[jar_set.name] = [asdict(jar) for jar in found]
    LOCK.write_text(json.dumps(pins, indent=1) + "\n")


def _fetch(jars: JarSet, progress: Progress) -> None:
    try:
        repository().mkdir(parents=True, exist_ok=True)
        with (repository() / ".headwater.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _download(sorted(missing(jars), key=lambda jar: jar.path), progress)
    except (RuntimeError, OSError) as error:
        raise HeadwaterError(
            f"the jars cannot be fetched: {error}",
            remedy="Check the network and the proxy variables, then run the same again.",
        ) from error


def _download(jars: Sequence[Jar], progress: Progress) -> None:
    from jgo.maven import MavenContext, PythonResolver

    resolver = PythonResolver(progress_callback=progress)
    context = MavenContext(resolver=resolver, repo_cache=repository())
    with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
        try:
            for _ in pool.map(partial(_download_one, context), jars):
                pass
        finally:
            pool.shutdown(cancel_futures=True)


def _download_one(context: "MavenContext", jar: Jar) -> None:
    for wait_s in _RETRY_AFTER_S:
        try:
            _resolve(context, jar)
        except (RuntimeError, OSError):
            time.sleep(wait_s)
        else:
            return
    _resolve(context, jar)


def _resolve(context: "MavenContext", jar: Jar) -> None:
    # What a download that was cut short left here would pass for the jar.
    jar.path.unlink(missing_ok=True)
    component = context.project(jar.group, jar.artifact).at_version(jar.version)
    component.artifact(classifier=jar.classifier).resolve()
    if not jar.intact:
        jar.path.unlink()
        raise HeadwaterError(
            f"{jar.path.name} is not the pinned jar: its SHA-256 differs",
            remedy="Check what answers for Maven's repository: it alters what it passes on.",
        )


def _pin(artifact: "Artifact") -> Jar:
    path = artifact.resolve()
    return Jar(
        artifact.groupId,
        artifact.artifactId,
        artifact.version,
        artifact.classifier,
        path.stat().st_size,
        _digest(path),
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
