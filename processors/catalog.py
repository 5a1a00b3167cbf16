"""Catalog: the schemas of datasets, each with the times at which it was observed.

The schema of a dataset as of a time is the one last observed at or before it; before the
first observation, the first one, marked late. It is a function of the set of observations,
not of the order in which they came in.
"""

from bisect import bisect_right, insort
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


class Catalog:
    """Every schema observed so far. Not thread-safe."""

    def __init__(self) -> None:
        self._observed: dict[DatasetName, list[Observation]] = {}
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
        seen = self._observed.setdefault(DatasetName(schema.namespace, schema.name), [])
        self._schemas[version] = schema
        new = Observation(at, version)
        place = bisect_right(seen, new)
        if place and seen[place - 1] == new:
            return ()
        telling = place == 0 or seen[place - 1].version != version
        told = (new, *seen[place : place + 1]) if telling else ()
        insort(seen, new)
        del seen[: max(0, len(seen) - OBSERVATIONS_MAX)]
        return told

    def as_of(self, dataset: DatasetName, at: str) -> SchemaUsed:
        """Return which schema a statement run at a time rests on."""
        seen = self._observed.get(dataset)
        if not seen:
            return SchemaUsed(namespace=dataset.namespace, name=dataset.name)
        place = bisect_right(seen, Observation(at, _AFTER_ANY_ID))
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
