"""Schemas of datasets, as of any two times: that last observed at or before."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...schemas.records import FieldType
from .times import EVER

Fields = tuple[tuple[str, str | None], ...]

_EVENT_BYTES = 16
_ARRAYS = (("dataset", "i"), ("at", "q"), ("known", "q"), ("version", "i"))


@dataclass(frozen=True, slots=True)
class Observed:
    """The schema that a dataset has at a time.

    Attributes:
        since: When it was last observed.
        event: A short id of the event that said so.
    """

    fields: Fields
    since: int
    event: bytes


class Schemas:
    """Every observation of a schema. One made twice counts once."""

    def __init__(self) -> None:
        self._versions: dict[Fields, int] = {}
        self._dataset, self._version = array("i"), array("i")
        self._at, self._known = array("q"), array("q")
        self._events = bytearray()
        self._order = np.empty(0, np.int64)
        self._views: dict[tuple[int | None, int | None], dict[int, Observed]] = {}

    def __len__(self) -> int:
        return len(self._at)

    def add(
        self, dataset: int, fields: Sequence[FieldType], *, at: int, known: int, event: bytes
    ) -> None:
        """Note that a dataset had a schema at a time."""
        said = tuple((intern(f.name), None if f.type is None else intern(f.type)) for f in fields)
        self._dataset.append(dataset)
        self._version.append(self._versions.setdefault(said, len(self._versions)))
        self._at.append(at)
        self._known.append(known)
        self._events += event
        self._views.clear()

    def in_force(self, as_of: int | None, known_at: int | None) -> Mapping[int, Observed]:
        """Return the schema of each dataset that had been observed."""
        view = self._views.get((as_of, known_at))
        if view is None:
            self._views.clear()
            view = self._views[as_of, known_at] = self._observed(
                EVER if as_of is None else as_of, EVER if known_at is None else known_at
            )
        return view

    def at(self, dataset: int, as_of: int, known_at: int | None) -> Observed | None:
        """Return the schema of a dataset; None where none had been observed."""
        return self.in_force(as_of, known_at).get(dataset)

    def between(self, dataset: int, after: int, until: int, known_at: int | None) -> list[Observed]:
        """Return what was observed of a dataset after one time and not after another."""
        at, known = np.array(self._at, np.int64), np.array(self._known, np.int64)
        chosen = (np.array(self._dataset, np.int32) == dataset) & (after < at) & (at <= until)
        if known_at is not None:
            chosen &= known <= known_at
        versions, place = list(self._versions), self._places()
        rows = sorted(
            np.flatnonzero(chosen).tolist(),
            key=lambda row: (self._at[row], place[self._version[row]], self._event(row)),
        )
        return [
            Observed(versions[self._version[row]], self._at[row], self._event(row)) for row in rows
        ]

    def state(self) -> tuple[dict[str, NDArray[Any]], list[Fields]]:
        """Return all as arrays, and the schemas by number."""
        arrays = {name: np.array(getattr(self, f"_{name}"), kind) for name, kind in _ARRAYS}
        arrays["events"] = np.frombuffer(bytes(self._events), np.uint8)
        return arrays, list(self._versions)

    @classmethod
    def restore(cls, arrays: dict[str, NDArray[Any]], versions: Sequence[Any]) -> "Schemas":
        """Return the observations of which this is the state."""
        schemas = cls()
        for name, kind in _ARRAYS:
            setattr(schemas, f"_{name}", array(kind, arrays[name].astype(kind).tobytes()))
        schemas._events = bytearray(arrays["events"].tobytes())
        said = (tuple((intern(name), type_) for name, type_ in each) for each in versions)
        schemas._versions = {fields: number for number, fields in enumerate(said)}
        return schemas

    def _observed(self, as_of: int, known_at: int) -> dict[int, Observed]:
        dataset, version = np.array(self._dataset, np.int32), np.array(self._version, np.int32)
        at = np.array(self._at, np.int64)
        rows = np.flatnonzero((at <= as_of) & (np.array(self._known, np.int64) <= known_at))
        event = np.frombuffer(bytes(self._events), f"S{_EVENT_BYTES}")[rows]
        # Several of one instant: the greatest by content, so that their order never matters.
        place = self._places()[version[rows]]
        order = rows[np.lexsort((event, place, at[rows], dataset[rows]))]
        last = np.append(dataset[order][1:] != dataset[order][:-1], True)[: len(order)]
        versions = list(self._versions)
        return {
            int(dataset[row]): Observed(versions[version[row]], int(at[row]), self._event(row))
            for row in order[last].tolist()
        }

    def _places(self) -> NDArray[np.int64]:
        """Return the place of each schema in the order of their content."""
        if len(self._order) != len(self._versions):
            said = [repr(fields) for fields in self._versions]
            place = np.empty(len(said), np.int64)
            place[sorted(range(len(said)), key=said.__getitem__)] = np.arange(len(said))
            self._order = place
        return self._order

    def _event(self, row: int) -> bytes:
        return bytes(self._events[row * _EVENT_BYTES : (row + 1) * _EVENT_BYTES])
