"""Versions of models, and what they were trained on."""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ...schemas.names import ColumnName
from ...schemas.records import Envelope, ModelVersion
from ..answers import ModelName, ModelUse
from .names import Ids, Names
from .walk import Closure


class Models:
    """All versions of models."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._envelopes: list[tuple[Envelope, ModelVersion]] = []
        self._at, self._known = array("q"), array("q")
        self._owner, self._used = array("i"), array("i")
        self._versions: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        self._based: defaultdict[tuple[str, str], list[tuple[str | None, int]]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._envelopes)

    def add(
        self, envelope: Envelope, record: ModelVersion, names: Names, *, at: int, known: int
    ) -> None:
        """Add a version, or note that it was made or known earlier than thought."""
        used = list(_trained_on(record, names, known))
        number = self._numbers.setdefault(envelope.id, len(self._envelopes))
        if number < len(self._envelopes):
            self._known[number] = min(self._known[number], known)
            self._at[number] = min(self._at[number], at)
            return
        self._used.extend(used)
        self._owner.extend([number] * len(used))
        self._envelopes.append((envelope, record))
        self._versions[record.namespace, record.name].append(number)
        for base in record.bases:
            self._based[base.namespace, base.name].append((base.version, number))
        self._at.append(at)
        self._known.append(known)

    def stored(self) -> Iterator[tuple[Envelope, int, int]]:
        """Yield every version with when it was made and known."""
        for (envelope, _), at, known in zip(self._envelopes, self._at, self._known, strict=True):
            yield envelope, at, known

    def numbers(self) -> Sequence[int]:
        """Return the numbers of all versions."""
        return range(len(self))

    def at(self, number: int) -> int:
        """Return when a version was made."""
        return self._at[number]

    def there(self, as_of: int | None, known_at: int | None) -> NDArray[np.bool_]:
        """Return which versions were made by one time and known by another."""
        flags = np.ones(len(self), np.bool_)
        if as_of is not None:
            flags &= np.array(self._at, np.int64) <= as_of
        if known_at is not None:
            flags &= np.array(self._known, np.int64) <= known_at
        return flags

    def latest(self, as_of: int | None, known_at: int | None) -> dict[tuple[str, str], int]:
        """Return the version of each model that was made last."""
        found: dict[tuple[str, str], int] = {}
        for number in np.flatnonzero(self.there(as_of, known_at)).tolist():
            name = self.get(number).namespace, self.get(number).name
            found[name] = max(
                number, found.get(name, number), key=lambda n: (self.at(n), self.id(n))
            )
        return found

    def ordered(self) -> list[int]:
        """Return the numbers of all versions by name, version and id."""

        def place(number: int) -> tuple[str, ...]:
            record = self.get(number)
            return record.namespace, record.name, record.version, self.id(number)

        return sorted(self.numbers(), key=place)

    def number(self, record_id: str) -> int:
        """Return the number of a version by its id."""
        return self._numbers[record_id]

    def get(self, number: int) -> ModelVersion:
        """Return a version by its number."""
        return self._envelopes[number][1]

    def id(self, number: int) -> str:
        """Return the id of a version by its number."""
        return self._envelopes[number][0].id

    def trained_on(self, number: int) -> Ids:
        """Return the columns a version was trained on, and the datasets it took whole."""
        owner, used = self.pairs()
        of_number: Ids = used[owner == number]
        return of_number

    def pairs(self) -> tuple[Ids, Ids]:
        """Return in pairs the versions and what they were trained on."""
        return np.array(self._owner, np.int32), np.array(self._used, np.int32)

    def versions(self, name: tuple[str, str]) -> Sequence[int]:
        """Return the versions of a model."""
        return self._versions.get(name, ())

    def bases(self) -> set[tuple[str, str, str | None]]:
        """Return every model, with its version where that is stated, that others were made from."""
        return {(*name, version) for name, made in self._based.items() for version, _ in made}

    def ancestors(self, number: int) -> list[int]:
        """Return a version and all that it was made from, as far as these are known."""
        found = [number]
        for each in found:
            for base in self.get(each).bases:
                found += [
                    version
                    for version in self.versions((base.namespace, base.name))
                    if base.version in (None, self.get(version).version) and version not in found
                ]
        return found

    def made_from(self, name: tuple[str, str], version: str | None) -> list[int]:
        """Return what was made from a model directly: from any version of it if None.

        What does not say from which version it was made may be from this one.
        """
        made = self._based.get(name, ())
        return [number for stated, number in made if version is None or stated in (None, version)]

    def datasets(self, dataset_of: Ids, as_of: int | None, known_at: int | None) -> Ids:
        """Return the datasets that the versions there were trained on."""
        owner, used = self.pairs()
        found: Ids = np.unique(dataset_of[used[self.there(as_of, known_at)[owner]]])
        return found

    def uses(
        self,
        closure: Closure,
        names: Names,
        dataset_of: Ids,
        *,
        as_of: int | None,
        known_at: int | None,
    ) -> tuple[ModelUse, ...]:
        """Return the versions that were trained on what was reached."""
        nodes = closure.nodes()
        strength = np.full(len(dataset_of), -1, np.int8)
        # A dataset is used if it or any column of it was reached, as strongly as the strongest.
        for each in range(3):
            chosen = nodes[closure.best[nodes] == each]
            strength[dataset_of[chosen]] = each
        columns = nodes[dataset_of[nodes] != nodes]
        strength[columns] = closure.best[columns]
        owner, used = self.pairs()
        hit = strength[used] >= 0
        there = self.there(as_of, known_at)
        hit &= there[owner]
        found: dict[int, list[tuple[int, bool]]] = defaultdict(list)
        for number, node in zip(owner[hit].tolist(), used[hit].tolist(), strict=True):
            found[number].append((node, bool(strength[node] > 0)))
        uses = {n: self._use(n, used_nodes, names) for n, used_nodes in found.items()}
        return self.with_descendants(uses, there)

    def descendants(
        self, name: tuple[str, str], version: str | None, there: NDArray[np.bool_]
    ) -> tuple[ModelUse, ...]:
        """Return the versions that were made from a model, directly or at further hand."""
        base = ModelName(*name, version or "")
        made = [n for n in self.made_from(name, version) if there[n]]
        return self.with_descendants({n: self._made(n, base, direct=True) for n in made}, there)

    def with_descendants(
        self, uses: dict[int, ModelUse], there: NDArray[np.bool_]
    ) -> tuple[ModelUse, ...]:
        """Return these and what was made from them, each by its nearest base, in order."""
        level = sorted(uses, key=self.id)
        while level:
            made: dict[int, ModelUse] = {}
            for number in level:
                record, direct = self.get(number), uses[number].direct
                base = ModelName(record.namespace, record.name, record.version)
                for each in self.made_from((record.namespace, record.name), record.version):
                    if there[each] and each not in uses | made:
                        made[each] = self._made(each, base, direct=direct)
            uses |= made
            level = sorted(made, key=self.id)
        return tuple(
            sorted(uses.values(), key=lambda use: (use.namespace, use.name, use.version, use.id))
        )

    def _made(self, number: int, base: ModelName, *, direct: bool) -> ModelUse:
        record = self.get(number)
        return ModelUse(
            record.namespace, record.name, record.version, self.id(number), (), direct, base
        )

    def _use(self, number: int, used: list[tuple[int, bool]], names: Names) -> ModelUse:
        record = self.get(number)
        named = [names.name(node) for node, _ in used]
        return ModelUse(
            record.namespace,
            record.name,
            record.version,
            self.id(number),
            tuple(sorted({name for name in named if isinstance(name, ColumnName)})),
            direct=any(direct for _, direct in used),
        )


def _trained_on(record: ModelVersion, names: Names, known: int) -> Iterator[int]:
    for used in record.inputs:
        dataset = names.dataset(used.namespace, used.name, known)
        if not used.fields:
            yield dataset
        for field in used.fields:
            yield names.column(dataset, field, known)
