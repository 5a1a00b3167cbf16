import hashlib
import json
import os
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


def test_detached_head_has_no_branch(tree: Path) -> None:
    """A checkout of a commit, as every CI makes, has the commit and no branch."""
    _git(tree, "checkout", "--detach")

    assert (_code(tree).branch, len(_code(tree).commit)) == (None, 40)


def test_submodule_is_a_tree_of_its_own(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Within a submodule its commit counts; a change there makes the outer tree dirty."""
    other = tmp_path_factory.mktemp("other")
    _git(other, "init", "-b", "trunk")
    (other / "lib.py").write_text("a = 1\n")
    _git(other, "add", ".")
    _git(other, "commit", "-m", "lib")
    _git(tree, "-c", "protocol.file.allow=always", "submodule", "add", str(other), "lib")
    _git(tree, "commit", "-am", "with lib")
    assert not _code(tree).dirty
    (tree / "lib" / "lib.py").write_text("a = 2\n")

    assert (_code(tree / "lib").root, _code(tree / "lib").dirty) == (tree / "lib", True)
    assert _code(tree).dirty


def test_names_that_are_no_text_are_told(tree: Path) -> None:
    """A name with bytes that are no UTF-8, or a line break, is hashed like any other."""
    for name in (b"caf\xe9.py", b"a\nb.py"):
        Path(os.fsdecode(os.fsencode(tree) + b"/" + name)).write_text("x")
    code = _code(tree)

    assert {name for name, _ in code.untracked} == {"caf\ufffd.py", "a\nb.py"}
    assert {digest for _, digest in code.untracked} == {hashlib.sha256(b"x").hexdigest()}
    json.dumps(code.untracked).encode()


def test_folder_whose_name_is_no_text_has_its_code(tmp_path: Path) -> None:
    """The repository's own folder may be called anything."""
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n"))
    root.mkdir()
    _git(root, "init")
    (root / "train.py").write_text("")
    _git(root, "add", ".")
    _git(root, "commit", "-m", "first")
    code = _code(root)

    assert code.root == root
    assert code.repository.isascii()


def test_what_is_no_file_is_not_read(tree: Path) -> None:
    """A link is what it says: it may lead to a device without an end, or out of the tree."""
    (tree / "endless").symlink_to("/dev/zero")
    (tree / "outside").symlink_to("/etc/passwd")
    found = dict(_code(tree).untracked)

    assert found["endless"] == hashlib.sha256(b"/dev/zero").hexdigest()
    assert found["outside"] == hashlib.sha256(b"/etc/passwd").hexdigest()


def test_data_beside_the_code_is_one_entry(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many untracked files the rest is counted; each of them still changes the digest."""
    monkeypatch.setattr(git, "UNTRACKED_FILES_MAX", 5)
    for number in range(12):
        (tree / f"image{number:02}").write_text("x")
    first = _code(tree)
    (tree / "image99").write_text("x")

    assert (len(first.untracked), first.untracked[-1][0]) == (6, "… and 7 more")
    assert _code(tree).diff_sha256 != first.diff_sha256


def test_slow_tree_still_has_its_commit(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where git takes too long over changes, that is said and the rest is known."""

    def slow(folder: Path, *arguments: str) -> bytes:
        if arguments[0] == "diff":
            raise subprocess.TimeoutExpired("git", 10)
        return answer(folder, *arguments)

    answer = git._git
    monkeypatch.setattr(git, "_git", slow)
    code = _code(tree)

    assert (code.diff_sha256, code.patch, len(code.commit)) == (git.NOT_COMPUTED, None, 40)


def test_tree_of_another_user_has_its_code(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container the tree often belongs to another user, which git alone refuses."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    refused = subprocess.run(["git", "rev-parse", "HEAD"], cwd=tree, capture_output=True)

    assert b"dubious ownership" in refused.stderr
    assert len(_code(tree).commit) == 40
