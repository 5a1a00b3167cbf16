"""The latest runs, as their events left them."""

from collections.abc import Collection, Iterable, Iterator

from ...schemas.names import JobName
from ...schemas.records import Envelope, RunState
from ..answers import RunSummary
from .times import moment, parsed

RUNS_MAX = 50_000
"""Twice as many are held at most; the oldest half is then forgotten."""

_EVENTS_MAX = 16

State = tuple[int, Envelope, RunState]
"""A transition, with its time as a number."""


class Runs:
    """What is known of the latest runs. A run is told from its states, in whatever order."""

    def __init__(self) -> None:
        self._states: dict[str, dict[str, State]] = {}

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

    def ids(self) -> Iterable[str]:
        """Return the ids of all runs."""
        return self._states

    def held(self, run_id: str) -> Collection[State]:
        """Return the transitions of a run, in no order; none if it is not known."""
        return self._states.get(run_id, {}).values()

    def last_at(self, run_id: str | None) -> int:
        """Return when a run was heard of last; before all times if never."""
        return max((at for at, _, _ in self.held(run_id or "")), default=-(2**63))

    def states(self, run_id: str) -> list[RunState]:
        """Return the transitions of a run in order; none if it is not known."""
        return [record for _, _, record in self._ordered(run_id)]

    def job(self, run_id: str | None) -> JobName | None:
        """Return the job of a run, where it is known."""
        last = max(self.held(run_id or ""), key=lambda each: (each[0], each[1].id), default=None)
        return None if last is None else last[2].job.key

    def job_version(self, run_id: str | None) -> str | None:
        """Return the id of the code that a run ran, where it was stated."""
        states = self.held(run_id or "")
        return min((r.job_version for _, _, r in states if r.job_version), default=None)

    def events(self) -> Iterator[tuple[str, RunState]]:
        """Yield the id of every event of the runs that are held, with what it says."""
        for run_id in self.ids():
            for _, envelope, record in self.held(run_id):
                yield envelope.event_id, record

    def last_of(self, jobs: Iterable[JobName], until: int) -> dict[JobName, tuple[int, str]]:
        """Return when each of these jobs was heard of last, and in which state."""
        wanted = set(jobs)
        found: dict[JobName, tuple[int, str]] = {}
        for run_id in self.ids() if wanted else ():
            for at, _, record in self.held(run_id):
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
        return sorted(self.ids(), key=lambda run: (-self.last_at(run), run))

    def summary(self, run_id: str) -> RunSummary:
        """Return a run that is known, as its events left it."""
        states = self._ordered(run_id)
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

    def _ordered(self, run_id: str) -> list[State]:
        return sorted(self.held(run_id), key=lambda each: (each[0], each[2].state, each[1].id))
