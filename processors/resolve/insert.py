"""INSERT in all its forms: column lists, OVERWRITE, ON CONFLICT, several tables at once."""

from collections.abc import Iterable, Sequence

from sqlglot import exp

from ...schemas.names import DatasetName
from ...schemas.records import KnownBy
from .edges import FILTER, JOIN, Sources, add
from .relations import Column, Relation
from .scope import Binding, Scope
from .select import with_ctes
from .statements import (
    column_list,
    finish,
    output_into,
    run,
    schema_names,
    target_dataset,
    unread,
    write_by_name,
    write_by_position,
)
from .visit import Draft, Visit, statement


@statement(exp.Insert)
def insert(visit: Visit, node: exp.Insert, parent: Scope) -> None:
    """State what INSERT, INSERT OVERWRITE or REPLACE writes."""
    scope = Scope(visit, parent)
    with_ctes(visit, node.args.get("with_"), scope)
    dataset = target_dataset(visit, node.this)
    if dataset is None:
        visit.mark("unsupported", "INSERT target")
        return
    relation = _given(visit, node, scope)
    draft = visit.draft(dataset)
    written = write_rows(visit, draft, dataset, node, relation)
    conflict = node.args.get("conflict")
    if conflict:
        _on_conflict(visit, node, conflict, draft, dataset, written, scope)
    finish(visit, draft, relation.influence)
    output_into(visit, node, scope, draft)


def _given(visit: Visit, node: exp.Insert, scope: Scope) -> Relation:
    given = node.expression
    if isinstance(given, exp.Table):
        given = exp.select("*").from_(given)
    if isinstance(given, exp.Query | exp.Values):
        return visit.query(given, scope)
    return Relation([])


def write_rows(
    visit: Visit, draft: Draft, dataset: DatasetName, node: exp.Insert, relation: Relation
) -> list[Column]:
    """Write a relation into a target and return its columns under the target's names."""
    if node.args.get("by_name"):
        write_by_name(draft, relation)
        return relation.columns
    static, dynamic = _partition(visit, node)
    names = column_list(visit, node.this)
    if names is None:
        names = schema_names(visit, dataset)
    constants = {name.lower() for name in static}
    if names is None:
        if not isinstance(node.this, exp.Directory):
            draft.weakest = KnownBy.POSITIONAL
        write_by_name(draft, _partitioned(relation, dynamic))
        names = [column.name for column in relation.columns]
    else:
        held = {name.lower() for name in names}
        names = [name for name in names if name.lower() not in constants]
        names += [name for name in dynamic if name.lower() not in held]
        write_by_position(draft, relation.columns, names)
    for name, sources in static.items():
        draft.write(name, sources)
    return [
        Column(name, column.sources, column.rest)
        for name, column in zip(names, relation.columns, strict=False)
    ]


def _partition(visit: Visit, node: exp.Insert) -> tuple[dict[str, Sources], list[str]]:
    """Return what PARTITION (…) states: columns with a constant, and columns the query ends on."""
    partition = node.args.get("partition")
    if not partition and isinstance(node.this, exp.Table):
        partition = node.this.args.get("partition")
    static: dict[str, Sources] = {}
    dynamic: list[str] = []
    for one in partition.expressions if partition else ():
        if isinstance(one, exp.EQ):
            static[visit.names.fold(one.this.this)] = {}
        elif isinstance(one, exp.Column | exp.Identifier):
            dynamic.append(visit.names.fold(one.this if isinstance(one, exp.Column) else one))
    return static, dynamic


def _partitioned(relation: Relation, dynamic: Sequence[str]) -> Relation:
    """Return the relation with its last columns under the names of the partition."""
    if not dynamic or relation.open() or len(dynamic) > len(relation.columns):
        return relation
    first = len(relation.columns) - len(dynamic)
    last = [
        Column(name, column.sources)
        for name, column in zip(dynamic, relation.columns[first:], strict=True)
    ]
    return Relation([*relation.columns[:first], *last])


def _on_conflict(
    visit: Visit,
    node: exp.Insert,
    conflict: exp.Expr,
    draft: Draft,
    dataset: DatasetName,
    written: list[Column],
    parent: Scope,
) -> None:
    """Visit ON CONFLICT DO UPDATE and ON DUPLICATE KEY UPDATE: both ways may write a column."""
    table = node.find(exp.Table)
    scope = Scope(visit, parent)
    target = unread(visit.table(dataset))
    key = visit.names.fold(table.args["alias"].this) if table is not None and table.alias else ""
    parts = visit.names.parts(table) if table is not None else [""]
    proposed = Relation(written)
    scope.bindings = [Binding(key or parts[-1], target, tuple(one.lower() for one in parts))]
    inner = Scope(visit, scope)
    inner.bindings = [Binding("excluded", proposed)]
    alias = node.expression.args.get("alias") if node.expression is not None else None
    if isinstance(alias, exp.TableAlias) and alias.this is not None:
        inner.bindings.append(Binding(visit.names.fold(alias.this), proposed))
    for one in conflict.args.get("conflict_keys") or ():
        # Which rows are updated, or not inserted, is decided by old keys and new ones.
        visit.act([one], scope, JOIN, draft.influence)
        visit.act([one], inner, JOIN, draft.influence)
    lookup = _Conflict(visit, inner, scope)
    for assignment in conflict.args.get("expressions") or ():
        if isinstance(assignment, exp.EQ):
            assign(visit, draft, assignment, lookup)
    where = conflict.args.get("where")
    if where:
        visit.act([where.this], lookup, FILTER, draft.influence)


