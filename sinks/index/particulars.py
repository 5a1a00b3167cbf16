"""Particulars: what no walk needs, kept for whoever looks closely.

What could not be resolved, by its derivation, and the training profiles of the latest runs.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from ...schemas.records import (
    Derivation,
    Envelope,
    TrainingProfile,
    Unresolved,
)

KEPT_MAX = 20_000
"""How many incomplete derivations are kept, the latest."""

RUNS_MAX = 200
"""How many runs the profiles are kept of."""

WINDOWS_MAX = 5_000
"""How many windows of steps are kept of a run."""


class Particulars:
    """Unresolved parts and profiles."""

    def __init__(self) -> None:
        self._incomplete: dict[str, tuple[Envelope, Derivation]] = {}
        self._profiles: dict[str, dict[tuple[int, int], tuple[Envelope, TrainingProfile]]] = {}

    def add(self, envelope: Envelope) -> None:
        """Keep what a record says of these; others leave nothing."""
        match envelope.record:
            case Derivation(unresolved=(_, *_)) as record:
                self._incomplete[envelope.id] = (envelope, record)
                _forget(self._incomplete, KEPT_MAX)
            case TrainingProfile() as record:
                windows = self._profiles.setdefault(record.run_id, {})
                windows[record.rank, record.seq] = (envelope, record)
                _forget(windows, WINDOWS_MAX)
                _forget(self._profiles, RUNS_MAX)

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
            self._incomplete.values(),
            *(windows.values() for windows in self._profiles.values()),
        )
        return [envelope for envelope, _ in chain.from_iterable(kept)]


def _forget(held: dict[Any, Any], most: int) -> None:
    """Drop what came first, until few enough are left."""
    while len(held) > most:
        del held[next(iter(held))]
