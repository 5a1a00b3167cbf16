"""Tenures: from when until when a derivation is in force.

Of an event only the greatest resolution counts. Of a job and an output, what the run that
was heard of last stands for is in force; of one run, a derivation that knows columns outdoes
one that is inferred, since a client may state them at the start alone, and then the later
event wins. Ten thousand runs that resolve to the same derivation make one tenure.
"""

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .causes import Cause, Causes
from .times import EVER

Ids = NDArray[np.int32]
Times = NDArray[np.int64]
Flags = NDArray[np.bool_]

UNKNOWN = -1
"""The slot of a derivation of which only the id is known."""

_VIEWS_MAX = 16
_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Tenures:
    """When derivations are in force: from `since` on, until before `until`."""

    derivation: Ids
    since: Times
    until: Times

    def at(self, time: int, derivations: int) -> Flags:
        """Return which of so many derivations are in force at a time."""
        flags = np.zeros(derivations, np.bool_)
        flags[self.derivation[(self.since <= time) & (time < self.until)]] = True
        return flags


@dataclass(frozen=True, slots=True)
class _Standings:
    """For each resolution and derivation it stands for: what decides between them."""

    slot: Ids
    at: Times
    rank: Ids
    derivation: Ids
    by: Times

    def of(self, chosen: NDArray[np.intp] | Flags) -> "_Standings":
        return _Standings(
            self.slot[chosen],
            self.at[chosen],
            self.rank[chosen],
            self.derivation[chosen],
            self.by[chosen],
        )

    def joined(self, other: "_Standings") -> "_Standings":
        return _Standings(
            np.concatenate((self.slot, other.slot)),
            np.concatenate((self.at, other.at)),
            np.concatenate((self.rank, other.rank)),
            np.concatenate((self.derivation, other.derivation)),
            np.concatenate((self.by, other.by)),
        )


