"""Sight: what somebody may see of the index, and under which names.

What is hidden is as if it were not there: no walk enters it, nothing counts it, no name is
compared with its own. What is masked keeps its place under a name that tells nothing and
stays the same. So an answer through a sight is that of an index of less, under other names;
it needs no filter afterwards that could be forgotten.
"""

import base64
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from enum import IntEnum
from itertools import islice
from typing import Any, Literal, TypeVar

import numpy as np

from ...schemas.names import ColumnName, DatasetName, JobName
from ...schemas.records import ModelInput, ModelVersion
from ..answers import ModelName, ModelUse, Named, Passport, RunSummary
from .annotations import LABELS, Standings, Target
from .models import Models
from .names import Ids, Names
from .runs import Runs
from .search import Text
from .store import Store, full_name
from .walk import Flags

T = TypeVar("T")

MASK = "masked"
"""The namespace of what is masked."""


class Verdict(IntEnum):
    """What somebody may see of a thing; of two the lesser holds."""

    HIDDEN = 0
    MASKED = 1
    SEEN = 2


Labels = frozenset[tuple[str, str]]
Judge = Callable[[str, Labels], Verdict]
"""Says of a namespace and of the labels of a thing in it what may be seen."""


class Sight:
    """What a judge lets see. To be used under the lock of one index only.

    Args:
        judge: Decides; the same for the same things as long as the sight lasts.
        key: What names are masked with; the same key gives the same names.

    Attributes:
        verdicts: One byte for every id of a name.
        told: The names that masked ids are told by, as far as they were asked for.
    """

    def __init__(self, judge: Judge, key: bytes) -> None:
        self._judge = judge
        self._key = key
        self._standings: Standings | None = None
        self._nodes = np.empty(0, np.int8)
        self.verdicts = b""
        self.told: dict[int, Named] = {}
        self._verdicts: dict[Target, Verdict] = {}
        self._slots: list[bool] = []
        self._texts = (Text(), Text(), Text())
        self._texts_hold = [0, 0, 0]

    def of(self, store: Store) -> "SeenStore":
        """Return what is seen of a store as it is now."""
        standings = store.annotations.in_force(None, None)
        if standings is not self._standings:
            self._standings = standings
            self._forget()
        self._judge_nodes(store.names)
        return SeenStore(store, self)

    def hidden(self) -> Flags:
        """Return which ids of names are hidden."""
        hidden: Flags = self._nodes == Verdict.HIDDEN
        return hidden

    def seen(self, nodes: Ids) -> Ids:
        """Return those of some ids of names that are neither hidden nor masked."""
        seen: Ids = nodes[self._nodes[nodes] == Verdict.SEEN]
        return seen

    def masked_nodes(self) -> list[int]:
        """Return the ids of names that are masked."""
        masked: list[int] = np.flatnonzero(self._nodes == Verdict.MASKED).tolist()
        return masked

    def hidden_derivations(self, store: Store) -> Flags:
        """Return which derivations are of hidden jobs."""
        names = store.job_names() if len(self._slots) < len(store.slots) else ()
        for job, _ in islice(store.slots, len(self._slots), None):
            self._slots.append(self.job(names[job]) is None)
        # The last stands for derivations of which only the id is known.
        of_slot = np.array([*self._slots, False], np.bool_)
        hidden: Flags = of_slot[store.resolutions.slots()]
        return hidden

    def node(self, node: int) -> Verdict:
        """Return what may be seen of a dataset or column."""
        return Verdict(self._nodes[node])

    def verdict(
        self, kind: Literal["dataset", "column", "job", "model"], namespace: str, name: str
    ) -> Verdict:
        """Return what may be seen of a job, a model or a dataset as a whole."""
        target = Target(kind, namespace, name)
        found = self._verdicts.get(target)
        if found is None:
            found = self._judge(namespace, self._labels(target))
            self._verdicts[target] = found
        return found

    def job(self, job: JobName) -> JobName | None:
        """Return the name to tell of a job; None if it is hidden."""
        match self.verdict("job", *job):
            case Verdict.SEEN:
                return job
            case Verdict.MASKED:
                return JobName(MASK, self.masked("job", *job))
        return None

    def masked(self, *parts: str) -> str:
        """Return a name that tells nothing, and is always the same for the same thing."""
        text = "\0".join(parts).encode(errors="surrogatepass")
        sum_ = hashlib.blake2b(text, key=self._key, digest_size=10).digest()
        return base64.b32encode(sum_).decode().lower()

    def texts(self, store: "SeenStore") -> tuple[Text, Text, Text]:
        """Return the names of what is there, as they are told, for search."""
        nodes, jobs, models = self._texts
        nodes.extend(
            (node, full_name(name)) for node, name in store.names.named(self._texts_hold[0])
        )
        real = store.base.job_names()
        told = ((n, self.job(real[n])) for n in range(self._texts_hold[1], len(real)))
        jobs.extend((number, full_name(job)) for number, job in told if job is not None)
        for number in range(self._texts_hold[2], len(store.base.models)):
            if store.models.verdict(number):
                model = store.models.get(number)
                models.extend([(number, f"{model.namespace}/{model.name}@{model.version}")])
        self._texts_hold = [len(store.names), len(real), len(store.base.models)]
        return self._texts

    def _forget(self) -> None:
        """Let go of all verdicts: what is said of things has changed."""
        self._nodes = np.empty(0, np.int8)
        self.told.clear()
        self._verdicts.clear()
        self._slots.clear()
        self._texts = (Text(), Text(), Text())
        self._texts_hold = [0, 0, 0]

    def _judge_nodes(self, names: Names) -> None:
        """Judge the ids that are new: datasets first, and columns by what is said of them too."""
        held = len(self._nodes)
        if held == len(names):
            return
        dataset_of = names.dataset_of()[held:]
        nodes = np.concatenate((self._nodes, np.zeros(len(dataset_of), np.int8)))
        new = np.unique(dataset_of)
        verdicts = [self.verdict("dataset", *names.dataset_name(node)) for node in new.tolist()]
        of_dataset = np.zeros(len(names), np.int8)
        of_dataset[new] = verdicts
        nodes[held:] = of_dataset[dataset_of]
        self._nodes = nodes
        for target in self._standings or ():
            if target.kind == "column":
                name = ColumnName(target.namespace, target.name, target.field or "")
                node = names.find(name)
                if node is not None and node >= held:
                    labels = self._labels(target) | self._labels(_dataset(target))
                    nodes[node] = min(nodes[node], self._judge(target.namespace, labels))
        self.verdicts = nodes.tobytes()

    def _labels(self, target: Target) -> Labels:
        standings = (self._standings or {}).get(target, ())
        said = (each.record for each in standings)
        return frozenset((record.key, record.value) for record in said if record.key in LABELS)


