"""dbt: what the events of OpenLineage's dbt integration mean, where the specification says less.

Source: openlineage-integration-common 1.54, `common/provider/dbt`. Its events are known by the
job facet `dbt_node`.
"""

from typing import Any

from ..schemas.openlineage import Dataset, Event


def as_meant(event: Event) -> Event:
    """Return an event without what its integration states of a model that is not so.

    - Without a catalog, `schema` holds the columns that somebody documented, not those there are.
    - An ephemeral model is no dataset: its SQL is part of the model that reads it.
    - The `sql` of a model in Python is Python.
    """
    node = event.job.facets.get("dbt_node") if event.job else None
    if not isinstance(node, dict) or event.job is None:
        return event
    left_out = {"sql"} if str(node.get("original_file_path")).endswith(".py") else set()
    job_facets = {k: v for k, v in event.job.facets.items() if k not in left_out}
    return event.model_copy(
        update={
            "job": event.job.model_copy(update={"facets": job_facets}),
            "inputs": tuple(_described(d) for d in event.inputs if not _ephemeral(d)),
            "outputs": tuple(map(_described, event.outputs)),
        }
    )


def _described(dataset: Dataset) -> Dataset:
    if _whole(dataset.facets.get("schema")):
        return dataset
    facets = {name: facet for name, facet in dataset.facets.items() if name != "schema"}
    return dataset.model_copy(update={"facets": facets})


def _whole(schema: Any) -> bool:
    """Whether a schema comes from the database, which knows a type for every column."""
    fields = schema.get("fields") if isinstance(schema, dict) else None
    listed = fields if isinstance(fields, list) else []
    return bool(listed) and all(isinstance(f, dict) and f.get("type") for f in listed)


def _ephemeral(dataset: Dataset) -> bool:
    model = dataset.facets.get("dbt_model")
    config = model.get("config") if isinstance(model, dict) else None
    return isinstance(config, dict) and config.get("materialized") == "ephemeral"
