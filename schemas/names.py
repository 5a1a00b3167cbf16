"""Names of datasets, columns and jobs, as OpenLineage gives them."""

from typing import NamedTuple


class DatasetName(NamedTuple):
    """A dataset: `namespace` says where (`postgres://host:5432`), `name` which (`db.schema.t`)."""

    namespace: str
    name: str

    @property
    def leaf(self) -> str:
        """What people call it: a path's last segment, else the last dotted part."""
        path = self.name.rstrip("/")
        return path.rsplit("/" if "/" in path else ".", 1)[-1]


class ColumnName(NamedTuple):
    """A column of a dataset; a struct's field is a path with dots."""

    namespace: str
    name: str
    field: str

    @property
    def dataset(self) -> DatasetName:
        """The dataset that holds the column."""
        return DatasetName(self.namespace, self.name)


class JobName(NamedTuple):
    """A job: a scheduler's namespace and the job's name in it."""

    namespace: str
    name: str


def event_key(event: dict[str, object]) -> str | None:
    """Return the Kafka key that OpenLineage's clients give an event.

    `run:` with the root's, else the parent's, else the own job; `job:`; `dataset:`. None
    for what is no OpenLineage event, which an emitter still ships: the worker refuses it
    with a reason, where somebody sees it.

    Source: OpenLineage client, `transport/kafka.py`.
    """
    try:
        return _key(event)
    except (KeyError, TypeError, AttributeError):
        return None


def _key(event: dict[str, object]) -> str | None:
    run, job, dataset = event.get("run"), event.get("job"), event.get("dataset")
    if isinstance(run, dict) and isinstance(job, dict):
        parent = (run.get("facets") or {}).get("parent") or {}
        owner = (parent.get("root") or {}).get("job") or parent.get("job") or job
        return f"run:{owner['namespace']}/{owner['name']}"
    if isinstance(job, dict):
        return f"job:{job['namespace']}/{job['name']}"
    if isinstance(dataset, dict):
        return f"dataset:{dataset['namespace']}/{dataset['name']}"
    return None
