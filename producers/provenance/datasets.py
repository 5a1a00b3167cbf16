"""Which version of a dataset was read, by the identity that its own system gives it."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...schemas import facets


def used(
    dataset: Mapping[str, Any],
    *,
    columns: Sequence[str] = (),
    role: str | None = None,
    rows: str | None = None,
) -> dict[str, Any]:
    """Return a dataset as an input of training.

    Args:
        dataset: From `producers.dataset` or one of the functions here.
        columns: Those that were fed to the model, its targets too.
        role: `train`, `validation` or `test`.
        rows: Which rows, as text: a condition, a split, a sample.
    """
    stated = dataset.get("facets", {})
    known = stated.get(facets.COLUMNS_USED, {})
    facet = facets.own(
        facets.COLUMNS_USED,
        fields=list(columns),
        role=role,
        rows=rows,
        versionKind=known.get("versionKind"),
        caveat=known.get("caveat"),
    )
    return {**dataset, "facets": {**stated, facets.COLUMNS_USED: facet}}
