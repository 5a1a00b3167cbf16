"""Names as integers: every dataset and column is a node, and so are two gates of a dataset.

What acts on a whole dataset would otherwise need an edge for each of its columns. Instead
it passes through a gate:

- `MADE` is where an edge ends that concerns the dataset as a whole (a filter, a join, an
  input whose columns are unknown): it leads on to the dataset and to each of its columns;
- `READ` is where an edge starts that any column of the dataset may feed.

Passing a gate is no hop.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from sys import intern

import numpy as np
from numpy.typing import NDArray

from ...schemas.names import ColumnName, DatasetName
from ..answers import Named

Ids = NDArray[np.int32]

MADE = 1
READ = 2
"""A dataset's gates are the ids after its own."""


class Names:
    """Numbers datasets and columns in the order in which they are first named."""

    def __init__(self) -> None:
        self._datasets: dict[tuple[str, str], int] = {}
        self._columns: dict[int, dict[str, int]] = {}
        self._dataset_of = array("i")
        self._known = array("q")
        self._fields: list[str | None] = []
        self._dataset_names: dict[int, DatasetName] = {}
        self._members = (np.empty(0, np.int32), np.empty(0, np.int32))

    def __len__(self) -> int:
        """Return how many ids there are, those of gates too."""
        return len(self._fields)

    @property
    def datasets_count(self) -> int:
        """How many datasets there are."""
        return len(self._datasets)

    @property
    def columns_count(self) -> int:
        """How many columns there are."""
        return len(self._fields) - 3 * len(self._datasets)

    def dataset(self, namespace: str, name: str, known: int) -> int:
        """Return the id of a dataset, new if need be, that was known by then."""
        node = self._datasets.get((namespace, name))
        if node is None:
            return self._append_dataset(DatasetName(intern(namespace), name), known)
        if known < self._known[node]:
            self._known[node] = known
        return node

    def columns(self, dataset: int) -> dict[str, int]:
        """Return the ids of a dataset's columns; not to be changed."""
        return self._columns[dataset]

    def column(self, dataset: int, field: str, known: int) -> int:
        """Return the id of a column, new if need be, that was known by then."""
        return self.name_columns(dataset, (field,), known)[0]

    def name_columns(self, dataset: int, fields: Sequence[str], known: int) -> list[int]:
        """Return the ids of columns, new if need be, that were known by then."""
        held, since = self._columns[dataset], self._known
        new = [field for field in dict.fromkeys(fields) if field not in held]
        if new:
            self._append_columns(dataset, new, known)
        nodes = [held[field] for field in fields]
        for node in nodes:
            if known < since[node]:
                since[node] = known
        return nodes

    def find(self, name: Named) -> int | None:
        """Return the id of a name, if it is known."""
        dataset = self._datasets.get((name.namespace, name.name))
        if dataset is None or not isinstance(name, ColumnName):
            return dataset
        return self._columns[dataset].get(name.field)

    def name(self, node: int) -> Named:
        """Return the name of a column or dataset; a gate goes by its dataset's."""
        dataset = self._dataset_names[self._dataset_of[node]]
        field = self._fields[node]
        return dataset if field is None else ColumnName(*dataset, field)

    def dataset_name(self, node: int) -> DatasetName:
        """Return the name of the dataset that a node is or is of."""
        return self._dataset_names[self._dataset_of[node]]

    def dataset_at(self, node: int) -> int:
        """Return the id of the dataset that a node is or is of."""
        return self._dataset_of[node]

    def is_column(self, node: int) -> bool:
        """Whether a node is a column."""
        return self._fields[node] is not None

    def named(self, start: int = 0) -> Iterator[tuple[int, Named]]:
        """Yield every column and dataset from an id on."""
        for node in range(start, len(self)):
            if self._fields[node] is not None or self._dataset_of[node] == node:
                yield node, self.name(node)

    def dataset_of(self) -> Ids:
        """Return the dataset of every id."""
        return np.array(self._dataset_of, dtype=np.int32)

    def known(self) -> NDArray[np.int64]:
        """Return since when every id is known."""
        return np.array(self._known, dtype=np.int64)

    def members(self) -> tuple[Ids, Ids]:
        """Return the columns of all datasets, and for each id where its own begin."""
        if len(self._members[0]) != len(self) + 1:
            dataset_of = self.dataset_of()
            columns = np.flatnonzero(np.arange(len(self)) - dataset_of > READ).astype(np.int32)
            owners = dataset_of[columns]
            starts = np.zeros(len(self) + 1, np.int32)
            np.cumsum(np.bincount(owners, minlength=len(self)), out=starts[1:])
            self._members = (starts, columns[np.argsort(owners, kind="stable")])
        return self._members

    def state(self) -> tuple[list[DatasetName], list[str | None]]:
        """Return the datasets, and the field of every id, in order of their ids."""
        return list(self._dataset_names.values()), self._fields

    @classmethod
    def restore(
        cls,
        datasets: Iterable[tuple[str, str]],
        fields: list[str | None],
        dataset_of: Ids,
        known: NDArray[np.int64],
    ) -> "Names":
        """Return the names of which this is the state."""
        names = cls()
        coming = iter(datasets)
        for node, (field, dataset, since) in enumerate(
            zip(fields, dataset_of.tolist(), known.tolist(), strict=True)
        ):
            if field is not None:
                names.column(dataset, field, since)
            elif dataset == node:
                names.dataset(*next(coming), since)
        return names

    def _append_dataset(self, name: DatasetName, known: int) -> int:
        node = len(self)
        self._append(node, [None, None, None], known)
        self._datasets[name] = node
        self._dataset_names[node] = name
        self._columns[node] = {}
        return node

    def _append_columns(self, dataset: int, fields: Sequence[str], known: int) -> None:
        fields = [intern(field) for field in fields]
        held = self._columns[dataset]
        held.update((field, node) for node, field in enumerate(fields, len(self)))
        self._append(dataset, fields, known)

    def _append(self, dataset: int, fields: Sequence[str | None], known: int) -> None:
        self._dataset_of.extend([dataset] * len(fields))
        self._known.extend([known] * len(fields))
        self._fields.extend(fields)
