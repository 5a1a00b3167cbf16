"""What every statement has in common: targets, written columns, RETURNING."""

from collections.abc import Iterable, Sequence

from sqlglot import exp

from ...schemas.names import DatasetName
from ...schemas.records import KnownBy
from .edges import Sources, add, unknown
from .naming import path_dataset
from .relations import Column, Relation
from .scope import Binding, Scope
from .stars import expand
from .tables import stated_name
from .visit import Draft, Visit, statement


def run(visit: Visit, node: exp.Expr, scope: Scope) -> None:
    """Visit one statement; what it reads belongs to the outputs that it states."""
    handler = statement.get(type(node)) or statement.inherited(type(node))
    if handler is None:
        if not isinstance(node, _WITHOUT_DATA):
            visit.mark("unsupported", node.key.upper())
        return
    before, visit.inputs = visit.inputs, set()
    stated = visit.stated, len(visit.markers)
    handler(visit, node, scope)
    visit.inputs = before | visit.inputs
    if isinstance(node, _STATES_DATA) and stated == (visit.stated, len(visit.markers)):
        visit.mark("unsupported", node.key.upper())


# Statements that move no data, and those that always do.
_WITHOUT_DATA = (
    exp.Grant, exp.Revoke, exp.Comment, exp.Describe, exp.Show, exp.Analyze, exp.Pragma, exp.Kill,
    exp.Transaction, exp.Commit, exp.Rollback, exp.Refresh, exp.Uncache, exp.Attach, exp.Detach,
    exp.Column, exp.Identifier, exp.Semicolon, exp.Put, exp.Get, exp.Alias, exp.Expression,
)  # fmt: skip
_STATES_DATA = (exp.DML, exp.Copy, exp.LoadData, exp.Export)


@statement(exp.Select, exp.SetOperation, exp.Subquery, exp.Values, exp.Pivot)
def bare_query(visit: Visit, node: exp.Expr, scope: Scope) -> None:
    """State what a query gives; SELECT … INTO writes a table."""
    relation = visit.query(node, scope)
    first: exp.Expr = node
    while isinstance(first, exp.SetOperation):
        first = first.this
    into = first.args.get("into") if isinstance(first, exp.Select) else None
    if into and isinstance(into.this, exp.Table) and not _assigns(visit, into):
        store(visit, into.this, relation, temporary=bool(into.args.get("temporary")))
        return
    if into:
        for place, variable in enumerate(_variables(into)):
            if place < len(relation.columns):
                visit.session.variables[variable] = relation.columns[place].sources
        return
    draft = visit.draft(None)
    for column in relation.columns:
        if column.rest is None:
            draft.selected.append((column.name, column.sources))
        else:
            mark_rest(draft, column)
    finish(visit, draft, relation.influence)


def _assigns(visit: Visit, into: exp.Into) -> bool:
    """Whether INTO puts values into variables rather than rows into a new table."""
    return visit.dialect in ("oracle", "mysql") or into.this.name.lower() in visit.session.variables


def _variables(into: exp.Expr) -> list[str]:
    return [
        one.name.lower()
        for one in into.find_all(exp.Identifier, exp.Parameter)
        if isinstance(one, exp.Identifier)
    ]


def finish(visit: Visit, draft: Draft, influence: Sources) -> None:
    """Give an output what acts on its rows and what its statement read."""
    add(draft.influence, influence)
    draft.inputs |= visit.inputs
    name = visit.session.temporary_names.get(draft.dataset) if draft.dataset else None
    if name is not None:
        visit.session.refresh(name, draft.fields, influence)


def in_schema_order(visit: Visit, draft: Draft) -> None:
    """Put written columns in the order of the target's schema, where branches mixed them."""
    names = schema_names(visit, draft.dataset) if draft.dataset is not None else None
    if names:
        places = {name: place for place, name in enumerate(names)}
        ordered = sorted(draft.fields, key=lambda name: places.get(name, len(places)))
        draft.fields = {name: draft.fields[name] for name in ordered}


def target_dataset(visit: Visit, target: exp.Expr | None) -> DatasetName | None:
    """Return the dataset that a statement writes: a table, a path or a directory."""
    if isinstance(target, exp.Schema):
        target = target.this
    if isinstance(target, exp.Directory):
        target = target.this
    if isinstance(target, exp.Literal):
        return path_dataset([target.name]) or DatasetName("file", target.name)
    function = target.this if isinstance(target, exp.Table) else target
    stated = stated_name(visit, function)
    if stated is not None:
        return visit.dataset(stated)
    if isinstance(function, exp.Func):
        literal = function.find(exp.Literal)
        path = literal.name if literal is not None and literal.is_string else ""
        return path_dataset([path]) if path else None
    return visit.dataset(target) if isinstance(target, exp.Table) else None


def column_list(visit: Visit, target: exp.Expr | None) -> list[str] | None:
    """Return the column list that stands after a target; None if there is none."""
    if not isinstance(target, exp.Schema | exp.Tuple):
        return None
    names = []
    for one in target.expressions:
        if isinstance(one, exp.ColumnDef):
            names.append(visit.names.fold(one.this))
        elif isinstance(one, exp.Identifier | exp.Column):
            names.append(visit.names.fold(one.this if isinstance(one, exp.Column) else one))
    return names or None


def schema_names(visit: Visit, dataset: DatasetName) -> list[str] | None:
    """Return the known columns of a target in order."""
    fields = visit.schema(dataset)
    if fields is None:
        return None
    tops = {one.name.lower() for one in fields if "." not in one.name}
    return [one.name for one in fields if one.name.split(".", 1)[0].lower() not in tops
            or "." not in one.name]  # fmt: skip


