"""Run: one run with all that is known of it."""

from dataclasses import dataclass
from typing import NamedTuple

from ...schemas.names import DatasetName
from ...schemas.records import DatasetRef, RunState
from ..answers import RunSummary
from .store import Store


class Versioned(NamedTuple):
    """A dataset that a run read or wrote, and the version of it where one was stated."""

    namespace: str
    name: str
    version: str | None


class Transition(NamedTuple):
    """A state that a run came to."""

    state: str
    at: str


@dataclass(frozen=True, slots=True)
class Code:
    """The code that ran, as far as it was stated."""

    repository: str | None
    commit: str | None
    branch: str | None
    path: str | None
    dirty_diff: str | None
    sql: str | None
    image: str | None


@dataclass(frozen=True, slots=True)
class Made:
    """A version of a model that a run made."""

    namespace: str
    name: str
    version: str
    id: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run.

    Attributes:
        profiled: Whether there is a training profile.
    """

    summary: RunSummary
    states: tuple[Transition, ...]
    inputs: tuple[Versioned, ...]
    outputs: tuple[Versioned, ...]
    code: Code | None
    models: tuple[Made, ...]
    profiled: bool


def run_of(store: Store, run_id: str) -> Run | None:
    """Return a run; None if it is not known."""
    if run_id not in store.runs:
        return None
    states = store.runs.states(run_id)
    models = (
        Made(model.namespace, model.name, model.version, store.models.id(number))
        for number in store.models.ordered()
        if (model := store.models.get(number)).run_id == run_id
    )
    return Run(
        store.runs.summary(run_id),
        tuple(Transition(record.state, record.at) for record in states),
        _datasets([ref for record in states for ref in record.inputs]),
        _datasets([ref for record in states for ref in record.outputs]),
        _code(store, states),
        tuple(models),
        run_id in store.profiles,
    )


def _datasets(refs: list[DatasetRef]) -> tuple[Versioned, ...]:
    """Return each dataset once, with the version last stated."""
    versions: dict[DatasetName, str | None] = {}
    for ref in refs:
        versions[ref.key] = ref.version or versions.get(ref.key)
    return tuple(Versioned(*key, version) for key, version in sorted(versions.items()))


def _code(store: Store, states: list[RunState]) -> Code | None:
    stated = (store.code(record.job_version) for record in reversed(states))
    version = next((code for code in stated if code), None)
    if version is None:
        return None
    return Code(**{name: getattr(version, name) for name in Code.__dataclass_fields__})
