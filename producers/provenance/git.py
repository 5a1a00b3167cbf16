"""The code a run was started with: commit, branch, and what was not committed."""

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .secrets import address, redact_code

PATCH_BYTES_MAX = 256 * 1024
_TIMEOUT_S = 10.0
_FILE_BYTES_MAX = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Code:
    """A work tree as it is.

    Attributes:
        diff_sha256: Over the diff to the commit and the hashes of the untracked files;
            None where the tree is clean.
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
    root, commit, branch = (
        _git(folder, "rev-parse", "--show-toplevel", "HEAD", "--abbrev-ref", "HEAD")
        .decode()
        .splitlines()
    )
    diff = _git(Path(root), "diff", "HEAD", "--binary", "--no-color", "--no-ext-diff")
    untracked = _untracked(Path(root))
    patch = redact_code(diff.decode(errors="replace")) if len(diff) <= PATCH_BYTES_MAX else None
    return Code(
        repository=_repository(Path(root)),
        commit=commit,
        branch=None if branch == "HEAD" else branch,
        root=Path(root),
        diff_sha256=_diff_sha256(diff, untracked) if diff or untracked else None,
        patch=patch or None,
        untracked=untracked,
    )


def _git(folder: Path, *arguments: str) -> bytes:
    # The job's own lock is never taken: another git may be running in the tree.
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    return subprocess.run(
        command, check=True, timeout=_TIMEOUT_S, capture_output=True, stdin=subprocess.DEVNULL
    ).stdout


def _repository(root: Path) -> str:
    """Return the remote without credentials, or the folder where there is none."""
    try:
        url = _git(root, "config", "--get", "remote.origin.url").decode().strip()
    except subprocess.CalledProcessError:
        return root.as_uri()
    return address(url)


def _untracked(root: Path) -> tuple[tuple[str, str], ...]:
    listed = _git(root, "ls-files", "--others", "--exclude-standard", "-z").decode(errors="replace")
    names = sorted(name for name in listed.split("\0") if name)
    return tuple((name, _sha256(root / name)) for name in names)


def _sha256(path: Path) -> str:
    """Return a file's digest; of a large one that of its size, which says that it is there."""
    try:
        size = path.stat().st_size
        if size > _FILE_BYTES_MAX:
            return f"size:{size}"
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "unreadable"


def _diff_sha256(diff: bytes, untracked: tuple[tuple[str, str], ...]) -> str:
    hashed = hashlib.sha256(diff)
    for name, digest in untracked:
        hashed.update(f"\0{name}\0{digest}".encode())
    return hashed.hexdigest()