class Resolutions:
    """All resolutions, and from them the tenures of derivations.

    A slot is a job and an output; its derivations follow one another.
    """

    def __init__(self) -> None:
        self._ids = bytearray()
        self._events: dict[bytes, tuple[int, ...]] = {}
        self._event, self._at, self._known = array("q"), array("q"), array("q")
        self._by = array("q")
        self._causes = Causes()
        self._rank = array("i")
        self._ranks: dict[str, int] = {}
        self._won = bytearray()
        self._starts = array("i", [0])
        self._links = array("i")
        self._slots = array("i")
        self._inferred = bytearray()
        self.derivations_known = array("q")
        self._dirty: set[int] = set()
        self._tenures = _none()
        self._sole: tuple[Times, Times] = (np.empty(0, np.int64), np.empty(0, np.int64))
        self._views: dict[tuple[int, int | None], Flags] = {}

    def __len__(self) -> int:
        return len(self._at)

    @property
    def derivations_count(self) -> int:
        """How many derivations were named."""
        return len(self._slots)

    def name_derivation(self) -> int:
        """Return the number of a new derivation, of which nothing is known yet."""
        self._slots.append(UNKNOWN)
        self._inferred.append(0)
        self.derivations_known.append(EVER)
        self._views.clear()
        return len(self._slots) - 1

    def slot_of(self, derivation: int) -> int:
        """Return the slot of a derivation."""
        return self._slots[derivation]

    def is_inferred(self, derivation: int) -> bool:
        """Whether a derivation only knows datasets, no columns."""
        return bool(self._inferred[derivation])

    def last_stated(self) -> Times:
        """Return when the last event was that stands for each derivation; 0 if none does."""
        last = np.zeros(len(self._slots), np.int64)
        starts = np.array(self._starts, np.int32)
        counts = starts[1:] - starts[:-1]
        won = np.repeat(np.frombuffer(bytes(self._won), np.bool_), counts)
        at = np.repeat(np.array(self._at, np.int64), counts)
        np.maximum.at(last, np.array(self._links, np.int32)[won], at[won])
        return last

    def slots(self) -> Ids:
        """Return the slot of every derivation."""
        return np.array(self._slots, np.int32)

    def state_derivation(self, derivation: int, slot: int, known: int, *, inferred: bool) -> None:
        """Note that a derivation is known, of which slot it is, and if it knows no columns."""
        self.derivations_known[derivation] = min(self.derivations_known[derivation], known)
        self._forget_the_past()
        if self._slots[derivation] == UNKNOWN:
            self._slots[derivation] = slot
            self._inferred[derivation] = inferred
            self._dirty.add(slot)

    def add(
        self,
        record_id: str,
        event: str,
        run_id: str | None,
        derivations: Sequence[int],
        *,
        at: int,
        rank: str,
        known: int,
        code: str | None = None,
    ) -> None:
        """Add a resolution, or note that one was known earlier than thought."""
        own, key = bytes.fromhex(record_id)[:_ID_BYTES], short_id(event)
        self._forget_the_past()
        rows = self._events.get(key, ())
        for row in rows:
            if self._id(row) == own:
                self._known[row] = min(self._known[row], known)
                return
        by = int.from_bytes(short_id(run_id or event)[:8], "big", signed=True)
        row = self._append(own, derivations, at, rank, known, by)
        self._causes.append(run_id, code)
        self._event[row] = rows[0] if rows else row
        self._events[key] = (*rows, row)
        self._decide(row, rows)

    def in_force(self, as_of: int | None = None, known_at: int | None = None) -> Flags:
        """Return which derivations are in force.

        Args:
            as_of: By the last event at or before this time; None for the last of all.
            known_at: By the records that were known by then; None for all.
        """
        asked = (EVER - 1 if as_of is None else as_of, known_at)
        self._refresh()
        flags = self._views.get(asked)
        if flags is None:
            tenures = self._tenures if known_at is None else self._tenures_known_at(known_at)
            flags = tenures.at(asked[0], len(self._slots))
            if len(self._views) >= _VIEWS_MAX:
                del self._views[next(iter(self._views))]
            self._views[asked] = flags
        return flags

    def tenures(self, known_at: int | None) -> Tenures:
        """Return when derivations are in force, by what was known then; None for all of it."""
        self._refresh()
        return self._tenures if known_at is None else self._tenures_known_at(known_at)

    def stood(self, slots: Collection[int]) -> Iterator[tuple[int, int, Cause]]:
        """Yield for each time that something was said of these slots: slot, time, by whom."""
        links, rows = np.array(self._links, np.int32), self._rows()
        chosen = np.isin(np.array(self._slots, np.int32)[links], list(slots))
        for link, row in zip(links[chosen].tolist(), rows[chosen].tolist(), strict=True):
            yield self._slots[link], self._at[row], self._causes.of(row)

    def last_at(self, slots: Collection[int], as_of: int, known_at: int) -> dict[int, int]:
        """Return when something was last said of each of these slots, by what was known."""
        of_link = np.array(self._slots, np.int32)[np.array(self._links, np.int32)]
        stated = np.array(self.derivations_known, np.int64)[np.array(self._links, np.int32)]
        chosen = np.isin(of_link, list(slots)) & (stated <= known_at)
        rows, slot = self._rows()[chosen], of_link[chosen]
        at, known = np.array(self._at, np.int64)[rows], np.array(self._known, np.int64)[rows]
        counted = (at <= as_of) & (known <= known_at)
        order = np.lexsort((at[counted], slot[counted]))
        return dict(zip(slot[counted][order].tolist(), at[counted][order].tolist(), strict=True))

    def cause(self, event: bytes) -> Cause | None:
        """Return by whom an event was; None where nothing was derived from it."""
        rows = self._events.get(event, ())
        return self._causes.of(rows[0]) if rows else None

    def _rows(self) -> NDArray[np.intp]:
        """Return the resolution of each link."""
        starts = np.array(self._starts, np.int32)
        return np.repeat(np.arange(len(self)), starts[1:] - starts[:-1])

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Return all as arrays."""
        return {
            **self._causes.state(),
            "ids": np.frombuffer(bytes(self._ids), np.uint8),
            "events": np.frombuffer(b"".join(self._events), np.uint8),
            "event": self._event_numbers(),
            "at": np.array(self._at, np.int64),
            "known": np.array(self._known, np.int64),
            "by": np.array(self._by, np.int64),
            "rank": np.array(self._rank, np.int32),
            "starts": np.array(self._starts, np.int32),
            "links": np.array(self._links, np.int32),
            "slots": np.array(self._slots, np.int32),
            "inferred": np.frombuffer(bytes(self._inferred), np.uint8),
            "derivations_known": np.array(self.derivations_known, np.int64),
        }

    def told(self) -> dict[str, Any]:
        """Return what no array holds: all ranks, in the order of their numbers, and causes."""
        return {"ranks": list(self._ranks), **self._causes.told()}

    @classmethod
    def restore(
        cls, state: dict[str, NDArray[np.generic]], told: Mapping[str, Any]
    ) -> "Resolutions":
        """Return the resolutions of which this is the state."""
        resolutions, ranks = cls(), told["ranks"]
        resolutions._causes = Causes.restore(state, told)
        stated = (state[name].tolist() for name in ("slots", "derivations_known", "inferred"))
        for slot, known, inferred in zip(*stated, strict=True):
            number = resolutions.name_derivation()
            if slot != UNKNOWN:
                resolutions.state_derivation(number, slot, known, inferred=inferred)
        ids, keys = state["ids"].tobytes(), state["events"].tobytes()
        links, starts = state["links"].tolist(), state["starts"].tolist()
        rows = zip(
            *(state[n].tolist() for n in ("event", "at", "known", "rank", "by")), strict=True
        )
        for number, (event, at, known, rank, by) in enumerate(rows):
            own = ids[number * _ID_BYTES : (number + 1) * _ID_BYTES]
            key = keys[event * _ID_BYTES : (event + 1) * _ID_BYTES]
            derivations = links[starts[number] : starts[number + 1]]
            row = resolutions._append(own, derivations, at, ranks[rank], known, by)
            others = resolutions._events.get(key, ())
            resolutions._event[row] = others[0] if others else row
            resolutions._events[key] = (*others, row)
            resolutions._decide(row, others)
        return resolutions

    def _forget_the_past(self) -> None:
        """Drop what was found as of a time of knowledge: anything may be known since earlier."""
        self._views = {asked: flags for asked, flags in self._views.items() if asked[1] is None}

    def _event_numbers(self) -> NDArray[np.int64]:
        """Return for each resolution the place of its event among the events."""
        place = {rows[0]: n for n, rows in enumerate(self._events.values())}
        return np.array([place[first] for first in self._event], np.int64)

    def _id(self, row: int) -> bytes:
        return bytes(self._ids[row * _ID_BYTES : (row + 1) * _ID_BYTES])

    def _append(
        self, own: bytes, derivations: Sequence[int], at: int, rank: str, known: int, by: int
    ) -> int:
        row = len(self._at)
        self._ids += own
        self._event.append(row)
        self._at.append(at)
        self._known.append(known)
        self._by.append(by)
        self._rank.append(self._ranks.setdefault(rank, len(self._ranks)))
        self._won.append(0)
        self._links.extend(derivations)
        self._starts.append(len(self._links))
        return row

    def _decide(self, row: int, rivals: Sequence[int]) -> None:
        """Let the greatest of an event's resolutions stand for it."""
        ranks = list(self._ranks) if rivals else []
        last = next((rival for rival in rivals if self._won[rival]), None)
        if last is not None:
            mine, theirs = (ranks[self._rank[r]] for r in (row, last))
            if (mine, self._id(row)) < (theirs, self._id(last)):
                return
            self._won[last] = 0
            self._soil(last)
        self._won[row] = 1
        if last is not None or not self._changes_nothing(row):
            self._soil(row)

    def _soil(self, row: int) -> None:
        """Mark the slots that a resolution counts in as to be looked at again."""
        self._dirty.update(self._slots[d] for d in self._derivations_of(row))
        self._views.clear()

    def _derivations_of(self, row: int) -> Sequence[int]:
        return self._links[self._starts[row] : self._starts[row + 1]]

    def _changes_nothing(self, row: int) -> bool:
        """Whether a first resolution only says again what is in force then anyhow."""
        since, until = self._sole
        at = self._at[row]
        return all(
            d < len(since) and since[d] <= at < until[d] and self._slots[d] not in self._dirty
            for d in self._derivations_of(row)
        )

    def _refresh(self) -> None:
        """Bring the tenures of the marked slots up to date."""
        self._dirty.discard(UNKNOWN)
        if not self._dirty and len(self._sole[0]) == len(self._slots):
            return
        slots = np.array(self._slots, np.int32)
        again = np.zeros(max(slots.max(initial=0), *self._dirty, 0) + 1, np.bool_)
        again[list(self._dirty)] = True
        standings = self._standings(slots, np.frombuffer(bytes(self._won), np.bool_))
        fresh = self._tenures_of(standings.of(again[standings.slot]), slots)
        kept = ~again[slots[self._tenures.derivation]]
        self._tenures = Tenures(
            np.concatenate((self._tenures.derivation[kept], fresh.derivation)),
            np.concatenate((self._tenures.since[kept], fresh.since)),
            np.concatenate((self._tenures.until[kept], fresh.until)),
        )
        self._sole = _sole(self._tenures, slots, self._mixed(slots))
        self._dirty.clear()
        self._views.clear()

    def _tenures_known_at(self, known_at: int) -> Tenures:
        known = np.array(self._known, np.int64) <= known_at
        slots = np.array(self._slots, np.int32)
        slots[np.array(self.derivations_known, np.int64) > known_at] = UNKNOWN
        return self._tenures_of(self._standings(slots, known & self._greatest(known)), slots)

    def _greatest(self, known: Flags) -> Flags:
        """Return which resolutions are the greatest of their event among the known."""
        rows = np.flatnonzero(known)
        ids = np.frombuffer(bytes(self._ids), f"S{_ID_BYTES}") if len(self) else np.empty(0, "S1")
        event = np.array(self._event, np.int64)
        order = rows[np.lexsort((ids[rows], self._rank_order()[rows], event[rows]))]
        last = _differs(event[order][::-1])[::-1]
        flags = np.zeros(len(known), np.bool_)
        flags[order[last]] = True
        return flags

    def _rank_order(self) -> Ids:
        """Return the place of each resolution's rank in the order of ranks."""
        place = np.empty(len(self._ranks), np.int32)
        place[sorted(range(len(place)), key=list(self._ranks).__getitem__)] = np.arange(len(place))
        return place[np.array(self._rank, np.int32)]

    def _standings(self, slots: Ids, counted: Flags) -> _Standings:
        """Return what stands in known slots by the resolutions that count."""
        links = np.array(self._links, np.int32)
        row = self._rows()
        chosen = counted[row] & (slots[links] != UNKNOWN)
        row, links = row[chosen], links[chosen]
        at = np.array(self._at, np.int64)[row]
        by = np.array(self._by, np.int64)[row]
        return _Standings(slots[links], at, self._rank_order()[row], links, by)

    def _tenures_of(self, standings: _Standings, slots: Ids) -> Tenures:
        """Return the tenures that follow from what stands; run by run where that matters."""
        mixed = self._mixed(slots)[standings.slot]
        plain = standings.of(~mixed)
        if mixed.any():
            plain = plain.joined(_by_run(standings.of(mixed), self._inferred))
        return _tenures(plain)

    def _mixed(self, slots: Ids) -> Flags:
        """Return the slots in which some derivations know columns and some do not."""
        inferred = np.frombuffer(bytes(self._inferred), np.bool_)
        flags = np.zeros((2, int(slots.max(initial=0)) + 1), np.bool_)
        for kind, chosen in enumerate((inferred, ~inferred)):
            flags[kind, slots[chosen & (slots != UNKNOWN)]] = True
        both: Flags = np.logical_and(flags[0], flags[1])
        return both