class _Conflict(Scope):
    """Sees the proposed row by its names, and the target's row by none or its own."""

    def __init__(self, visit: Visit, proposed: Scope, target: Scope) -> None:
        super().__init__(visit, target)
        self._proposed = proposed

    def binding(self, parts: list[str]) -> Binding | None:
        for binding in self._proposed.bindings:
            if parts == [binding.key]:
                return binding
        return super().binding(parts)


def assign(visit: Visit, draft: Draft, assignment: exp.EQ, scope: Scope) -> None:
    """State what `column = value` or `(columns) = (values)` writes."""
    left, right = assignment.this, assignment.expression
    if isinstance(left, exp.Tuple | exp.Paren):
        columns = left.expressions or [left.this]
        _assign_tuple(visit, draft, columns, right, scope)
    else:
        draft.write(assigned_name(visit, draft, left, scope), visit.sources(right, scope))


def assigned_name(visit: Visit, draft: Draft, left: exp.Expr, scope: Scope) -> str:
    """Return the column that is assigned, in the spelling of the target's schema."""
    while isinstance(left, exp.Bracket | exp.Paren):
        left = left.this
    if isinstance(left, exp.Dot):
        return ".".join(one.name for one in left.find_all(exp.Identifier, bfs=False))
    parts = [
        visit.names.fold(one) for one in (left.parts if isinstance(left, exp.Column) else [left])
    ]
    if len(parts) > 1 and scope.binding([part.lower() for part in parts[:-1]]) is None:
        return ".".join(parts)
    return spelled(visit, draft.dataset, parts[-1])


def spelled(visit: Visit, dataset: DatasetName | None, name: str) -> str:
    """Return a column's name as the schema of its table spells it, if that is known."""
    if dataset is None:
        return name
    for column in visit.table(dataset).named(name):
        return column.name
    return name


def _assign_tuple(
    visit: Visit, draft: Draft, columns: Sequence[exp.Expr], right: exp.Expr, scope: Scope
) -> None:
    names = [assigned_name(visit, draft, one, scope) for one in columns]
    while isinstance(right, exp.Paren):
        right = right.this
    if isinstance(right, exp.Query):
        relation = visit.query(right, scope)
        for name, column in zip(names, relation.columns, strict=False):
            draft.write(name, column.sources)
            draft.write(name, relation.influence)
    elif isinstance(right, exp.Tuple):
        for name, value in zip(names, right.expressions, strict=False):
            draft.write(name, visit.sources(value, scope))
    elif len(names) == 1:
        draft.write(names[0], visit.sources(right, scope))


@statement(exp.MultitableInserts)
def several(visit: Visit, node: exp.Expr, parent: Scope) -> None:
    """State what INSERT ALL, INSERT FIRST and Hive's FROM … INSERT … INSERT write."""
    source = node.args.get("source")
    with_ctes(visit, node.args.get("with_"), parent)
    if node.args.get("kind") is None:
        _hive(visit, node.expressions, source, parent)
        return
    relation = visit.query(source, parent) if source else Relation([])
    scope = Scope(visit, parent)
    scope.bind(Binding("", relation))
    first = str(node.args["kind"]).upper() == "FIRST"
    passed_over: list[exp.Expr] = []
    for one in node.expressions:
        condition = one.args.get("expression")
        conditions = [*(passed_over if first or one.args.get("else_") else ()), condition]
        _one_of_several(visit, one.this, conditions, relation, scope)
        if condition:
            passed_over.append(condition)


def _one_of_several(
    visit: Visit,
    node: exp.Insert,
    conditions: Iterable[exp.Expr | None],
    relation: Relation,
    scope: Scope,
) -> None:
    dataset = target_dataset(visit, node.this)
    if dataset is None:
        return
    draft = visit.draft(dataset)
    rows = relation
    if isinstance(node.expression, exp.Values):
        rows = _values(visit, node.expression, scope)
    write_rows(visit, draft, dataset, node, rows)
    influence: Sources = {}
    add(influence, relation.influence)
    visit.act(conditions, scope, FILTER, influence)
    finish(visit, draft, influence)


def _values(visit: Visit, node: exp.Values, scope: Scope) -> Relation:
    """Return the row that VALUES makes of the source's columns."""
    row = node.expressions[0]
    items = row.expressions if isinstance(row, exp.Tuple) else [row]
    return Relation([Column(one.output_name, visit.sources(one, scope)) for one in items])


def _hive(
    visit: Visit, inserts: Iterable[exp.Expr], source: exp.Expr | None, parent: Scope
) -> None:
    for one in inserts:
        query = one.expression
        if isinstance(query, exp.Select) and source and not query.args.get("from_"):
            query.set("from_", exp.From(this=source.copy()))
        run(visit, one, parent)
