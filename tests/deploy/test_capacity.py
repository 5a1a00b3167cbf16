"""The stack is refused where it does not fit."""

from pathlib import Path

import pytest

from headwater.deploy.capacity import check_capacity, memory_free_mb
from headwater.deploy.home import Home
from headwater.schemas.errors import HeadwaterError

_MB = 1024 * 1024


def test_too_little_memory_is_refused_with_numbers(tmp_path: Path) -> None:
    """The reader sees what is needed and what there is."""
    free = memory_free_mb()
    with pytest.raises(HeadwaterError, match=rf"needs {free * 2} MB of memory and \d+ MB are free"):
        check_capacity(Home(tmp_path), free * 2)


def test_enough_is_enough(tmp_path: Path) -> None:
    """Nothing is said."""
    check_capacity(Home(tmp_path), 1)


def test_a_container_has_what_its_limit_leaves(tmp_path: Path) -> None:
    """File pages that the kernel can drop count as free."""
    (tmp_path / "memory.max").write_text(f"{900 * _MB}\n")
    (tmp_path / "memory.current").write_text(f"{500 * _MB}\n")
    (tmp_path / "memory.stat").write_text(f"anon 5\ninactive_file {100 * _MB}\n")
    assert memory_free_mb(tmp_path) == 500


@pytest.mark.parametrize("limit", ["max", None])
def test_without_a_limit_the_machine_counts(tmp_path: Path, limit: str | None) -> None:
    """A cgroup that limits nothing, or is none, changes nothing."""
    if limit:
        (tmp_path / "memory.max").write_text(limit)
        (tmp_path / "memory.current").write_text("1")
        (tmp_path / "memory.stat").write_text("inactive_file 1")
    assert memory_free_mb(tmp_path) > 0
