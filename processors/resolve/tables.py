"""What stands in FROM: base tables, CTEs, table functions, VALUES, UNNEST, LATERAL."""

from collections.abc import Callable, Sequence

from sqlglot import exp
from sqlglot.errors import SqlglotError

from .edges import JOIN, TRANSFORMATION, Sources, add, merged, unknown
from .functions import ROW_MAKERS
from .joins import bind_alias, bind_from, column_names
from .naming import file_dataset
from .relations import Column, Relation, Rest, everything, renamed
from .rows import members, through
from .scope import Binding, Scope
from .visit import Visit, from_item, query
from .vocabulary import WORDS

# What a table function that reads files takes the path by.
_FILE_READERS = WORDS["file_readers"]
# What a table function gives that hands on the rows of a table it is given.
_PASSING = WORDS["passing_functions"]
_ONE_COLUMN = WORDS["one_column_functions"]
_KNOWN = ROW_MAKERS | _ONE_COLUMN | WORDS["known_table_functions"]


@from_item(exp.Table)
def table(visit: Visit, node: exp.Table, scope: Scope) -> None:
    """Bind a table: a CTE, a temporary table, a file, a function's rows or a base table."""
    this = node.this
    if node.args.get("rows_from"):
        _rows_from(visit, node, scope)
    elif (named := stated_name(visit, this)) is not None:
        named.set("alias", node.args.get("alias"))
        _named_table(visit, named, scope)
    elif isinstance(this, exp.Func) or (isinstance(this, exp.Dot) and this.find(exp.Func)):
        _function_table(visit, node, scope)
    elif this is None:
        bind_alias(visit, node, Relation([]), scope)
    else:
        _named_table(visit, node, scope)


def stated_name(visit: Visit, node: object) -> exp.Table | None:
    """Return the table that `IDENTIFIER('name')` names, where the text is known."""
    if isinstance(node, exp.DynamicIdentifier):
        value = node.this
    elif isinstance(node, exp.Anonymous) and node.name.lower() == "identifier":
        value = node.expressions[0]
    else:
        return None
    text = value.name if isinstance(value, exp.Literal) else None
    if isinstance(value, exp.Parameter):
        text = visit.session.texts.get(value.name.lower())
    try:
        return exp.to_table(text, dialect=visit.dialect) if text else None
    except (SqlglotError, TypeError):
        return None


def _named_table(visit: Visit, node: exp.Table, scope: Scope) -> None:
    parts = visit.names.parts(node)
    relation = None
    if len(parts) == 1:
        give = scope.cte(parts[0].lower())
        relation = give() if give is not None else None
    if relation is None:
        relation = visit.session.temporary.get(".".join(parts).lower())
    if relation is None and len(parts) > 1:
        relation = _array_of(visit, parts, scope)
    if relation is None and len(parts) == 1 and parts[0].lower() == "dual":
        relation = Relation([])
    if relation is None:
        relation = visit.table(visit.dataset(node))
    bind_alias(visit, node, relation, scope, tuple(parts))


def _array_of(visit: Visit, parts: list[str], scope: Scope) -> Relation | None:
    """Return the elements of `FROM t, t.array`, where an earlier item is named so."""
    if visit.dialect not in ("bigquery", "spark", "databricks", "hive", "trino", "redshift", ""):
        return None
    binding = scope.binding([parts[0].lower()])
    if binding is None or not (binding.relation.named(parts[1]) or binding.relation.open()):
        return None
    column = exp.column(parts[-1], table=parts[0])
    return elements(visit, [column], scope, [parts[-1]])


def _rows_from(visit: Visit, node: exp.Table, scope: Scope) -> None:
    columns: list[Column] = []
    influence: Sources = {}
    for one in node.args["rows_from"]:
        inner = Scope(visit, scope)
        bind_from(visit, one, inner)
        relation = inner.bindings[0].relation
        lone = relation.value is not None and relation.open()
        columns.extend([Column("", relation.value or {})] if lone else relation.columns)
        add(influence, inner.influence)
    bind_alias(visit, node, Relation(columns, influence), scope)


def _function_table(visit: Visit, node: exp.Table, scope: Scope) -> None:
    function = node.this
    if isinstance(function, exp.Dot):
        function = function.find(exp.Func) or function
    alias = node.args.get("alias")
    names = column_names(visit, alias) if isinstance(alias, exp.TableAlias) else []
    default = (
        visit.names.fold(alias.this) if isinstance(alias, exp.TableAlias) and alias.this else ""
    )
    relation = produced(visit, function, scope, names, default)
    if node.args.get("ordinality") and not names:
        relation.columns.append(Column("ordinality", everything(relation)))
    bind_alias(visit, node, relation, scope, (function.name.lower(),) if not default else ())