class SeenStore(Store):
    """A store through a sight: it shares all that the other holds, and nothing is added to it."""

    names: "SeenNames"
    models: "SeenModels"

    def __init__(self, base: Store, sight: Sight) -> None:
        vars(self).update(vars(base))
        self.base = base
        self.sight = sight
        self.names = SeenNames(base.names, sight)
        self.runs = SeenRuns(base.runs, sight)
        self.models = SeenModels(base.models, sight, self.names)

    def job_names(self) -> Sequence[JobName]:
        """Return every job as it is told; no link of a hidden one is in force."""
        return _Told(self.base.job_names(), lambda job: self.sight.job(job) or JobName(MASK, ""))

    def record_ids(self) -> Sequence[str]:
        """Return ids that tell nothing: a record's own can be guessed from its content."""
        return _Told(self.base.record_ids(), lambda each: self.sight.masked("record", each))

    def texts(self) -> tuple[Text, Text, Text]:
        return self.sight.texts(self)

    def hidden(self) -> Flags | None:
        return self.sight.hidden()

    def in_force(self, as_of: int | None, known_at: int | None) -> Flags:
        return self.base.in_force(as_of, known_at) & ~self.sight.hidden_derivations(self.base)

    def labelled(self, words: Collection[str], as_of: int | None, known_at: int | None) -> Ids:
        """Return what a label stands on; of what is masked no label is known."""
        return self.sight.seen(self.base.labelled(words, as_of, known_at))

    def passport(self, number: int) -> Passport:
        """Return a model; with what made it where all that it rests on is seen."""
        if self.models.open(number):
            whole, code = self.base.passport(number), None
            if whole.code and self.sight.verdict("job", whole.code.namespace, whole.code.name) == 2:
                code = whole.code
            return Passport(self.models.id(number), whole.model, code, whole.environment)
        return Passport(self.models.id(number), self.models.get(number), None, None)


