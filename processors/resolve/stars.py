"""Select items: names of columns, stars and what may be done to them."""

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from sqlglot import exp

from .edges import AGGREGATION, TRANSFORMATION, Sources, add
from .functions import AGGREGATES
from .relations import Column, Rest
from .rows import members, through
from .scope import Binding, Scope
from .unnamed import unnamed
from .visit import Visit, expression


def expand(visit: Visit, item: exp.Expr, scope: Scope, place: int) -> Iterable[Column]:
    """Return the columns that one item of a select list gives."""
    if isinstance(item, exp.Star):
        return _changed(visit, item, scope, _all(scope, _qualified_exceptions(visit, item)))
    if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        return _changed(visit, item.this, scope, _qualified(visit, item, scope))
    if isinstance(item, exp.Like | exp.ILike | exp.Glob | exp.SimilarTo | exp.RegexpLike | exp.Not):
        matched = _matched(item, scope)
        if matched is not None:
            return matched
    if isinstance(item, exp.Aliases):
        return _aliases(visit, item, scope)
    if isinstance(item, exp.QueryTransform):
        return _transformed(visit, item, scope)
    if isinstance(item, exp.Apply):
        return _applied(visit, item, scope)
    if isinstance(item, exp.Posexplode):
        sources = visit.sources(item, scope)
        return [Column("pos", dict(sources)), Column("col", sources)]
    if isinstance(item, exp.Dot) and isinstance(item.expression, exp.Star):
        return _struct_star(visit, item, scope)
    repeated = item.find(exp.Columns) if visit.repeats else None
    if repeated is not None:
        return _columns_function(visit, item, repeated, scope)
    sources = visit.sources(item, scope)
    row = members(visit, item, scope)
    return [Column(name_of(visit, item, sources, place), sources, row=row)]


def name_of(visit: Visit, item: exp.Expr, sources: Sources, place: int) -> str:
    """Return the name of a select item's column.

    A plain column keeps the spelling of its table where that is known.
    """
    if isinstance(item, exp.Alias):
        return visit.names.fold(item.args["alias"])
    while isinstance(item, exp.Paren):
        item = item.this
    if isinstance(item, exp.Column):
        name = visit.names.fold(item.this)
        if len(sources) == 1:
            (source,) = sources
            if source.field.lower() == name.lower():
                return source.field
        return name
    if isinstance(item, exp.Dot) and isinstance(item.expression, exp.Identifier):
        return visit.names.fold(item.expression)
    return unnamed(item, visit.dialect, visit.text, place)


# Engines where a merged column keeps its place in the left table.
_MERGED_IN_PLACE = frozenset(("duckdb", "clickhouse"))


def _qualified_exceptions(visit: Visit, star: exp.Star) -> dict[str, set[str]]:
    """Return the columns that `* EXCEPT (t.a)` leaves out of one table, by its alias."""
    gone: dict[str, set[str]] = {}
    for one in star.args.get("except_") or ():
        if isinstance(one, exp.Column) and one.table:
            table = visit.names.fold(one.args["table"]).lower()
            gone.setdefault(table, set()).add(visit.names.fold(one.this).lower())
    return gone


def _all(scope: Scope, gone: Mapping[str, set[str]] = MappingProxyType({})) -> list[Column]:
    """Return the columns of `*`: those merged by USING first, as the standard has it."""
    if gone:
        return [
            _without_hidden(column, hidden)
            for binding in scope.bindings
            if not binding.semi
            for hidden in [binding.hidden | gone.get(binding.key, set())]
            for column in binding.relation.columns
            if column.rest is not None or column.name.lower() not in hidden
        ]
    if scope.merged and scope.visit.dialect in _MERGED_IN_PLACE:
        return _all_in_place(scope)
    columns = list(scope.merged.values())
    for binding in scope.bindings:
        if not binding.semi:
            columns.extend(_visible(binding))
    return columns


def _all_in_place(scope: Scope) -> list[Column]:
    columns: list[Column] = []
    waiting = dict(scope.merged)
    for binding in scope.bindings:
        if binding.semi:
            continue
        for column in binding.relation.columns:
            key = column.name.lower()
            if key not in binding.hidden:
                columns.append(_without_hidden(column, binding.hidden))
            elif key in waiting:
                columns.append(waiting.pop(key))
    return [*columns, *waiting.values()]


def _without_hidden(column: Column, hidden: set[str]) -> Column:
    if column.rest is None or not hidden:
        return column
    return Column("*", {}, column.rest.without(hidden))