def produced(
    visit: Visit, function: exp.Expr, scope: Scope, names: Sequence[str] = (), default: str = ""
) -> Relation:
    """Return the rows that a table function makes of its arguments.

    `names` are those that the statement gives to the columns, `default` is the alias, which
    names the only column of a function that gives one.
    """
    files = _files(function)
    if files:
        return _file_relation(visit, files, names)
    handler = _PRODUCERS.get(type(function))
    if handler is not None:
        return renamed(_wide(handler(visit, function, scope), len(names)), names)
    name = _function_name(function)
    if name in _PASSING and function.expressions:
        passed = _passed(visit, function.expressions[0], scope)
        if passed is not None:
            return renamed(passed, names)
    if isinstance(function, exp.Unnest | exp.Explode | exp.Inline):
        return elements(
            visit,
            [*function.expressions, *_this(function)],
            scope,
            names or ([default] if default else []),
        )
    return _generic(visit, function, scope, names, default)


def _wide(relation: Relation, width: int) -> Relation:
    """Return the rows of a function under as many columns as the statement names.

    A map gives key and value, an array of structs one column for each member.
    """
    missing = width - len(relation.columns)
    if missing > 0 and relation.value is not None:
        relation.columns.extend(Column("", dict(relation.value)) for _ in range(missing))
    return relation


def _function_name(function: exp.Expr) -> str:
    return function.name.lower() if isinstance(function, exp.Anonymous) else function.key


def _this(function: exp.Expr) -> list[exp.Expr]:
    return [function.this] if isinstance(function.this, exp.Expr) else []


def _generic(
    visit: Visit, function: exp.Expr, scope: Scope, names: Sequence[str], default: str
) -> Relation:
    """Each column of a function's rows derives from all arguments."""
    sources: Sources = {}
    visit.act(function.iter_expressions(), scope, TRANSFORMATION, sources)
    influence: Sources = {}
    add(influence, sources, JOIN)
    if isinstance(function, exp.Anonymous) and _function_name(function) not in _KNOWN:
        add(influence, unknown("unknown_schema", function.name))
    if names:
        return Relation([Column(name, dict(sources)) for name in names], influence)
    columns = [Column("*", {}, Rest(None, given=sources))]
    if default and _function_name(function) in _ONE_COLUMN | {"explodinggenerateseries"}:
        columns = [Column(default, sources)]
    return Relation(columns, influence, value=sources)


def _passed(visit: Visit, argument: exp.Expr, scope: Scope) -> Relation | None:
    """Return the rows of a table or query that a table function is given and hands on."""
    inner = Scope(visit, scope)
    if isinstance(argument, exp.Query):
        return visit.query(argument, scope)
    if isinstance(argument, exp.Table):
        table(visit, argument, inner)
        return inner.bindings[0].relation
    if isinstance(argument, exp.Func):
        return produced(visit, argument, scope)
    return None


def _files(function: exp.Expr) -> list[str]:
    """Return the paths that a function reads files from."""
    name = _function_name(function)
    if name not in _FILE_READERS and not isinstance(function, exp.ReadCSV | exp.ReadParquet):
        return []
    arguments = [*_this(function), *function.expressions]
    if not arguments:
        return []
    first = arguments[0]
    if isinstance(first, exp.Kwarg | exp.PropertyEQ):
        first = first.expression
    literals = [first] if isinstance(first, exp.Literal) else list(first.find_all(exp.Literal))
    return [one.name for one in literals if one.is_string]


def _file_relation(visit: Visit, files: list[str], names: Sequence[str]) -> Relation:
    relations = [visit.table(file_dataset(path, visit.names)) for path in files]
    first = relations[0]
    if len(relations) > 1:
        rest = [one.columns[0].rest for one in relations[1:] if one.columns and one.columns[0].rest]
        if first.columns and first.columns[0].rest is not None:
            joined = Column("*", {}, first.columns[0].rest.joined_by(rest))
            first = Relation([joined], inputs=frozenset().union(*(one.inputs for one in relations)))
    return renamed(first, names)


