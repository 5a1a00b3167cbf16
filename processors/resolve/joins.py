"""FROM and JOIN: which relations a SELECT reads, and what joins them."""

from collections.abc import Iterable

from sqlglot import exp

from .edges import CONDITIONAL, IDENTITY, JOIN, Sources, add, unknown
from .relations import Column, Relation, Rest, renamed
from .scope import Binding, Scope, in_relation
from .visit import Visit, from_item

_SEMI = frozenset(("SEMI", "ANTI"))


def bind_from(visit: Visit, node: exp.Expr, scope: Scope) -> None:
    """Bind what stands in a FROM clause, with the joins and laterals that hang on it."""
    bind = from_item.get(type(node)) or from_item.inherited(type(node))
    if bind is None:
        visit.mark("unsupported", node.key.upper())
        bind_alias(visit, node, Relation([Column("*", {}, Rest(None))]), scope)
        return
    bind(visit, node, scope)
    for one in node.args.get("joins") or ():
        join(visit, one, scope)
    bind_laterals(visit, node.args.get("laterals") or (), scope)


def bind_laterals(visit: Visit, laterals: Iterable[exp.Expr], scope: Scope) -> None:
    """Bind LATERAL VIEW and its kin."""
    for lateral in laterals:
        from_item[type(lateral)](visit, lateral, scope)


def join(visit: Visit, node: exp.Join, scope: Scope) -> None:
    """Bind the right side of a join, and note what joins it."""
    args = node.args
    first = len(scope.bindings)
    if (args.get("kind") or "").upper() == "ARRAY":
        from_item[exp.Join](visit, node, scope)
        return
    bind_from(visit, node.this, scope)
    side = (args.get("side") or "").upper()
    if args.get("using"):
        names = [visit.names.fold(_identifier(one)) for one in args["using"]]
        _merge(scope, first, names, side)
    elif (args.get("method") or "").upper() == "NATURAL":
        _natural(scope, first, side)
    for condition in ("on", "match_condition"):
        visit.act([args.get(condition)], scope, JOIN, scope.influence)
    if {(args.get("kind") or "").upper(), side} & _SEMI:
        for binding in scope.bindings[first:]:
            binding.semi = True
    scope.changed()


def _identifier(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Column) else node


def _natural(scope: Scope, first: int, side: str) -> None:
    left = [binding.relation for binding in scope.bindings[:first]]
    right = [binding.relation for binding in scope.bindings[first:]]
    details = [name for one in (*left, *right) for rest in one.open() for name in rest.datasets()]
    if details:
        add(scope.influence, unknown("unknown_schema", ", ".join(sorted(set(details)))), JOIN)
    seen: dict[str, str] = {}
    held = {column.name.lower() for one in right for column in one.columns if column.rest is None}
    for one in left:
        for column in one.columns:
            if column.rest is None and column.name.lower() in held:
                seen.setdefault(column.name.lower(), column.name)
    _merge(scope, first, list(seen.values()), side)


def _merge(scope: Scope, first: int, names: list[str], side: str) -> None:
    """Make one column of each pair that USING or NATURAL names."""
    for name in names:
        key = name.lower()
        left = scope.merged[key].sources if key in scope.merged else _side(scope, 0, first, name)
        right = _side(scope, first, len(scope.bindings), name)
        add(scope.influence, left, JOIN)
        add(scope.influence, right, JOIN)
        scope.merged[key] = Column(_spelling(scope, name), _coalesced(left, right, side))
        for binding in scope.bindings:
            binding.hidden.add(key)


def _spelling(scope: Scope, name: str) -> str:
    for binding in scope.bindings:
        for column in binding.relation.named(name):
            return column.name
    return name


def _coalesced(left: Sources, right: Sources, side: str) -> Sources:
    if side == "RIGHT":
        return right
    if side != "FULL":
        return left
    both: Sources = {}
    for part in (left, right):
        add(both, part, IDENTITY)
        add(both, part, CONDITIONAL)
    return both


def _side(scope: Scope, start: int, end: int, name: str) -> Sources:
    """Return the sources of a USING column on one side of the join."""
    relations = [binding.relation for binding in scope.bindings[start:end] if not binding.semi]
    for relation in relations:
        if relation.named(name):
            return in_relation(relation, name)
    opened = [relation for relation in relations if relation.open()]
    if len(opened) == 1:
        return in_relation(opened[0], name)
    whole = Relation([column for one in opened for column in one.columns])
    return in_relation(whole, name)


@from_item(exp.Subquery)
def derived_table(visit: Visit, node: exp.Subquery, scope: Scope) -> None:
    """Bind a query in parentheses; parentheses around joins bind what is inside."""
    alias = node.args.get("alias")
    if (
        isinstance(node.this, exp.Table | exp.Subquery)
        and alias is None
        and not node.args.get("pivots")
    ):
        bind_from(visit, node.this, scope)
        return
    from .select import subquery

    bind_alias(visit, node, subquery(visit, node, scope), scope)


@from_item(exp.Paren)
def parenthesised(visit: Visit, node: exp.Paren, scope: Scope) -> None:
    """Bind what is inside parentheses."""
    bind_from(visit, node.this, scope)


@from_item(exp.Select, exp.SetOperation)
def bare_query(visit: Visit, node: exp.Expr, scope: Scope) -> None:
    """Bind a query without parentheses of its own."""
    scope.bind(Binding("", visit.query(node, scope)))


@from_item(exp.Final, exp.Stream)
def final(visit: Visit, node: exp.Expr, scope: Scope) -> None:
    """Bind ClickHouse's `table FINAL` and Databricks' `STREAM(table)`."""
    bind_from(visit, node.this, scope)


@from_item(exp.Alias)
def aliased(visit: Visit, node: exp.Alias, scope: Scope) -> None:
    """Bind what carries a plain alias."""
    first = len(scope.bindings)
    bind_from(visit, node.this, scope)
    for binding in scope.bindings[first:]:
        binding.key = visit.names.fold(node.args["alias"]).lower()


def bind_alias(
    visit: Visit,
    node: exp.Expr,
    relation: Relation,
    scope: Scope,
    parts: tuple[str, ...] = (),
) -> None:
    """Bind a relation under a node's alias, column list and PIVOT."""
    from .pivot import pivoted

    alias = node.args.get("alias")
    key = parts[-1] if parts else ""
    if isinstance(alias, exp.TableAlias):
        relation = renamed(relation, column_names(visit, alias))
        if alias.this is not None:
            key = visit.names.fold(alias.this)
    for pivot in node.args.get("pivots") or ():
        relation = pivoted(visit, pivot, relation, scope)
        if pivot.args.get("alias") is not None:
            key = visit.names.fold(pivot.args["alias"].this)
    scope.bind(Binding(key, relation, tuple(part.lower() for part in parts)))


def column_names(visit: Visit, alias: exp.TableAlias) -> list[str]:
    """Return the names in an alias' column list; some engines state types with them."""
    return [
        visit.names.fold(one.this if isinstance(one, exp.ColumnDef) else one)
        for one in alias.args.get("columns") or ()
    ]
