"""The recipe that trains a model again: a shell script, and what it cannot know."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..producers.provenance.git import NOT_COMPUTED
from ..producers.provenance.secrets import HIDDEN
from ..schemas.records import JobVersion, ModelVersion
from ..sinks.answers import Passport
from ..sinks.export.sections import described

_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train a model again.

    Attributes:
        script: A POSIX shell script.
        requirements: The libraries, as pip reads them.
        patch: The changes that were not committed; None where there were none.
        missing: What is not known, or not exact, one sentence each.
    """

    script: str
    requirements: str
    patch: str | None
    missing: tuple[str, ...]


def recipe(passport: Passport, diff: Mapping[str, Any] | None = None) -> Recipe:
    """Return the recipe of a model.

    Args:
        passport: What is known of it.
        diff: The facet of uncommitted changes, from the run's events.
    """
    patch = _text(diff, "patch")
    return Recipe(
        script="\n".join(_script(passport, patch)) + "\n",
        requirements=_requirements(passport),
        patch=patch,
        missing=tuple(_missing(passport, diff)),
    )


def _script(passport: Passport, patch: str | None) -> list[str]:
    model, code, ran_in = passport.model, passport.code, passport.environment
    lines = [
        "#!/bin/sh",
        _comment(f"Trains {passport.label} again."),
        "set -eu",
        'here=$(cd "$(dirname "$0")" && pwd)',
    ]
    if ran_in is not None and ran_in.image_digest:
        image = (ran_in.image or "").split("@")[0]
        where = f"It ran in the image {image}@{ran_in.image_digest}: run this script in it."
        lines.append(_comment(where))
    if code is not None and code.repository and _commit(code):
        lines += [
            f"git clone -- {shlex.quote(code.repository)} work",
            "cd work",
            f"git checkout --quiet {_commit(code)}",
        ]
    if patch is not None:
        lines.append('git apply "$here/uncommitted.patch"')
    lines += [
        "# With KEEP_ENVIRONMENT set, the libraries are those that are there.",
        'if [ -z "${KEEP_ENVIRONMENT:-}" ]; then',
        '  python -m venv "$here/venv" && . "$here/venv/bin/activate"',
        '  pip install --no-deps -r "$here/requirements.txt"',
        "fi",
    ]
    lines += [_comment(f"Reads {described(item)}") for item in model.inputs]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in _variables(model)]
    if model.folder not in (None, "."):
        lines.append(f"cd -- {shlex.quote(str(model.folder))}")
    return [*lines, _command(model)]


def _comment(text: str) -> str:
    """Return a line that a shell passes over, whatever names stand in it."""
    return "# " + "".join(c if c.isprintable() else " " for c in text)


def _commit(code: JobVersion) -> str | None:
    """Return the commit, if it is one: it goes where git would take an option too."""
    return code.commit if re.fullmatch("[0-9a-f]{7,64}", code.commit or "") else None


def _command(model: ModelVersion) -> str:
    if not model.command:
        return "# The command is not known."
    return " ".join(["python", *map(shlex.quote, model.command[1:])])


def _variables(model: ModelVersion) -> list[tuple[str, str]]:
    """Return the environment variables that decide how numbers come out."""
    stated = {
        name: str(value)
        for name, value in model.determinism.items()
        if re.fullmatch("[A-Z][A-Z0-9_]*", name)
    }
    if "python.hash" in model.seeds:
        stated["PYTHONHASHSEED"] = str(model.seeds["python.hash"])
    return sorted(stated.items())


def _requirements(passport: Passport) -> str:
    if passport.environment is None:
        return ""
    libraries = sorted(passport.environment.libraries.items())
    return "".join(
        f"{name}=={version}\n"
        for name, version in libraries
        if _REQUIREMENT.fullmatch(name) and _REQUIREMENT.fullmatch(version)
    )


def _missing(passport: Passport, diff: Mapping[str, Any] | None) -> list[str]:
    model, code, ran_in = passport.model, passport.code, passport.environment
    checks = [
        (code is None or not _commit(code), "The commit is not known."),
        (not model.command, "The command line is not known."),
        (HIDDEN in " ".join(model.command), "A secret in the command line was hidden."),
        (ran_in is None, "The libraries are not known."),
        (
            ran_in is None or not ran_in.image_digest,
            "The image is not known: system libraries may differ.",
        ),
        (
            not set(model.seeds) & {"seed", "torch"},
            "No seed is known: a generator may start elsewhere.",
        ),
        (not model.inputs, "What it was trained on is not known."),
        (not model.artifact_digest, "There is no digest to compare the result with."),
    ]
    return [
        *(sentence for wanting, sentence in checks if wanting),
        *(
            f"The version of {item.namespace} {item.name} is not known."
            for item in model.inputs
            if not item.version
        ),
        *_missing_changes(code.dirty_diff if code is not None else None, diff),
    ]


def _missing_changes(sha256: str | None, diff: Mapping[str, Any] | None) -> list[str]:
    if sha256 is None:
        return []
    if sha256 == NOT_COMPUTED:
        return ["It may have had uncommitted changes: git took too long to tell."]
    if diff is None:
        return [f"It had uncommitted changes with the SHA-256 {sha256}, which are not at hand."]
    patch = _text(diff, "patch") or ""
    untracked = ", ".join(str(item.get("name")) for item in diff.get("untracked") or ())
    checks = [
        (HIDDEN in patch, "A secret in the uncommitted changes was hidden."),
        (untracked, f"Files that were not tracked are known by their digests alone: {untracked}."),
        ("\ufffd" in patch, "The uncommitted changes hold bytes that are no UTF-8: they are lost."),
        (not patch and not untracked, "The uncommitted changes were too large to keep."),
    ]
    return [sentence for wanting, sentence in checks if wanting]


def _text(facet: Mapping[str, Any] | None, key: str) -> str | None:
    value = (facet or {}).get(key)
    return value if isinstance(value, str) else None
