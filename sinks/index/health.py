"""Health: what is not as it should be in the lineage itself, and how much of it is known."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from ...schemas.names import DatasetName, JobName
from ..answers import Position, RunSummary
from .store import Store
from .tenure import UNKNOWN
from .times import microseconds, moment

LISTED_MAX = 200
_ENDED = frozenset({"COMPLETE", "FAIL", "ABORT"})


@dataclass(frozen=True, slots=True)
class UnresolvedPart:
    """What could not be resolved in a statement whose derivation is in force."""

    job: JobName
    output: DatasetName
    reason: str
    field: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much is known of what is written to a namespace.

    Attributes:
        made: Datasets that some job makes.
        with_columns: Those of which it is known from which columns.
        resolved: Those of which nothing is left unresolved.
    """

    namespace: str
    made: int
    with_columns: int
    resolved: int


@dataclass(frozen=True, slots=True)
class Stale:
    """A dataset's derivation that no run has confirmed for long."""

    job: JobName
    output: DatasetName
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """What is not as it should be; of each at most so many are listed, and all are counted.

    Attributes:
        orphans: Runs that began, and of which nothing was heard for long.
        reasons: How often each reason keeps something from being resolved.
    """

    orphans: tuple[RunSummary, ...]
    orphans_count: int
    unresolved: tuple[UnresolvedPart, ...]
    unresolved_count: int
    reasons: dict[str, int]
    coverage: tuple[Coverage, ...]
    stale: tuple[Stale, ...]
    stale_count: int
    offsets: tuple[Position, ...]


def health(store: Store, now: datetime, quiet: timedelta, stale: timedelta) -> Health:
    """Return what is wrong.

    Args:
        store: All facts.
        now: The time to reckon from.
        quiet: How long nothing may be heard of a run that has not ended.
        stale: How long a derivation may go without a run.
    """
    orphans = [
        run
        for run in store.runs.latest(len(store.runs))
        if run.state not in _ENDED and run.at < now - quiet
    ]
    unresolved = _unresolved(store)
    old = _stale(store, microseconds(now - stale))
    return Health(
        tuple(orphans[:LISTED_MAX]),
        len(orphans),
        tuple(unresolved[:LISTED_MAX]),
        len(unresolved),
        dict(Counter(part.reason for part in unresolved).most_common()),
        _coverage(store),
        tuple(old[:LISTED_MAX]),
        len(old),
        store.positions(),
    )


def _unresolved(store: Store) -> list[UnresolvedPart]:
    in_force = store.in_force(None, None)
    slots, jobs = list(store.slots), store.job_names()
    found = set()
    for derivation, parts in store.unsolved(in_force).items():
        job, output = slots[store.resolutions.slot_of(derivation)]
        named = jobs[job], store.names.dataset_name(output)
        found |= {UnresolvedPart(*named, p.reason, p.field, p.detail) for p in parts}
    return sorted(found, key=lambda p: (p.reason, p.output, p.job, p.field or "", p.detail or ""))


def _coverage(store: Store) -> tuple[Coverage, ...]:
    """Return by namespace how many of the datasets made are known column by column."""
    made: dict[str, dict[int, list[bool]]] = defaultdict(dict)
    slots, in_force = list(store.slots), store.in_force(None, None)
    unsolved = store.unsolved(in_force)
    for derivation in np.flatnonzero(in_force).tolist():
        _, output = slots[store.resolutions.slot_of(derivation)]
        with_columns = not store.resolutions.is_inferred(derivation)
        known = made[store.names.dataset_name(output).namespace].setdefault(output, [True, True])
        known[0] &= with_columns
        known[1] &= with_columns and derivation not in unsolved
    return tuple(
        Coverage(
            namespace,
            len(outputs),
            sum(columns for columns, _ in outputs.values()),
            sum(resolved for _, resolved in outputs.values()),
        )
        for namespace, outputs in sorted(made.items())
    )


def _stale(store: Store, before: int) -> list[Stale]:
    """Return derivations in force that were last stated before a time, the oldest first."""
    resolutions = store.resolutions
    last = resolutions.last_stated()
    slots, jobs = list(store.slots), store.job_names()
    latest: dict[int, int] = {}
    for derivation in np.flatnonzero(store.in_force(None, None)).tolist():
        slot = resolutions.slot_of(derivation)
        if slot != UNKNOWN:
            latest[slot] = max(latest.get(slot, 0), int(last[derivation]))
    old = sorted((at, slot) for slot, at in latest.items() if at < before)
    return [
        Stale(jobs[slots[slot][0]], store.names.dataset_name(slots[slot][1]), moment(at))
        for at, slot in old
    ]