def short_id(event: str) -> bytes:
    """Return 128 bits that stand for the id of an event."""
    return hashlib.blake2b(event.encode(), digest_size=_ID_BYTES).digest()


def _none() -> Tenures:
    return Tenures(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64))


def _tenures(standings: _Standings) -> Tenures:
    """Return the tenures that follow from what stands when in each slot."""
    if not len(standings.slot):
        return _none()
    order = np.lexsort((standings.derivation, standings.rank, standings.at, standings.slot))
    standings = standings.of(order)
    new_time = _differs(standings.slot) | _differs(standings.at)
    group = np.cumsum(new_time) - 1
    first = np.flatnonzero(new_time)
    last = np.append(first[1:], len(group)) - 1
    standing = standings.rank == standings.rank[last][group]
    standings, group = standings.of(standing), group[standing]
    first = np.flatnonzero(_differs(group))
    until = np.append(standings.at[first][1:], EVER)
    slot = standings.slot[first]
    until[np.append(slot[1:] != slot[:-1], True)] = EVER
    return _merged(standings, group, until)


def _by_run(standings: _Standings, inferred: Sequence[int]) -> _Standings:
    """Return what stands at each time in slots where one run may outdo itself."""
    order = np.lexsort((standings.rank, standings.at, standings.slot))
    rows = zip(
        *(
            values[order].tolist()
            for values in (
                standings.slot,
                standings.at,
                standings.by,
                standings.rank,
                standings.derivation,
            )
        ),
        strict=True,
    )
    found = [
        (slot, at, 0, derivation, 0)
        for slot, of_slot in groupby(rows, key=itemgetter(0))
        for at, derivations in _slot_by_run(of_slot, inferred)
        for derivation in sorted(derivations)
    ]
    columns = zip(*found, strict=True)
    types = (np.int32, np.int64, np.int32, np.int32, np.int64)
    return _Standings(*(np.array(c, t) for c, t in zip(columns, types, strict=True)))


