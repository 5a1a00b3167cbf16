"""Jars are pinned, fetched once, and fetched again where they are missing or damaged."""

import json
import os
from pathlib import Path

import pytest

from headwater.deploy import jars

from .test_cli import headwater


@pytest.mark.parametrize("jar_set", jars.ALL, ids=lambda jar_set: str(jar_set.name))
def test_every_jar_is_pinned(jar_set: jars.JarSet) -> None:
    """The programs themselves are among them, at the version of the coordinates."""
    for coordinate in jar_set.coordinates:
        _, artifact, version = coordinate.split(":")
        assert f"{artifact}-{version}.jar" in jars.pinned(jar_set)
    assert all(len(pin["sha256"]) == 64 for pin in jars.pinned(jar_set).values())


@pytest.mark.stack
def test_the_second_time_asks_nobody(stack: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the stack was started from is remembered."""
    monkeypatch.setattr(jars, "_resolve", lambda *_: pytest.fail("Maven was asked"))
    paths = jars.class_path(jars.KAFKA)
    assert {path.name for path in paths} == set(jars.pinned(jars.KAFKA))


@pytest.mark.stack
@pytest.mark.parametrize("damage", [Path.unlink, lambda jar: jar.write_bytes(b"PK")])
def test_a_missing_or_shortened_jar_is_noticed(
    stack: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: object
) -> None:
    """What is remembered is checked before it is used."""
    copies = [tmp_path / path.name for path in jars.class_path(jars.KAFKA)]
    for path, copy in zip(jars.class_path(jars.KAFKA), copies, strict=True):
        copy.write_bytes(path.read_bytes())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    remembered = jars._remembered_path(jars.KAFKA)
    remembered.parent.mkdir()
    remembered.write_text(json.dumps([str(copy) for copy in copies]))
    assert jars.cached(jars.KAFKA)
    damage(copies[3])  # type: ignore[operator]
    assert not jars.cached(jars.KAFKA)


def test_without_a_network_the_remedy_says_so(tmp_path: Path) -> None:
    """An empty cache and no way out."""
    done = headwater(
        "fetch",
        home=tmp_path,
        XDG_CACHE_HOME=str(tmp_path / "xdg"),
        JGO_CACHE_DIR=str(tmp_path / "jgo"),
        M2_REPO=str(tmp_path / "m2"),
        HTTPS_PROXY="http://127.0.0.1:1",
        https_proxy="http://127.0.0.1:1",
    )
    assert done.returncode == 1
    assert "error: the jars of kafka cannot be fetched" in done.stderr
    assert "remedy: Check the network" in done.stderr


@pytest.mark.long
def test_a_damaged_cache_is_repaired(tmp_path: Path) -> None:
    """A download that was cut short leaves half a jar in every cache."""
    caches = {
        "XDG_CACHE_HOME": str(tmp_path / "xdg"),
        "JGO_CACHE_DIR": str(tmp_path / "jgo"),
        "M2_REPO": str(tmp_path / "m2"),
    }
    first = headwater("fetch", "--json", home=tmp_path, **caches)
    assert first.returncode == 0, first.stderr
    assert "fetching the jars of kafka and janusgraph" in first.stderr
    for copy in (tmp_path / "m2").rglob("kafka-clients-4.1.0.jar"):
        os.truncate(copy, 1000)
    (tmp_path / "jgo" / "envs").rename(tmp_path / "gone")
    second = headwater("fetch", "--json", home=tmp_path, **caches)
    assert second.returncode == 0, second.stderr
    assert json.loads(first.stdout) == json.loads(second.stdout)