def write_by_name(draft: Draft, relation: Relation) -> None:
    """Write every column of a relation under its own name."""
    taken: set[str] = set()
    for column in relation.columns:
        if column.rest is not None:
            mark_rest(draft, column)
        else:
            draft.write(_free(taken, column.name), column.sources)


def mark_rest(draft: Draft, column: Column) -> None:
    """Note that the columns of an open table are written, which nobody knows."""
    for name in column.rest.datasets() if column.rest else ():
        draft.markers.add(("", "unknown_schema", name))


def _free(taken: set[str], name: str) -> str:
    """Return a name that is not taken yet: a query may give one twice."""
    free, number = name, 0
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add(free)
    return free


def write_by_position(draft: Draft, columns: Sequence[Column], names: Sequence[str]) -> None:
    """Write columns under the names that the target has at their places.

    Behind a star over an open table no place is known any more.
    """
    for place, name in enumerate(names):
        if place >= len(columns):
            return
        rest = columns[place].rest
        if rest is not None:
            details = ", ".join(sorted(set(rest.datasets()))) or "*"
            for missing in names[place:]:
                draft.write(missing, unknown("unknown_schema", details))
            return
        draft.write(name, columns[place].sources)


def store(
    visit: Visit,
    table: exp.Table,
    relation: Relation,
    *,
    names: Sequence[str] | None = None,
    temporary: bool = False,
) -> Draft:
    """State that a new table or view holds what a query gives."""
    dataset = visit.dataset(table, new=True)
    draft = visit.draft(dataset)
    columns = relation.columns
    if names:
        write_by_position(draft, columns, names)
        columns = [
            Column(name, column.sources, column.rest)
            for name, column in zip(names, columns, strict=False)
        ]
    else:
        write_by_name(draft, relation)
    finish(visit, draft, relation.influence)
    remember(visit, table, dataset, Relation(columns, relation.influence, frozenset(draft.inputs)),
             temporary=temporary)  # fmt: skip
    return draft


def remember(
    visit: Visit,
    table: exp.Table,
    dataset: DatasetName,
    relation: Relation,
    *,
    temporary: bool,
) -> None:
    """Let later statements of the session know a table that this one made."""
    from ...schemas.records import FieldType

    parts = visit.names.parts(table)
    if temporary or parts[-1].startswith(("#", "@")):
        name = ".".join(parts).lower()
        visit.session.temporary[name] = relation
        visit.session.temporary_names[dataset] = name
    fields = tuple(FieldType(name=column.name) for column in relation.columns)
    visit.session.changed.add(dataset)
    if relation.open():
        # Whoever knows the table from elsewhere knows more than this statement says.
        visit.session.schemas.pop(dataset, None)
    else:
        visit.session.schemas[dataset] = fields
    visit.forget(dataset)


def unread(relation: Relation) -> Relation:
    """Return a target's relation; it becomes an input only where a column of it is read."""
    return Relation(relation.columns, dataset=relation.dataset, nested=relation.nested)


def returning_relation(visit: Visit, node: exp.Expr, scope: Scope) -> Relation:
    """Visit a statement that stands as a CTE and return what it hands on."""
    run(visit, node, scope)
    clause = node.args.get("returning")
    dataset = target_dataset(visit, node.args.get("this"))
    if not clause or dataset is None:
        return Relation([])
    inner = Scope(visit, scope)
    table_name = node.find(exp.Table)
    key = table_name.alias_or_name if table_name is not None else ""
    inner.bind(Binding(key, visit.table(dataset)))
    influence: Sources = {}
    for draft in visit.drafts:
        if draft.dataset == dataset and not isinstance(node, exp.Insert):
            add(influence, draft.influence)
    return Relation(returned_columns(visit, clause.expressions, inner), influence)


def returned_columns(visit: Visit, items: Iterable[exp.Expr], scope: Scope) -> list[Column]:
    """Return the columns of a RETURNING or OUTPUT clause."""
    return [
        column for place, item in enumerate(items) for column in expand(visit, item, scope, place)
    ]


def _into(visit: Visit, into: exp.Expr) -> tuple[list[str] | None, exp.Table]:
    """Return the column list and the table of OUTPUT … INTO; with a list it reads as a call."""
    if isinstance(into, exp.Anonymous):
        names = [visit.names.fold(one.name) for one in into.expressions]
        return names, exp.to_table(into.name)
    if isinstance(into, exp.Schema):
        return column_list(visit, into), into.this
    return None, into if isinstance(into, exp.Table) else exp.Table(this=into)


def output_into(visit: Visit, node: exp.Expr, scope: Scope, draft: Draft) -> None:
    """Visit T-SQL's OUTPUT … INTO: another table gets the rows as they were or now are."""
    clause = node.args.get("returning")
    into = clause.args.get("into") if clause else None
    if not isinstance(into, exp.Expr) or not clause:
        return
    names, table = _into(visit, into)
    before = visit.table(draft.dataset) if draft.dataset is not None else Relation([])
    held = {column.name.lower() for column in before.columns}
    now = Relation(
        [
            Column(column.name, draft.fields.get(column.name, column.sources), column.rest)
            for column in before.columns
        ]
        + [Column(name, found) for name, found in draft.fields.items() if name.lower() not in held]
    )
    inner = Scope(visit, scope)
    inner.bindings = [Binding("inserted", now), Binding("deleted", unread(before))]
    columns = returned_columns(visit, clause.expressions, inner)
    dataset = visit.dataset(table)
    other = visit.draft(dataset)
    target = names or schema_names(visit, dataset)
    if target is None:
        other.weakest = KnownBy.POSITIONAL
        write_by_name(other, Relation(columns))
    else:
        write_by_position(other, columns, target)
    finish(visit, other, draft.influence)