def _visible(binding: Binding) -> Iterable[Column]:
    if not binding.hidden:
        return binding.relation.columns
    return [
        _without_hidden(column, binding.hidden)
        for column in binding.relation.columns
        if column.name.lower() not in binding.hidden
    ]


def _qualified(visit: Visit, item: exp.Column, scope: Scope) -> list[Column]:
    parts = [visit.names.fold(part) for part in item.parts[:-1]]
    binding = scope.binding([part.lower() for part in parts])
    if binding is not None:
        return list(binding.relation.columns)
    held = scope.find([visit.names.fold(part) for part in item.parts[:-1]])
    if held is not None and held.row is not None:
        return held.row
    return _fields_of(visit, exp.Column(this=item.args["table"]), parts[-1], scope)


def _struct_star(visit: Visit, item: exp.Dot, scope: Scope) -> list[Column]:
    base = item.this
    while isinstance(base, exp.Paren):
        base = base.this
    if isinstance(base, exp.Column) and not base.table:
        binding = scope.binding([base.name.lower()])
        if binding is not None:
            return list(binding.relation.columns)
    row = members(visit, base, scope)
    return row if row is not None else _fields_of(visit, base, base.output_name, scope)


def _fields_of(visit: Visit, base: exp.Expr, name: str, scope: Scope) -> list[Column]:
    """Return the fields of a struct: known where the schema lists them by their path."""
    sources = visit.sources(base, scope, TRANSFORMATION)
    prefix = f"{name.lower()}."
    nested = [
        Column(path[len(prefix) :], fields)
        for binding in scope.bindings
        for path, fields in binding.relation.nested.items()
        if path.startswith(prefix) and "." not in path[len(prefix) :]
    ]
    if nested:
        return nested
    return [Column("*", {}, Rest(None, given=sources))]


def _changed(visit: Visit, star: exp.Expr, scope: Scope, columns: list[Column]) -> list[Column]:
    """Apply EXCEPT, REPLACE and RENAME to the columns of a star."""
    args = star.args
    if not (args.get("except_") or args.get("replace") or args.get("rename") or args.get("ilike")):
        return columns
    gone = {
        _leaf(visit, one)
        for one in args.get("except_") or ()
        if not (isinstance(one, exp.Column) and one.table)
    }
    new = {
        visit.names.fold(one.args["alias"]).lower(): visit.sources(one.this, scope)
        for one in args.get("replace") or ()
        if isinstance(one, exp.Alias)
    }
    names = {
        _leaf(visit, one.this): visit.names.fold(one.args["alias"])
        for one in args.get("rename") or ()
        if isinstance(one, exp.Alias) and one.args.get("alias")
    }
    changed: list[Column] = []
    ilike = args.get("ilike")
    if ilike:
        matches = like(
            ilike.name if isinstance(ilike, exp.Literal) else ilike.this.name, re.IGNORECASE
        )
        columns = [one for one in columns if one.rest is not None or matches(one.name)]
    for column in columns:
        key = column.name.lower()
        if column.rest is not None:
            changed.extend(_changed_rest(column.rest, gone, new, names))
        elif key not in gone:
            changed.append(Column(names.get(key, column.name), new.get(key, column.sources)))
    return changed


def _matched(item: exp.Expr, scope: Scope) -> list[Column] | None:
    """Return the columns that DuckDB's `* LIKE 'pattern'` chooses; None for what is no star."""
    test = item.this if isinstance(item, exp.Not) else item
    negated = isinstance(item, exp.Not) or bool(test.args.get("negate"))
    pattern = test.expression if isinstance(test, exp.Binary | exp.RegexpLike) else None
    if not isinstance(pattern, exp.Literal) or not isinstance(test.this, exp.Star):
        return None
    if isinstance(test, exp.SimilarTo | exp.RegexpLike):
        matches = _pattern(f"^(?:{pattern.name})$")
    elif isinstance(test, exp.Glob):
        matches = _pattern(fnmatch.translate(pattern.name))
    else:
        flags = re.IGNORECASE if isinstance(test, exp.ILike) else re.RegexFlag(0)
        matches = like(pattern.name, flags)
    return [one for one in _all(scope) if one.rest is not None or matches(one.name) != negated]


def _leaf(visit: Visit, node: exp.Expr) -> str:
    return visit.names.fold(node.this if isinstance(node, exp.Column) else node).lower()


def _changed_rest(
    rest: Rest, gone: set[str], new: dict[str, Sources], names: dict[str, str]
) -> Iterable[Column]:
    """Replaced and renamed columns are known by name even where the table is not."""
    renamed = {new_name: old for old, new_name in names.items()}
    yield Column("*", {}, rest.without(gone | new.keys(), renamed))
    for name, sources in new.items():
        yield Column(name, sources)