class SeenNames(Names):
    """Names as they are told."""

    def __init__(self, base: Names, sight: Sight) -> None:
        vars(self).update(vars(base))
        self._base = base
        self._sight = sight
        # Bytes are read one by one far quicker than an array.
        self._verdicts = sight.verdicts
        self._told: dict[Named, int] | None = None

    def name(self, node: int) -> Named:
        if self._verdicts[node] == Verdict.SEEN:
            return self._base.name(node)
        told = self._sight.told.get(node)
        if told is None:
            told = self._sight.told[node] = self._masked_name(node)
        return told

    def dataset_name(self, node: int) -> DatasetName:
        dataset = self._dataset_of[node]
        if self._verdicts[dataset] == Verdict.SEEN:
            return self._base.dataset_name(node)
        told = self.name(dataset)
        return DatasetName(told.namespace, told.name)

    def _masked_name(self, node: int) -> Named:
        if not self._base.is_column(node):
            name = self._base.dataset_name(node)
            return DatasetName(MASK, self._sight.masked("dataset", *name))
        field = self._sight.masked("column", *self._base.name(node))
        return ColumnName(*self.dataset_name(node), field)

    def find(self, name: Named) -> int | None:
        node = self._base.find(name)
        if node is not None and self._verdicts[node] == Verdict.SEEN:
            return node
        if self._told is None:
            masked = filter(self._named, self._sight.masked_nodes())
            self._told = {self.name(each): each for each in masked}
        return self._told.get(name)

    def columns(self, dataset: int) -> dict[str, int]:
        held = self._base.columns(dataset)
        return {
            field if self._verdicts[node] == Verdict.SEEN else self.name(node)[-1]: node
            for field, node in held.items()
            if self._verdicts[node]
        }

    def named(self, start: int = 0) -> Iterator[tuple[int, Named]]:
        for node in range(start, len(self)):
            if self._named(node) and self._verdicts[node]:
                yield node, self.name(node)

    def _named(self, node: int) -> bool:
        return self._base.is_column(node) or self._dataset_of[node] == node


class SeenRuns(Runs):
    """Runs of jobs that are there, by the names that are told."""

    def __init__(self, base: Runs, sight: Sight) -> None:
        vars(self).update(vars(base))
        self._base = base
        self._sight = sight

    def __len__(self) -> int:
        return sum(self._job_verdict(run_id) > Verdict.HIDDEN for run_id in self._states)

    def job(self, run_id: str | None) -> JobName | None:
        job = self._base.job(run_id)
        return None if job is None else self._sight.job(job)

    def latest(self, limit: int, start: int = 0) -> list[RunSummary]:
        seen = [run for run in self._base.ordered() if self._job_verdict(run)]
        summaries = map(self._base.summary, seen[start : start + limit])
        return [self._told(summary) for summary in summaries if summary is not None]

    def _job_verdict(self, run_id: str) -> Verdict:
        job = self._base.job(run_id)
        return Verdict.HIDDEN if job is None else self._sight.verdict("job", *job)

    def _told(self, run: RunSummary) -> RunSummary:
        job = self._sight.job(run.job)
        assert job is not None, "a hidden job's runs are left out"
        parent = run.parent
        if parent is not None and self._job_verdict(parent) is not Verdict.SEEN:
            parent = None
        seen = job == run.job
        return RunSummary(
            run.run_id if seen else self._sight.masked("run", run.run_id),
            job,
            run.state,
            run.started_at,
            run.at,
            parent,
            tuple(self._datasets(run.inputs)),
            tuple(self._datasets(run.outputs)),
        )

    def _datasets(self, names: Iterable[DatasetName]) -> list[DatasetName]:
        told = []
        for name in names:
            verdict = self._sight.verdict("dataset", *name)
            if verdict is Verdict.SEEN:
                told.append(name)
            elif verdict is Verdict.MASKED:
                told.append(DatasetName(MASK, self._sight.masked("dataset", *name)))
        return sorted(told)


