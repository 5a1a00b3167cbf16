"""How the pages are built, and how they are sent."""

import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from headwater.sinks.dashboard import build
from headwater.sinks.server import pages
from headwater.sinks.server.app import create_app
from headwater.sinks.server.settings import Settings

SCRIPTS_BYTES_MAX = 250 * 1024


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    build.build()


def asked(app: Starlette, path: str, **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path, headers=headers)

    return anyio.run(ask)


def test_all_scripts_together_are_small() -> None:
    """What a browser loads before it shows anything, as it is sent."""
    scripts = b"".join(path.read_bytes() for path in build.STATIC.glob("*.js"))
    assert len(gzip.compress(scripts, 9)) <= SCRIPTS_BYTES_MAX


def test_nothing_is_built_where_nothing_changed() -> None:
    """No npm, no Node."""
    assert build.build() is False


def test_the_types_of_the_sources_fit() -> None:
    """As mypy does for Python."""
    build.check_types()


def test_the_packages_are_pinned_and_no_registry_is_named() -> None:
    """By hashes; where from is npm's own affair."""
    lock = json.loads((build.FOLDER / "package-lock.json").read_text())
    packages = {name: said for name, said in lock["packages"].items() if name}
    assert all("integrity" in said and "resolved" not in said for said in packages.values())


def test_the_licences_of_what_is_bundled_are_sent_along() -> None:
    """They demand it."""
    text = (build.STATIC / "licenses.txt").read_text()
    assert text.count("Permission is hereby granted") == 2


@pytest.mark.parametrize("path", [*pages.PATHS, "/assets/app.js", "/assets/app.css"])
def test_a_page_is_sent_under_a_strict_policy(path: str) -> None:
    """Nothing runs but our own files, and text never becomes code."""
    app, _ = create_app(Settings("127.0.0.1:1"))
    response = asked(app, path)
    assert 200 == response.status_code
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy and "require-trusted-types-for 'script'" in policy
    assert "nosniff" == response.headers["x-content-type-options"]
    again = asked(app, path, **{"if-none-match": response.headers["etag"]})
    assert (304, b"") == (again.status_code, again.content)


def test_a_page_holds_no_script_of_its_own() -> None:
    """The policy would refuse it."""
    text = (build.STATIC / "index.html").read_text()
    assert "<style" not in text and " on" not in text.replace(" one", "")
    assert '<script type="module" src="/assets/app.js"></script>' in text


def test_what_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    """Without npm all but the pages works."""
    app = Starlette(routes=[*pages.routes(tmp_path)])
    response = asked(app, "/lineage")
    assert 503 == response.status_code
    assert "make dashboard" in response.text


@pytest.mark.long
def test_the_wheel_and_the_source_archive_hold_the_pages(tmp_path: Path) -> None:
    """`pip install` of either needs no Node on the machine."""
    made = subprocess.run(
        [Path(sys.executable).with_name("uv"), "build", "--out-dir", tmp_path, build.ROOT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == made.returncode, made.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    held = {f"headwater/sinks/dashboard/static/{path.name}" for path in build.STATIC.iterdir()}
    assert held <= names
    assert not any(name.endswith((".tsx", ".ts", "package-lock.json")) for name in names)
