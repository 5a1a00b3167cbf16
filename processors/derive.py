"""Derive: from an event to the derivations it stands for.

What the client states in facets is taken; what it leaves open is read from its SQL with the
schemas known as of the event; what neither says is inferred, dataset by dataset.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..schemas import facets
from ..schemas.canonical import canonical, digest
from ..schemas.names import DatasetName
from ..schemas.openlineage import Dataset, Event, RunStateType
from ..schemas.records import (
    Basis,
    DatasetRef,
    Derivation,
    FieldType,
    InputField,
    JobRef,
    Method,
    OutputField,
    SchemaUsed,
    Unresolved,
)
from .declared import declared, in_order, second_hand
from .dialect import dialect_of
from .lifecycle import EMPTYING, change_of, renamed
from .resolve import RESOLVER, Answer, Made, Naming

WITHOUT_SQL = "facets/1"
"""The resolver that a basis names where no SQL was read."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the SQL resolver."""

    sql: str
    dialect: str | None
    naming: Naming
    earlier: tuple[str, ...] = ()


def job_of(event: Event) -> JobRef:
    """Return the event's job; a DatasetEvent stands as a job of the dataset's own name."""
    named = event.job or event.dataset
    assert named is not None, "an event without job and dataset was decoded"
    return JobRef(namespace=named.namespace, name=named.name)


def datasets_written(event: Event) -> list[Dataset]:
    """Return the outputs that are datasets; a model is an output too, but no dataset."""
    return [output for output in event.outputs if facets.MODEL not in output.facets]


def question(event: Event) -> Question | None:
    """Return what to ask of the resolver; None if the event carries no SQL."""
    job_facets = event.job.facets if event.job else {}
    sql = job_facets.get("sql")
    if not isinstance(sql, dict) or not isinstance(sql.get("query"), str):
        return None
    text = sql["query"]
    if not text.strip():
        return None
    context = job_facets.get(facets.SQL_CONTEXT)
    context = context if isinstance(context, dict) else {}
    named = tuple(d.key for d in (*datasets_written(event), *event.inputs))
    stated = _text(sql.get("dialect")) or _text(context.get("dialect"))
    place = _text(context.get("catalog")), _text(context.get("schema"))
    catalog, schema = place if any(place) else _place(text, named)
    naming = Naming(
        namespace=_text(context.get("namespace")) or _namespace(event, named),
        catalog=catalog,
        schema=schema,
        known=named,
        symlinks=tuple(_symlinks((*datasets_written(event), *event.inputs))),
    )
    return Question(text, dialect_of(stated, named), naming)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _namespace(event: Event, named: tuple[DatasetName, ...]) -> str:
    """Where a table lies that the event does not name: with those it names, else its job."""
    return named[0].namespace if named else job_of(event).namespace


def _symlinks(datasets: Iterable[Dataset]) -> Iterator[tuple[DatasetName, DatasetName]]:
    """Yield the further names of datasets, each with its own (OpenLineage, `symlinks` 1-0-1)."""
    for dataset in datasets:
        facet = dataset.facets.get("symlinks")
        listed = facet.get("identifiers") if isinstance(facet, dict) else None
        for identifier in listed if isinstance(listed, list) else ():
            told = identifier if isinstance(identifier, dict) else {}
            namespace, name = _text(told.get("namespace")), _text(told.get("name"))
            if namespace and name:
                yield DatasetName(namespace, name), dataset.key


def _place(sql: str, named: tuple[DatasetName, ...]) -> tuple[str | None, str | None]:
    """Return the catalog and schema that bare names lead to, as far as the event shows.

    Clients leave out a table that is not there yet, as at the start of what makes it. Where
    the datasets that they do name stand bare in the SQL, it lies beside those.
    """
    tables = [d.name.split(".") for d in named if d.namespace == named[0].namespace]
    if any("/" in part for parts in tables for part in parts):
        return None, None
    bare = [parts[:-1] for parts in tables if _stands_bare(parts[-1], sql)]
    if not bare or len(bare[0]) not in (1, 2) or any(place != bare[0] for place in bare):
        return None, None
    *catalog, schema = bare[0]
    return next(iter(catalog), None), schema


def _stands_bare(table: str, sql: str) -> bool:
    """Whether a text names a table without its schema."""
    name = re.escape(table)
    return re.search(rf"(?<![\w.$\"`\]])[\"`\[]?{name}(?![\w$])", sql, re.IGNORECASE) is not None


def session_of(event: Event) -> str:
    """Return what the events of one session share: the client's word for it, else the run."""
    context = event.job.facets.get(facets.SQL_CONTEXT) if event.job else None
    stated = _text(context.get("session")) if isinstance(context, dict) else None
    if stated:
        return f"session:{job_of(event).namespace}:{stated}"
    return f"run:{event.run.run_id}" if event.run else f"job:{job_of(event).name}"


_HAPPENED = frozenset((RunStateType.COMPLETE, RunStateType.RUNNING, RunStateType.OTHER))


def happened(event: Event) -> bool:
    """Whether an event says that its statement has done what it does."""
    return event.event_type in _HAPPENED


