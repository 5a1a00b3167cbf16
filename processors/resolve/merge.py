"""MERGE: each branch writes the same target."""

from sqlglot import exp

from ...schemas.names import DatasetName
from ...schemas.records import KnownBy
from .edges import FILTER, JOIN, add
from .insert import assign, spelled
from .joins import bind_from
from .relations import Column, Relation
from .scope import Scope, in_relation
from .select import with_ctes
from .statements import (
    finish,
    in_schema_order,
    output_into,
    schema_names,
    write_by_name,
    write_by_position,
)
from .update import bind_target
from .visit import Draft, Visit, statement


@statement(exp.Merge)
def merge(visit: Visit, node: exp.Merge, parent: Scope) -> None:
    """State what MERGE writes: the union over its branches."""
    args = node.args
    outer = Scope(visit, parent)
    with_ctes(visit, args.get("with_"), outer)
    if not isinstance(node.this, exp.Table):
        visit.mark("unsupported", "MERGE target")
        return
    target = Scope(visit, outer)
    dataset = visit.dataset(node.this)
    bind_target(visit, node.this, target)
    source = Scope(visit, outer)
    bind_from(visit, node.args["using"], source)
    both = Scope(visit, outer)
    both.bindings = [*target.bindings, *source.bindings]
    add(both.influence, source.influence)
    visit.act([args.get("on")], both, JOIN, both.influence)
    for name in _using(visit, args.get("using_cond")):
        for side in (target, source):
            add(both.influence, side.unqualified(name), JOIN)
    draft = visit.draft(dataset)
    for when in args["whens"].expressions:
        visit.act([when.args.get("condition")], both, FILTER, both.influence)
        _branch(visit, when.args["then"], draft, dataset, both, source)
    in_schema_order(visit, draft)
    finish(visit, draft, both.influence)
    output_into(visit, node, both, draft)


def _using(visit: Visit, names: object) -> list[str]:
    return [visit.names.fold(one) for one in names] if isinstance(names, list) else []


def _branch(
    visit: Visit,
    then: exp.Expr,
    draft: Draft,
    dataset: DatasetName,
    both: Scope,
    source: Scope,
) -> None:
    where = then.args.get("where")
    if isinstance(then, exp.Update):
        assignments = then.expressions
        if any(isinstance(one, exp.Star) for one in assignments) or _is_star(then):
            _all_by_name(visit, draft, dataset, source)
        for assignment in assignments:
            if isinstance(assignment, exp.EQ):
                assign(visit, draft, assignment, both)
    elif isinstance(then, exp.Insert):
        _insert(visit, then, draft, dataset, source)
    if where:
        condition = where.this if isinstance(where, exp.Where) else where
        visit.act([condition], both, FILTER, both.influence)


def _is_star(then: exp.Expr) -> bool:
    return isinstance(then.args.get("this"), exp.Star)


def _insert(
    visit: Visit, then: exp.Insert, draft: Draft, dataset: DatasetName, source: Scope
) -> None:
    this: exp.Expr | None = then.this
    if isinstance(this, exp.Star) or (not this and isinstance(then.expression, exp.Star)):
        _all_by_name(visit, draft, dataset, source)
        return
    if isinstance(this, exp.Var):
        _row(visit, draft, dataset, source)
        return
    values = then.expression
    if (
        not values
        and isinstance(this, exp.Tuple)
        and isinstance(this.expressions[0], exp.Anonymous)
    ):
        # INSERT VALUES (…) without a column list parses as a function in the list.
        values = exp.Tuple(expressions=this.expressions[0].expressions)
        this = None
    items = values.expressions if isinstance(values, exp.Tuple) else [values]
    columns = [Column("", visit.sources(one, source)) for one in items if one]
    if not this:
        names = schema_names(visit, dataset)
        if names is None:
            visit.mark("unknown_schema", dataset.name)
            return
    else:
        listed = this.expressions if isinstance(this, exp.Tuple | exp.Schema) else [this]
        names = [spelled(visit, dataset, _leaf(visit, one)) for one in listed]
    write_by_position(draft, columns, names)


def _leaf(visit: Visit, node: exp.Expr) -> str:
    while isinstance(node, exp.Paren | exp.Dot):
        node = node.expression if isinstance(node, exp.Dot) else node.this
    return visit.names.fold(node.this if isinstance(node, exp.Column) else node)


def _source_columns(source: Scope) -> Relation:
    return Relation([column for one in source.bindings for column in one.relation.columns])


def _all_by_name(visit: Visit, draft: Draft, dataset: DatasetName, source: Scope) -> None:
    """Write SET * and INSERT *: the source's columns go to those of the same name."""
    given = _source_columns(source)
    names = schema_names(visit, dataset)
    if names is None or not given.open():
        held = {name.lower(): name for name in names or ()}
        for column in given.columns:
            if column.rest is not None:
                for missing in column.rest.datasets():
                    draft.markers.add(("", "unknown_schema", missing))
            elif names is None or column.name.lower() in held:
                draft.write(held.get(column.name.lower(), column.name), column.sources)
        return
    for name in names:
        draft.write(name, in_relation(given, name))


def _row(visit: Visit, draft: Draft, dataset: DatasetName, source: Scope) -> None:
    """Write BigQuery's INSERT ROW: the source's columns in their order."""
    given = _source_columns(source)
    names = schema_names(visit, dataset)
    if names is None:
        draft.weakest = KnownBy.POSITIONAL
        write_by_name(draft, given)
    else:
        write_by_position(draft, given.columns, names)
