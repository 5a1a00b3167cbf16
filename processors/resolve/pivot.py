"""PIVOT and UNPIVOT, in FROM and as statements of their own."""

from collections.abc import Sequence
from itertools import product

from sqlglot import exp

from .edges import CONDITIONAL, FILTER, GROUP_BY, Sources, add, merged
from .joins import bind_from, column_names
from .relations import Column, Relation, Rest, renamed
from .scope import Binding, Scope
from .stars import expand
from .visit import Visit, query

# Engines whose UNPIVOT puts the value ahead of the name.
_VALUE_FIRST = frozenset(("bigquery", "tsql", "fabric"))


def pivoted(visit: Visit, pivot: exp.Pivot, relation: Relation, parent: Scope) -> Relation:
    """Return what a PIVOT or UNPIVOT makes of a relation."""
    scope = Scope(visit, parent)
    scope.bindings = [Binding("", relation)]
    influence = dict(relation.influence)
    if pivot.args.get("unpivot"):
        columns = _unpivot(visit, pivot, relation, scope, influence)
    else:
        columns = _pivot(visit, pivot, relation, scope, influence)
    result = Relation(columns, influence, relation.inputs)
    alias = pivot.args.get("alias")
    return renamed(result, column_names(visit, alias)) if alias else result


@query(exp.Pivot)
def pivot_statement(visit: Visit, node: exp.Pivot, parent: Scope) -> Relation:
    """Return what DuckDB's PIVOT and UNPIVOT statements give."""
    scope = Scope(visit, parent)
    bind_from(visit, node.this, scope)
    relation = Relation(list(expand(visit, exp.Star(), scope, 0)), scope.influence)
    return pivoted(visit, node, relation, scope)


def _pivot(
    visit: Visit, pivot: exp.Pivot, relation: Relation, scope: Scope, influence: Sources
) -> list[Column]:
    """Aggregate once for each value; what is left of the row is the group."""
    statement = bool(pivot.args.get("using")) or not pivot.args.get("fields")
    aggregates = (pivot.args.get("using") or []) if statement else pivot.expressions
    fields = pivot.expressions if statement else pivot.args["fields"]
    keys = [one.this if isinstance(one, exp.In) else one for one in fields]
    decides: Sources = {}
    visit.act(keys, scope, CONDITIONAL, decides)
    values = [merged((visit.sources(one, scope), decides)) for one in aggregates]
    groups = _groups(visit, pivot, relation, scope, [*aggregates, *keys])
    for column in groups:
        add(influence, column.sources, GROUP_BY)
    names = _names(visit, pivot, fields, aggregates)
    if names is None:
        return [*groups, Column("*", {}, Rest(None, given=merged(values) or decides))]
    if not values:
        values = [decides]
    made = [Column(name, dict(values[place % len(values)])) for place, name in enumerate(names)]
    return [*groups, *made]


def _groups(
    visit: Visit,
    pivot: exp.Pivot,
    relation: Relation,
    scope: Scope,
    used: Sequence[exp.Expr],
) -> list[Column]:
    group = pivot.args.get("group")
    if group:
        return [
            column
            for place, one in enumerate(group.expressions)
            for column in expand(visit, one, scope, place)
        ]
    names = {
        visit.names.fold(column.this).lower()
        for one in used
        for column in one.find_all(exp.Column)
        if not isinstance(column.this, exp.Star)
    }
    return _others(relation, names)


def _others(relation: Relation, names: set[str]) -> list[Column]:
    """Return the columns that are not named."""
    return [
        column if column.rest is None else Column("*", {}, column.rest.without(names))
        for column in relation.columns
        if column.rest is not None or column.name.lower() not in names
    ]


def _names(
    visit: Visit,
    pivot: exp.Pivot,
    fields: Sequence[exp.Expr],
    aggregates: Sequence[exp.Expr],
) -> list[str] | None:
    """Return the names of the pivoted columns; None where only the data says them."""
    stated = pivot.args.get("columns")
    if stated:
        return [visit.names.fold(one) for one in stated]
    listed = []
    for one in fields:
        if not isinstance(one, exp.In) or one.args.get("query") or not one.expressions:
            return None
        if any(isinstance(value, exp.PivotAny | exp.Query) for value in one.expressions):
            return None
        listed.append([_value_name(visit, value) for value in one.expressions])
    suffixes = [visit.names.fold(one.args["alias"]) if one.alias else one.sql().lower()
                for one in aggregates]  # fmt: skip
    lone = len(aggregates) < 2 and not any(one.alias for one in aggregates)
    return [
        "_".join(values) if lone else f"{'_'.join(values)}_{suffix}"
        for values in product(*listed)
        for suffix in suffixes or [""]
    ]


def _value_name(visit: Visit, value: exp.Expr) -> str:
    if isinstance(value, exp.PivotAlias | exp.Alias):
        alias = value.args["alias"]
        return visit.names.fold(alias) if isinstance(alias, exp.Identifier) else str(alias.name)
    return str(value.name)


def _unpivot(
    visit: Visit, pivot: exp.Pivot, relation: Relation, scope: Scope, influence: Sources
) -> list[Column]:
    """Give a row for each listed column that is not null: its name, and its value."""
    into = pivot.args.get("into")
    if pivot.args.get("fields"):
        field = pivot.args["fields"][0]
        items, name_node = field.expressions, field.this
        value_nodes = [leaf for one in pivot.expressions for leaf in _leaves(one)]
    else:
        items, name_node = pivot.expressions, into.this if into else None
        value_nodes = [leaf for one in into.expressions for leaf in _leaves(one)] if into else []
    values: list[Sources] = [{} for _ in range(max(len(value_nodes), 1))]
    used: set[str] = set()
    for item in items:
        for place, column in enumerate(_listed(visit, item, scope)):
            add(values[place % len(values)], column.sources)
            used.add(column.name.lower())
            if not pivot.args.get("include_nulls"):
                add(influence, column.sources, FILTER)
    names = [_leaf(visit, one) for one in value_nodes] or ["value"]
    value_columns = [Column(name, one) for name, one in zip(names, values, strict=True)]
    name_column = Column(_leaf(visit, name_node) if name_node else "name", {})
    made = [name_column, *value_columns]
    if visit.dialect in _VALUE_FIRST:
        made = [*value_columns, name_column]
    return [*_others(relation, used), *made]


def _leaves(node: exp.Expr) -> list[exp.Expr]:
    return node.expressions if isinstance(node, exp.Tuple) else [node]


def _leaf(visit: Visit, node: exp.Expr) -> str:
    return visit.names.fold(node.this if isinstance(node, exp.Column) else node)


def _listed(visit: Visit, item: exp.Expr, scope: Scope) -> list[Column]:
    """Return the columns that one item of an UNPIVOT's list names."""
    if isinstance(item, exp.PivotAlias | exp.Alias | exp.Paren):
        return _listed(visit, item.this, scope)
    if isinstance(item, exp.Tuple):
        return [column for one in item.expressions for column in _listed(visit, one, scope)]
    return [column for column in expand(visit, item, scope, 0) if column.rest is None]
