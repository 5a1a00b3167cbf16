import subprocess
from pathlib import Path

import pytest

from headwater.producers.provenance import git


def _git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    _git(tmp_path, "init", "-b", "trunk")
    (tmp_path / "train.py").write_text("lr = 1\n")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-m", "first")
    return tmp_path


def _code(tree: Path) -> git.Code:
    code = git.code(tree)
    assert code is not None
    return code


def test_clean_tree_has_a_commit_and_no_diff(tree: Path) -> None:
    """Commit, branch and root are known, and nothing is dirty."""
    code = _code(tree)

    assert (40, "trunk", tree, False, None) == (
        len(code.commit),
        code.branch,
        code.root,
        code.dirty,
        code.patch,
    )


@pytest.mark.parametrize("change", ["tracked", "staged", "untracked"])
def test_every_change_makes_another_digest(tree: Path, change: str) -> None:
    """What is not committed has a digest, which every further change changes."""
    name = "new.py" if change == "untracked" else "train.py"
    digests = [_code(tree).diff_sha256]
    for text in ("lr = 2\n", "lr = 3\n"):
        (tree / name).write_text(text)
        if change == "staged":
            _git(tree, "add", name)
        digests.append(_code(tree).diff_sha256)

    assert digests[0] is None
    assert len(set(digests)) == 3


def test_ignored_files_change_nothing(tree: Path) -> None:
    """What git ignores is no part of the code."""
    (tree / ".gitignore").write_text("*.log\n")
    before = _code(tree)
    (tree / "run.log").write_text("x")

    assert _code(tree) == before


def test_patch_applies_and_hides_secrets(tree: Path) -> None:
    """The patch holds the change; what is assigned to a telling name is hidden in it."""
    (tree / "train.py").write_text("lr = 2\napi_key = 'abcdef123456'\n")
    patch = _code(tree).patch

    assert patch is not None
    assert "+lr = 2" in patch
    assert "abcdef123456" not in patch


def test_large_diff_is_known_by_its_digest_alone(tree: Path) -> None:
    """A diff beyond the limit is not kept."""
    (tree / "train.py").write_text("x\n" * git.PATCH_BYTES_MAX)
    code = _code(tree)

    assert code.dirty
    assert code.patch is None


def test_credentials_of_the_remote_are_left_out(tree: Path) -> None:
    """A token in the remote's address does not leave the machine."""
    _git(tree, "remote", "add", "origin", "https://user:token@example.org/team/repo.git")

    assert _code(tree).repository == "https://example.org/team/repo.git"


def test_outside_of_git_there_is_no_code(tmp_path: Path) -> None:
    """A folder that belongs to no repository, or to one without a commit, has none."""
    assert git.code(tmp_path) is None
    _git(tmp_path, "init")
    assert git.code(tmp_path) is None
