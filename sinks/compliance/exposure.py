"""Which classified data a report shows: every column traced back to its classified sources.

A value is followed from the report upstream, along the edges that the policy says leave
something of it, always by the way that leaves most. What could not be resolved on a way is
told as a gap, and what may lie behind it is unknown, never clean.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...schemas.names import DatasetName
from ...schemas.records import Unresolved
from ..answers import Finding, Gap, Named, Note, PiiReport, ReportColumn, Step, VerdictWord
from ..ask import NOW, Ask, Way
from ..index.annotations import Standing, Standings, Target, noted
from ..index.edges import Kind
from ..index.index import LineageIndex
from ..index.listing import Listing
from ..index.names import Ids
from ..index.store import Store
from ..index.subject import Subject, find_model, find_node
from ..index.times import as_numbers
from ..index.walk import Closure, Field, links_from, walk
from .policy import DEFAULT, DataClass, Policy, Verdict

FINDINGS_MAX = 100
"""How many findings of a column are told with their evidence; all of them count."""

GAPS_MAX = 20
"""The same of gaps."""

_NAMED_BY_EDGES = "ambiguous_column"
"""The reason with which every column that it may be is the source of an edge."""

Classes = list[tuple[DataClass, Standing]]


def pii(
    index: LineageIndex, subject: Subject, policy: Policy = DEFAULT, ask: Ask = NOW
) -> PiiReport:
    """Return what classified data a dataset, column or model shows.

    Args:
        index: The lineage.
        subject: The report; of a model what its latest version was trained on.
        policy: What counts as classified, how it travels and what is allowed.
        ask: As of when, how far to go, and which columns to list.

    Raises:
        UnknownSubjectError: If nothing has that name.
        AmbiguousSubjectError: If several things do.
    """
    with index.held(ask) as (store, field):
        return _Tracing(store, field, policy, ask).report(subject)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A column of the report, as it is told and as it is compared."""

    column: ReportColumn
    verdict: Verdict
    violated: bool


