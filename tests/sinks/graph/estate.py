"""A small estate of records, stated by hand."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from headwater.schemas.names import ColumnName
from headwater.schemas.records import (
    AnyRecord,
    Basis,
    DatasetRef,
    Derivation,
    Envelope,
    InputField,
    JobRef,
    Method,
    OutputField,
    Resolution,
    Transformation,
    Unresolved,
    record_id,
    wrap,
)

DIRECT, INDIRECT = Transformation.DIRECT, Transformation.INDIRECT


def told(*records: AnyRecord) -> list[Envelope]:
    """Put records into envelopes."""
    return [wrap(r, observed_at="2026-01-01T00:00:00Z", event_id="e") for r in records]


@dataclass(frozen=True)
class Estate:
    """States records whose names no other estate has.

    Tables are given as `table`, columns as `table.column`.
    """

    namespace: str = field(default_factory=lambda: f"duckdb://{uuid.uuid4().hex[:12]}")

    def column(self, column: str) -> ColumnName:
        """Return a column's full name."""
        table, name = column.split(".")
        return ColumnName(self.namespace, table, name)

    def source(
        self, column: str, subtype: str = "IDENTITY", *, masking: bool = False
    ) -> InputField:
        """Return an input field, direct or not by its subtype."""
        direct = subtype in ("IDENTITY", "TRANSFORMATION", "AGGREGATION")
        return InputField(
            **self.column(column)._asdict(),
            type=DIRECT if direct else INDIRECT,
            subtype=subtype,
            masking=masking,
        )

    def derivation(
        self,
        output: str,
        fields: Mapping[str, Sequence[InputField]] | None = None,
        *,
        dataset: Sequence[InputField] = (),
        inputs: Sequence[str] = (),
        job: str | None = None,
        method: Method = Method.PARSED,
        unresolved: Sequence[Unresolved] = (),
    ) -> Derivation:
        """Return a derivation of a table, by a job named after it unless told."""
        made = sorted((fields or {}).items())
        named = {each.name for _, sources in made for each in sources}
        named |= {each.name for each in dataset} | set(inputs)
        return Derivation(
            job=JobRef(namespace=self.namespace, name=job or f"make_{output}"),
            output=self.dataset(output),
            method=method,
            fields=tuple(OutputField(field=name, inputs=tuple(used)) for name, used in made),
            dataset=tuple(dataset),
            inputs=tuple(map(self.dataset, sorted(named))),
            unresolved=tuple(unresolved),
        )

    def dataset(self, name: str) -> DatasetRef:
        """Return a reference to a table."""
        return DatasetRef(namespace=self.namespace, name=name)

    def resolution(
        self,
        *derivations: Derivation,
        at: str = "2026-01-01T00:00:00Z",
        rank: str = "1",
        run: str | None = "run",
    ) -> Resolution:
        """Return what puts derivations of one job in force: of one event per run and time."""
        return Resolution(
            event=f"event {run} {at}",
            job=derivations[0].job,
            run_id=None if run is None else f"{self.namespace}/{run}",
            at=at,
            derivations=tuple(record_id(each) for each in derivations),
            basis=Basis(resolver=rank),
            rank=rank,
        )

    def in_force(self, *derivations: Derivation) -> list[Envelope]:
        """Return derivations and for each a run that resolved to it."""
        return [
            envelope
            for each in derivations
            for envelope in told(each, self.resolution(each, run=f"run of {each.job.name}"))
        ]
