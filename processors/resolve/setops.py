"""UNION, INTERSECT, EXCEPT: by position and BY NAME."""

from sqlglot import exp

from ...schemas.records import KnownBy
from .edges import GROUP_BY, Sources, merged, unknown
from .relations import Column, Relation, Rest
from .rows import united
from .scope import Scope
from .select import add_columns, order_and_limit, with_ctes
from .visit import Visit, query


@query(exp.SetOperation)
def set_operation(visit: Visit, node: exp.SetOperation, parent: Scope) -> Relation:
    """Return what a chain of set operations gives.

    Chains of a thousand UNIONs lean to the left, so they are walked, not visited by recursion.
    """
    scope = Scope(visit, parent)
    chain: list[exp.SetOperation] = []
    left: exp.Expr = node
    while isinstance(left, exp.SetOperation):
        chain.append(left)
        with_ctes(visit, left.args.get("with_"), scope)
        left = left.this
    relation = visit.query(left, scope)
    for one in reversed(chain):
        relation = _combined(one, relation, visit.query(one.expression, scope))
        if any(one.args.get(key) for key in ("order", "sort", "limit")):
            ordering = Scope(visit, scope)
            ordering.bind_result(relation)
            order_and_limit(visit, one.args, ordering, relation.columns)
            relation = Relation(relation.columns, ordering.influence)
    return relation


def _combined(node: exp.SetOperation, left: Relation, right: Relation) -> Relation:
    influence = merged((left.influence, right.influence))
    if isinstance(node, exp.Except):
        columns = left.columns
    elif node.args.get("by_name"):
        columns = _by_name(left, right)
    else:
        columns = _by_position(left, right)
    if node.args.get("distinct") or not isinstance(node, exp.Union):
        add_columns(left.columns, GROUP_BY, influence)
        add_columns(right.columns, GROUP_BY, influence)
    return Relation(columns, influence)


def _by_name(left: Relation, right: Relation) -> list[Column]:
    columns = [
        column
        if column.rest is not None
        else Column(column.name, merged([column.sources, *_sources_of(right, column.name)]))
        for column in left.columns
    ]
    names = {column.name.lower() for column in left.columns}
    return columns + [
        column
        for column in right.columns
        if column.rest is not None or column.name.lower() not in names
    ]


def _sources_of(relation: Relation, name: str) -> list[Sources]:
    found = [column.sources for column in relation.named(name)]
    for rest in relation.open():
        sources = rest.column(name, KnownBy.GUESSED)
        if not found and sources:
            return [sources]
    return found


def _by_position(left: Relation, right: Relation) -> list[Column]:
    """Merge columns by position, up to the first whose position is not known."""
    columns: list[Column] = []
    for place, column in enumerate(left.columns):
        other = right.columns[place] if place < len(right.columns) else None
        if column.rest is not None or (other is not None and other.rest is not None):
            return columns + _after_star(left.columns[place:], right.columns[place:])
        sources = column.sources if other is None else merged((column.sources, other.sources))
        row = column.row if other is None else united((column.row, other.row))
        columns.append(Column(column.name, sources, row=row))
    return columns


def _after_star(left: list[Column], right: list[Column]) -> list[Column]:
    """Merge what follows a star over an open table: by name, as positions are not known."""
    rests = tuple(column.rest for column in right if column.rest is not None)
    weaker = tuple(rest.weaker(KnownBy.POSITIONAL) for rest in rests)
    named = {column.name.lower(): column.sources for column in right if column.rest is None}
    result: list[Column] = []
    for column in left:
        if column.rest is not None:
            others = weaker or tuple(_as_rest(column) for column in right if column.rest is None)
            result.append(Column("*", {}, column.rest.joined_by(others)))
            weaker = ()
        else:
            parts = [column.sources]
            if column.name.lower() in named:
                parts.append(named[column.name.lower()])
            elif rests:
                details = ", ".join(name for rest in rests for name in rest.datasets())
                parts.append(unknown("unknown_schema", details))
            result.append(Column(column.name, merged(parts)))
    return result


def _as_rest(column: Column) -> Rest:
    """Return a known column as one that answers to its own name only."""
    return _Known(column)


class _Known(Rest):
    """A known column at a place where the other branch has a star."""

    def __init__(self, column: Column) -> None:
        super().__init__(None)
        self._column = column

    def column(self, name: str, known_by: KnownBy) -> Sources | None:  # noqa: ARG002
        return self._column.sources if name.lower() == self._column.name.lower() else None

    def may_hold(self, name: str) -> bool:
        return name.lower() == self._column.name.lower()

    def datasets(self) -> list[str]:
        return []
