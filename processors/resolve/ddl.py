"""CREATE, ALTER, DROP: tables and views with what fills them, and names that move."""

from collections.abc import Sequence

from sqlglot import exp

from ...schemas.names import DatasetName
from ...schemas.records import FieldType
from .naming import file_dataset
from .relations import Column, Relation
from .scope import Scope
from .select import with_ctes
from .statements import column_list, finish, remember, store, write_by_name
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
    held = _existing(visit, node, target)
    if isinstance(query, exp.Query | exp.Values | exp.Pivot):
        _filled(visit, node, target, query, parent)
    elif kind in _FILLED:
        _unfilled(visit, node, target)
    if held is not None:
        declare(visit, *held)


def _existing(
    visit: Visit, node: exp.Create, target: exp.Table
) -> tuple[DatasetName, Sequence[FieldType]] | None:
    """Return a known table that CREATE … IF NOT EXISTS leaves as it is."""
    if not node.args.get("exists"):
        return None
    dataset = visit.dataset(target, new=True)
    fields = visit.schema(dataset)
    return None if fields is None else (dataset, fields)


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
    for kind in (exp.LikeProperty, exp.InheritsProperty, exp.PartitionedOfProperty):
        like = like or _property(node, kind)
    location = _property(node, exp.LocationProperty)
    defined = [one for one in _definitions(node) if isinstance(one, exp.ColumnDef)]
    partitions = _property(node, exp.PartitionedByProperty)
    if partitions is not None and isinstance(partitions.this, exp.Schema):
        defined += [one for one in partitions.this.expressions if isinstance(one, exp.ColumnDef)]
    if clone:
        copied(visit, target, clone.this)
        return
    if not like:
        like = next(iter(_likes(node)), None)
    draft = visit.draft(dataset)
    visit.session.changed.add(dataset)
    inherited = [] if like is None else _inherited(visit, like)
    if inherited is not None and (inherited or defined):
        fields = [*inherited, *(field(visit, one) for one in defined)]
        declare(visit, dataset, fields)
        for one in fields:
            draft.write(one.name, {})
    if _temporary(node) or visit.names.parts(target)[-1].startswith(("#", "@")):
        empty = Relation([Column(name, {}) for name in draft.fields])
        remember(visit, target, dataset, empty, temporary=True)
    if location:
        file = file_dataset(location.this.name, visit.names)
        draft.inputs.add(file)


def _inherited(visit: Visit, like: exp.Expr) -> list[FieldType] | None:
    """Return the columns of the tables that a new one is made like; None if not known."""
    tables = like.expressions if isinstance(like, exp.InheritsProperty) else [like.this]
    fields: list[FieldType] = []
    for one in tables:
        if isinstance(one, exp.Table):
            known = visit.schema(visit.dataset(one))
            if known is None:
                return None
            fields.extend(known)
    return fields


def _likes(node: exp.Create) -> list[exp.Expr]:
    return [one for one in _definitions(node) if isinstance(one, exp.LikeProperty)]


def _definitions(node: exp.Expr) -> list[exp.Expr]:
    return node.this.expressions if isinstance(node.this, exp.Schema) else []


def field(visit: Visit, definition: exp.ColumnDef) -> FieldType:
    """Return a column as its definition states it."""
    kind = definition.args.get("kind")
    return FieldType(
        name=visit.names.fold(definition.this), type=kind.sql(visit.dialect) if kind else None
    )


def declare(visit: Visit, dataset: DatasetName, fields: Sequence[FieldType] | None) -> None:
    """Remember the columns that the session itself left a table with; None if it is gone."""
    visit.session.schemas[dataset] = None if fields is None else tuple(fields)
    visit.session.changed.add(dataset)
    visit.forget(dataset)


def copied(visit: Visit, target: exp.Table, source: exp.Expr) -> None:
    """State that a table holds all that another one does: CLONE, COPY, RENAME."""
    if isinstance(source, exp.Table):
        dataset = visit.dataset(source)
        relation = visit.table(dataset)
        visit.inputs.add(dataset)
        fields = visit.schema(dataset)
        draft = store(visit, target, Relation(relation.columns))
        if fields is not None and draft.dataset is not None:
            declare(visit, draft.dataset, fields)


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
        if visit.session.temporary.pop(key, None) is not None:
            visit.session.temporary_names.pop(dataset, None)
            visit.session.schemas.pop(dataset, None)
            visit.forget(dataset)
        else:
            declare(visit, dataset, None)
