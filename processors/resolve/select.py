"""SELECT and what it is made of: WITH, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT."""

from collections.abc import Callable, Iterable

from sqlglot import exp

from .edges import FILTER, GROUP_BY, JOIN, SORT, Sources, add
from .joins import bind_from, bind_laterals, join
from .match import match_recognize
from .relations import Column, Relation, Rest, everything, renamed
from .scope import LATERAL_ALIASES, Scope
from .stars import expand
from .visit import Visit, query
from .vocabulary import WORDS

# Engines that take a CTE as recursive without the word RECURSIVE.
_RECURSIVE_BY_DEFAULT = WORDS["dialects_recursive_by_default"]


@query(exp.Select)
def select(visit: Visit, node: exp.Select, parent: Scope) -> Relation:
    """Return what a SELECT gives."""
    args = node.args
    scope = Scope(visit, parent)
    with_ctes(visit, args.get("with_"), scope)
    from_ = args.get("from_")
    if from_:
        bind_from(visit, from_.this, scope)
    for one in args.get("joins") or ():
        join(visit, one, scope)
    bind_laterals(visit, args.get("laterals") or (), scope)
    if args.get("match"):
        match_recognize(visit, args["match"], scope)
    for definition in args.get("windows") or ():
        scope.windows[definition.name.lower()] = definition
    _register_aliases(node, scope)
    _filters(visit, args, scope)
    columns = project(visit, node.expressions, scope)
    _groups(visit, node, scope, columns)
    return Relation(columns, scope.influence)


def _register_aliases(node: exp.Select, scope: Scope) -> None:
    for place, item in enumerate(node.expressions):
        if isinstance(item, exp.Alias):
            alias = scope.visit.names.fold(item.args["alias"]).lower()
            scope.aliases.setdefault(alias, (place, item.this))


def _filters(visit: Visit, args: dict[str, exp.Expr], scope: Scope) -> None:
    scope.show_aliases("where")
    for clause in ("prewhere", "where"):
        node = args.get(clause)
        if node:
            visit.act([node.this], scope, FILTER, scope.influence)
    connect = args.get("connect")
    if connect:
        visit.act([connect.args.get("start")], scope, FILTER, scope.influence)
        visit.act([connect.args.get("connect")], scope, JOIN, scope.influence)


def project(visit: Visit, items: Iterable[exp.Expr], scope: Scope) -> list[Column]:
    """Return the columns of a select list."""
    columns: list[Column] = []
    lateral = visit.dialect in LATERAL_ALIASES
    scope.show_aliases("select")
    for place, item in enumerate(items):
        scope.visible = place if lateral else 0
        if visit.dialect == "clickhouse":
            scope.visible = len(scope.aliases) + 1
        columns.extend(expand(visit, item, scope, len(columns)))
    return columns


def _groups(visit: Visit, node: exp.Select, scope: Scope, columns: list[Column]) -> None:
    args = node.args
    influence = scope.influence
    items = node.expressions
    scope.show_aliases("group")
    scope.visible = len(items) + 1
    group = args.get("group")
    if group:
        _group(visit, group, scope, items, columns)
    having, qualify = args.get("having"), args.get("qualify")
    for clause in (having, qualify):
        if clause:
            visit.act([clause.this], scope, FILTER, influence)
    distinct = args.get("distinct")
    if distinct:
        on = distinct.args.get("on")
        if not on:
            add_columns(columns, GROUP_BY, influence)
        else:
            keys = on.expressions if isinstance(on, exp.Tuple) else [on]
            by_ordinal(visit, keys, scope, columns, GROUP_BY)
    order_and_limit(visit, args, scope, columns)