def elements(
    visit: Visit,
    arrays: Sequence[exp.Expr],
    scope: Scope,
    names: Sequence[str],
    offset: str | None = None,
) -> Relation:
    """Return the rows that UNNEST makes of arrays, each array giving one column.

    How many elements there are decides how many rows there are.
    """
    row = members(visit, arrays[0], scope) if len(arrays) == 1 else None
    if row is not None and visit.dialect in _SPREADING:
        return _spread(visit, arrays[0], row, scope, names, offset)
    sources = [visit.sources(one, scope, TRANSFORMATION) for one in arrays]
    whole = merged(sources)
    influence: Sources = {}
    add(influence, whole, JOIN)
    columns = []
    for place, (array, one) in enumerate(zip(arrays, sources, strict=True)):
        name = names[place] if place < len(names) else ""
        row = members(visit, array, scope)
        columns.append(
            Column(name, one, row=row and [through(each, TRANSFORMATION) for each in row])
        )
    if len(names) > len(sources):
        # A map gives key and value, an array of structs its fields; the last may count rows.
        columns.extend(Column(name, dict(whole)) for name in names[len(sources) :])
    elif not names:
        columns = [Column(f"_col_{place}", one) for place, one in enumerate(sources)]
    if offset:
        columns.append(Column(offset, dict(whole)))
    return Relation(columns, influence, value=whole)


_SPREADING = frozenset(("bigquery", "trino", "presto", "athena"))
"""Where UNNEST makes a column of each member of the array's rows."""


def _spread(
    visit: Visit,
    array: exp.Expr,
    row: Sequence[Column],
    scope: Scope,
    names: Sequence[str],
    offset: str | None,
) -> Relation:
    whole = visit.sources(array, scope, TRANSFORMATION)
    influence: Sources = {}
    add(influence, whole, JOIN)
    columns = [through(one, TRANSFORMATION) for one in row]
    if offset:
        columns.append(Column(offset, dict(whole)))
    relation = Relation(columns, influence, value=whole)
    # In BigQuery the name is the element's, elsewhere names are the members'.
    return relation if visit.dialect == "bigquery" else renamed(relation, names)


@from_item(exp.Unnest)
def unnest(visit: Visit, node: exp.Unnest, scope: Scope) -> None:
    """Bind UNNEST(arrays) WITH ORDINALITY or WITH OFFSET."""
    alias = node.args.get("alias")
    names = column_names(visit, alias) if isinstance(alias, exp.TableAlias) else []
    key = visit.names.fold(alias.this) if isinstance(alias, exp.TableAlias) and alias.this else ""
    offset = node.args.get("offset")
    offset_name = None
    if isinstance(offset, exp.Expr):
        offset_name = visit.names.fold(offset)
    elif offset:
        offset_name = "offset" if visit.dialect == "bigquery" else "ordinality"
    lone = names or ([key] if key else [])
    relation = elements(visit, node.expressions, scope, lone, offset_name)
    scope.bind(Binding(key or (names[0] if names else ""), relation))


@from_item(exp.Lateral)
def lateral(visit: Visit, node: exp.Lateral, scope: Scope) -> None:
    """Bind LATERAL: a query that sees the items before it, or a function."""
    this = node.this
    if isinstance(this, exp.Subquery | exp.Select | exp.SetOperation):
        bind_alias(visit, node, visit.query(this, scope), scope)
        return
    if isinstance(this, exp.Table):
        table(visit, this, scope)
        return
    alias = node.args.get("alias")
    names = column_names(visit, alias) if isinstance(alias, exp.TableAlias) else []
    key = visit.names.fold(alias.this) if isinstance(alias, exp.TableAlias) and alias.this else ""
    relation = produced(visit, this, scope, names, key)
    if node.args.get("ordinality") and not names:
        relation.columns.append(Column("ordinality", everything(relation)))
    scope.bind(Binding(key, relation))


@from_item(exp.Pivot)
def unpivoted_object(visit: Visit, node: exp.Pivot, scope: Scope) -> None:
    """Bind Redshift's UNPIVOT object AS value AT attribute."""
    at = node.this
    named = at.this if isinstance(at, exp.AtIndex) else at
    value = named.this if isinstance(named, exp.Alias) else named
    names = [visit.names.fold(named.args["alias"])] if isinstance(named, exp.Alias) else ["value"]
    if isinstance(at, exp.AtIndex):
        names.append(visit.names.fold(at.expression))
    scope.bind(Binding(names[0], elements(visit, [value], scope, names)))


@from_item(exp.TableFromRows)
def table_from_rows(visit: Visit, node: exp.Expr, scope: Scope) -> None:
    """Bind TABLE(function)."""
    alias = node.args.get("alias")
    names = column_names(visit, alias) if isinstance(alias, exp.TableAlias) else []
    this = node.this
    if isinstance(this, exp.Literal) and this.is_string:
        _named_table(visit, exp.to_table(this.name, dialect=visit.dialect), scope)
        return
    passed = _passed(visit, this, scope) if isinstance(this, exp.Query) else None
    relation = passed or produced(visit, this, scope, names)
    bind_alias(visit, node, relation, scope)


