"""Jars are pinned, fetched once, and fetched again where they are missing or damaged."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.deploy import jars
from headwater.deploy.stack import Stack

from .test_cli import headwater

_DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "cut short": lambda jar: jar.write_bytes(jar.read_bytes()[:1000]),
}

_SMALL = next(jar for jar in jars.pinned(jars.KAFKA) if jar.artifact == "slf4j-api")


@pytest.fixture
def repository(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Maven repository that has Kafka's jars."""
    found = jars.class_path(jars.KAFKA)
    origin = jars.repository()
    for path in found:
        copy = tmp_path / path.relative_to(origin)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    monkeypatch.setenv("M2_REPO", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("jar_set", (*jars.ALL, jars.SPARK), ids=lambda jar_set: str(jar_set.name))
def test_the_programs_are_among_the_pins(jar_set: jars.JarSet) -> None:
    """At the version of the coordinates."""
    pins = {f"{jar.group}:{jar.artifact}:{jar.version}" for jar in jars.pinned(jar_set)}
    assert set(jar_set.coordinates) <= pins


@pytest.mark.stack
@pytest.mark.usefixtures("repository")
def test_the_second_time_asks_nobody() -> None:
    """What is there is used as it is."""
    assert jars.missing(jars.KAFKA) == set()
    assert len(jars.class_path(jars.KAFKA)) == len(jars.pinned(jars.KAFKA))


@pytest.mark.stack
@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("damage", _DAMAGES.values(), ids=_DAMAGES)
def test_a_jar_that_is_missing_or_cut_short_is_noticed(damage: Callable[[Path], object]) -> None:
    """That jar, and no other."""
    damage(_SMALL.path)
    assert jars.missing(jars.KAFKA) == {_SMALL}


@pytest.mark.long
@pytest.mark.stack
@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("damage", _DAMAGES.values(), ids=_DAMAGES)
def test_a_jar_that_is_missing_or_cut_short_is_fetched(damage: Callable[[Path], object]) -> None:
    """What lies in its place is not taken for it."""
    damage(_SMALL.path)
    jars.class_path(jars.KAFKA)
    assert _SMALL.intact


@pytest.mark.stack
def test_doctor_names_a_damaged_jar(repository: Path) -> None:
    """Of the right size, so that only its content tells."""
    _SMALL.path.write_bytes(bytes(_SMALL.size))
    done = headwater("doctor", home=repository / "home", M2_REPO=str(repository))
    assert done.returncode == 12
    assert _SMALL.path.name in done.stdout.replace("\n", "")


def test_without_a_network_the_remedy_says_so(tmp_path: Path) -> None:
    """An empty cache and no way out."""
    nowhere = "http://127.0.0.1:1"
    done = headwater(
        "fetch",
        home=tmp_path,
        M2_REPO=str(tmp_path / "m2"),
        HTTPS_PROXY=nowhere,
        https_proxy=nowhere,
    )
    assert done.returncode == 1
    assert "error: the jars cannot be fetched" in done.stderr
    assert "remedy: Check the network" in done.stderr


@pytest.mark.long
def test_everything_is_fetched_into_an_empty_repository(tmp_path: Path) -> None:
    """One sees how much there is to fetch and how much has arrived."""
    repository = str(tmp_path / "m2")
    done = headwater("fetch", "--json", home=tmp_path, M2_REPO=repository)
    assert done.returncode == 0, done.stderr
    assert "fetching the jars of Kafka and JanusGraph: 161 files" in done.stderr
    paths = {path for found in json.loads(done.stdout).values() for path in found}
    assert len(paths) == 161
    assert all(path.startswith(repository) for path in paths)