def order_and_limit(
    visit: Visit, args: dict[str, exp.Expr], scope: Scope, columns: list[Column]
) -> None:
    """Visit ORDER BY and its kin, LIMIT BY and LIMIT with a subquery.

    DISTRIBUTE BY only moves rows between machines.
    """
    scope.show_aliases("order")
    for clause in ("order", "sort", "cluster"):
        node = args.get(clause)
        if node:
            _sort(visit, node, scope, columns)
    limit = args.get("limit")
    if limit:
        scope.prefer_aliases = False
        visit.act(limit.args.get("expressions") or (), scope, GROUP_BY, scope.influence)
        for key in ("expression", "count"):
            visit.act([limit.args.get(key)], scope, FILTER, scope.influence)


def _sort(visit: Visit, node: exp.Expr, scope: Scope, columns: list[Column]) -> None:
    keys = [key.this if isinstance(key, exp.Ordered) else key for key in node.expressions]
    if (
        len(keys) == 1
        and isinstance(keys[0], exp.Var | exp.Column)
        and keys[0].name.upper() == "ALL"
    ):
        add_columns(columns, SORT, scope.influence)
    else:
        by_ordinal(visit, keys, scope, columns, SORT)


def by_ordinal(
    visit: Visit, keys: Iterable[exp.Expr], scope: Scope, columns: list[Column], effect: int
) -> None:
    """Visit keys where a number means the select item at that place."""
    for key in keys:
        if isinstance(key, exp.Literal) and not key.is_string:
            if key.name.isdigit() and 0 < int(key.name) <= len(columns):
                add(scope.influence, columns[int(key.name) - 1].sources, effect)
        else:
            visit.act([key], scope, effect, scope.influence)


def add_columns(columns: Iterable[Column], effect: int, into: Sources) -> None:
    """Add what all columns derive from, as acting by one effect."""
    relation = Relation(list(columns))
    add(into, everything(relation), effect)


def _group(
    visit: Visit, group: exp.Expr, scope: Scope, items: list[exp.Expr], columns: list[Column]
) -> None:
    args = group.args
    if args.get("all") or _is_all(group.expressions):
        plain = [item for item in items if not item.find(exp.AggFunc)]
        visit.act(
            [item for item in plain if not isinstance(item, exp.Star)],
            scope,
            GROUP_BY,
            scope.influence,
        )
    else:
        by_ordinal(visit, list(_flat(group.expressions)), scope, columns, GROUP_BY)
    for kind in ("grouping_sets", "cube", "rollup"):
        value = args.get(kind)
        for one in value if isinstance(value, list) else ():
            by_ordinal(visit, list(_flat(one.expressions)), scope, columns, GROUP_BY)


def _is_all(keys: list[exp.Expr]) -> bool:
    return len(keys) == 1 and isinstance(keys[0], exp.Var) and keys[0].name.upper() == "ALL"


def _flat(keys: Iterable[exp.Expr]) -> Iterable[exp.Expr]:
    """Open the tuples and parentheses of GROUPING SETS, CUBE and ROLLUP."""
    for key in keys:
        if isinstance(key, exp.Tuple | exp.GroupingSets | exp.Cube | exp.Rollup):
            yield from _flat(key.expressions)
        elif isinstance(key, exp.Paren):
            yield from _flat([key.this])
        else:
            yield key


@query(exp.Subquery)
def subquery(visit: Visit, node: exp.Subquery, parent: Scope) -> Relation:
    """Return what a query in parentheses gives, with its own WITH, ORDER BY and LIMIT."""
    args = node.args
    scope = Scope(visit, parent)
    with_ctes(visit, args.get("with_"), scope)
    inner = node.this
    if isinstance(inner, exp.Table):
        bind_from(visit, inner, scope)
        relation = Relation(list(expand(visit, exp.Star(), scope, 0)), scope.influence)
    else:
        relation = visit.query(inner, scope)
    if not any(args.get(key) for key in ("order", "sort", "limit", "cluster")):
        return relation
    scope.bind_result(relation)
    order_and_limit(visit, args, scope, relation.columns)
    return Relation(relation.columns, scope.influence)


