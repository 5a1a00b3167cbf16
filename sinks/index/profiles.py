"""Profiles: the training profiles of the latest runs, window by window."""

from ...schemas.records import Envelope, TrainingProfile

RUNS_MAX = 200
"""How many runs they are kept of."""

WINDOWS_MAX = 5_000
"""How many windows of steps are kept of a run, the latest."""


class Profiles:
    """The windows of steps of each run, by rank and number."""

    def __init__(self) -> None:
        self._runs: dict[str, dict[tuple[int, int], tuple[Envelope, TrainingProfile]]] = {}

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._runs

    def add(self, envelope: Envelope, record: TrainingProfile) -> None:
        """Keep a window; of too many the first that came are forgotten."""
        windows = self._runs.setdefault(record.run_id, {})
        windows[record.rank, record.seq] = (envelope, record)
        if len(windows) > WINDOWS_MAX:
            del windows[next(iter(windows))]
        if len(self._runs) > RUNS_MAX:
            del self._runs[next(iter(self._runs))]

    def of(self, run_id: str) -> list[TrainingProfile]:
        """Return the windows of a run by rank, in order."""
        windows = self._runs.get(run_id, {})
        return [windows[place][1] for place in sorted(windows)]

    def stored(self) -> list[Envelope]:
        """Return what is kept, as envelopes."""
        return [env for windows in self._runs.values() for env, _ in windows.values()]
