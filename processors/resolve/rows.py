"""Rows as values: structs, objects and arrays of them, member by member.

`SELECT s.a FROM (SELECT STRUCT(x AS a, y AS b) AS s FROM t)` derives from `t.x` alone. A
column whose value is a row keeps what the row is made of, so that a path into it leads on.
"""

from collections.abc import Callable, Iterable, Sequence

from sqlglot import exp

from .edges import AGGREGATION, SORT, TRANSFORMATION, Sources, add, merged
from .relations import Column
from .scope import Scope, descend
from .visit import Visit

_Members = list[Column] | None


def members(visit: Visit, node: exp.Expr, scope: Scope) -> _Members:
    """Return the members of the row that an expression gives; None if it gives none known.

    Of an array they are those of each element.
    """
    find = _MEMBERS.get(type(node))
    return find(visit, node, scope) if find is not None else None


def member_of(visit: Visit, node: exp.Expr, scope: Scope) -> Sources | None:
    """Return what `row.member`, `row['member']` or a JSON path derives from, if it is known."""
    found = _picked(visit, node, scope)
    return None if found is None else found.sources


def _picked(visit: Visit, node: exp.Expr, scope: Scope) -> Column | None:
    keys = _keys(node)
    if not keys:
        return None
    inner = members(visit, node.this, scope)
    if inner is None:
        return None
    if isinstance(node, exp.Dot) and keys[0].isdigit():
        place = int(keys[0]) - 1
        return inner[place] if place < len(inner) else None
    found = descend(Column("", {}, row=inner), keys)
    if found is not None and isinstance(node, exp.JSONExtract | exp.JSONExtractScalar):
        return through(found, TRANSFORMATION)
    return found


def _keys(node: exp.Expr) -> list[str]:
    """Return the names that lead from a row to a member of it."""
    key = node.args.get("expression")
    if isinstance(node, exp.Bracket):
        indices = node.expressions
        named = len(indices) == 1 and isinstance(indices[0], exp.Literal) and indices[0].is_string
        return [indices[0].name] if named else []
    if isinstance(key, exp.JSONPath):
        steps = [one for one in key.expressions if not isinstance(one, exp.JSONPathRoot)]
        inside = [one for one in steps if not isinstance(one, exp.JSONPathSubscript)]
        names = [one.this for one in inside if isinstance(one, exp.JSONPathKey)]
        plain = len(names) == len(inside) and all(isinstance(one, str) for one in names)
        return list(names) if plain else []
    if isinstance(node, exp.Dot) and isinstance(key, exp.Identifier | exp.Literal):
        return [key.name]
    return []


def through(column: Column, effect: int) -> Column:
    """Return a column as seen through an effect, with the members of its row."""
    if column.rest is not None:
        return Column("*", {}, column.rest.through(effect))
    sources: Sources = {}
    add(sources, column.sources, effect)
    return Column(column.name, sources, row=_each(column.row, effect))


def _each(row: _Members, effect: int) -> _Members:
    return None if row is None else [through(one, effect) for one in row]


def united(rows: Sequence[_Members]) -> _Members:
    """Return the members of a value that is one of several rows."""
    first = rows[0] if rows else None
    if first is None or any(row is None or len(row) != len(first) for row in rows):
        return None
    places = zip(*(row for row in rows if row is not None), strict=True)
    return [
        Column(at[0].name, merged([one.sources for one in at]), row=united([o.row for o in at]))
        for at in places
    ]


def _inner(visit: Visit, node: exp.Expr, scope: Scope) -> _Members:
    return members(visit, node.this, scope) if isinstance(node.this, exp.Expr) else None


def _struct(visit: Visit, node: exp.Expr, scope: Scope) -> _Members:
    return list(_named(visit, node.expressions, scope))


def _named(visit: Visit, items: Iterable[exp.Expr], scope: Scope) -> Iterable[Column]:
    from .stars import expand

    for place, item in enumerate(items, 1):
        if isinstance(item, exp.Star) or (
            isinstance(item, exp.Column) and isinstance(item.this, exp.Star)
        ):
            yield from expand(visit, item, scope, place)
            continue
        value = item
        name = item.alias_or_name if isinstance(item, exp.Column | exp.Alias) else f"f{place}"
        if isinstance(item, exp.PropertyEQ | exp.JSONKeyValue):
            value = item.expression
            key = item.this
            name = key.name if isinstance(key, exp.Literal) else visit.names.fold(key)
        value = value.this if isinstance(value, exp.Alias) else value
        yield Column(name, visit.sources(value, scope), row=members(visit, value, scope))