@from_item(exp.Values)
def values_table(visit: Visit, node: exp.Values, scope: Scope) -> None:
    """Bind VALUES as a table."""
    bind_alias(visit, node, values(visit, node, scope), scope)


@query(exp.Values)
def values(visit: Visit, node: exp.Values, scope: Scope) -> Relation:
    """Return the rows of VALUES: each column derives from its place in all of them."""
    columns: list[Column] = []
    for row in node.expressions:
        items = row.expressions if isinstance(row, exp.Tuple) else [row]
        for place, item in enumerate(items):
            if place == len(columns):
                columns.append(Column(f"col{place}", {}))
            add(columns[place].sources, visit.sources(item, scope))
    alias = node.args.get("alias")
    relation = Relation(columns)
    if isinstance(alias, exp.TableAlias) and not isinstance(node.parent, exp.From | exp.Join):
        return renamed(relation, column_names(visit, alias))
    return relation


@from_item(exp.Join)
def array_join(visit: Visit, node: exp.Join, scope: Scope) -> None:
    """Bind ClickHouse's ARRAY JOIN: each array's elements replace it under its name."""
    for one in [node.this, *(node.args.get("expressions") or ())]:
        name = (
            visit.names.fold(one.args["alias"])
            if isinstance(one, exp.Alias)
            else visit.names.fold(one.this)
        )
        array = one.this if isinstance(one, exp.Alias) else one
        if isinstance(array, exp.Table):
            array = exp.column(array.this, table=array.args.get("db"))
        relation = elements(visit, [array], scope, [name])
        add(scope.influence, relation.influence)
        scope.merged[name.lower()] = relation.columns[0]
        for binding in scope.bindings:
            if not isinstance(one, exp.Alias):
                binding.hidden.add(name.lower())
    scope.changed()


def _json_columns(visit: Visit, function: exp.Expr, scope: Scope) -> Relation:
    """Return the columns of OPENJSON, JSON_TABLE and XMLTABLE as their clause states them."""
    sources: Sources = {}
    visit.act([function.this], scope, TRANSFORMATION, sources)
    visit.act(function.args.get("passing") or (), scope, TRANSFORMATION, sources)
    influence: Sources = {}
    add(influence, sources, JOIN)
    names = [
        visit.names.fold(one.this)
        for one in function.find_all(exp.OpenJSONColumnDef, exp.JSONColumnDef, exp.ColumnDef)
        if isinstance(one.this, exp.Identifier)
    ]
    if not names and isinstance(function, exp.OpenJSON):
        names = ["key", "value", "type"]
    if not names:
        return Relation([Column("*", {}, Rest(None, given=sources))], influence)
    return Relation([Column(name, dict(sources)) for name in names], influence)


def _flatten(visit: Visit, function: exp.Expr, scope: Scope) -> Relation:
    """Return the rows of Snowflake's FLATTEN, or of a map or array that explode is given."""
    if visit.dialect == "snowflake":
        arguments = [
            one
            for one in [*_this(function), *function.expressions]
            if not isinstance(one, exp.Kwarg) or one.this.name.lower() == "input"
        ]
        names = ["SEQ", "KEY", "PATH", "INDEX", "VALUE", "THIS"]
        relation = elements(visit, arguments, scope, names[:1])
        value = relation.value or {}
        return Relation([Column(name, dict(value)) for name in names], relation.influence)
    relation = elements(visit, [*_this(function), *function.expressions], scope, ["col"])
    value = relation.value or {}
    columns = [Column("col", value)]
    if isinstance(function, exp.Posexplode):
        columns = [Column("pos", dict(value)), Column("col", value)]
    return Relation(columns, relation.influence, value=value)


def _stack(visit: Visit, function: exp.Expr, scope: Scope) -> Relation:
    """Return the rows of stack(n, …): the arguments in n rows."""
    count, items = function.this, function.expressions
    rows = int(count.name) if isinstance(count, exp.Literal) and count.name.isdigit() else 1
    width = -(-len(items) // max(rows, 1)) or 1
    columns = [Column(f"col{place}", {}) for place in range(width)]
    for place, item in enumerate(items):
        add(columns[place % width].sources, visit.sources(item, scope))
    return Relation(columns)


_PRODUCERS: dict[type, Callable[[Visit, exp.Expr, Scope], Relation]] = {
    exp.OpenJSON: _json_columns,
    exp.JSONTable: _json_columns,
    exp.XMLTable: _json_columns,
    exp.Explode: _flatten,
    exp.Posexplode: _flatten,
    exp.Flatten: _flatten,
    exp.Stack: _stack,
}