class _Tracing:
    """One question: the edges as the policy sees them, and what is classified."""

    def __init__(self, store: Store, field: Field, policy: Policy, ask: Ask) -> None:
        self._store, self._policy, self._ask = store, policy, ask
        self._standings = store.annotations.in_force(*as_numbers(ask))
        left = np.array([policy.left_by(kind) for kind in store.kinds.all()], np.int8)
        released = self._annotated(self._standings, policy.releases)
        onward = np.full(len(field.dataset_of), Verdict.EXPOSED, np.int8)
        onward[sorted(released)] = Verdict.MASKED
        self._released = frozenset(released)
        self._field = replace(field, strengths=left, onward=onward)
        untouched = np.where(left == Verdict.EXPOSED, left, -1).astype(np.int8)
        self._untouched = replace(self._field, strengths=untouched)
        self._classified = self._classes(self._standings)
        self._classified_ids = np.array(sorted(self._classified), np.int32)
        self._unresolved = self._gaps_by_node()
        self._unresolved_ids = np.array(sorted(self._unresolved), np.int32)
        self._masked_ids = store.masked()
        self._exposing: dict[int, frozenset[int]] = {}

    def report(self, subject: Subject) -> PiiReport:
        """Return the answer."""
        name, version, nodes = self._subject(subject)
        union = self._walk(nodes)
        found = [self._shown(node, union) for node in nodes]
        found.sort(key=lambda each: (-each.verdict, each.column.name))
        # What nobody shows us is not clean.
        least = Verdict.NONE if self._store.limited is None else Verdict.UNKNOWN
        worst = max((least, *(each.verdict for each in found)))
        page = found[self._ask.start : self._ask.start + self._ask.limit]
        return PiiReport(
            tuple(name),
            version,
            self._ask.as_of,
            self._ask.known_at,
            self._policy.name,
            self._policy.digest,
            _word(worst),
            any(each.violated for each in found) or self._may_be_violated(least),
            tuple(each.column for each in page),
            len(_reached(union, self._classified_ids)),
            self._classified_since(union),
            union.cut or self._store.limited,
            self._store.positions(),
        )

    def _subject(self, subject: Subject) -> tuple[Named, str | None, list[int]]:
        """Return a report's name, its version if it is a model, and its columns."""
        store = self._store
        model = find_model(store, subject, self._ask) if isinstance(subject, str) else None
        if model is None:
            node = find_node(store, subject)
            return store.names.name(node), None, self._columns(node)
        made, used = store.models.get(model), store.models.trained_on(model).tolist()
        columns = sorted({column for node in used for column in self._columns(node)})
        return DatasetName(made.namespace, made.name), made.version, columns

    def _columns(self, node: int) -> list[int]:
        """Return a column itself; of a dataset its columns as of then, or itself without any."""
        if self._field.dataset_of[node] != node:
            return [node]
        known = self._field.columns(np.array([node], np.int32))[1]
        observed = self._store.schemas.in_force(*as_numbers(self._ask)).get(node)
        if observed is not None:
            stated = {self._store.names.columns(node)[field] for field, _ in observed.fields}
            made = set(self._made(known).tolist())
            known = known[[each in stated or each in made for each in known.tolist()]]
        return known.tolist() or [node]

    def _made(self, nodes: Ids) -> Ids:
        """Return those of some columns that an edge in force leads to."""
        everything = replace(self._field, strengths=np.zeros_like(self._field.strengths))
        found = [targets for targets, _, _ in links_from(everything, nodes, Way.UPSTREAM)]
        made: Ids = np.unique(np.concatenate(found)) if found else nodes[:0]
        return made

    def _walk(self, nodes: Sequence[int], field: Field | None = None) -> Closure:
        return walk(
            field or self._field,
            np.array(nodes, np.int32),
            Way.UPSTREAM,
            depth_max=self._ask.depth_max,
            nodes_max=self._ask.nodes_max,
            strength=Verdict.EXPOSED,
        )

    def _shown(self, node: int, union: Closure) -> _Shown:
        """Return what a column of the report shows.

        Args:
            node: The column.
            union: What all columns of the report come from.
        """
        name = self._store.names.name(node)
        ids = (self._classified_ids, self._unresolved_ids, self._masked_ids)
        if union.cut is None and not any(len(_reached(union, each)) for each in ids):
            return _Shown(ReportColumn(name, "none", (), 0, ()), Verdict.NONE, violated=False)
        closure = self._walk([node])
        origins = self._origins(_reached(closure, self._classified_ids).tolist())
        origins.sort(key=lambda each: (-closure.best[each], self._store.names.name(each)))
        findings = self._findings(closure, origins)
        gaps, unknown = self._gaps(name, closure)
        verdicts = [unknown, *(Verdict(int(closure.best[each])) for each in origins)]
        column = ReportColumn(
            name, _word(max(verdicts)), tuple(findings), len(origins), tuple(gaps[:GAPS_MAX])
        )
        violated = self._may_be_violated(unknown) or any(
            self._violated(origin, Verdict(int(closure.best[origin]))) for origin in origins
        )
        return _Shown(column, max(verdicts), violated)

    def _findings(self, closure: Closure, origins: list[int]) -> list[Finding]:
        listing = Listing(self._store, self._field, closure, Way.UPSTREAM)
        found = []
        for origin in origins[:FINDINGS_MAX]:
            verdict = Verdict(int(closure.best[origin]))
            data_class, allowed = self._strictest(origin)
            found.append(
                Finding(
                    self._store.names.name(origin),
                    data_class.name,
                    _word(verdict),
                    tuple(noted(standing) for _, standing in self._classified[origin]),
                    self._consents(origin),
                    self._steps(listing, origin),
                    _word(allowed),
                    violated=verdict > allowed,
                )
            )
        return found

    def _steps(self, listing: Listing, origin: int) -> tuple[Step, ...]:
        """Return the way from a source to the report, with what each link leaves."""
        steps = []
        left = Verdict.EXPOSED
        for related in reversed(listing.path(origin)):
            evidence, target = related.evidence, related.before
            assert evidence is not None and target is not None, "only the start has no step"
            kind = Kind(evidence.type, evidence.subtype, evidence.masking, evidence.known_by)
            left = min(left, self._policy.left_by(kind))
            if self._store.names.find(target) in self._released:
                left = min(left, Verdict.MASKED)
            steps.append(
                Step(
                    evidence.source,
                    evidence.target,
                    evidence.job,
                    evidence.type,
                    evidence.subtype,
                    evidence.masking,
                    evidence.derivation,
                    _word(left),
                )
            )
        return tuple(steps)

    def _origins(self, found: list[int]) -> list[int]:
        """Leave out what another one is the source of: its values are told of there.

        A column that is classified on the way counts for itself only where its classes, or
        some of its values, do not all come from classified columns before it.
        """
        if len(found) < 2:
            return found
        return [
            each
            for each in found
            if not any(
                other in found
                and each not in self._exposed_by(other)
                and self._names(other) >= self._names(each)
                for other in self._exposed_by(each)
            )
        ]

    def _exposed_by(self, node: int) -> frozenset[int]:
        """Return the other classified columns whose values stand in a column as they are."""
        if node not in self._exposing:
            closure = self._walk([node], self._untouched)
            reached = _reached(closure, self._classified_ids)
            whole = reached[closure.best[reached] == Verdict.EXPOSED]
            self._exposing[node] = frozenset(whole.tolist()) - {node}
        return self._exposing[node]

    def _names(self, node: int) -> frozenset[str]:
        return frozenset(each.name for each, _ in self._classified[node])

    def _may_be_violated(self, unknown: Verdict) -> bool:
        return unknown > min(each.allowed for each in self._policy.classes)

    def _violated(self, origin: int, verdict: Verdict) -> bool:
        return verdict > self._strictest(origin)[1]

    def _strictest(self, origin: int) -> tuple[DataClass, Verdict]:
        """Return that of a source's classes of which least is allowed, and how much."""
        with_consent = bool(self._consents(origin))
        allowed = [
            (each.allowed_with_consent if with_consent else each.allowed, each)
            for each, _ in self._classified[origin]
        ]
        least, data_class = min(allowed, key=lambda pair: pair[0])
        return data_class, least

    def _consents(self, node: int) -> tuple[Note, ...]:
        return tuple(
            noted(standing)
            for target in self._targets(node)
            for standing in self._standings.get(target, ())
            if standing.record.key.casefold() == self._policy.consent.casefold()
        )

    def _targets(self, node: int) -> Iterator[Target]:
        """Yield what is annotated where a column or dataset is: itself, and its dataset."""
        name, dataset = self._store.names.name(node), self._store.names.dataset_name(node)
        if name != dataset:
            yield Target("column", *name)
        yield Target("dataset", *dataset)

    def _gaps(self, name: Named, closure: Closure) -> tuple[list[Gap], Verdict]:
        """Return what is not known of where a column comes from, and how much it may hide."""
        gaps, worst = [], Verdict.NONE
        if closure.cut is not None:
            gaps.append(Gap(name, None, "cut", closure.cut))
            worst = Verdict.UNKNOWN
        for node in _reached(closure, self._unresolved_ids).tolist():
            worst = max(worst, min(Verdict.UNKNOWN, Verdict(int(closure.best[node]))))
            gaps += self._unresolved[node]
        masked = _reached(closure, self._masked_ids)
        for node in masked.tolist():
            worst = max(worst, min(Verdict.UNKNOWN, Verdict(int(closure.best[node]))))
        names = map(self._store.names.name, masked[:GAPS_MAX].tolist())
        gaps += [Gap(each, None, "masked", None) for each in names]
        return sorted(set(gaps), key=lambda gap: (gap.at, gap.reason, gap.detail or "")), worst

    def _gaps_by_node(self) -> dict[int, list[Gap]]:
        """Return the gaps by each column or dataset that may have sources nobody knows of."""
        store, in_force = self._store, self._field.in_force
        slots, jobs = list(store.slots), store.job_names()
        found: dict[int, list[Gap]] = defaultdict(list)
        for derivation, parts in store.unsolved(in_force).items():
            job, output = slots[store.resolutions.slot_of(derivation)]
            for part in parts:
                for node in self._concerned(output, part):
                    at = store.names.name(output if part.field is None else node)
                    found[node].append(Gap(at, jobs[job], part.reason, part.detail))
        return found

    def _concerned(self, output: int, part: Unresolved) -> Iterator[int]:
        columns = self._store.names.columns(output)
        if part.reason == _NAMED_BY_EDGES:
            return
        if part.field is None:
            yield from (output, *columns.values())
        else:
            yield columns.get(part.field, output)

    def _classes(self, standings: Standings) -> dict[int, Classes]:
        """Return what is classified, and as what."""
        found: dict[int, Classes] = defaultdict(list)
        for node, standing in self._nodes(standings):
            data_class = self._policy.class_of(standing.record.key, standing.record.value)
            if data_class is not None:
                found[node].append((data_class, standing))
        return found

    def _annotated(self, standings: Standings, wanted: Callable[[str, str], bool]) -> set[int]:
        return {
            node
            for node, standing in self._nodes(standings)
            if wanted(standing.record.key, standing.record.value)
        }

    def _nodes(self, standings: Standings) -> Iterator[tuple[int, Standing]]:
        """Yield every column, or dataset without columns, with each thing said of it."""
        names = self._store.names
        for target, held in standings.items():
            if target.kind not in ("column", "dataset"):
                continue
            dataset = names.find(DatasetName(target.namespace, target.name))
            if dataset is None:
                continue
            columns = names.columns(dataset)
            nodes = [*columns.values()] or [dataset]
            if target.field is not None:
                nodes = [columns[target.field]] if target.field in columns else []
            yield from ((node, standing) for node in nodes for standing in held)

    def _classified_since(self, union: Closure) -> tuple[Named, ...]:
        """Return sources that were classified only after the time asked of."""
        if self._ask.as_of is None:
            return ()
        known_at = as_numbers(self._ask)[1]
        now = self._classes(self._store.annotations.in_force(None, known_at))
        later = np.array(sorted(now.keys() - self._classified.keys()), np.int32)
        return tuple(sorted(map(self._store.names.name, _reached(union, later).tolist())))


def _reached(closure: Closure, nodes: Ids) -> Ids:
    """Return those of some nodes of which something is left."""
    reached: Ids = nodes[closure.best[nodes] >= Verdict.MASKED]
    return reached


def _word(verdict: Verdict) -> VerdictWord:
    words: dict[Verdict, VerdictWord] = {
        Verdict.NONE: "none",
        Verdict.MASKED: "masked",
        Verdict.WEAKENED: "weakened",
        Verdict.UNKNOWN: "unknown",
        Verdict.EXPOSED: "exposed",
    }
    return words[verdict]
