"""An answer as OpenLineage's `columnLineage` facet."""

from typing import Any

from ...schemas.facets import SPEC, facet
from ...schemas.records import InputField
from .answer import Output


def column_lineage(output: Output) -> dict[str, Any]:
    """Return the facet of one written dataset."""
    return facet(
        f"{SPEC}/facets/1-2-0/ColumnLineageDatasetFacet.json",
        fields={field.field: {"inputFields": _inputs(field.inputs)} for field in output.fields},
        dataset=_inputs(output.indirect),
    )


def _inputs(inputs: tuple[InputField, ...]) -> list[dict[str, Any]]:
    """Return input fields with all the ways in which each of them acts."""
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for one in inputs:
        found.setdefault((one.namespace, one.name, one.field), []).append(
            {
                "type": one.type.value,
                "subtype": one.subtype,
                "description": "",
                "masking": one.masking,
            }
        )
    return [
        {"namespace": namespace, "name": name, "field": field, "transformations": ways}
        for (namespace, name, field), ways in found.items()
    ]