def with_ctes(visit: Visit, with_: exp.With | None, scope: Scope) -> None:
    """Make the CTEs of a WITH known in a scope; each is visited when it is first used."""
    if not with_:
        return
    recursive = bool(with_.args.get("recursive"))
    inner = Scope(visit, scope.parent)
    inner.ctes = dict(scope.ctes)
    for cte in with_.expressions:
        if cte.args.get("scalar"):
            # ClickHouse's WITH expression AS name is an alias ahead of the select list.
            alias = visit.names.fold(cte.args["alias"].this).lower()
            scope.aliases[alias] = (-1, cte.this)
        inner = _with_one(visit, cte, inner, recursive)
    scope.ctes.update(inner.ctes)


def _with_one(visit: Visit, cte: exp.CTE, before: Scope, recursive: bool) -> Scope:
    """Return a scope that sees this CTE besides those before it."""
    alias = cte.args["alias"]
    name = visit.names.fold(alias.this).lower()
    body = cte.this
    scope = Scope(visit, before.parent)
    scope.ctes = dict(before.ctes)
    if cte.args.get("scalar"):
        if isinstance(body, exp.Query):
            scope.ctes[name] = _once(lambda: visit.query(body, before))
        return scope
    if not isinstance(body, exp.Query | exp.Values | exp.Pivot):
        give_dml = _data_modifying(visit, body, before, alias)
        scope.ctes[name] = give_dml
        give_dml()
        return scope
    names = [visit.names.fold(one) for one in alias.args.get("columns") or ()]
    may_recur = recursive or visit.dialect in _RECURSIVE_BY_DEFAULT
    if isinstance(body, exp.SetOperation) and may_recur and _mentions(body, name):
        scope.ctes[name] = _once(lambda: fixpoint(visit, body, before, name, names))
    else:
        scope.ctes[name] = _once(lambda: renamed(visit.query(body, before), names))
    return scope


def _mentions(body: exp.Expr, name: str) -> bool:
    return any(table.name.lower() == name and not table.db for table in body.find_all(exp.Table))


def _once(make: Callable[[], Relation]) -> Callable[[], Relation]:
    made: list[Relation] = []

    def give() -> Relation:
        if not made:
            made.append(make())
        return made[0]

    return give


def _data_modifying(
    visit: Visit, body: exp.Expr, before: Scope, alias: exp.Expr
) -> Callable[[], Relation]:
    from .statements import returning_relation

    names = [visit.names.fold(one) for one in alias.args.get("columns") or ()]
    return _once(lambda: renamed(returning_relation(visit, body, before), names))


def fixpoint(
    visit: Visit, body: exp.SetOperation, before: Scope, name: str, names: list[str]
) -> Relation:
    """Return what a recursive CTE gives: its branches are merged until nothing is added.

    Each round can only add sources and effects, of which there are finitely many.
    """
    scope = Scope(visit, before)
    current = _anchor(visit, body, before, name, names)
    scope.ctes[name] = lambda: current
    for _ in range(_ROUNDS_MAX):
        following = renamed(visit.query(body, scope), names)
        if _size(following) == _size(current):
            return following
        current = following
    visit.mark("unsupported", "recursion")
    return current


_ROUNDS_MAX = 100
"""More than any recursion needs that names its columns; a bound against those that do not."""


def _anchor(visit: Visit, body: exp.Expr, before: Scope, name: str, names: list[str]) -> Relation:
    while isinstance(body, exp.SetOperation) and _mentions(body, name):
        body = body.this
    if isinstance(body, exp.Subquery) and _mentions(body, name):
        body = body.this
    if _mentions(body, name):
        return Relation([Column(one, {}) for one in names])
    return renamed(visit.query(body, before), names)


def _size(relation: Relation) -> tuple[int, int, int]:
    bits = sum(
        value.bit_count() for column in relation.columns for value in column.sources.values()
    )
    rests = sum(_rest_size(column.rest) for column in relation.columns if column.rest)
    return bits, sum(value.bit_count() for value in relation.influence.values()), min(rests, 8)


def _rest_size(rest: Rest) -> int:
    return 1 + sum(_rest_size(other) for other in rest.others)
