"""CREATE, ALTER, DROP: tables and views with what fills them, and names that move."""

from collections.abc import Sequence

from sqlglot import exp

from ...schemas.names import DatasetName
from ...schemas.records import FieldType
from .naming import file_dataset
from .relations import Column, Relation
from .scope import Scope
from .select import with_ctes
from .statements import column_list, finish, remember, run, store, write_by_name
from .visit import Visit, statement

_FILLED = frozenset(("TABLE", "VIEW", "MATERIALIZED VIEW", "DYNAMIC TABLE", "STREAMING TABLE"))


@statement(exp.Create)
def create(visit: Visit, node: exp.Create, parent: Scope) -> None:
    """State what a CREATE TABLE or VIEW holds; remember the columns of an empty table."""
    kind = node.kind or ""
    if kind in ("PROCEDURE", "FUNCTION", "TRIGGER"):
        from .script import body

        body(visit, node, parent)
        return
    target = node.this.this if isinstance(node.this, exp.Schema) else node.this
    if not isinstance(target, exp.Table):
        return
    query = node.args.get("expression")
    if isinstance(query, exp.Table) and visit.dialect == "clickhouse":
        # There, CREATE TABLE a AS b copies the structure alone.
        _unfilled(visit, node, target, exp.LikeProperty(this=query))
        return
    if isinstance(query, exp.Table):
        query = exp.select("*").from_(query)
    if isinstance(query, exp.Query | exp.Values):
        _filled(visit, node, target, query, parent)
    elif kind in _FILLED:
        _unfilled(visit, node, target)


def _filled(
    visit: Visit, node: exp.Create, target: exp.Table, query: exp.Expr, parent: Scope
) -> None:
    scope = Scope(visit, parent)
    with_ctes(visit, node.args.get("with_"), scope)
    relation = visit.query(query, scope)
    names = column_list(visit, node.this)
    if (
        names
        and visit.dialect == "mysql"
        and any(isinstance(one, exp.ColumnDef) for one in _definitions(node))
    ):
        relation, names = _besides(relation, names), None
    if names and not relation.open() and len(names) != len(relation.columns):
        names = None
    destination = _property(node, exp.ToTableProperty)
    store(visit, target, relation, names=names, temporary=_temporary(node))
    if destination is not None and isinstance(destination.this, exp.Table):
        # ClickHouse: the view keeps no rows, they go to another table, by name.
        draft = visit.draft(visit.dataset(destination.this))
        write_by_name(draft, relation)
        finish(visit, draft, relation.influence)


def _besides(relation: Relation, names: Sequence[str]) -> Relation:
    """Return a query's columns behind those that MySQL's CREATE TABLE defines besides them."""
    held = {column.name.lower() for column in relation.columns}
    own = [Column(name, {}) for name in names if name.lower() not in held]
    return Relation([*own, *relation.columns], relation.influence, relation.inputs)


def _property(node: exp.Expr, kind: type[exp.Expr]) -> exp.Expr | None:
    properties = node.args.get("properties")
    for one in properties.expressions if properties is not None else ():
        if isinstance(one, kind):
            return one
    return None


def _temporary(node: exp.Expr) -> bool:
    if _property(node, exp.TemporaryProperty) is not None:
        return True
    table = node.find(exp.Table)
    return (
        table is not None
        and isinstance(table.this, exp.Identifier)
        and bool(table.this.args.get("temporary"))
    )


def _unfilled(
    visit: Visit, node: exp.Create, target: exp.Table, like: exp.Expr | None = None
) -> None:
    dataset = visit.dataset(target, new=True)
    clone = node.args.get("clone")
    like = like or _property(node, exp.LikeProperty)
    location = _property(node, exp.LocationProperty)
    defined = [one for one in _definitions(node) if isinstance(one, exp.ColumnDef)]
    partitions = _property(node, exp.PartitionedByProperty)
    if partitions is not None and isinstance(partitions.this, exp.Schema):
        defined += [one for one in partitions.this.expressions if isinstance(one, exp.ColumnDef)]
    if clone:
        _copied(visit, target, clone.this)
        return
    if not like:
        like = next(iter(_likes(node)), None)
    draft = visit.draft(dataset)
    if like:
        other = visit.dataset(like.this)
        fields = visit.schema(other)
        if fields is not None:
            declare(visit, dataset, fields)
    elif defined:
        declare(visit, dataset, [_field(visit, one) for one in defined])
    if dataset in visit.session.schemas and (like or defined):
        for field in visit.session.schemas[dataset]:
            draft.write(field.name, {})
    if _temporary(node) or visit.names.parts(target)[-1].startswith(("#", "@")):
        empty = Relation([Column(name, {}) for name in draft.fields])
        remember(visit, target, dataset, empty, temporary=True)
    if location:
        file = file_dataset(location.this.name, visit.names)
        draft.inputs.add(file)


