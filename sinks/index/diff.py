"""Diff: what changed between two times, and by which run and commit."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

import numpy as np

from ...schemas.names import ColumnName, DatasetName, JobName
from ...schemas.records import JobVersion
from ..answers import (
    Cause,
    ColumnChange,
    DatasetTurn,
    Diff,
    DiffCounts,
    EdgeChange,
    How,
    JobChange,
    Link,
    ModelChange,
    Named,
)
from ..ask import Ask
from . import causes, living
from .links import links_of
from .store import Store
from .tenure import Flags, short_id
from .times import EVER, microseconds, moment

Near = Callable[[Named], bool]
"""Whether a column or dataset is among those asked of."""


@dataclass(frozen=True)
class Times:
    """The two times, in the order in which they were given, and what is known."""

    before: int
    after: int
    known_at: int | None

    def between(self, at: int) -> bool:
        """Whether a time lies between the two, the later included."""
        return min(self.before, self.after) < at <= max(self.before, self.after)


def diff(
    store: Store,
    before: datetime,
    after: datetime,
    ask: Ask,
    *,
    near: tuple[Near, Near] | None,
    cut: str | None,
) -> Diff:
    """Return what changed between two times.

    Args:
        store: The facts.
        before: The one time.
        after: The other.
        ask: What is known, which links are looked at, and how many changes are listed.
        near: What tells whether something lies downstream of what was asked of, and
            upstream; None for all.
        cut: Why `near` may not tell of all.
    """
    known_at = None if ask.known_at is None else microseconds(ask.known_at)
    times = Times(microseconds(before), microseconds(after), known_at)
    found = _Differences(store, times, ask, near)
    columns, edges, datasets = found.columns(), found.edges(), found.datasets()
    jobs, models = found.jobs(), found.models()
    page = slice(ask.start, ask.start + ask.limit)
    return Diff(
        before,
        after,
        tuple(columns[page]),
        tuple(edges[page]),
        tuple(datasets[page]),
        tuple(jobs[page]),
        tuple(models[page]),
        DiffCounts(len(columns), len(edges), len(datasets), len(jobs), len(models)),
        cut,
        store.positions(),
    )


class _Differences:
    """What is there at the one time and at the other."""

    def __init__(
        self, store: Store, times: Times, ask: Ask, near: tuple[Near, Near] | None
    ) -> None:
        self._store, self._times, self._ask = store, times, ask
        self._down, self._up = near or (_everything, _everything)
        self._then, self._now = (
            store.in_force(at, times.known_at) for at in (times.before, times.after)
        )

    def edges(self) -> list[EdgeChange]:
        """Return what changed of each edge of a job, by its ends."""
        changed = self._then ^ self._now
        # A link may have been stated twice in a slot, and then one of the two is left.
        slots = self._store.resolutions.slots()
        near_by = np.isin(slots, slots[changed])
        old, new = (
            links_of(self._store, flags & near_by, self._ask.filter)
            for flags in (self._then, self._now)
        )
        ends: dict[tuple[Named, Named, JobName], tuple[set[Link], set[Link]]] = {}
        for side, links in enumerate((old, new)):
            for link in links:
                key = (link.source, link.target, link.job)
                ends.setdefault(key, (set(), set()))[side].add(link)
        return [
            self._edge(key, *sides, (old, new))
            for key, sides in sorted(ends.items(), key=lambda item: item[0])
            if sides[0] != sides[1] and (self._down(key[0]) or self._up(key[1]))
        ]

    def _edge(
        self,
        key: tuple[Named, Named, JobName],
        before: set[Link],
        after: set[Link],
        stated: tuple[Mapping[Link, list[int]], Mapping[Link, list[int]]],
    ) -> EdgeChange:
        gone = [d for link in before - after for d in stated[0][link]]
        new = [d for link in after - before for d in stated[1][link]]
        change: Literal["added", "removed", "changed"] = "changed"
        if not before or not after:
            change = "added" if after else "removed"
        return EdgeChange(
            *key, change, _hows(before), _hows(after), self._cause_of(new or gone, added=bool(new))
        )

    def jobs(self) -> list[JobChange]:
        """Return which jobs have lineage in force at one of the times only."""
        old, new = (self._by_job(flags) for flags in (self._then, self._now))
        return [
            JobChange(
                job,
                "added" if job in new else "removed",
                self._cause_of((new.get(job) or old[job]), added=job in new),
            )
            for job in sorted(old.keys() ^ new.keys())
            if self._makes_near(new.get(job) or old[job])
        ]

    def columns(self) -> list[ColumnChange]:
        """Return what changed of the columns of every dataset."""
        old, new = (self._fields(at) for at in (self._times.before, self._times.after))
        found: list[ColumnChange] = []
        for node in old.keys() | new.keys():
            dataset = self._store.names.dataset_name(node)
            before, after = old.get(node, {}), new.get(node, {})
            if before != after and (self._down(dataset) or self._up(dataset)):
                found += self._column_changes(node, dataset, before, after)
        return sorted(found, key=lambda change: change.name)

    def datasets(self) -> list[DatasetTurn]:
        """Return what became of datasets as a whole, in order of time."""
        last = max(self._times.before, self._times.after)
        turns = {
            turn.id: turn
            for name in self._store.changes.names()
            if self._down(name) or self._up(name)
            for turn in self._store.changes.turns(name, last, self._times.known_at)
            if self._times.between(turn.at)
        }
        return [
            DatasetTurn(
                DatasetName(turn.record.namespace, turn.record.name),
                turn.record.change.value,
                None if turn.record.previous is None else turn.record.previous.key,
                self._cause(
                    turn.at,
                    causes.Cause(turn.record.run_id, turn.record.job_version),
                    turn.record.job.key,
                ),
            )
            for turn in sorted(turns.values(), key=lambda turn: (turn.at, turn.id))
        ]

    def models(self) -> list[ModelChange]:
        """Return which models are trained on something else than before."""
        models = self._store.models
        old, new = (
            models.latest(at, self._times.known_at)
            for at in (self._times.before, self._times.after)
        )
        found = []
        for name in sorted(old.keys() | new.keys()):
            before, after = old.get(name), new.get(name)
            was, used = (self._used(number) for number in (before, after))
            if was != used and any(map(self._down, was | used)):
                found.append(
                    ModelChange(
                        *name,
                        None if before is None else models.get(before).version,
                        None if after is None else models.get(after).version,
                        tuple(sorted(used - was)),
                        tuple(sorted(was - used)),
                        self._training(before if after is None else after),
                    )
                )
        return found

    def _used(self, number: int | None) -> set[Named]:
        if number is None:
            return set()
        return {self._store.names.name(n) for n in self._store.models.trained_on(number).tolist()}

    def _training(self, number: int | None) -> Cause | None:
        if number is None:
            return None
        passport, at = self._store.passport(number), self._store.models.at(number)
        model, code = passport.model, passport.code
        return Cause(
            moment(at),
            None if model.job is None else model.job.key,
            model.run_id,
            None if code is None else code.repository,
            None if code is None else code.commit,
        )

    def _by_job(self, flags: Flags) -> dict[JobName, list[int]]:
        """Return the derivations in force of each job, of the jobs that may differ."""
        store = self._store
        slots, jobs = list(store.slots), list(store.jobs)
        slot_of = store.resolutions.slots()
        touched = {slots[slot][0] for slot in set(slot_of[self._then ^ self._now].tolist())}
        found = defaultdict(list)
        for derivation in np.flatnonzero(flags).tolist():
            job = slots[slot_of[derivation]][0]
            if job in touched:
                found[jobs[job]].append(derivation)
        return found

    def _makes_near(self, derivations: Iterable[int]) -> bool:
        slots = list(self._store.slots)
        outputs = {slots[self._store.resolutions.slot_of(d)][1] for d in derivations}
        names = [self._store.names.dataset_name(output) for output in outputs]
        return any(self._down(name) or self._up(name) for name in names)

    def _fields(self, at: int) -> dict[int, dict[str, str | None]]:
        """Return the columns of each dataset, with their types where a schema states them.

        A dataset of which no schema was stated has the columns that its jobs make.
        """
        observed = self._store.schemas.in_force(at, self._times.known_at)
        fields = {node: dict(held.fields) for node, held in observed.items()}
        flags = self._then if at == self._times.before else self._now
        for node, column in self._made(flags):
            if node not in observed:
                fields.setdefault(node, {})[column] = None
        for node in living.ended(self._store, at, self._times.known_at):
            fields.pop(node, None)
        return fields

    def _made(self, flags: Flags) -> Iterator[tuple[int, str]]:
        """Yield the columns that derivations make, each with its dataset."""
        names, edges = self._store.names, self._store.edges.columns()
        stating = flags[self._store.edges.statements().derivation]
        for node in np.unique(edges.target[stating[edges.stated]]).tolist():
            if names.is_column(node):
                name = names.name(node)
                assert isinstance(name, ColumnName)
                yield names.dataset_at(node), name.field

    def _column_changes(
        self,
        node: int,
        dataset: DatasetName,
        before: Mapping[str, str | None],
        after: Mapping[str, str | None],
    ) -> Iterator[ColumnChange]:
        for field in before.keys() | after.keys():
            old, new = before.get(field), after.get(field)
            if field in before and field in after and old == new:
                continue
            change: Literal["added", "removed", "retyped"] = "retyped"
            if not (field in before and field in after):
                change = "added" if field in after else "removed"
            cause = self._column_cause(node, dataset, field)
            yield ColumnChange(ColumnName(*dataset, field), change, old, new, cause)

    def _column_cause(self, node: int, dataset: DatasetName, field: str) -> Cause | None:
        """Return by whom a column last changed between the times."""
        first, last = sorted((self._times.before, self._times.after))
        told: list[tuple[int, Cause]] = []
        held = self._store.schemas.at(node, first, self._times.known_at)
        for each in self._store.schemas.between(node, first, last, self._times.known_at):
            if held is None or _stated(held.fields, field) != _stated(each.fields, field):
                told.append((each.since, self._event_cause(each.since, each.event)))
            held = each
        for turn in self._store.changes.turns(dataset, last, self._times.known_at):
            if self._times.between(turn.at):
                by = causes.Cause(turn.record.run_id, turn.record.job_version)
                told.append((turn.at, self._cause(turn.at, by, turn.record.job.key)))
        if told:
            return max(told, key=lambda each: each[0])[1]
        own = {slot for (_, output), slot in self._store.slots.items() if output == node}
        return self._slot_cause(own) or _last(self._all_causes)

    def _cause_of(self, derivations: Sequence[int], *, added: bool) -> Cause | None:
        """Return by whom derivations came into force, or fell out of it."""
        tenures = self._tenures
        at = self._times.after if added else self._times.before
        found: list[tuple[int, int]] = []
        for derivation in derivations:
            for since, until in tenures.get(derivation, ()):
                if since <= at < until:
                    ends = (since, until) if added else (until, since)
                    found += [
                        (end, self._store.resolutions.slot_of(derivation))
                        for end in ends
                        if self._times.between(end)
                    ][:1]
        if found:
            when, slot = min(found)
            return self._caused.get((slot, when))
        return self._revival_or_end(derivations, added=added)

    def _revival_or_end(self, derivations: Iterable[int], *, added: bool) -> Cause | None:
        """Return why derivations count, or count no more, that stand as they stood.

        Their dataset was dropped, or made again; else what was made of it was.
        """
        slots = list(self._store.slots)
        own = {self._store.resolutions.slot_of(derivation) for derivation in derivations}
        names = {self._store.names.dataset_name(slots[slot][1]) for slot in own}
        turns = [t.cause for t in self._turns_of_all if t.name in names or t.previous in names]
        runs = [cause for (slot, _), cause in self._caused.items() if slot in own]
        near_by = _last(runs) or _last(turns) if added else _last(turns) or _last(runs)
        return near_by or _last(self._all_causes)

    @cached_property
    def _all_causes(self) -> list[Cause]:
        return [*self._caused.values(), *(turn.cause for turn in self._turns_of_all)]

    @cached_property
    def _turns_of_all(self) -> list[DatasetTurn]:
        return _Differences(self._store, self._times, self._ask, None).datasets()

    def _slot_cause(self, slots: set[int]) -> Cause | None:
        """Return what was said last of slots between the times."""
        found = [key for key in self._caused if key[0] in slots and self._times.between(key[1])]
        return self._caused[max(found, key=lambda key: key[1])] if found else None

    @cached_property
    def _tenures(self) -> dict[int, list[tuple[int, int]]]:
        """From when until when the derivations that differ were in force."""
        tenures = self._store.resolutions.tenures(self._times.known_at)
        differ = (self._then ^ self._now)[tenures.derivation]
        found = defaultdict(list)
        for derivation, since, until in zip(
            tenures.derivation[differ].tolist(),
            tenures.since[differ].tolist(),
            tenures.until[differ].tolist(),
            strict=True,
        ):
            found[derivation].append((since, until))
        return found

    @cached_property
    def _caused(self) -> dict[tuple[int, int], Cause]:
        """By whom something was said of the slots that differ, by slot and time."""
        store = self._store
        slots, jobs = list(store.slots), list(store.jobs)
        differ = set(store.resolutions.slots()[self._then ^ self._now].tolist())
        found: dict[tuple[int, int], causes.Cause] = {}
        for slot, at, by in store.resolutions.stood(differ):
            held = found.get((slot, at), by)
            found[slot, at] = min(held, by, key=lambda each: (each.run_id or "", each.code or ""))
        return {
            (slot, at): self._cause(at, by, jobs[slots[slot][0]])
            for (slot, at), by in found.items()
            if self._times.between(at)
        }

    def _event_cause(self, at: int, event: bytes) -> Cause:
        by = self._store.resolutions.cause(event)
        if by is None and (state := self._states.get(event)):
            by = causes.Cause(state[0], state[1])
        job = None if by is None else self._store.runs.job(by.run_id)
        return self._cause(at, by or causes.Cause(None, None), job)

    @cached_property
    def _states(self) -> dict[bytes, tuple[str, str | None]]:
        """The run and code of each event of the runs that are held."""
        return {
            short_id(event): (record.run_id, record.job_version)
            for event, record in self._store.runs.events()
        }

    def _cause(self, at: int, by: causes.Cause, job: JobName | None) -> Cause:
        stated = self._store.codes.get(by.code or "")
        code = None if stated is None else JobVersion.model_validate_json(stated)
        if job is None and code is not None:
            job = JobName(code.namespace, code.name)
        return Cause(
            moment(min(at, EVER - 1)),
            job,
            by.run_id,
            None if code is None else code.repository,
            None if code is None else code.commit,
        )


def _everything(_name: Named) -> bool:
    return True


def _last(told: Iterable[Cause]) -> Cause | None:
    return max(told, key=lambda cause: (cause.at, cause.run_id or ""), default=None)


def _hows(links: Iterable[Link]) -> tuple[How, ...]:
    return tuple(sorted(How(link.type, link.subtype, link.masking) for link in links))


def _stated(fields: Iterable[tuple[str, str | None]], field: str) -> tuple[bool, str | None]:
    """Whether a schema holds a column, and of which type."""
    types = dict(fields)
    return field in types, types.get(field)
