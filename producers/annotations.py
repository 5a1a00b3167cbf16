"""`annotate(...)`: says something of a dataset, column, job or model, or takes it back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from ..schemas import facets
from ..schemas.errors import HeadwaterError
from .emitter import Emitter

On = Literal["dataset", "job", "model"]
Values = Mapping[str, str | Sequence[str]]
"""Keys with one value or several: `{"classification": "pii", "owner": ["ann", "bob"]}`."""

VALUE_LENGTH_MAX = 100_000
KEY_LENGTH_MAX = 256


class Note(NamedTuple):
    """One thing said of a dataset, or of a column of it, a job or a model."""

    key: str
    value: str
    field: str | None = None
    action: Literal["put", "remove"] = "put"


def annotate(
    namespace: str,
    name: str,
    *,
    field: str | None = None,
    on: On = "dataset",
    put: Values | None = None,
    remove: Values | None = None,
    by: str | None = None,
    at: datetime | None = None,
    emitter: Emitter | None = None,
) -> None:
    """Put annotations on a thing, or take them off.

    Args:
        namespace, name: What is annotated: a dataset, unless `on` says otherwise.
        field: The column, where it is one of the dataset's.
        on: Whether it is a dataset, a job or a model.
        put: What to put on it.
        remove: What to take off; what was said before stays readable as of then.
        by: Who says so.
        at: Since when it holds; now if None.
        emitter: Takes the event; the process's default emitter if None.

    Raises:
        HeadwaterError: If a key or value is empty or too long.
    """
    stated = ((put or {}, "put"), (remove or {}, "remove"))
    notes = [
        Note(key, value, field, action)  # type: ignore[arg-type] # of a tuple, a word is any text
        for values, action in stated
        for key, value in _each(values)
    ]
    (emitter or Emitter.default()).emit(event(namespace, name, notes, on=on, by=by, at=at))


def event(
    namespace: str,
    name: str,
    notes: Iterable[Note],
    *,
    on: On = "dataset",
    by: str | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    """Return the OpenLineage event that annotates a thing.

    Raises:
        HeadwaterError: If a name, key or value is empty or too long.
    """
    said = [_entry(note, by) for note in notes]
    if not namespace or not name or not said:
        raise HeadwaterError(
            "an annotation needs a namespace, a name and at least one key with a value"
        )
    facet = facets.own(facets.ANNOTATIONS, annotations=said, on="model" if on == "model" else None)
    holder = "job" if on == "job" else "dataset"
    return {
        "eventTime": _zoned(at or datetime.now(UTC)).isoformat(),
        "producer": facets.PRODUCER,
        "schemaURL": facets.JOB_EVENT_SCHEMA if on == "job" else facets.DATASET_EVENT_SCHEMA,
        holder: {"namespace": namespace, "name": name, "facets": {facets.ANNOTATIONS: facet}},
    }


def _each(values: Values) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        for one in (value,) if isinstance(value, str) else value:
            yield key, one


def _entry(note: Note, by: str | None) -> dict[str, str]:
    if not 0 < len(note.key) <= KEY_LENGTH_MAX or not note.key.strip():
        raise HeadwaterError(f"an annotation's key has 1 to {KEY_LENGTH_MAX} characters")
    if not 0 < len(note.value) <= VALUE_LENGTH_MAX:
        raise HeadwaterError(
            f"the value of `{note.key}` has {len(note.value)} characters, "
            f"which is not between 1 and {VALUE_LENGTH_MAX}"
        )
    said = {"field": note.field, "key": note.key, "value": note.value, "by": by}
    return {k: v for k, v in said.items() if v is not None} | {"action": note.action}


def _zoned(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)