def _aliases(visit: Visit, item: exp.Aliases, scope: Scope) -> list[Column]:
    """Visit `stack(…) AS (a, b)` and its kin: one function gives several columns."""
    from .tables import produced

    names = [visit.names.fold(one) for one in item.expressions]
    relation = produced(visit, item.this, scope, names)
    add(scope.influence, relation.influence)
    return relation.columns


def _transformed(visit: Visit, item: exp.QueryTransform, scope: Scope) -> list[Column]:
    """Visit Hive's TRANSFORM … USING: a script makes each column of all that it is given."""
    sources: Sources = {}
    visit.act(item.expressions, scope, TRANSFORMATION, sources)
    schema = item.args.get("schema")
    named = schema.expressions if schema else []
    names = [visit.names.fold(one.this if isinstance(one, exp.ColumnDef) else one) for one in named]
    return [Column(name, dict(sources)) for name in names or ["key", "value"]]


def _applied(visit: Visit, item: exp.Apply, scope: Scope) -> list[Column]:
    """Visit ClickHouse's `* APPLY(function)`."""
    columns = list(expand(visit, item.this, scope, 0))
    aggregates = item.expression.name.lower() in AGGREGATES | {"sum", "avg", "min", "max"}
    effect = AGGREGATION if aggregates else TRANSFORMATION
    return [through(column, effect) for column in columns]


def _columns_function(
    visit: Visit, item: exp.Expr, function: exp.Columns, scope: Scope
) -> list[Column]:
    """Visit COLUMNS(…): the item stands once for each column that is chosen."""
    chosen = _chosen(visit, function, scope)
    alias = visit.names.fold(item.args["alias"]) if isinstance(item, exp.Alias) else None
    body = item.this if isinstance(item, exp.Alias) else item
    result: list[Column] = []
    for column in chosen:
        effect_of = {**scope.chosen, id(function): column} if column.rest is None else {}
        if body is function:
            result.append(column if alias is None else Column(alias, column.sources, column.rest))
        elif column.rest is not None:
            result.append(Column("*", {}, column.rest.through(TRANSFORMATION)))
        else:
            before, scope.chosen = scope.chosen, effect_of
            try:
                result.append(Column(alias or column.name, visit.sources(body, scope)))
            finally:
                scope.chosen = before
    return result


@expression(exp.Columns)
def columns_function(
    visit: Visit, node: exp.Columns, scope: Scope, effect: int, into: Sources
) -> None:
    """Visit COLUMNS(…) inside the expression that is repeated for each column."""
    column = scope.chosen.get(id(node)) or next(iter(scope.chosen.values()), None)
    if column is not None:
        add(into, column.sources, effect)
    else:
        for one in _chosen(visit, node, scope):
            add(into, one.sources, effect)


def _chosen(visit: Visit, node: exp.Columns, scope: Scope) -> list[Column]:
    """Return the columns that COLUMNS(…) chooses by pattern, list or lambda."""
    chooser = node.this
    if isinstance(chooser, exp.Star):
        return list(expand(visit, chooser, scope, 0))
    columns = _all(scope)
    if isinstance(chooser, exp.Literal):
        matches = _pattern(chooser.name)
    elif isinstance(chooser, exp.Lambda):
        matches = _lambda(chooser)
    else:
        names = {one.name.lower() for one in chooser.find_all(exp.Identifier, exp.Literal)}
        matches = lambda name: name.lower() in names  # noqa: E731
    return [column for column in columns if column.rest is not None or matches(column.name)]


def _pattern(pattern: str) -> Callable[[str], bool]:
    try:
        compiled = re.compile(pattern)
    except re.error:
        return lambda _name: True
    return lambda name: compiled.search(name) is not None


def _lambda(chooser: exp.Lambda) -> Callable[[str], bool]:
    """Read `c -> c LIKE 'x%'`; what else a lambda may say is taken to choose every column."""
    body = chooser.this
    if isinstance(body, exp.Like | exp.ILike) and isinstance(body.expression, exp.Literal):
        flags = re.IGNORECASE if isinstance(body, exp.ILike) else re.RegexFlag(0)
        return like(body.expression.name, flags)
    return lambda _name: True


def like(pattern: str, flags: re.RegexFlag) -> Callable[[str], bool]:
    """Return what tells whether a name is LIKE a pattern."""
    wild = re.escape(pattern).replace("%", ".*").replace("_", ".")
    compiled = re.compile(wild, flags)
    return lambda name: compiled.fullmatch(name) is not None
