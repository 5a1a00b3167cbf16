"""The code a run was started with: commit, branch, and what was not committed."""

import hashlib
import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .secrets import address, redact_code

PATCH_BYTES_MAX = 256 * 1024

UNTRACKED_FILES_MAX = 1_000
"""Beyond this many untracked files, the others are one entry: a data set lies there."""

_TIMEOUT_S = 10.0
_FILE_BYTES_MAX = 64 * 1024 * 1024
_HASHED_BYTES_MAX = 512 * 1024 * 1024
NOT_COMPUTED = "not computed"


@dataclass(frozen=True, slots=True)
class Code:
    """A work tree as it is.

    Attributes:
        diff_sha256: Over the diff to the commit and the hashes of the untracked files;
            `not computed` where git took too long to tell; None where the tree is clean.
        patch: That diff with secrets hidden; None where the tree is clean or the diff is
            too large to keep.
        untracked: The untracked files and the SHA-256 of each.
    """

    repository: str
    commit: str
    branch: str | None
    root: Path
    diff_sha256: str | None
    patch: str | None
    untracked: tuple[tuple[str, str], ...] = ()

    @property
    def dirty(self) -> bool:
        return self.diff_sha256 is not None


def code(folder: Path) -> Code | None:
    """Return the code that a folder belongs to; None outside of git, or without a commit."""
    try:
        return _code(folder)
    except (OSError, subprocess.SubprocessError):
        return None


def _code(folder: Path) -> Code:
    root = Path(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel").removesuffix(b"\n")))
    commit, branch = _git(folder, "rev-parse", "HEAD", "--abbrev-ref", "HEAD").splitlines()
    known = Code(
        repository=_repository(root),
        commit=commit.decode(),
        branch=None if branch == b"HEAD" else branch.decode(errors="replace"),
        root=root,
        diff_sha256=None,
        patch=None,
    )
    return _with_changes(known)


def _with_changes(code: Code) -> Code:
    """Add what is not committed; in a huge tree git may take too long to tell."""
    try:
        diff = _git(code.root, "diff", "HEAD", "--binary", "--no-color", "--no-ext-diff",
                    "--no-textconv")  # fmt: skip
        untracked = tuple(_untracked(code.root))
    except subprocess.TimeoutExpired:
        return Code(code.repository, code.commit, code.branch, code.root, NOT_COMPUTED, None)
    small = len(diff) <= PATCH_BYTES_MAX
    return Code(
        code.repository,
        code.commit,
        code.branch,
        code.root,
        _diff_sha256(diff, untracked) if diff or untracked else None,
        (redact_code(diff.decode(errors="replace")) if small else None) or None,
        untracked,
    )


def _git(folder: Path, *arguments: str) -> bytes:
    # The job's own lock is never taken: another git may be running in the tree. In a container
    # the tree is often another user's, which git refuses unless it is told; what it would run
    # of such a tree's own choosing, it is told not to. The job runs the tree's code anyway.
    settings = ["-c", "safe.directory=*", "-c", "core.fsmonitor=false"]
    command = ["git", "--no-optional-locks", *settings, "-C", os.fspath(folder), *arguments]
    return subprocess.run(
        command, check=True, timeout=_TIMEOUT_S, capture_output=True, stdin=subprocess.DEVNULL
    ).stdout


def _repository(root: Path) -> str:
    """Return the remote without credentials, or the folder where there is none."""
    try:
        url = _git(root, "config", "--get", "remote.origin.url")
    except subprocess.CalledProcessError:
        return root.as_uri()
    return address(url.decode(errors="replace").strip())


def _untracked(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and digest of each untracked file, and one entry for all beyond a number."""
    listed = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    names = sorted(name for name in listed.split(b"\0") if name)
    left = _HASHED_BYTES_MAX
    for name in names[:UNTRACKED_FILES_MAX]:
        digest, size = _digest(root / os.fsdecode(name), left)
        left -= size
        yield name.decode(errors="replace"), digest
    if others := names[UNTRACKED_FILES_MAX:]:
        digest = hashlib.sha256(b"\0".join(others)).hexdigest()
        yield f"… and {len(others)} more", f"names:{digest}"


def _digest(path: Path, bytes_max: int) -> tuple[str, int]:
    """Return a file's digest and how many bytes were read for it.

    Of a large one it is that of its size, which says that it is there. A link is what it
    says, not what it leads to: that may be a device without an end.
    """
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            return hashlib.sha256(os.fsencode(path.readlink())).hexdigest(), 0
        if not stat.S_ISREG(found.st_mode) or found.st_size > min(_FILE_BYTES_MAX, bytes_max):
            return f"size:{found.st_size}", 0
        return hashlib.sha256(path.read_bytes()).hexdigest(), found.st_size
    except OSError:
        return "unreadable", 0


def _diff_sha256(diff: bytes, untracked: tuple[tuple[str, str], ...]) -> str:
    hashed = hashlib.sha256(diff)
    for name, digest in untracked:
        hashed.update(f"\0{name}\0{digest}".encode())
    return hashed.hexdigest()
