"""Expressions: what a value derives from, and which of it only decides.

Effects are composed on the way down: a function's argument is visited with the effect that
the function has on the column in hand, so one dictionary gathers the sources of a column.
"""

from sqlglot import exp

from .edges import (
    AGGREGATION,
    COMPOSED,
    CONDITIONAL,
    JOIN,
    SORT,
    THEN,
    TRANSFORMATION,
    WINDOW,
    Sources,
    add,
    unknown,
)
from .functions import AGGREGATES, ROW_MAKERS, masks
from .relations import Column, Relation, everything
from .rows import member_of
from .scope import Scope, in_relation
from .visit import Visit, expression

_MASKED = 1


@expression(exp.Expr)
def derived(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit an operator or function: each operand is transformed.

    Chains of operators are thousands of nodes deep in generated SQL, so nodes of this
    family are kept on a stack rather than visited by recursion.
    """
    kind = (
        TRANSFORMATION | _MASKED if isinstance(node, exp.Func) and masks(node) else TRANSFORMATION
    )
    stack = [(node, THEN[effect][kind])]
    while stack:
        node, effect = stack.pop()
        for value in node.args.values():
            for child in value if type(value) is list else (value,):
                if not isinstance(child, exp.Expr):
                    continue
                handler = expression[type(child)]
                if handler is not derived:
                    handler(visit, child, scope, effect, into)
                elif isinstance(child, exp.Func) and masks(child):
                    stack.append((child, THEN[effect][TRANSFORMATION | _MASKED]))
                else:
                    stack.append((child, effect))


@expression(
    exp.Literal, exp.Identifier, exp.DataType, exp.Var, exp.Null, exp.Boolean, exp.Star,
    exp.Placeholder, exp.National, exp.HexString, exp.BitString, exp.JSONPath, exp.RowNumber,
    exp.CurrentDate, exp.CurrentTimestamp, exp.TableAlias,
)  # fmt: skip
def constant(_visit: Visit, _node: exp.Expr, _scope: Scope, _effect: int, _into: Sources) -> None:
    """Visit what derives from no column."""


@expression(exp.Column)
def column(visit: Visit, node: exp.Column, scope: Scope, effect: int, into: Sources) -> None:
    """Visit a column, or `t.*` where a function takes a whole row."""
    this = node.this
    if isinstance(this, exp.Star):
        binding = scope.binding([part.name.lower() for part in node.parts[:-1]])
        if binding is not None:
            add(into, everything(binding.relation), THEN[effect][TRANSFORMATION])
        return
    if isinstance(this, exp.Parameter | exp.Placeholder):
        _positional(visit, this, scope, effect, into, node.table)
        return
    composed = COMPOSED[effect]
    for source, bits in scope.column(node).items():
        into[source] = into.get(source, 0) | composed[bits]


@expression(exp.Paren, exp.Alias, exp.Aliases, exp.PivotAlias, exp.Distinct, exp.IgnoreNulls,
            exp.RespectNulls, exp.Ordered, exp.HavingMax)  # fmt: skip
def same(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit what leaves the value as it is."""
    for key, value in node.args.items():
        if key == "alias":
            continue
        for child in value if type(value) is list else (value,):
            if isinstance(child, exp.Expr):
                expression[type(child)](visit, child, scope, effect, into)


@expression(exp.Case)
def case(visit: Visit, node: exp.Case, scope: Scope, effect: int, into: Sources) -> None:
    """Visit CASE: conditions decide, results are the value as they are."""
    decides = THEN[effect][CONDITIONAL]
    args = node.args
    conditions = [args.get("this"), *(branch.this for branch in args.get("ifs") or ())]
    results = [*(branch.args.get("true") for branch in args.get("ifs") or ()), args.get("default")]
    visit.act(conditions, scope, decides, into)
    visit.act(results, scope, effect, into)


@expression(exp.If, exp.Nvl2)
def either(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit IF(condition, a, b) and NVL2(tested, a, b)."""
    visit.act([node.this], scope, THEN[effect][CONDITIONAL], into)
    results = [node.args.get("true"), node.args.get("false")]
    visit.act(results, scope, effect, into)


@expression(exp.DecodeCase)
def decode(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit DECODE(tested, search, result, …, default)."""
    tested, *rest = node.expressions
    pairs = len(rest) // 2 * 2
    visit.act([tested, *rest[:pairs:2]], scope, THEN[effect][CONDITIONAL], into)
    visit.act([*rest[1:pairs:2], *rest[pairs:]], scope, effect, into)


@expression(exp.Coalesce)
def coalesce(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit COALESCE and its kin: each argument is a value, and decides if the next one is."""
    arguments = [node.this, *node.expressions]
    visit.act(arguments, scope, effect, into)
    visit.act(arguments, scope, THEN[effect][CONDITIONAL], into)


@expression(exp.Nullif)
def nullif(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit NULLIF(a, b): the value is a; whether it is there, both decide."""
    visit.act([node.this], scope, effect, into)
    visit.act([node.this, node.expression], scope, THEN[effect][CONDITIONAL], into)


@expression(exp.In)
def in_(visit: Visit, node: exp.In, scope: Scope, effect: int, into: Sources) -> None:
    """Visit IN: over a subquery, all of it decides."""
    unnest = node.args.get("unnest")
    if unnest:
        visit.act([node.this, *unnest.expressions], scope, THEN[effect][TRANSFORMATION], into)
        return
    found = node.args.get("query")
    derived(visit, node, scope, effect if found is None else THEN[effect][CONDITIONAL], into)


@expression(exp.AggFunc, exp.JSONArrayAgg)
def aggregate(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit an aggregate; `count(*)` derives from no column."""
    kind = THEN[effect][AGGREGATION | _MASKED if masks(node) else AGGREGATION]
    for value in node.args.values():
        for child in value if type(value) is list else (value,):
            if isinstance(child, exp.Column) and isinstance(child.this, exp.Star):
                if not isinstance(node, exp.Count):
                    column(visit, child, scope, kind, into)
            elif isinstance(child, exp.Expr):
                expression[type(child)](visit, child, scope, kind, into)


@expression(exp.CombinedAggFunc, exp.AnonymousAggFunc)
def combined(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit ClickHouse's aggregates with suffixes: the last argument of `…If` decides."""
    kind = THEN[effect][AGGREGATION | _MASKED if masks(node) else AGGREGATION]
    arguments = list(node.expressions)
    if node.name.lower().endswith("if") and len(arguments) > 1:
        visit.act([arguments.pop()], scope, THEN[effect][CONDITIONAL], into)
    visit.act(arguments, scope, kind, into)


@expression(exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue, exp.ConnectByRoot,
            exp.Grouping, exp.GroupingId, exp.Ntile)  # fmt: skip
def picked(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit what takes its value from another row: nothing is aggregated."""
    derived(visit, node, scope, effect, into)


@expression(exp.Order)
def ordered_values(visit: Visit, node: exp.Order, scope: Scope, effect: int, into: Sources) -> None:
    """Visit the ORDER BY inside an aggregate."""
    visit.act([node.args.get("this")], scope, effect, into)
    visit.act(node.expressions, scope, THEN[effect & ~1][SORT], into)


@expression(exp.Filter)
def filtered(visit: Visit, node: exp.Filter, scope: Scope, effect: int, into: Sources) -> None:
    """Visit `aggregate FILTER (WHERE condition)`."""
    visit.act([node.this], scope, effect, into)
    visit.act([node.expression.this], scope, THEN[effect][CONDITIONAL], into)


@expression(exp.WithinGroup)
def within_group(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit WITHIN GROUP (ORDER BY …): what a percentile orders is its value."""
    function = node.this
    visit.act([function], scope, effect, into)
    percentile = not isinstance(function, exp.GroupConcat | exp.ArrayAgg) and not (
        isinstance(function, exp.Anonymous) and function.expressions and not _percentile(function)
    )
    kind = AGGREGATION if percentile else SORT
    visit.act(node.expression.expressions, scope, THEN[effect][kind], into)


def _percentile(function: exp.Anonymous) -> bool:
    return function.name.lower().startswith(("percentile", "quantile", "median", "mode", "rank"))


@expression(exp.Window)
def window(visit: Visit, node: exp.Window, scope: Scope, effect: int, into: Sources) -> None:
    """Visit a window function: its keys decide which rows a value is made of."""
    visit.act([node.this], scope, effect, into)
    # Oracle's KEEP (DENSE_RANK LAST ORDER BY …) orders the rows of an aggregate.
    kind = SORT if node.args.get("over") == "KEEP" else WINDOW
    _window_keys(visit, node, scope, THEN[effect & ~1][kind], into)


def _window_keys(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    args = node.args
    visit.act(args.get("partition_by") or (), scope, effect, into)
    order = args.get("order")
    if order:
        visit.act(order.expressions, scope, effect, into)
    for named in (args.get("alias"), node.this):
        if isinstance(named, exp.Identifier | exp.Var):
            definition = scope.windows.get(named.name.lower())
            if definition is not None and definition is not node:
                _window_keys(visit, definition, scope, effect, into)


@expression(exp.Subquery)
def subquery(visit: Visit, node: exp.Subquery, scope: Scope, effect: int, into: Sources) -> None:
    """Visit a query used as a value: its columns are the value, its filters decide."""
    value_of(visit.query(node, scope), effect, into)


@expression(exp.Select, exp.SetOperation, exp.Values)
def bare_subquery(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit a query in ARRAY(…), ANY(…) or the like."""
    value_of(visit.query(node, scope), effect, into)


def value_of(relation: Relation, effect: int, into: Sources) -> None:
    """Add what a relation used as a value derives from."""
    add(into, everything(relation), effect)
    add(into, relation.influence, effect)


@expression(exp.Exists)
def exists(visit: Visit, node: exp.Exists, scope: Scope, effect: int, into: Sources) -> None:
    """Visit EXISTS: the columns that its query selects do not matter."""
    if isinstance(node.this, exp.Query):
        add(into, visit.query(node.this, scope).influence, THEN[effect][CONDITIONAL] & ~1)
    else:
        derived(visit, node, scope, effect, into)


@expression(exp.Explode, exp.Inline, exp.Stack, exp.Unnest, exp.ExplodingGenerateSeries)
def row_maker(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit a function that makes rows: what it takes decides how many rows there are."""
    derived(visit, node, scope, effect, into)
    derived(visit, node, scope, JOIN, scope.influence)


@expression(exp.Anonymous)
def anonymous(visit: Visit, node: exp.Anonymous, scope: Scope, effect: int, into: Sources) -> None:
    """Visit a function that the parser does not know."""
    name = node.name.lower()
    if name in ROW_MAKERS:
        row_maker(visit, node, scope, effect, into)
    elif name in AGGREGATES:
        aggregate(visit, node, scope, effect, into)
    elif name == "multiif":
        arguments = node.expressions
        visit.act(arguments[:-1:2], scope, THEN[effect][CONDITIONAL], into)
        visit.act([*arguments[1::2], arguments[-1]], scope, effect, into)
    elif name == "values" and len(node.expressions) == 1:
        # MySQL's VALUES(column) in ON DUPLICATE KEY UPDATE: what the insert would write.
        name = visit.names.fold(node.expressions[0])
        binding = scope.binding(["excluded"])
        if binding is not None:
            add(into, in_relation(binding.relation, name), effect)
    else:
        derived(visit, node, scope, effect, into)


@expression(exp.Dot)
def dot(visit: Visit, node: exp.Dot, scope: Scope, effect: int, into: Sources) -> None:
    """Visit `(row).column`; other dots are fields of a struct."""
    path = _path(visit, node)
    member = member_of(visit, node, scope) if path is None else None
    if path is not None:
        _add_path(node, scope, path, effect, into)
    elif member is not None:
        add(into, member, effect)
    elif isinstance(node.expression, exp.Func):
        derived(visit, node, scope, effect, into)
        _called_on(visit, node.this, scope, THEN[effect][TRANSFORMATION], into)
    else:
        visit.act([node.this], scope, THEN[effect][TRANSFORMATION], into)


@expression(exp.Bracket, exp.JSONExtract, exp.JSONExtractScalar)
def element(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit `row['member']`, `array[1]` and JSON paths."""
    member = member_of(visit, node, scope)
    if member is not None:
        add(into, member, effect)
    else:
        derived(visit, node, scope, effect, into)


def _called_on(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit what a method is called on: the parser makes bare names of the columns in it."""
    path = _path(visit, node)
    if path is not None:
        _add_path(node, scope, path, effect, into)
        return
    for name in node.find_all(exp.Identifier):
        if not isinstance(name.parent, exp.Column):
            found = scope.unqualified(visit.names.fold(name))
            add(into, {one: bits for one, bits in found.items() if one.reason is None}, effect)


def _add_path(node: exp.Expr, scope: Scope, path: list[str], effect: int, into: Sources) -> None:
    found = scope.path(path)
    if node.find(exp.Column) is None:
        # Bare names may be a package or a schema rather than a column.
        found = {one: bits for one, bits in found.items() if one.reason is None}
    add(into, found, effect)


def _path(visit: Visit, node: exp.Expr) -> list[str] | None:
    """Return the names of a path that leads from a row or a column to a field in it."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Identifier):
        return [visit.names.fold(node)]
    if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
        return [visit.names.fold(part) for part in node.parts]
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        before = _path(visit, node.this)
        return None if before is None else [*before, visit.names.fold(node.expression)]
    return None


@expression(exp.Comprehension)
def comprehension(
    visit: Visit, node: exp.Comprehension, scope: Scope, effect: int, into: Sources
) -> None:
    """Visit `[value FOR name IN list IF condition]`: the name stands for the list."""
    effect = THEN[effect][TRANSFORMATION]
    iterated = visit.sources(node.args["iterator"], scope)
    inner = Scope(visit, scope)
    for one in (node.expression, node.args.get("position")):
        if isinstance(one, exp.Expr):
            name = visit.names.fold(one.this if isinstance(one, exp.Column) else one)
            inner.merged[name.lower()] = Column(name, iterated)
    add(into, iterated, effect)
    visit.act([node.this, node.args.get("condition")], inner, effect, into)


@expression(exp.PositionalColumn)
def positional_column(
    _visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources
) -> None:
    """Visit DuckDB's `#1`: the column at that place of the FROM clause."""
    whole = Relation([column for one in scope.bindings for column in one.relation.columns])
    add(into, _nth(whole, int(node.name)), effect)


@expression(exp.Parameter, exp.SessionParameter)
def parameter(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit a variable of the session, or `$1` of a stage."""
    _positional(visit, node, scope, effect, into, "")


def _positional(
    visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources, qualifier: str
) -> None:
    name = node.name
    variable = visit.session.variables.get(name.lower())
    if variable is not None:
        add(into, variable, effect)
    elif name.isdigit() and visit.dialect in ("snowflake", "databricks", "") and scope.bindings:
        binding = scope.binding([qualifier.lower()]) if qualifier else scope.bindings[0]
        if binding is not None:
            add(into, _nth(binding.relation, int(name)), effect)


def _nth(relation: Relation, place: int) -> Sources:
    if relation.open():
        return (
            in_relation(relation, f"${place}")
            if relation.dataset
            else unknown("unknown_schema", ", ".join(relation.open()[0].datasets()))
        )
    if 0 < place <= len(relation.columns):
        return relation.columns[place - 1].sources
    return {}


@expression(exp.PropertyEQ, exp.Kwarg)
def named_argument(visit: Visit, node: exp.Expr, scope: Scope, effect: int, into: Sources) -> None:
    """Visit `name => value`: the name is no column."""
    visit.act([node.expression], scope, THEN[effect][TRANSFORMATION], into)
