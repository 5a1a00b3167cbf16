"""Particulars: records that no walk needs, kept for whoever looks closely at a run.

Code versions and environments by their ids, what could not be resolved by its derivation, and
the training profiles of the latest runs.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from ...schemas.records import (
    Derivation,
    Envelope,
    Environment,
    JobVersion,
    TrainingProfile,
    Unresolved,
)

KEPT_MAX = 20_000
"""How many code versions, environments and incomplete derivations are kept, the latest."""

RUNS_MAX = 200
"""How many runs the profiles are kept of."""

WINDOWS_MAX = 5_000
"""How many windows of steps are kept of a run."""


class Particulars:
    """Looks records up by id, and profiles by run."""

    def __init__(self) -> None:
        self._job_versions: dict[str, tuple[Envelope, JobVersion]] = {}
        self._environments: dict[str, tuple[Envelope, Environment]] = {}
        self._incomplete: dict[str, tuple[Envelope, Derivation]] = {}
        self._profiles: dict[str, dict[tuple[int, int], tuple[Envelope, TrainingProfile]]] = {}

    def add(self, envelope: Envelope) -> None:
        """Keep a record that is looked up; others leave nothing."""
        match envelope.record:
            case JobVersion() as record:
                self._job_versions[envelope.id] = (envelope, record)
                _forget(self._job_versions, KEPT_MAX)
            case Environment() as record:
                self._environments[envelope.id] = (envelope, record)
                _forget(self._environments, KEPT_MAX)
            case Derivation(unresolved=(_, *_)) as record:
                self._incomplete[envelope.id] = (envelope, record)
                _forget(self._incomplete, KEPT_MAX)
            case TrainingProfile() as record:
                windows = self._profiles.setdefault(record.run_id, {})
                windows[record.rank, record.seq] = (envelope, record)
                _forget(windows, WINDOWS_MAX)
                _forget(self._profiles, RUNS_MAX)

    def job_version(self, record_id: str | None) -> JobVersion | None:
        """Return a version of code by its id, if it is known."""
        found = self._job_versions.get(record_id or "")
        return found[1] if found else None

    def environment(self, record_id: str | None) -> Environment | None:
        """Return an environment by its id, if it is known."""
        found = self._environments.get(record_id or "")
        return found[1] if found else None

    def unresolved(self) -> Iterator[tuple[str, Derivation, Unresolved]]:
        """Yield what could not be resolved, with the derivation and its id."""
        for record_id, (_, record) in self._incomplete.items():
            for each in record.unresolved:
                yield record_id, record, each

    def profiles(self, run_id: str) -> list[TrainingProfile]:
        """Return the windows of a run by rank, in order."""
        windows = self._profiles.get(run_id, {})
        return [windows[place][1] for place in sorted(windows)]

    def profiled(self, run_id: str) -> bool:
        """Whether anything is kept of a run's training."""
        return run_id in self._profiles

    def stored(self) -> list[Envelope]:
        """Return what is kept, as envelopes."""
        kept = (
            self._job_versions.values(),
            self._environments.values(),
            self._incomplete.values(),
            *(windows.values() for windows in self._profiles.values()),
        )
        return [envelope for envelope, _ in chain.from_iterable(kept)]


def _forget(held: dict[Any, Any], most: int) -> None:
    """Drop what came first, until few enough are left."""
    while len(held) > most:
        del held[next(iter(held))]
