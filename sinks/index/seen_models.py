"""Models as a sight lets them be seen: whole where all that they were made from is."""

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...schemas.names import ColumnName, DatasetName, JobName
from ...schemas.records import ModelInput, ModelVersion
from .models import Models
from .names import Ids, Names
from .sight import Sight, Verdict
from .store import Store
from .walk import Flags


class SeenModels(Models):
    """Models that are there, by the names that are told."""

    def __init__(self, store: Store, sight: Sight, names: Names) -> None:
        self._store = store
        self._base = store.models
        self._sight = sight
        self._names = names
        self._open: dict[int, bool] = {}
        self._told: dict[int, ModelVersion] = {}
        self._by_id: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._base)

    def numbers(self) -> Sequence[int]:
        return [number for number in range(len(self)) if self._there[number]]

    def verdict(self, number: int) -> Verdict:
        """Return what may be seen of a version."""
        model = self._base.get(number)
        return self._sight.verdict("model", model.namespace, model.name)

    def open(self, number: int) -> bool:
        """Whether a version and all that it was trained on and made by is seen.

        Otherwise its free text (the command, a path, a parameter) may name what is not.
        """
        found = self._open.get(number)
        if found is None:
            verdicts = (self.verdict(number), *self._rests_on(number))
            found = self._open[number] = all(each is Verdict.SEEN for each in verdicts)
        return found

    def get(self, number: int) -> ModelVersion:
        told = self._told.get(number)
        if told is None:
            open_ = self.open(number)
            told = self._told[number] = self._base.get(number) if open_ else self._closed(number)
        return told

    def _closed(self, number: int) -> ModelVersion:
        name = self._sight.model(self._base.get(number))
        assert name is not None, "a hidden model is asked for"
        return ModelVersion(
            namespace=name.namespace,
            name=name.name,
            version=name.version,
            framework=self._base.get(number).framework,
            inputs=tuple(self._inputs(number)),
        )

    def at(self, number: int) -> int:
        return self._base.at(number)

    def id(self, number: int) -> str:
        """Return an id that tells nothing: a record's own can be guessed from its content."""
        return self._sight.masked("model-version", self._base.id(number))

    def number(self, record_id: str) -> int:
        if not self._by_id:
            self._by_id = {self.id(number): number for number in self.numbers()}
        return self._by_id[record_id]

    def there(self, as_of: int | None, known_at: int | None) -> NDArray[np.bool_]:
        flags = self._base.there(as_of, known_at)
        flags &= self._there
        return flags

    def pairs(self) -> tuple[Ids, Ids]:
        owner, used = self._base.pairs()
        kept = self._there[owner] & ~self._sight.hidden()[used]
        return owner[kept], used[kept]

    def versions(self, name: tuple[str, str]) -> Sequence[int]:
        return [number for number in self._base.versions(name) if self._there[number]]

    def bases(self) -> set[tuple[str, str, str | None]]:
        made = (base for number in self.numbers() for base in self._base.get(number).bases)
        return {
            (base.namespace, base.name, base.version)
            for base in made
            if self._sight.verdict("model", base.namespace, base.name) is Verdict.SEEN
        }

    def made_from(self, name: tuple[str, str], version: str | None) -> list[int]:
        return [n for n in self._base.made_from(name, version) if self._there[n]]

    def seen_of(self, run_id: str) -> bool:
        """Whether all models that a run made are seen."""
        return all(
            self.verdict(number) is Verdict.SEEN
            for number in range(len(self))
            if self._base.get(number).run_id == run_id
        )

    @cached_property
    def _there(self) -> Flags:
        """Which versions are not hidden."""
        return np.array([bool(self.verdict(n)) for n in range(len(self))], np.bool_)

    def _rests_on(self, number: int) -> Iterator[Verdict]:
        """Yield what may be seen of all that a version names."""
        model, verdict = self._base.get(number), self._sight.verdict
        for used in model.inputs:
            yield verdict("dataset", used.namespace, used.name)
            names = (ColumnName(used.namespace, used.name, field) for field in used.fields)
            nodes = (self._store.names.find(name) for name in names)
            yield from (self._sight.node(node) for node in nodes if node is not None)
        yield from (verdict("model", base.namespace, base.name) for base in model.bases)
        code = self._store.code(model.job_version or self._store.runs.job_version(model.run_id))
        jobs = (
            model.job and model.job.key,
            self._store.runs.job(model.run_id),
            code and JobName(code.namespace, code.name),
        )
        yield from (verdict("job", *job) for job in jobs if job)

    def _inputs(self, number: int) -> Iterator[ModelInput]:
        """Yield what a version was trained on by the names that are told, and no more of it."""
        fields: dict[DatasetName, list[str]] = {}
        for node in self.trained_on(number).tolist():
            held = fields.setdefault(self._names.dataset_name(node), [])
            held += self._names.name(node)[2:]
        for name, columns in sorted(fields.items()):
            yield ModelInput(namespace=name.namespace, name=name.name, fields=tuple(columns))
