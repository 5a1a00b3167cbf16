"""Every case of the corpus: the resolver says exactly what the label says."""

from collections.abc import Callable, Iterable

import pytest

from headwater.processors.resolve import Answer, Naming, Output, resolve
from headwater.schemas.names import DatasetName
from headwater.schemas.records import FieldType, InputField, Subtype

from .corpus import ANY_NAME, DIRECT, NAMESPACE, Case, Edge, Expected, cases

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_answer_is_what_the_label_says(case: Case) -> None:
    """Outputs, fields, edges and what is unresolved agree with the label, nothing more or less."""
    found = answer(case)
    assert labelled(case) == answered(case, found)
    assert unresolved(case) == {
        (problem.field, problem.reason)
        for problems in (found.unresolved, *(output.unresolved for output in found.outputs))
        for problem in problems
    }


def test_the_corpus_has_no_two_cases_of_one_name() -> None:
    """A title says which case failed."""
    ids = [case.id for case in CASES]
    assert sorted(set(ids)) == sorted(ids)


def answer(case: Case) -> Answer:
    """Ask the resolver about a case."""
    dialect = None if case.dialect == "ansi" else case.dialect
    return resolve(case.sql, dialect=dialect, naming=naming(case), schemas=schemas(case))


def naming(case: Case) -> Naming:
    """Return where unqualified names of a case lead."""
    return Naming(
        namespace=NAMESPACE,
        catalog=_folded(case, case.settings.get("catalog")),
        schema=_folded(case, case.settings.get("schema")),
    )


def schemas(case: Case) -> Callable[[DatasetName], tuple[FieldType, ...] | None]:
    """Return the catalog of a case, spelled as the dialect's engine would hold it."""

    def spelled(name: str) -> str:
        return name.upper() if case.upper else name

    known = {
        dataset(spelled(name)): tuple(
            FieldType(name=spelled(column), type=type_) for column, type_ in table.columns
        )
        for name, table in case.tables.items()
    }
    return known.get


def dataset(name: str) -> DatasetName:
    """Return the dataset that a label names; `s3://bucket/key` has a namespace of its own."""
    scheme, sep, path = name.partition("://")
    if not sep:
        return DatasetName(NAMESPACE, name)
    host, _, key = path.partition("/")
    return DatasetName(f"{scheme}://{host}".lower(), key or "/")


Field = tuple[str | None, set[tuple[object, ...]]]
Shown = dict[str | None, dict[str, object]]


def labelled(case: Case) -> Shown:
    """Show what a label states, in the form of `answered`."""
    return {
        _folded(case, target): {
            "fields": _ordered(
                case,
                target,
                [(_folded(case, name), _stated(case, e)) for name, e in expected.fields],
            ),
            "indirect": _stated(case, expected.indirect),
            "inputs": expected.inputs
            and {tuple(dataset(str(_folded(case, name)))) for name in expected.inputs},
        }
        for target, expected in case.outputs.items()
    }


def answered(case: Case, found: Answer) -> Shown:
    """Show what the resolver said of what the label states."""
    return {
        _name(output): _shown(case, output, case.outputs.get(_unfolded(case, output)))
        for output in found.outputs
    }


def _shown(case: Case, output: Output, expected: Expected | None) -> dict[str, object]:
    expected = expected or Expected()
    open_names = {i for i, (name, _) in enumerate(expected.fields) if name == ANY_NAME}
    labels = [edge for _, edges in expected.fields for edge in edges]
    fields: list[Field] = [
        (ANY_NAME if i in open_names else found.field, _as_stated(case, labels, found.inputs))
        for i, found in enumerate(output.fields)
    ]
    return {
        "fields": _ordered(case, _unfolded(case, output), fields),
        "indirect": _as_stated(case, expected.indirect, output.indirect),
        "inputs": expected.inputs and {tuple(name) for name in output.inputs},
    }


def unresolved(case: Case) -> set[tuple[str | None, str]]:
    """Return what the label says cannot be resolved."""
    return {(_folded(case, field), reason) for field, reason in case.unresolved}


def _stated(case: Case, edges: Iterable[Edge]) -> set[tuple[object, ...]]:
    return {
        (
            edge.subtype.value,
            tuple(dataset(str(_folded(case, edge.dataset)))),
            _folded(case, edge.column),
            edge.masked if edge.subtype in DIRECT else None,
            edge.known_by and edge.known_by.value,
        )
        for edge in edges
    }


def _ordered(case: Case, target: str | None, fields: list[Field]) -> list[Field]:
    """Bring the columns of a known target in order: its own is no matter of the statement."""
    return sorted(fields, key=lambda entry: str(entry[0])) if target in case.tables else fields


def _as_stated(
    case: Case, edges: Iterable[Edge], found: tuple[InputField, ...]
) -> set[tuple[object, ...]]:
    """Show the edges found, leaving open what the label leaves open."""
    labels = {tuple(e)[:3]: e for e in _stated(case, edges)}
    shown: set[tuple[object, ...]] = set()
    for edge in found:
        key = (edge.subtype, (edge.namespace, edge.name), edge.field)
        label = labels.get(key, (*key, False, None))
        masked = edge.masking if Subtype(edge.subtype) in DIRECT else None
        known = edge.known_by.value if label[4] is not None else None
        shown.add((*key, masked, known))
    return shown


def _folded(case: Case, name: str | None) -> str | None:
    if not name or not case.upper or name == ANY_NAME or "://" in name:
        return name
    stage, slash, path = name.partition("/")
    return f"{stage.upper()}{slash}{path}"


def _name(output: Output) -> str | None:
    if output.dataset is None:
        return None
    own = output.dataset.namespace == NAMESPACE
    return output.dataset.name if own else "/".join(output.dataset)


def _unfolded(case: Case, output: Output) -> str | None:
    name = _name(output)
    return name.lower() if name and case.upper and "://" not in name else name