class SeenModels(Models):
    """Models that are there, as far as all that they were made from is seen."""

    def __init__(self, base: Models, sight: Sight, names: SeenNames) -> None:
        vars(self).update(vars(base))
        self._base = base
        self._sight = sight
        self._names = names

    def verdict(self, number: int) -> Verdict:
        """Return what may be seen of a version."""
        model = self._base.get(number)
        return self._sight.verdict("model", model.namespace, model.name)

    def open(self, number: int) -> bool:
        """Whether a version and all that it was trained on and made by is seen.

        Otherwise its free text (the command, a path, a parameter) may name what is not.
        """
        model = self._base.get(number)
        used = self._base.trained_on(number).tolist()
        jobs = [model.job.key] if model.job else []
        bases = [self._sight.verdict("model", base.namespace, base.name) for base in model.bases]
        verdicts = [
            self.verdict(number),
            *(self._sight.node(node) for node in used),
            *(self._sight.verdict("dataset", each.namespace, each.name) for each in model.inputs),
            *(self._sight.verdict("job", *job) for job in jobs),
            *bases,
        ]
        return all(verdict is Verdict.SEEN for verdict in verdicts)

    def get(self, number: int) -> ModelVersion:
        model = self._base.get(number)
        if self.open(number):
            return model
        name = self._name(number)
        return ModelVersion(
            namespace=name.namespace,
            name=name.name,
            version=name.version,
            framework=model.framework,
            inputs=tuple(self._inputs(number)),
        )

    def there(self, as_of: int | None, known_at: int | None) -> Flags:
        flags: Flags = self._base.there(as_of, known_at)
        for number in np.flatnonzero(flags).tolist():
            flags[number] = self.verdict(number) > Verdict.HIDDEN
        return flags

    def latest(self, as_of: int | None, known_at: int | None) -> dict[tuple[str, str], int]:
        versions = self._base.latest(as_of, known_at).values()
        return {self._name(number)[:2]: number for number in versions if self.verdict(number)}

    def bases(self) -> set[tuple[str, str, str | None]]:
        verdict = self._sight.verdict
        return {b for b in self._base.bases() if verdict("model", *b[:2]) is Verdict.SEEN}

    def ancestors(self, number: int) -> list[int]:
        return [each for each in super().ancestors(number) if self.verdict(each)]

    def id(self, number: int) -> str:
        """Return an id that tells nothing: a record's own can be guessed from its content."""
        return self._sight.masked("model-version", self._base.id(number))

    def number(self, record_id: str) -> int:
        return next(n for n in range(len(self._base)) if self.id(n) == record_id)

    def ordered(self) -> list[int]:
        numbers = [n for n in range(len(self._base)) if self.verdict(n)]
        return sorted(numbers, key=lambda n: (*self._name(n), self.id(n)))

    def _made(self, number: int, base: ModelName, *, direct: bool) -> ModelUse:
        return ModelUse(*self._name(number), self.id(number), (), direct, base)

    def _use(self, number: int, used: list[tuple[int, bool]], names: Names) -> ModelUse:
        use = super()._use(number, used, names)
        return ModelUse(*self._name(number), self.id(number), use.columns, use.direct)

    def _name(self, number: int) -> ModelName:
        model = self._base.get(number)
        if self.verdict(number) is Verdict.SEEN:
            return ModelName(model.namespace, model.name, model.version)
        masked = self._sight.masked
        return ModelName(
            MASK,
            masked("model", model.namespace, model.name),
            masked("version", model.namespace, model.name, model.version),
        )

    def _inputs(self, number: int) -> Iterator[ModelInput]:
        """Yield what a version was trained on by the names that are told, and no more of it."""
        fields: dict[DatasetName, list[str]] = {}
        for node in self._base.trained_on(number).tolist():
            if self._sight.node(node):
                held = fields.setdefault(self._names.dataset_name(node), [])
                held += self._names.name(node)[2:]
        for name, columns in sorted(fields.items()):
            yield ModelInput(namespace=name.namespace, name=name.name, fields=tuple(columns))


class _Told(Sequence[T]):
    """A list of which each item is told in other words, when it is asked for."""

    def __init__(self, items: Sequence[T], tell: Callable[[T], T]) -> None:
        self._items = items
        self._tell = tell

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, place: Any) -> Any:
        return self._tell(self._items[place])


def _dataset(target: Target) -> Target:
    return Target("dataset", target.namespace, target.name)
