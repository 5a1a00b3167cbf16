"""Versions of models, and what they were trained on."""

from array import array
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from ...schemas.names import ColumnName
from ...schemas.records import Envelope, ModelVersion
from ..answers import ModelUse
from .names import Ids, Names
from .walk import Closure


class Models:
    """All versions of models."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._envelopes: list[tuple[Envelope, ModelVersion]] = []
        self._known = array("q")
        self._owner, self._used = array("i"), array("i")

    def __len__(self) -> int:
        return len(self._envelopes)

    def add(self, envelope: Envelope, record: ModelVersion, names: Names, known: int) -> None:
        """Add a version, or note that it was known earlier than thought."""
        used = list(_trained_on(record, names, known))
        number = self._numbers.setdefault(envelope.id, len(self._envelopes))
        if number < len(self._envelopes):
            self._known[number] = min(self._known[number], known)
            return
        self._used.extend(used)
        self._owner.extend([number] * len(used))
        self._envelopes.append((envelope, record))
        self._known.append(known)

    def stored(self) -> Iterator[tuple[Envelope, int]]:
        """Yield every version with when it was known."""
        for (envelope, _), known in zip(self._envelopes, self._known, strict=True):
            yield envelope, known

    def ordered(self) -> list[int]:
        """Return the numbers of all versions by name, version and id."""

        def place(number: int) -> tuple[str, ...]:
            envelope, record = self._envelopes[number]
            return record.namespace, record.name, record.version, envelope.id

        return sorted(range(len(self._envelopes)), key=place)

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
        used: Ids = np.array(self._used, np.int32)[np.array(self._owner, np.int32) == number]
        return used

    def by_name(self, known_at: int | None) -> dict[tuple[str, str], list[int]]:
        """Return the numbers of the versions of each model that were known by then."""
        found: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, (_, record) in enumerate(self._envelopes):
            if known_at is None or self._known[number] <= known_at:
                found[record.namespace, record.name].append(number)
        return found

    def uses(
        self, closure: Closure, names: Names, dataset_of: Ids, known_at: int | None
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
        owner, used = np.array(self._owner, np.int32), np.array(self._used, np.int32)
        hit = strength[used] >= 0
        if known_at is not None:
            hit &= np.array(self._known, np.int64)[owner] <= known_at
        found: dict[int, list[tuple[int, bool]]] = defaultdict(list)
        for number, node in zip(owner[hit].tolist(), used[hit].tolist(), strict=True):
            found[number].append((node, bool(strength[node] > 0)))
        uses = [self._use(number, used_nodes, names) for number, used_nodes in found.items()]
        return tuple(sorted(uses, key=lambda use: (use.namespace, use.name, use.version, use.id)))

    def _use(self, number: int, used: list[tuple[int, bool]], names: Names) -> ModelUse:
        envelope, record = self._envelopes[number]
        named = [names.name(node) for node, _ in used]
        return ModelUse(
            record.namespace,
            record.name,
            record.version,
            envelope.id,
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
