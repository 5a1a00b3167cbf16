"""What the resolver says of a recorded statement, in the words of the recording."""

from collections.abc import Iterable

from headwater.processors.resolve import Naming, resolve
from headwater.schemas.names import DatasetName
from headwater.schemas.records import FieldType, InputField
from tests.resolver.corpus import Case

from .record import Edge

_NAMESPACE = "test"


def recorded(case: Case) -> set[Edge]:
    """Return the edges that the recording states."""
    return {
        Edge(field, edge.subtype.value, f"{edge.dataset}.{edge.column}", edge.masked)
        for expected in case.outputs.values()
        for field, edges in (*expected.fields, ("*", expected.indirect))
        for edge in edges
    }


def resolved(case: Case) -> set[Edge]:
    """Return the edges that the resolver finds in a recorded statement."""
    schemas = {
        DatasetName(_NAMESPACE, name): tuple(FieldType(name=c, type=t) for c, t in table.columns)
        for name, table in case.tables.items()
    }
    naming = Naming(namespace=_NAMESPACE)
    answer = resolve(case.sql, dialect="spark", naming=naming, schemas=schemas.get)
    output = answer.outputs[-1]
    fields = ((field.field, field.inputs) for field in output.fields)
    return {
        edge for name, inputs in (*fields, ("*", output.indirect)) for edge in _edges(name, inputs)
    }


def _edges(field: str | None, inputs: Iterable[InputField]) -> Iterable[Edge]:
    for one in inputs:
        source = f"{one.name}.{one.field}".lower()
        yield Edge(str(field).lower(), str(one.subtype), source, one.masking)
