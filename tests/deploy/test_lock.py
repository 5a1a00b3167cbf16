"""The lock has what pyproject.toml asks for, by hash, and names no address."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).parents[2]
_LOCKS = sorted((_ROOT / "deploy" / "lock").glob("*.txt"))
_PIN = re.compile(r"^([\w.-]+)==(\S+).*(?:\n    --hash=sha256:[0-9a-f]{64}.*)+", re.MULTILINE)


def _asked() -> list[Requirement]:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    words = [*project["dependencies"], *(word for extra in extras for word in extra)]
    return [Requirement(word) for word in words if not word.startswith("headwater[")]


@pytest.mark.parametrize("asked", _asked(), ids=str)
def test_what_is_asked_for_is_pinned(asked: Requirement) -> None:
    """At a version that fits; `make lock` brings both together again."""
    pins = _PIN.findall((_ROOT / "deploy" / "lock" / "requirements.txt").read_text())
    versions = [version for name, version in pins if name == canonicalize_name(asked.name)]
    assert versions
    assert all(asked.specifier.contains(version) for version in versions)


@pytest.mark.parametrize("lock", _LOCKS, ids=lambda lock: str(lock.name))
def test_a_lock_is_all_hashes_and_no_address(lock: Path) -> None:
    """Wherever the packages come from, they are these."""
    text = lock.read_text()
    assert "://" not in text
    assert len(_PIN.findall(text)) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE)) > 0
