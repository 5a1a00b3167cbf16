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


def _limit(group: Path, names: tuple[str, str, str], limit: str) -> None:
    group.mkdir(parents=True)
    (group / names[0]).write_text(f"{limit}\n")
    (group / names[1]).write_text(f"{500 * _MB}\n")
    (group / "memory.stat").write_text(f"anon 5\n{names[2]} {100 * _MB}\n")


_V2 = ("memory.max", "memory.current", "inactive_file")
_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


@pytest.mark.parametrize(
    ("membership", "group", "names"),
    [
        ("0::/\n", "", _V2),
        ("0::/user.slice/a.service\n", "user.slice/a.service", _V2),
        ("0::/user.slice/a.service\n", "user.slice", _V2),
        ("1:cpu:/\n4:memory:/docker/a\n0::/\n", "memory/docker/a", _V1),
        # Seen from inside, a container's own group is the outermost one.
        ("4:memory:/docker/a\n", "memory", _V1),
    ],
)
def test_a_container_has_what_its_limit_leaves(
    tmp_path: Path, membership: str, group: str, names: tuple[str, str, str]
) -> None:
    """File pages that the kernel can drop count as free."""
    (tmp_path / "cgroup").write_text(membership)
    _limit(tmp_path / "fs" / group, names, str(900 * _MB))
    assert memory_free_mb(tmp_path / "fs", tmp_path / "cgroup") == 500


def test_without_a_limit_the_machine_counts(tmp_path: Path) -> None:
    """A group that limits nothing, or none at all, changes nothing."""
    (tmp_path / "cgroup").write_text("0::/a\n")
    _limit(tmp_path / "fs" / "a", _V2, "max")
    assert memory_free_mb(tmp_path / "fs", tmp_path / "cgroup") > 0
    assert memory_free_mb(tmp_path / "fs", tmp_path / "none") > 0