def _slot_by_run(
    rows: Iterable[tuple[int, int, int, int, int]], inferred: Sequence[int]
) -> Iterator[tuple[int, set[int]]]:
    """Yield from each time on what is in force in a slot, by rows in order of time and rank."""
    best: dict[int, tuple[tuple[bool, int, int], set[int]]] = {}
    for at, of_time in groupby(rows, key=itemgetter(1)):
        latest: dict[int, set[int]] = defaultdict(set)
        for _, _, by, rank, derivation in of_time:
            latest[rank].add(by)
            key = (not inferred[derivation], at, rank)
            held, derivations = best.get(by, (key, set()))
            if key >= held:
                best[by] = (key, (derivations if key == held else set()) | {derivation})
        runs = [best[by] for by in latest[max(latest)]]
        greatest = max(key for key, _ in runs)
        yield at, set().union(*(derivations for key, derivations in runs if key == greatest))


def _merged(standings: _Standings, group: NDArray[np.intp], until: Times) -> Tenures:
    """Join the times at which a derivation stands that follow one another in its slot."""
    order = np.lexsort((group, standings.derivation, standings.slot))
    derivation, place = standings.derivation[order], group[order]
    since = standings.at[order]
    again = (
        ~_differs(derivation) & ~_differs(standings.slot[order]) & (np.diff(place, prepend=-2) <= 1)
    )
    begins = np.flatnonzero(~again)
    ends = np.append(begins[1:], len(place)) - 1
    return Tenures(derivation[begins], since[begins], until[place[ends]])


def _differs(values: NDArray[np.generic]) -> Flags:
    """Return where a value is another than the one before it."""
    return np.append(np.ones(min(1, len(values)), np.bool_), values[1:] != values[:-1])


def _sole(tenures: Tenures, slots: Ids, shared: Flags) -> tuple[Times, Times]:
    """Return from when until when each derivation alone stands in its slot, if ever once.

    Args:
        tenures: All tenures.
        slots: The slot of each derivation.
        shared: The slots for which this is not to be relied on.
    """
    since, until = np.full(len(slots), EVER, np.int64), np.zeros(len(slots), np.int64)
    order = np.lexsort((tenures.since, slots[tenures.derivation]))
    slot = slots[tenures.derivation[order]]
    overlap = ~_differs(slot)
    overlap[1:] &= tenures.since[order][1:] < tenures.until[order][:-1]
    shared[slot[overlap]] = True
    once = np.bincount(tenures.derivation, minlength=len(slots))[tenures.derivation] == 1
    chosen = once & ~shared[slots[tenures.derivation]]
    since[tenures.derivation[chosen]] = tenures.since[chosen]
    until[tenures.derivation[chosen]] = tenures.until[chosen]
    return since, until
