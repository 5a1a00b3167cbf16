"""Comparison: where a replay says something else than was recorded live, and why."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ..schemas.names import DatasetName
from ..schemas.records import (
    Basis,
    Derivation,
    Envelope,
    InputField,
    JobRef,
    Resolution,
    SchemaUsed,
    TrainingProfile,
)
from ..sinks.view import View, converge

Records = Callable[[], Iterable[Envelope]]
"""Reads records from their start, as often as it is called."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An event that stands for other derivations now than it did live.

    Attributes:
        reasons: What the two resolutions rest on that is not the same.
        gone, new: Edges that only the live one states, and only the replay.
    """

    event: str
    job: JobRef
    at: str
    reasons: tuple[str, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two views, and what tells them apart.

    Attributes:
        differences: By event, in the order of their times.
        facts_gone, facts_new: How many records that are no derivations only one side has.
    """

    live: View
    replayed: View
    differences: list[Difference]
    facts_gone: int
    facts_new: int

    @property
    def same(self) -> bool:
        """Whether the two say the same."""
        return self.live == self.replayed


def compare(live: Records, replayed: Records, *, whole: bool = True) -> Comparison:
    """Compare the records of a replay with those recorded live.

    Args:
        live: The records that the worker made.
        replayed: Those of the replay.
        whole: Whether the replay is of all events; otherwise only its own are compared.
    """
    now = converge(of_events(replayed()))
    then = converge(of_events(live()))
    if not whole:
        kept = {
            event: then.derivations[event]
            for event in then.derivations.keys() & now.derivations.keys()
        }
        then = View(now.facts, kept)
    events = {
        event
        for event in then.derivations.keys() | now.derivations.keys()
        if then.derivations.get(event) != now.derivations.get(event)
    }
    sides = _side(live(), events, then), _side(replayed(), events, now)
    differences = [_difference(event, *sides) for event in events]
    return Comparison(
        then,
        now,
        sorted(differences, key=lambda d: (d.at, d.event)),
        len(then.facts - now.facts),
        len(now.facts - then.facts),
    )


def of_events(envelopes: Iterable[Envelope]) -> Iterator[Envelope]:
    """Leave out what no lineage event states: profiles come by a topic that is kept for days."""
    return (e for e in envelopes if not isinstance(e.record, TrainingProfile))


@dataclass(slots=True)
class _Side:
    """What one side says of the events that differ."""

    resolutions: dict[str, Resolution] = field(default_factory=dict)
    edges: dict[str, set[str]] = field(default_factory=dict)


def _side(envelopes: Iterable[Envelope], events: set[str], view: View) -> _Side:
    side = _Side()
    wanted = {d for event in events for d in view.derivations.get(event, ())}
    for envelope in envelopes if events else ():
        record = envelope.record
        if isinstance(record, Resolution) and record.event in events:
            known = side.resolutions.get(record.event)
            if record.derivations == view.derivations.get(record.event) and (
                known is None or record.rank > known.rank
            ):
                side.resolutions[record.event] = record
        elif isinstance(record, Derivation) and envelope.id in wanted:
            side.edges[envelope.id] = set(_edges(record))
    return side


def _difference(event: str, live: _Side, replayed: _Side) -> Difference:
    then, now = live.resolutions.get(event), replayed.resolutions.get(event)
    stated = now or then
    assert stated is not None, "an event differs that neither side resolves"
    gone, new = _edges_of(then, live), _edges_of(now, replayed)
    return Difference(
        event,
        stated.job,
        stated.at,
        tuple(_reasons(then, now)),
        tuple(sorted(gone - new)),
        tuple(sorted(new - gone)),
    )


def _reasons(then: Resolution | None, now: Resolution | None) -> Iterator[str]:
    if then is None:
        yield "not recorded live"
    elif now is None:
        yield "not in the log of events"
    else:
        yield from _reasons_of(then.basis, now.basis)


def _reasons_of(then: Basis, now: Basis) -> Iterator[str]:
    explained = False
    if then.resolver != now.resolver:
        yield f"resolver version: {then.resolver} live, {now.resolver} replayed"
        explained = True
    before, after = _schemas(then), _schemas(now)
    for dataset in sorted(before.keys() | after.keys()):
        used = before.get(dataset), after.get(dataset)
        if _version(used[0]) != _version(used[1]):
            yield _schema_reason(dataset, *used)
            explained = True
    if not explained:
        yield "not explained by what they rest on"


def _schema_reason(dataset: DatasetName, then: SchemaUsed | None, now: SchemaUsed | None) -> str:
    name = f"{dataset.namespace}/{dataset.name}"
    if _version(then) is None and now is not None:
        return f"late schema: that of {name}, which holds from {now.valid_from}, was not known"
    if _version(now) is None:
        return f"missing schema: that of {name} is not in the log"
    return f"late schema: a nearer one of {name} was not known"


def _schemas(basis: Basis) -> dict[DatasetName, SchemaUsed]:
    return {DatasetName(used.namespace, used.name): used for used in basis.schemas}


def _version(used: SchemaUsed | None) -> str | None:
    return used.version if used else None


def _edges_of(resolution: Resolution | None, side: _Side) -> set[str]:
    derivations = resolution.derivations if resolution else ()
    return set[str]().union(*(side.edges.get(d, ()) for d in derivations))


def _edges(record: Derivation) -> Iterator[str]:
    output = record.output.name
    for made in record.fields:
        for source in made.inputs:
            yield f"{output}.{made.field} ← {_shown(source)}"
    for source in record.dataset:
        yield f"{output} ← {_shown(source)}"
    for ref in record.inputs:
        yield f"{output} ← {ref.name}"
    for part in record.unresolved:
        yield f"{output}.{part.field or '*'} unresolved: {part.reason} {part.detail or ''}".rstrip()


def _shown(source: InputField) -> str:
    masked = ", masked" if source.masking else ""
    return f"{source.name}.{source.field} ({source.subtype}{masked}, {source.known_by})"
