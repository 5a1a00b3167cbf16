"""Runs, and what was recorded while they trained, as a sight lets them be seen."""

from collections.abc import Collection, Iterator
from functools import cached_property

from ...schemas.records import DatasetRef, JobRef, RunState, TrainingProfile
from .profiles import Profiles
from .runs import Runs, State
from .seen_models import SeenModels
from .sight import Sight, Verdict


class SeenRuns(Runs):
    """Runs of jobs that are there: of seen ones by their ids, of masked ones by others."""

    def __init__(self, base: Runs, sight: Sight) -> None:
        self._base = base
        self._sight = sight

    def __contains__(self, run_id: str) -> bool:
        return self._real(run_id) is not None

    def __len__(self) -> int:
        return sum(1 for _ in self.ids())

    def told(self, real: str | None) -> str | None:
        """Return the id to tell of a run; None if nothing is known of it but by hidden jobs."""
        match self._verdict(real):
            case Verdict.SEEN:
                return real
            case Verdict.MASKED:
                return self._sight.masked("run", real or "")
        return None

    def ids(self) -> Iterator[str]:
        for real in self._base.ids():
            if (told := self.told(real)) is not None:
                yield told

    def held(self, run_id: str) -> Collection[State]:
        real = self._real(run_id)
        return (
            ()
            if real is None
            else [
                (at, envelope, told)
                for at, envelope, record in self._base.held(real)
                if (told := self.state(record)) is not None
            ]
        )

    def last_at(self, run_id: str | None) -> int:
        """Return when a run was heard of last, by its transitions that are there."""
        real = self._real(run_id or "")
        states = () if real is None else self._base.held(real)
        job = self._sight.job
        return max((at for at, _, r in states if job(r.job.key) is not None), default=-(2**63))

    def state(self, record: RunState) -> RunState | None:
        """Return a transition as it is told; None if its job is hidden."""
        job = self._sight.job(record.job.key)
        if job is None:
            return None
        seen = job == record.job.key
        return RunState(
            run_id=self.told(record.run_id) or "",
            job=JobRef(namespace=job.namespace, name=job.name),
            job_version=record.job_version if seen else None,
            state=record.state,
            at=record.at,
            parent=self.told(record.parent),
            inputs=tuple(self._refs(record.inputs)),
            outputs=tuple(self._refs(record.outputs)),
        )

    def seen(self, run_id: str) -> bool:
        """Whether all that is there of a run is seen, not masked."""
        return self._verdict(run_id) is Verdict.SEEN

    def _verdict(self, real: str | None) -> Verdict:
        """Return what may be seen of a run: that of its jobs which may be seen least."""
        jobs = {record.job.key for _, _, record in self._base.held(real or "")}
        verdicts = [verdict for job in jobs if (verdict := self._sight.verdict("job", *job))]
        return min(verdicts, default=Verdict.HIDDEN)

    def _real(self, told: str) -> str | None:
        return told if self._verdict(told) is Verdict.SEEN else self._masked.get(told)

    @cached_property
    def _masked(self) -> dict[str, str]:
        masked = (real for real in self._base.ids() if self._verdict(real) is Verdict.MASKED)
        return {self.told(real) or "": real for real in masked}

    def _refs(self, refs: Collection[DatasetRef]) -> Iterator[DatasetRef]:
        """Yield the datasets that are there; of masked ones not even the version."""
        for ref in refs:
            told = self._sight.dataset(ref.key)
            if told == ref.key:
                yield ref
            elif told is not None:
                yield DatasetRef(namespace=told.namespace, name=told.name)


class SeenProfiles(Profiles):
    """Profiles of runs that are seen, and that made no model that is not."""

    def __init__(self, base: Profiles, runs: SeenRuns, models: SeenModels) -> None:
        self._base = base
        self._those = runs
        self._made = models

    def __contains__(self, run_id: str) -> bool:
        return bool(self._base.of(run_id)) and self._told(run_id)

    def of(self, run_id: str) -> list[TrainingProfile]:
        return self._base.of(run_id) if self._told(run_id) else []

    def _told(self, run_id: str) -> bool:
        return self._those.seen(run_id) and self._made.seen_of(run_id)
