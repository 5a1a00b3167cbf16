"""What is said of things, as of any two times."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ...schemas.records import Annotation, Envelope
from ..answers import Annotated, Note
from .times import EVER, moment, parsed

SINGLE = frozenset({"description"})
"""Keys that hold one value at a time; of all others a thing may have several."""

LABELS = ("tag", "classification")
"""Keys whose values are words that things are told apart by."""

_VIEWS_MAX = 8


class Target(NamedTuple):
    """What something is said of."""

    kind: Literal["dataset", "column", "job", "model"]
    namespace: str
    name: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A record that is in force, and since when."""

    id: str
    record: Annotation
    since: int


@dataclass(slots=True)
class _Held:
    """A record, and when it was stated and known; what holds since its first event, each time."""

    envelope: Envelope
    record: Annotation
    stated: set[tuple[int, int]]

    def since(self, as_of: int, known_at: int) -> int | None:
        """Return since when it holds by what was known; None if it does not by then."""
        times = [at for at, known in self.stated if at <= as_of and known <= known_at]
        return min(times, default=None)


Standings = Mapping[Target, tuple[Standing, ...]]


class Annotations:
    """All annotations ever made; what is taken off stays readable as of before."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._views: dict[tuple[int | None, int | None], Standings] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, envelope: Envelope, record: Annotation, known: int) -> None:
        """Add a record, or note that it holds or is known for longer than thought."""
        at = parsed(envelope.observed_at if record.at is None else record.at)
        held = self._held.setdefault(envelope.id, _Held(envelope, record, set()))
        if not any(a <= at and k <= known for a, k in held.stated):
            held.stated = {(a, k) for a, k in held.stated if a < at or k < known}
            held.stated.add((at, known))
            self._views.clear()

    def in_force(self, as_of: int | None, known_at: int | None) -> Standings:
        """Return what stands of each thing: of a key and value the last, put or removed."""
        asked = (as_of, known_at)
        view = self._views.get(asked)
        if view is None:
            if len(self._views) >= _VIEWS_MAX:
                del self._views[next(iter(self._views))]
            view = self._views[asked] = self._standings(
                EVER if as_of is None else as_of, EVER if known_at is None else known_at
            )
        return view

    def labelled(
        self, words: Collection[str], as_of: int | None, known_at: int | None
    ) -> Iterator[Target]:
        """Yield what one of these words stands on as a label, upper or lower case alike."""
        wanted = {word.lower() for word in words}
        for target, standings in self.in_force(as_of, known_at).items():
            said = (each.record for each in standings)
            if any(record.key in LABELS and record.value.lower() in wanted for record in said):
                yield target

    def stored(self) -> Iterator[tuple[Envelope, int, int]]:
        """Yield every statement with its time and when it was known."""
        for held in self._held.values():
            for at, known in sorted(held.stated):
                yield held.envelope, at, known

    def restore(self, envelope: Envelope, at: int, known: int) -> None:
        """Take back what `stored` yielded."""
        assert isinstance(envelope.record, Annotation)
        held = self._held.setdefault(envelope.id, _Held(envelope, envelope.record, set()))
        held.stated.add((at, known))

    def _standings(self, as_of: int, known_at: int) -> Standings:
        last: dict[tuple[Target, str, str], tuple[int, bool, str]] = {}
        for record_id, held in self._held.items():
            since = held.since(as_of, known_at)
            if since is not None:
                slot = _slot(held.record)
                # Of the same instant what was put wins: nothing is declared clean by a tie.
                order = (since, held.record.action == "put", record_id)
                last[slot] = max(last.get(slot, order), order)
        found: dict[Target, list[Standing]] = {}
        for (target, _, _), (since, put, record_id) in last.items():
            if put:
                standing = Standing(record_id, self._held[record_id].record, since)
                found.setdefault(target, []).append(standing)
        return {target: tuple(sorted(held, key=_order)) for target, held in found.items()}


def annotated(target: Target, standings: Iterable[Standing]) -> Annotated:
    """Return what is said of a thing as an answer."""
    notes = tuple(map(noted, standings))
    return Annotated(target.kind, target.namespace, target.name, target.field, notes)


def noted(standing: Standing) -> Note:
    """Return a thing said as an answer."""
    record = standing.record
    return Note(record.key, record.value, record.by, moment(standing.since), standing.id)


def target_of(record: Annotation) -> Target:
    """Return what a record is said of."""
    return Target(record.target_kind, record.namespace, record.name, record.field)


def _slot(record: Annotation) -> tuple[Target, str, str]:
    value = "" if record.key in SINGLE else record.value
    return target_of(record), record.key, value


def _order(standing: Standing) -> tuple[str, str, str]:
    return standing.record.key, standing.record.value, standing.id
