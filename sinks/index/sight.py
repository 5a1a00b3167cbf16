"""Sight: what somebody may see of the index, and under which names.

What is hidden is as if it were not there: no walk enters it, nothing counts it, no name is
compared with its own. What is masked keeps its place under a name that tells nothing and
stays the same. `seen.py` shows a store through a sight.
"""

import base64
import hashlib
from collections.abc import Callable
from enum import IntEnum
from itertools import islice
from typing import Literal

import numpy as np

from ...schemas.names import ColumnName, DatasetName, JobName
from ...schemas.records import ModelVersion
from ..answers import ModelName, Named
from .annotations import LABELS, Standings, Target
from .names import Names
from .search import Text
from .store import Store
from .walk import Flags

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

Kind = Literal["dataset", "column", "job", "model"]


class Sight:
    """What a judge lets see. To be used under the lock of one index only.

    Args:
        judge: Decides; the same for the same things as long as the sight lasts.
        key: What names are masked with; the same key gives the same names.

    Attributes:
        verdicts: One byte for every id of a name.
        told: The names that masked ids are told by, as far as they were asked for.
        jobs, derivations: What jobs and derivations are told by, so far.
        texts: What is found of columns and datasets, jobs and models by their names.
        texts_hold: How many of each were looked at for it.
    """

    def __init__(self, judge: Judge, key: bytes) -> None:
        self._judge = judge
        self._key = key
        self._standings: Standings | None = None
        self._forget()

    def look(self, store: Store) -> None:
        """Judge what is in a store by now, as far as that was not done."""
        standings = store.annotations.in_force(None, None)
        if standings is not self._standings:
            self._standings = standings
            self._forget()
        self._judge_nodes(store.names)
        self._judge_slots(store)

    def hidden(self) -> Flags:
        """Return which ids of names are hidden."""
        hidden: Flags = self._nodes == Verdict.HIDDEN
        return hidden

    def masked_nodes(self) -> list[int]:
        """Return the ids of names that are masked."""
        masked: list[int] = np.flatnonzero(self._nodes == Verdict.MASKED).tolist()
        return masked

    def hidden_derivations(self, store: Store) -> Flags:
        """Return which derivations are by hidden jobs, or make hidden datasets."""
        # The last stands for derivations of which only the id is known.
        of_slot = np.array([*self._slots, True], np.bool_)
        hidden: Flags = of_slot[store.resolutions.slots()]
        return hidden

    def slot_hidden(self, slot: int) -> bool:
        """Whether the job of a slot is hidden, or what it makes."""
        return self._slots[slot]

    def node(self, node: int) -> Verdict:
        """Return what may be seen of a dataset or column."""
        return Verdict(self._nodes[node])

    def verdict(self, kind: Kind, namespace: str, name: str) -> Verdict:
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

    def dataset(self, name: DatasetName) -> DatasetName | None:
        """Return the name to tell of a dataset; None if it is hidden."""
        match self.verdict("dataset", *name):
            case Verdict.SEEN:
                return name
            case Verdict.MASKED:
                return DatasetName(MASK, self.masked("dataset", *name))
        return None

    def model(self, model: ModelVersion) -> ModelName | None:
        """Return the name to tell of a version of a model; None if it is hidden."""
        match self.verdict("model", model.namespace, model.name):
            case Verdict.SEEN:
                return ModelName(model.namespace, model.name, model.version)
            case Verdict.MASKED:
                name = self.masked("model", model.namespace, model.name)
                version = self.masked("version", model.namespace, model.name, model.version)
                return ModelName(MASK, name, version)
        return None

    def masked(self, *parts: str) -> str:
        """Return a name that tells nothing, and is always the same for the same thing."""
        # As Python writes it down: no name can be made to look like two, or like another.
        sum_ = hashlib.blake2b(ascii(parts).encode(), key=self._key, digest_size=10).digest()
        return base64.b32encode(sum_).decode().lower()

    def _forget(self) -> None:
        """Let go of all verdicts: what is said of things has changed."""
        self._nodes = np.empty(0, np.int8)
        self.verdicts = b""
        self.told: dict[int, Named] = {}
        self.jobs: dict[int, JobName] = {}
        self.derivations: dict[int, str] = {}
        self._verdicts: dict[Target, Verdict] = {}
        self._slots: list[bool] = []
        self.texts = (Text(), Text(), Text())
        self.texts_hold = [0, 0, 0]

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

    def _judge_slots(self, store: Store) -> None:
        """Judge the slots that are new: a hidden job's, and those of hidden datasets."""
        names = store.job_names() if len(self._slots) < len(store.slots) else ()
        for job, output in islice(store.slots, len(self._slots), None):
            self._slots.append(not self._nodes[output] or self.job(names[job]) is None)

    def _labels(self, target: Target) -> Labels:
        standings = (self._standings or {}).get(target, ())
        said = (each.record for each in standings)
        return frozenset((record.key, record.value) for record in said if record.key in LABELS)


def _dataset(target: Target) -> Target:
    return Target("dataset", target.namespace, target.name)