def _likes(node: exp.Create) -> list[exp.Expr]:
    return [one for one in _definitions(node) if isinstance(one, exp.LikeProperty)]


def _definitions(node: exp.Expr) -> list[exp.Expr]:
    return node.this.expressions if isinstance(node.this, exp.Schema) else []


def _field(visit: Visit, definition: exp.ColumnDef) -> FieldType:
    kind = definition.args.get("kind")
    return FieldType(
        name=visit.names.fold(definition.this), type=kind.sql(visit.dialect) if kind else None
    )


def declare(visit: Visit, dataset: DatasetName, fields: Sequence[FieldType]) -> None:
    """Remember the columns that the session itself stated for a table."""
    visit.session.schemas[dataset] = tuple(fields)
    visit.forget(dataset)


def _copied(visit: Visit, target: exp.Table, source: exp.Expr) -> None:
    """State that a table holds all that another one does: CLONE, COPY, RENAME."""
    if isinstance(source, exp.Table):
        dataset = visit.dataset(source)
        relation = visit.table(dataset)
        visit.inputs.add(dataset)
        store(visit, target, Relation(relation.columns))


@statement(exp.Alter)
def alter(visit: Visit, node: exp.Alter, parent: Scope) -> None:
    """State what RENAME and SWAP move, and remember changed columns."""
    table = node.this
    if not isinstance(table, exp.Table):
        return
    if node.kind == "VIEW" and node.actions and isinstance(node.actions[0], exp.Query):
        store(visit, table, visit.query(node.actions[0], parent))
        return
    for action in node.actions:
        if isinstance(action, exp.AlterRename) and isinstance(action.this, exp.Table):
            _renamed(visit, table, action.this)
        elif isinstance(action, exp.SwapTable) and isinstance(action.this, exp.Table):
            _swapped(visit, table, action.this)
        elif isinstance(action, exp.RenameColumn):
            _renamed_column(visit, table, action)
        elif isinstance(action, exp.ColumnDef):
            _added_column(visit, table, action)
        elif isinstance(action, exp.Delete | exp.Update):
            action.set("this", table.copy())
            run(visit, action, parent)


def _renamed(visit: Visit, old: exp.Table, new: exp.Table) -> None:
    target = new.copy()
    if not target.args.get("db") and old.args.get("db"):
        target.set("db", old.args["db"].copy())
        if old.args.get("catalog"):
            target.set("catalog", old.args["catalog"].copy())
    held = visit.session.temporary.pop(".".join(visit.names.parts(old)).lower(), None)
    _copied(visit, target, old)
    if held is not None:
        visit.session.temporary[".".join(visit.names.parts(target)).lower()] = held


def _swapped(visit: Visit, one: exp.Table, other: exp.Table) -> None:
    first, second = visit.dataset(one), visit.dataset(other)
    relations = visit.table(first), visit.table(second)
    for target, source, relation in (
        (first, second, relations[1]),
        (second, first, relations[0]),
    ):
        draft = visit.draft(target)
        write_by_name(draft, relation)
        draft.inputs.add(source)
    schemas = visit.schema(first), visit.schema(second)
    for dataset, fields in zip((second, first), schemas, strict=True):
        if fields is not None:
            declare(visit, dataset, fields)


def _renamed_column(visit: Visit, table: exp.Table, action: exp.Expr) -> None:
    dataset = visit.dataset(table)
    old, new = (_leaf(visit, one) for one in (action.this, action.args["to"]))
    fields = visit.schema(dataset)
    if fields is not None:
        changed = [
            FieldType(name=new, type=one.type) if one.name.lower() == old.lower() else one
            for one in fields
        ]
        declare(visit, dataset, changed)


def _leaf(visit: Visit, node: exp.Expr) -> str:
    return visit.names.fold(node.this if isinstance(node, exp.Column) else node)


def _added_column(visit: Visit, table: exp.Table, definition: exp.ColumnDef) -> None:
    dataset = visit.dataset(table)
    fields = visit.schema(dataset)
    if fields is not None:
        declare(visit, dataset, [*fields, _field(visit, definition)])


@statement(exp.Drop)
def drop(visit: Visit, node: exp.Drop, _parent: Scope) -> None:
    """Forget what is dropped: nothing derives from it any more."""
    if node.kind not in ("TABLE", "VIEW", "MATERIALIZED VIEW", None):
        return
    for table in node.args.get("tables") or [node.args.get("this")]:
        if not isinstance(table, exp.Table):
            continue
        key = ".".join(visit.names.parts(table)).lower()
        dataset = visit.dataset(table, new=True)
        visit.session.temporary.pop(key, None)
        visit.session.schemas.pop(dataset, None)
        visit.forget(dataset)
