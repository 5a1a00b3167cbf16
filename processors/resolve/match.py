"""MATCH_RECOGNIZE: rows that match a pattern, and what is measured of them."""

from sqlglot import exp

from .edges import FILTER, GROUP_BY, SORT, TRANSFORMATION, Sources
from .relations import Column, Relation
from .scope import Binding, Scope
from .stars import name_of
from .visit import Visit


def match_recognize(visit: Visit, node: exp.MatchRecognize, scope: Scope) -> None:
    """Replace what a FROM clause bound by what its pattern makes of it."""
    args = node.args
    before = Relation([column for one in scope.bindings for column in one.relation.columns])
    inner = Scope(visit, scope)
    # A pattern's variables name rows of the same input.
    variables = {one.table.lower() for one in node.find_all(exp.Column) if one.table}
    inner.bindings = [Binding("", before), *(Binding(name, before) for name in variables)]
    inner.bindings[1:] = [_qualified_only(one) for one in inner.bindings[1:]]
    partition = args.get("partition_by") or []
    visit.act(partition, inner, GROUP_BY, scope.influence)
    order = args.get("order")
    if order:
        visit.act(order.expressions, inner, SORT, scope.influence)
    visit.act([one.this for one in args.get("define") or ()], inner, FILTER, scope.influence)
    columns = [_column(visit, one, inner, place) for place, one in enumerate(partition)]
    if "ALL ROWS" in str(args.get("rows") or "").upper():
        columns = list(before.columns)
    for place, measure in enumerate(args.get("measures") or ()):
        columns.append(_measure(visit, measure.this, inner, len(columns) + place))
    alias = args.get("alias")
    key = visit.names.fold(alias.this) if alias and alias.this else ""
    influence = dict(scope.influence)
    scope.bindings = [Binding(key, Relation(columns, influence))]
    scope.changed()


def _qualified_only(binding: Binding) -> Binding:
    binding.semi = True
    return binding


def _measure(visit: Visit, node: exp.Expr, scope: Scope, place: int) -> Column:
    """Visit a measure: FIRST and LAST pick a row of the match, they aggregate nothing."""
    picked = node.this if isinstance(node, exp.Alias) else node
    if isinstance(picked, exp.First | exp.Last):
        sources: Sources = {}
        visit.act(picked.iter_expressions(), scope, TRANSFORMATION, sources)
        return Column(name_of(visit, node, sources, place), sources)
    return _column(visit, node, scope, place)


def _column(visit: Visit, node: exp.Expr, scope: Scope, place: int) -> Column:
    sources = visit.sources(node, scope)
    return Column(name_of(visit, node, sources, place), sources)
