"""The index again, as plainly as it can be said: sets, loops, nothing kept between questions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from headwater.schemas.names import ColumnName, DatasetName, JobName
from headwater.schemas.records import (
    Change,
    DatasetChange,
    DatasetVersion,
    Derivation,
    Envelope,
    InputField,
    Method,
    ModelVersion,
    Resolution,
)

Named = ColumnName | DatasetName
COLUMN_REASONS = {"ambiguous_column", "unknown_column"}


@dataclass(frozen=True)
class Told:
    """An envelope and since when it is known."""

    envelope: Envelope
    known_at: datetime


@dataclass(frozen=True)
class Edge:
    """A link; `any_column` where any column of the source may feed the target."""

    source: Named
    target: Named
    strength: int
    any_column: bool
    of_column: bool
    job: JobName


class Model:
    """What a set of records says as of a time, by those known at another."""

    def __init__(
        self,
        told: Iterable[Told],
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> None:
        records = {
            t.envelope.id: t.envelope.record for t in told if not known_at or t.known_at <= known_at
        }
        self.derivations = {i: r for i, r in records.items() if isinstance(r, Derivation)}
        self.models = {i: r for i, r in records.items() if isinstance(r, ModelVersion)}
        self.resolutions = {i: r for i, r in records.items() if isinstance(r, Resolution)}
        self.columns: dict[DatasetName, set[ColumnName]] = defaultdict(set)
        self.names: set[Named] = set()
        for record in records.values():
            self._note(record)
        self.changes = [r for r in records.values() if isinstance(r, DatasetChange)]
        self.held = self.living(self.in_force(as_of), as_of)
        self.edges = [e for i in sorted(self.held) for e in edges(self.derivations[i])]

    def in_force(self, as_of: datetime | None) -> set[str]:
        """Return the derivations in force."""
        of_event: dict[str, tuple[str, str]] = {}
        for record_id, resolution in self.resolutions.items():
            standing = (resolution.rank, record_id)
            of_event[resolution.event] = max(of_event.get(resolution.event, standing), standing)
        slots: dict[tuple[JobName, DatasetName], list[tuple[str, Resolution]]] = defaultdict(list)
        for _, record_id in of_event.values():
            resolution = self.resolutions[record_id]
            for each in resolution.derivations:
                early = as_of is None or datetime.fromisoformat(resolution.at) <= as_of
                if each in self.derivations and early:
                    made = self.derivations[each]
                    slots[made.job.key, made.output.key].append((each, resolution))
        return {each for slot in slots.values() for each in self._last(slot)}

    def jobs_in_force(self) -> set[JobName]:
        """Return the jobs of which any derivation is in force."""
        return {self.derivations[each].job.key for each in self.held}

    def living(self, held: set[str], as_of: datetime | None) -> set[str]:
        """Return what is left when dropped datasets are taken out from which nothing leads on."""
        gone = self.gone(as_of)
        gone -= {DatasetName(u.namespace, u.name) for m in self.models.values() for u in m.inputs}
        while True:
            read = {
                _dataset(edge.source)
                for each in held
                for edge in edges(self.derivations[each])
                if _dataset(edge.source) != _dataset(edge.target)
            }
            dead = {i for i in held if self.derivations[i].output.key in gone - read}
            if not dead:
                return held
            held -= dead

    def gone(self, as_of: datetime | None) -> set[DatasetName]:
        """Return the datasets that were dropped, and not made again since."""
        found = set()
        for name in {DatasetName(c.namespace, c.name) for c in self.changes}:
            turns = [
                (datetime.fromisoformat(c.at), c.change is not Change.DROP)
                for c in self.changes
                if (c.namespace, c.name) == name
                and (not as_of or datetime.fromisoformat(c.at) <= as_of)
            ]
            if turns and not max(turns)[1] and not self._made_after(name, max(turns)[0], as_of):
                found.add(name)
        return found

    def _made_after(self, name: DatasetName, at: datetime, as_of: datetime | None) -> bool:
        times = [
            datetime.fromisoformat(r.at)
            for r in self.resolutions.values()
            for each in r.derivations
            if each in self.derivations and self.derivations[each].output.key == name
        ]
        return any(at < t and (not as_of or t <= as_of) for t in times)

    def _last(self, slot: list[tuple[str, Resolution]]) -> set[str]:
        """Return what the run that was heard of last stands for, with columns if it knows any."""
        latest = max(_order(r) for _, r in slot)
        runs = {r.run_id or r.event for _, r in slot if _order(r) == latest}
        orders: dict[str, tuple[bool, tuple[datetime, str]]] = {}
        for each, r in slot:
            if (r.run_id or r.event) in runs:
                order = (self.derivations[each].method is not Method.INFERRED, _order(r))
                orders[each] = max(orders.get(each, order), order)
        return {each for each, order in orders.items() if order == max(orders.values())}

    def walk(
        self, starts: Sequence[Named], *, down: bool, depth_max: int = 100
    ) -> dict[Named, tuple[int, int]]:
        """Return the strength of the best path to each name, and its hops."""
        reached: dict[Named, tuple[int, int]] = dict.fromkeys(starts, (2, 0))
        frontier = set(starts)
        for hops in range(1, depth_max + 1):
            found: dict[Named, int] = {}
            for node in frontier:
                for edge in self.edges:
                    if self._leaves(node, edge, down):
                        strength = min(reached[node][0], edge.strength)
                        for end in self._ends(edge, down):
                            found[end] = max(found.get(end, -1), strength)
            frontier = {n for n, s in found.items() if n not in reached or s > reached[n][0]}
            reached |= {node: (found[node], hops) for node in frontier}
            if not frontier:
                break
        return reached

    def with_columns(self, name: Named) -> list[Named]:
        """Return a name and, of a dataset, its columns."""
        held = self.columns[name] if isinstance(name, DatasetName) else set()
        return [name, *sorted(held)]

    def jobs(self, reached: Iterable[Named], *, down: bool) -> set[JobName]:
        """Return the jobs of all links that lead away from what was reached."""
        return {e.job for e in self.edges for n in reached if self._leaves(n, e, down)}

    def readers(self, reached: Iterable[Named]) -> set[str]:
        """Return the versions of models that rest on what was reached, by data or by a base."""
        names = set(reached)
        names |= {name.dataset for name in names if isinstance(name, ColumnName)}
        found = {
            model_id
            for model_id, model in self.models.items()
            for used in model.inputs
            for name in [
                *(ColumnName(used.namespace, used.name, field) for field in used.fields),
                *([] if used.fields else [DatasetName(used.namespace, used.name)]),
            ]
            if name in names
        }
        while (
            more := {
                model_id
                for model_id, model in self.models.items()
                for base in model.bases
                for each in (self.models[base_id] for base_id in found)
                if (base.namespace, base.name) == (each.namespace, each.name)
                if base.version in (None, each.version)
            }
            - found
        ):
            found |= more
        return found

    def _leaves(self, node: Named, edge: Edge, down: bool) -> bool:
        near = edge.source if down else edge.target
        if node == near:
            return True
        of_dataset = isinstance(node, ColumnName) and node.dataset == near
        return of_dataset and (edge.any_column if down else True)

    def _ends(self, edge: Edge, down: bool) -> list[Named]:
        end = edge.target if down else edge.source
        return self.with_columns(end) if down or edge.any_column else [end]

    def _note(self, record: object) -> None:
        """Note which datasets and columns a record names."""
        names: list[Named] = []
        match record:
            case DatasetVersion():
                dataset = DatasetName(record.namespace, record.name)
                names = [dataset, *(ColumnName(*dataset, f.name) for f in record.fields or ())]
            case Derivation():
                names = [record.output.key, *(ref.key for ref in record.inputs)]
                names += [ColumnName(*record.output.key, made.field) for made in record.fields]
                names += [ColumnName(i.namespace, i.name, i.field) for i in sources(record)]
            case DatasetChange():
                names = [DatasetName(record.namespace, record.name)]
            case ModelVersion():
                names = [DatasetName(used.namespace, used.name) for used in record.inputs]
                names += [
                    ColumnName(u.namespace, u.name, f) for u in record.inputs for f in u.fields
                ]
        self.names.update(names)
        for name in names:
            if isinstance(name, ColumnName):
                self.columns[name.dataset].add(name)


def _dataset(name: Named) -> DatasetName:
    return name.dataset if isinstance(name, ColumnName) else name


def _order(resolution: Resolution) -> tuple[datetime, str]:
    return datetime.fromisoformat(resolution.at), resolution.rank


def sources(derivation: Derivation) -> list[InputField]:
    """Return every source column of a derivation."""
    return [i for made in derivation.fields for i in made.inputs] + list(derivation.dataset)


def edges(derivation: Derivation) -> Iterable[Edge]:
    """Yield the links that a derivation states."""
    output = derivation.output.key
    targets: list[tuple[Named, Sequence[InputField]]] = [
        (ColumnName(*output, made.field), made.inputs) for made in derivation.fields
    ]
    for target, inputs in [*targets, (output, derivation.dataset)]:
        for i in inputs:
            strength = 0 if i.type == "INDIRECT" else 1 if i.masking else 2
            source = ColumnName(i.namespace, i.name, i.field)
            yield Edge(source, target, strength, False, True, derivation.job.key)
    unknown = derivation.method is Method.INFERRED or any(
        part.reason not in COLUMN_REASONS for part in derivation.unresolved
    )
    known = {(i.namespace, i.name) for i in sources(derivation)}
    for ref in derivation.inputs:
        if unknown or ref.key not in known:
            yield Edge(ref.key, output, 0, unknown, False, derivation.job.key)
