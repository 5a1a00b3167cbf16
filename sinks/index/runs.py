"""The latest runs, as their events left them."""

from collections.abc import Iterable, Iterator

from ...schemas.names import JobName
from ...schemas.records import Envelope, RunState
from ..answers import RunSummary
from .times import moment, parsed

RUNS_MAX = 50_000
"""Twice as many are held at most; the oldest half is then forgotten."""

_EVENTS_MAX = 16


class Runs:
    """What is known of the latest runs. A run is told from its states, in whatever order."""

    def __init__(self) -> None:
        self._states: dict[str, dict[str, tuple[int, Envelope, RunState]]] = {}

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._states

    def __len__(self) -> int:
        return len(self._states)

    def add(self, envelope: Envelope, record: RunState) -> None:
        """Note a transition; of very many of one run the latest and the first are kept."""
        states = self._states.setdefault(record.run_id, {})
        states[envelope.id] = (parsed(record.at), envelope, record)
        if len(states) > _EVENTS_MAX:
            ordered = sorted(states, key=lambda each: (states[each][0], each))
            del states[ordered[1]]
        if len(self._states) > 2 * RUNS_MAX:
            for run_id in sorted(self._states, key=self.last_at)[:RUNS_MAX]:
                del self._states[run_id]

    def last_at(self, run_id: str | None) -> int:
        """Return when a run was heard of last; before all times if never."""
        states = self._states.get(run_id or "", {})
        return max((at for at, _, _ in states.values()), default=-(2**63))

    def states(self, run_id: str) -> list[RunState]:
        """Return the transitions of a run in order; none if it is not known."""
        states = self._states.get(run_id, {}).values()
        ordered = sorted(states, key=lambda each: (each[0], each[2].state, each[1].id))
        return [record for _, _, record in ordered]

    def job(self, run_id: str | None) -> JobName | None:
        """Return the job of a run, where it is known."""
        last = self._last(run_id)
        return None if last is None else last.job.key

    def job_version(self, run_id: str | None) -> str | None:
        """Return the id of the code that a run ran, where it was stated."""
        states = self._states.get(run_id or "", {}).values()
        return min((r.job_version for _, _, r in states if r.job_version), default=None)

    def events(self) -> Iterator[tuple[str, RunState]]:
        """Yield the id of every event of the runs that are held, with what it says."""
        for states in self._states.values():
            for _, envelope, record in states.values():
                yield envelope.event_id, record

    def last_of(self, jobs: Iterable[JobName], until: int) -> dict[JobName, tuple[int, str]]:
        """Return when each of these jobs was heard of last, and in which state."""
        wanted = set(jobs)
        found: dict[JobName, tuple[int, str]] = {}
        for states in self._states.values():
            for at, _, record in states.values():
                job = record.job.key
                if job in wanted and at <= until:
                    found[job] = max(found.get(job, (at, record.state)), (at, record.state))
        return found

    def stored(self) -> list[Envelope]:
        """Return what is held, as envelopes."""
        return [env for states in self._states.values() for _, env, _ in states.values()]

    def latest(self, limit: int, start: int = 0) -> list[RunSummary]:
        """Return the latest runs, those heard of last first."""
        return [self.summary(run_id) for run_id in self.ordered()[start : start + limit]]

    def ordered(self) -> list[str]:
        """Return the ids of all runs, those heard of last first."""
        return sorted(self._states, key=lambda run: (-self.last_at(run), run))

    def _last(self, run_id: str | None) -> RunState | None:
        states = self._states.get(run_id or "", {}).values()
        return max(states, key=lambda each: (each[0], each[1].id))[2] if states else None

    def summary(self, run_id: str) -> RunSummary:
        """Return a run that is known, as its events left it."""
        states = sorted(
            self._states[run_id].values(), key=lambda each: (each[0], each[2].state, each[1].id)
        )
        (first, *_), (last, _, record) = states[0], states[-1]
        return RunSummary(
            run_id,
            JobName(record.job.namespace, record.job.name),
            record.state,
            moment(first),
            moment(last),
            next((r.parent for _, _, r in states if r.parent), None),
            tuple(sorted({ref.key for _, _, r in states for ref in r.inputs})),
            tuple(sorted({ref.key for _, _, r in states for ref in r.outputs})),
        )