def statement_of(event: Event, sql: str) -> str:
    """Return the id of a statement, the same for all events that its run tells of it."""
    run = event.run.run_id if event.run else ""
    return digest(canonical([*job_of(event).key, run, sql]))


def derive(
    event: Event,
    answer: Answer | None,
    fields_of: Callable[[DatasetName], tuple[FieldType, ...] | None],
) -> tuple[Derivation, ...]:
    """Return one derivation for each dataset that the event's job makes.

    Args:
        event: The event.
        answer: What the resolver said to its SQL, if it has any.
        fields_of: Returns the columns of a dataset as of the event, if they are known.
    """
    job = job_of(event)
    made = {d.output.key: d for d in declared(event, job)}
    better = second_hand(event)
    for output, derivation in _parsed(event, answer, job):
        if output in better or output not in made:
            made[output] = derivation
    for derivation in (*renamed(event, job, fields_of), *_inferred(event, answer, job)):
        made.setdefault(derivation.output.key, derivation)
    return tuple(made[output] for output in sorted(made))


def tables_made(event: Event, answer: Answer) -> tuple[Made, ...]:
    """Return what a statement left its tables with, once it has been run.

    A bare SELECT whose event names the one dataset that it fills leaves that with its columns,
    where all of them are known and the event does not state them. A snapshot adds some.
    """
    if not happened(event):
        return ()
    filled = _sole_output(event)
    parts = answer.outputs
    if filled is None or len(parts) != 1 or parts[0].dataset is not None or not parts[0].fields:
        return answer.made
    told = any("schema" in d.facets for d in event.outputs) or _kind(event) == "SNAPSHOT"
    if told or parts[0].unresolved or answer.unresolved:
        return answer.made
    columns = tuple(FieldType(name=output.field) for output in parts[0].fields)
    return (*answer.made, Made(filled, columns))


def _kind(event: Event) -> str | None:
    """Return what kind of job its integration says that it is."""
    kind = event.job.facets.get("jobType") if event.job else None
    return _text(kind.get("jobType")) if isinstance(kind, dict) else None


def basis(answer: Answer | None, schemas: Iterable[SchemaUsed], earlier: int = 0) -> Basis:
    """Return what the derivations of an event rest on."""
    resolver = WITHOUT_SQL if answer is None else RESOLVER
    return Basis(resolver=resolver, schemas=tuple(schemas), earlier=earlier)


def _parsed(
    event: Event, answer: Answer | None, job: JobRef
) -> Iterable[tuple[DatasetName, Derivation]]:
    """Return what the SQL says, the parts of several statements on one output merged."""
    parts = defaultdict(list)
    for part in answer.outputs if answer else ():
        target = part.dataset or _sole_output(event)
        if target is not None and (part.fields or part.indirect):
            parts[target].append(part)
    for target, of_target in parts.items():
        sources: dict[str, set[InputField]] = defaultdict(set)
        for part in of_target:
            for output in part.fields:
                sources[output.field].update(output.inputs)
        unresolved = {u for part in of_target for u in part.unresolved}
        yield (
            target,
            Derivation(
                job=job,
                output=_ref(target),
                method=Method.PARSED,
                fields=tuple(
                    OutputField(field=field, inputs=in_order(sources[field]))
                    for field in sorted(sources)
                ),
                dataset=in_order({i for part in of_target for i in part.indirect}),
                inputs=_refs(d for part in of_target for d in part.inputs),
                unresolved=_in_order(unresolved.union(answer.unresolved if answer else ())),
            ),
        )


def _inferred(event: Event, answer: Answer | None, job: JobRef) -> Iterable[Derivation]:
    """Return the outputs of which no column is known, with all that may flow into them."""
    parts = answer.outputs if answer else ()
    inputs = [d.key for d in event.inputs] + [d for part in parts for d in part.inputs]
    filled = (d for d in datasets_written(event) if change_of(d) not in EMPTYING)
    written = [d.key for d in filled] + [p.dataset for p in parts if p.dataset]
    for output in dict.fromkeys(written):
        if inputs:
            yield Derivation(
                job=job,
                output=_ref(output),
                method=Method.INFERRED,
                inputs=_refs(inputs),
                unresolved=_in_order(
                    {u for part in parts for u in part.unresolved}.union(
                        answer.unresolved if answer else ()
                    )
                ),
            )


def _sole_output(event: Event) -> DatasetName | None:
    """The output that a bare SELECT fills, as dbt's models do; None if it is not plain."""
    written = datasets_written(event)
    return written[0].key if len(written) == 1 else None


def _ref(dataset: DatasetName) -> DatasetRef:
    return DatasetRef(namespace=dataset.namespace, name=dataset.name)


def _refs(datasets: Iterable[DatasetName]) -> tuple[DatasetRef, ...]:
    return tuple(map(_ref, sorted(set(datasets))))


def _in_order(unresolved: Iterable[Unresolved]) -> tuple[Unresolved, ...]:
    return tuple(sorted(set(unresolved), key=lambda u: (u.field or "", u.reason, u.detail or "")))
