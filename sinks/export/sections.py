"""A passport in sections of labelled lines, for whatever shows it to people."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ...schemas.records import Environment, JobVersion, ModelInput, ModelVersion
from ..answers import Passport

Lines = Iterable[tuple[str, str]]


class Section(NamedTuple):
    """What belongs together, as (label, text) lines; none of it is escaped.

    Attributes:
        pairs: Whether the lines are names and values, which may stand in a row.
    """

    title: str
    lines: tuple[tuple[str, str], ...]
    pairs: bool = False


def sections(passport: Passport) -> tuple[Section, ...]:
    """Return all that a passport states; a section without a line is left out."""
    model = passport.model
    bases = ((base.relation, f"{base.name}@{base.version}") for base in model.bases)
    libraries = passport.environment.libraries if passport.environment else {}
    made = (
        _section("Model", _model(passport)),
        _section("Trained on", _inputs(model)),
        _section("Made from", bases),
        _section("Code", _code(model, passport.code)),
        _section("Hyperparameters", _pairs(model.hyperparameters), pairs=True),
        _section("Seeds", _pairs(model.seeds), pairs=True),
        _section("Determinism", _pairs(model.determinism), pairs=True),
        _section("Metrics", _pairs(model.metrics), pairs=True),
        _section("Environment", _environment(model, passport.environment)),
        _section("Hardware", _pairs(_hardware(passport.environment)), pairs=True),
        _section("Scheduler", _pairs(model.scheduler), pairs=True),
        _section("Libraries", _pairs(libraries), pairs=True),
    )
    return tuple(section for section in made if section.lines)


def _section(title: str, lines: Lines, *, pairs: bool = False) -> Section:
    return Section(title, tuple(lines), pairs)


def described(item: ModelInput) -> str:
    """Return an input with its version and rows as one line."""
    kind = item.version_kind or "version"
    named = (item.version or "").startswith(kind)
    version = f" at {item.version if named else f'{kind} {item.version}'}" if item.version else ""
    rows = f", {item.rows}" if item.rows else ""
    return f"{item.namespace} {item.name}{version}{rows}"


def _model(passport: Passport) -> Iterator[tuple[str, str]]:
    model = passport.model
    if passport.made_at:
        yield "made", passport.made_at.isoformat()
    if model.run_id:
        yield "run", model.run_id
    if model.job:
        yield "job", f"{model.job.namespace} {model.job.name}"
    yield "weights", model.artifact_digest or "digest unknown"
    if model.artifact_uri:
        yield "lies at", model.artifact_uri
    yield from ((f"registry {key}", value) for key, value in sorted(model.registry.items()))


def _inputs(model: ModelVersion) -> Iterator[tuple[str, str]]:
    for item in model.inputs:
        columns = f": {', '.join(item.fields)}" if item.fields else ""
        yield item.role or "data", f"{described(item)}{columns}"
        if item.caveat:
            yield "", f"its version: {item.caveat}"


def _code(model: ModelVersion, code: JobVersion | None) -> Iterator[tuple[str, str]]:
    if code is not None:
        stated = {
            "repository": code.repository,
            "commit": code.commit,
            "branch": code.branch,
            "path": code.path,
            "uncommitted changes": code.dirty_diff,
        }
        yield from ((key, value) for key, value in stated.items() if value)
    if model.command:
        yield "command", " ".join(model.command)
    if model.config_hash:
        yield "hash of the configuration", model.config_hash


def _environment(model: ModelVersion, ran_in: Environment | None) -> Iterator[tuple[str, str]]:
    if model.framework:
        yield "framework", model.framework
    if ran_in is None:
        return
    yield "image", " ".join(filter(None, (ran_in.image, ran_in.image_digest))) or "unknown"
    stated = {"Python": ran_in.python, "platform": ran_in.platform}
    yield from ((key, value) for key, value in stated.items() if value)


def _hardware(ran_in: Environment | None) -> Mapping[str, str]:
    return ran_in.hardware if ran_in is not None else {}


def _pairs(stated: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    return ((name, str(value)) for name, value in sorted(stated.items()))
