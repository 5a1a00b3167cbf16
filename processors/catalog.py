"""Catalog: the schemas of datasets, each with the times from which it holds.

A schema is *stated* by an event's facet at the event's time, or *made* by a statement of DDL
and then holds from just after it. The schema of a dataset as of a time is the one that began
to hold last; at equal times the stated one. Before all that is known, the first stated one is
used, marked late: a schema that DDL makes later was not there yet.

What a statement makes may follow from schemas that become known after it was read. It never
follows from what is made at its own time or later, so whatever order events come in, reading
statements anew until nothing changes ends in the same catalog.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from typing import NamedTuple

from ..schemas.names import DatasetName
from ..schemas.records import DatasetVersion, FieldType, SchemaUsed, record_id

_AFTER_ANY_ID = "~"
OBSERVATIONS_MAX = 10_000
"""Per dataset; beyond it the oldest are forgotten, and a replay settles what they meant."""


class Observation(NamedTuple):
    """A schema seen at a time, ISO 8601 in UTC. Equal times are ordered by the id."""

    at: str
    version: str


class Change(NamedTuple):
    """A statement of DDL on a dataset, at a time. Equal times are ordered by the id."""

    at: str
    statement: str


class Made(NamedTuple):
    """What a change left, and the rank of the basis on which its statement was read."""

    rank: str
    version: str


class Catalog:
    """Every schema known so far. Not thread-safe."""

    def __init__(self) -> None:
        self._observed: dict[DatasetName, list[Observation]] = {}
        self._changes: dict[DatasetName, list[Change]] = {}
        self._made: dict[tuple[DatasetName, Change], Made] = {}
        self._schemas: dict[str, DatasetVersion] = {}

    def observe(self, schema: DatasetVersion, at: str) -> tuple[Observation, ...]:
        """Note that a dataset had a schema at a time.

        Args:
            schema: The dataset with its fields, and no version of its system's own.
            at: When it was so.

        Returns:
            The observations that others need to agree with this catalog: none for one
            more sighting of the schema that held anyway; the new one, if the schema as of
            some time is now another; and the one after it, which may have been no change
            so far.
        """
        version = record_id(schema)
        dataset = DatasetName(schema.namespace, schema.name)
        seen = self._observed.setdefault(dataset, [])
        self._schemas[version] = schema
        new = Observation(at, version)
        place = bisect_right(seen, new)
        if place and seen[place - 1] == new:
            return ()
        telling = (
            place == 0
            or seen[place - 1].version != version
            or self._changed(dataset, seen[place - 1].at, at)
        )
        told = (new, *seen[place : place + 1]) if telling else ()
        insort(seen, new)
        del seen[: max(0, len(seen) - OBSERVATIONS_MAX)]
        return told

    def make(self, schema: DatasetVersion, change: Change, rank: str) -> bool:
        """Note what a statement left a dataset with, unless more is known of it already.

        Args:
            schema: The dataset with its fields; None where it is gone or nobody can tell.
            change: The statement and its time.
            rank: The rank of the basis on which it was read: of two readings the one of
                the greater rank holds.

        Returns:
            Whether the schema as of some time is now another.
        """
        dataset = DatasetName(schema.namespace, schema.name)
        made = Made(rank, record_id(schema))
        before = self._made.get((dataset, change))
        if before is not None and before >= made:
            return False
        self._schemas[made.version] = schema
        self._made[dataset, change] = made
        if before is None:
            self._keep(dataset, change)
        return before is None or before.version != made.version

    def following(self, dataset: DatasetName, at: str) -> tuple[Observation, ...]:
        """Return the first observation from a time on: after a change it says more than before."""
        seen = self._observed.get(dataset, [])
        place = bisect_left(seen, Observation(at, ""))
        return tuple(seen[place : place + 1])

    def as_of(self, dataset: DatasetName, at: str, statement: str | None = None) -> SchemaUsed:
        """Return which schema a statement run at a time rests on.

        Args:
            dataset: The dataset.
            at: The time.
            statement: The statement's own id: it does not rest on what it made itself.
        """
        change = self._last_change(dataset, at, statement)
        seen = self._observed.get(dataset, [])
        place = bisect_right(seen, Observation(at, _AFTER_ANY_ID))
        if change is not None and (place == 0 or seen[place - 1].at < change.at):
            made = self._made[dataset, change]
            return SchemaUsed(
                namespace=dataset.namespace,
                name=dataset.name,
                version=made.version,
                valid_from=change.at,
                statement=change.statement,
                rank=made.rank,
            )
        if not seen:
            return SchemaUsed(namespace=dataset.namespace, name=dataset.name)
        used = seen[place - 1] if place else seen[0]
        return SchemaUsed(
            namespace=dataset.namespace,
            name=dataset.name,
            version=used.version,
            valid_from=used.at,
            late=place == 0,
        )

    def fields(self, used: SchemaUsed) -> tuple[FieldType, ...] | None:
        """Return the columns of a schema; None if it is not known."""
        return self._schemas[used.version].fields if used.version else None

    def schema(self, observation: Observation) -> DatasetVersion:
        """Return the schema that was observed."""
        return self._schemas[observation.version]

    def _keep(self, dataset: DatasetName, change: Change) -> None:
        changes = self._changes.setdefault(dataset, [])
        insort(changes, change)
        while len(changes) > OBSERVATIONS_MAX:
            del self._made[dataset, changes.pop(0)]

    def _changed(self, dataset: DatasetName, after: str, until: str) -> bool:
        """Whether a statement changed a dataset from one time on and before another."""
        changes = self._changes.get(dataset, [])
        return bisect_left(changes, Change(after, "")) < bisect_left(changes, Change(until, ""))

    def _last_change(self, dataset: DatasetName, at: str, statement: str | None) -> Change | None:
        changes: Sequence[Change] = self._changes.get(dataset, [])
        for place in range(bisect_left(changes, Change(at, "")) - 1, -1, -1):
            if changes[place].statement != statement:
                return changes[place]
        return None