_PAIRED = frozenset(
    ("json_build_object", "jsonb_build_object", "json_object", "object_construct_keep_null")
)


def _called(visit: Visit, node: exp.Expr, scope: Scope) -> _Members:
    name, arguments = node.name.lower(), node.expressions
    if name == "row":
        return list(_named(visit, arguments, scope))
    if name in ("row_to_json", "to_jsonb", "to_json") and len(arguments) == 1:
        return _each(members(visit, arguments[0], scope), TRANSFORMATION)
    if name not in _PAIRED or not all(isinstance(one, exp.Literal) for one in arguments[::2]):
        return None
    return [
        Column(key.name, visit.sources(value, scope), row=members(visit, value, scope))
        for key, value in zip(arguments[::2], arguments[1::2], strict=False)
    ]


def _cast(visit: Visit, node: exp.Expr, scope: Scope) -> _Members:
    inner = members(visit, node.this, scope)
    kind = node.args["to"]
    defined = [one for one in kind.expressions if isinstance(one, exp.ColumnDef)]
    if inner is None:
        return None
    if len(defined) == len(inner):
        names = [visit.names.fold(one.this) for one in defined]
        inner = [
            Column(name, one.sources, row=one.row) for name, one in zip(names, inner, strict=True)
        ]
    return _each(inner, TRANSFORMATION)


def _column(_visit: Visit, node: exp.Column, scope: Scope) -> _Members:
    if isinstance(node.this, exp.Star):
        return None
    found = scope.find([scope.visit.names.fold(part) for part in node.parts])
    return None if found is None else found.row


def _member(visit: Visit, node: exp.Expr, scope: Scope) -> _Members:
    found = _picked(visit, node, scope)
    if found is not None:
        return found.row
    whole = isinstance(node, exp.Bracket) and not _keys(node)
    return members(visit, node.this, scope) if whole else None


def _array(visit: Visit, node: exp.Expr, scope: Scope) -> _Members:
    items = node.expressions
    if len(items) == 1 and isinstance(items[0], exp.Query):
        return members(visit, items[0], scope)
    return united([members(visit, one, scope) for one in items])


def _gathered(visit: Visit, node: exp.Expr, scope: Scope) -> _Members:
    return _each(_inner(visit, node, scope), AGGREGATION)


def _ordered(visit: Visit, node: exp.Order, scope: Scope) -> _Members:
    inner = _inner(visit, node, scope)
    if inner is None:
        return None
    keys: Sources = {}
    visit.act(node.expressions, scope, SORT, keys)
    return [Column(one.name, merged((one.sources, keys)), one.rest, one.row) for one in inner]


def _query(visit: Visit, node: exp.Expr, scope: Scope) -> _Members:
    query = node.this if isinstance(node, exp.Subquery) else node
    if not isinstance(query, exp.Select) or str(query.args.get("kind")).upper() != "STRUCT":
        return None
    relation = visit.query(query, scope)
    return [
        Column(one.name, merged((one.sources, relation.influence)), one.rest, one.row)
        for one in relation.columns
    ]


_MEMBERS: dict[type, Callable[..., _Members]] = {
    exp.Alias: _inner,
    exp.Paren: _inner,
    exp.Limit: _inner,
    exp.IgnoreNulls: _inner,
    exp.JSONFormat: lambda visit, node, scope: _each(_inner(visit, node, scope), TRANSFORMATION),
    exp.ParseJSON: lambda visit, node, scope: _each(_inner(visit, node, scope), TRANSFORMATION),
    exp.Struct: _struct,
    exp.JSONObject: _struct,
    exp.Anonymous: _called,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Column: _column,
    exp.Dot: _member,
    exp.Bracket: _member,
    exp.JSONExtract: _member,
    exp.JSONExtractScalar: _member,
    exp.Array: _array,
    exp.ArrayAgg: _gathered,
    exp.ArrayUniqueAgg: _gathered,
    exp.AnyValue: _gathered,
    exp.Order: _ordered,
    exp.Select: _query,
    exp.Subquery: _query,
}
