"""ALTER: columns that come, go and change their names, tables that move or swap."""

import re
from collections.abc import Callable

from sqlglot import exp

from ...schemas.names import DatasetName
from ...schemas.records import FieldType
from .ddl import copied, declare, field
from .parse import parsed
from .scope import Scope
from .statements import run, store, write_by_name
from .visit import Visit, statement


@statement(exp.Alter)
def alter(visit: Visit, node: exp.Alter, parent: Scope) -> None:
    """State what RENAME and SWAP move, and remember changed columns."""
    table = node.this
    if not isinstance(table, exp.Table):
        return
    if node.kind == "VIEW" and node.actions and isinstance(node.actions[0], exp.Query):
        store(visit, table, visit.query(node.actions[0], parent))
        return
    options = list(node.args.get("options") or ())
    for action in node.actions:
        if isinstance(action, exp.AlterRename) and any(
            isinstance(one, exp.ToTableProperty) for one in options
        ):
            # RENAME a TO b without the word COLUMN.
            _renamed_column(visit, table, action.this.this, options[0].this.this)
        elif isinstance(action, exp.AlterRename) and isinstance(action.this, exp.Table):
            _renamed(visit, table, action.this)
        elif isinstance(action, exp.SwapTable) and isinstance(action.this, exp.Table):
            _swapped(visit, table, action.this)
        elif isinstance(action, exp.RenameColumn):
            _renamed_column(visit, table, action.this, action.args["to"])
        elif isinstance(action, exp.ColumnDef | exp.Schema):
            _added_columns(visit, table, action)
        elif isinstance(action, exp.Drop) and action.kind in ("COLUMN", "COLUMNS"):
            _dropped_columns(visit, table, _dropped_names(visit, action))
        elif isinstance(action, exp.Command) and action.name.upper() == "DROP":
            _dropped_columns(visit, table, str(action.expression).strip("() ").split(","))
        elif isinstance(action, exp.ReplaceColumns):
            _replaced_columns(visit, table, action)
        elif isinstance(action, exp.AlterColumn | exp.ModifyColumn):
            _altered_column(visit, table, action)
        elif isinstance(action, exp.Delete | exp.Update):
            action.set("this", table.copy())
            run(visit, action, parent)


def _renamed(visit: Visit, old: exp.Table, new: exp.Table) -> None:
    target = new.copy()
    if not target.args.get("db") and old.args.get("db"):
        target.set("db", old.args["db"].copy())
        if old.args.get("catalog"):
            target.set("catalog", old.args["catalog"].copy())
    key = ".".join(visit.names.parts(old)).lower()
    held = visit.session.temporary.pop(key, None)
    before = visit.dataset(old)
    copied(visit, target, old)
    if held is not None:
        name = ".".join(visit.names.parts(target)).lower()
        visit.session.temporary[name] = held
        visit.session.temporary_names[visit.dataset(target, new=True)] = name
        visit.session.temporary_names.pop(before, None)
    declare(visit, before, None)


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
        declare(visit, dataset, fields)


def _renamed_column(visit: Visit, table: exp.Table, before: exp.Expr, after: exp.Expr) -> None:
    dataset = _changed(visit, table)
    old, new = _leaf(visit, before), _leaf(visit, after)
    fields = visit.schema(dataset)
    if fields is not None:
        changed = [
            FieldType(name=new, type=one.type) if one.name.lower() == old.lower() else one
            for one in fields
        ]
        declare(visit, dataset, changed)


def _changed(visit: Visit, table: exp.Table) -> DatasetName:
    """Return a table whose columns change, whether or not they are known."""
    dataset = visit.dataset(table)
    visit.session.changed.add(dataset)
    return dataset


def _leaf(visit: Visit, node: exp.Expr) -> str:
    return visit.names.fold(node.this if isinstance(node, exp.Column) else node)


def _added_columns(visit: Visit, table: exp.Table, added: exp.Expr) -> None:
    definitions = added.expressions if isinstance(added, exp.Schema) else [added]
    dataset = _changed(visit, table)
    fields = visit.schema(dataset)
    if fields is None:
        return
    held = [one.name.lower() for one in fields]
    new = [field(visit, one) for one in definitions if isinstance(one, exp.ColumnDef)]
    new = [one for one in new if one.name.lower() not in held]
    place = _place(visit, added.args.get("position"), held)
    declare(visit, dataset, [*fields[:place], *new, *fields[place:]])


def _replaced_columns(visit: Visit, table: exp.Table, action: exp.Expr) -> None:
    listed = [one for one in action.expressions if isinstance(one, exp.ColumnDef)]
    declare(visit, visit.dataset(table), [field(visit, one) for one in listed])


def _place(visit: Visit, position: exp.Expr | None, held: list[str]) -> int:
    """Return where FIRST or AFTER puts a column; at the end without either."""
    if position is None:
        return len(held)
    if str(position.args.get("position")).upper() == "FIRST":
        return 0
    after = _leaf(visit, position.this).lower() if isinstance(position.this, exp.Expr) else ""
    return held.index(after) + 1 if after in held else len(held)


def _dropped_names(visit: Visit, action: exp.Drop) -> list[str]:
    dropped = [action.this, *(action.args.get("tables") or ()), *action.expressions]
    names: list[str] = []
    for one in dropped:
        listed = one.expressions if isinstance(one, exp.Schema) else [one]
        names += [_leaf(visit, _named(name)) for name in listed if isinstance(name, exp.Expr)]
    return names


def _dropped_columns(visit: Visit, table: exp.Table, names: list[str]) -> None:
    dataset = _changed(visit, table)
    fields = visit.schema(dataset)
    gone = {name.strip('`"[] ').lower() for name in names}
    if fields is not None:
        declare(visit, dataset, [one for one in fields if one.name.lower() not in gone])


def _named(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Table) else node


def _altered_column(visit: Visit, table: exp.Table, action: exp.Expr) -> None:
    """Note a column's new type."""
    changed = action.this
    kind = action.args.get("dtype")
    if isinstance(changed, exp.ColumnDef):
        changed, kind = changed.this, changed.args.get("kind")
    if isinstance(action.args.get("rename_to"), exp.Identifier):
        _renamed_column(visit, table, changed, action.args["rename_to"])
        changed = action.args["rename_to"]
    if action.args.get("rename_from"):
        _renamed_column(visit, table, action.args["rename_from"], changed)
    dataset = _changed(visit, table)
    fields = visit.schema(dataset)
    if fields is None or kind is None:
        return
    name = _leaf(visit, changed).lower()
    type_ = kind.sql(visit.dialect)
    declare(
        visit,
        dataset,
        [FieldType(name=one.name, type=type_) if one.name.lower() == name else one
         for one in fields],
    )  # fmt: skip


_TABLE = r"(?:if\s+exists\s+)?(?P<table>[\w.`\"\[\]$#]+)\s+"
_OTHER = r"(?P<other>[\w.`\"\[\]$#]+)"
_FLAGS = re.IGNORECASE | re.DOTALL


def altered_text(visit: Visit, rest: str, parent: Scope) -> None:
    """Visit what follows ALTER where the parser hands it on as text."""
    for pattern, handle in _TEXTS:
        match = pattern.match(rest)
        if match:
            handle(visit, match, parent)
            return


def _columns(visit: Visit, listed: str) -> exp.Schema:
    """Return column definitions that stand in a list."""
    found = parsed(f"CREATE TABLE x ({listed})", visit.dialect)
    tree = found[0][0].this if found else None
    return tree if isinstance(tree, exp.Schema) else exp.Schema(expressions=[])


def _add(visit: Visit, match: re.Match[str], _parent: Scope) -> None:
    _added_columns(visit, exp.to_table(match["table"]), _columns(visit, match["columns"]))


def _modify(visit: Visit, match: re.Match[str], _parent: Scope) -> None:
    for one in _columns(visit, match["columns"]).expressions:
        _altered_column(visit, exp.to_table(match["table"]), exp.ModifyColumn(this=one))


def _drop(visit: Visit, match: re.Match[str], _parent: Scope) -> None:
    _dropped_columns(visit, exp.to_table(match["table"]), match["columns"].split(","))


def _move(visit: Visit, match: re.Match[str], _parent: Scope) -> None:
    old = exp.to_table(match["table"])
    _renamed(visit, old, exp.table_(old.this.copy(), db=match["other"]))


def _append(visit: Visit, match: re.Match[str], parent: Scope) -> None:
    _copy_rows(visit, match["table"], match["other"], parent)


def _give(visit: Visit, match: re.Match[str], parent: Scope) -> None:
    _copy_rows(visit, match["other"], match["table"], parent)


def _copy_rows(visit: Visit, target: str, source: str, parent: Scope) -> None:
    rows = exp.select("*").from_(exp.to_table(source))
    run(visit, exp.Insert(this=exp.to_table(target), expression=rows), parent)


def exchanged(visit: Visit, match: re.Match[str], _parent: Scope) -> None:
    """Visit two tables, or a partition and a table, that take each other's place."""
    _swapped(visit, exp.to_table(match["table"]), exp.to_table(match["other"]))


def _update(visit: Visit, match: re.Match[str], parent: Scope) -> None:
    """Visit ClickHouse's ALTER TABLE … UPDATE column = value WHERE condition."""
    found = parsed(f"UPDATE {match['table']} SET {match['rest']}", visit.dialect)  # noqa: S608 - parsed, never run
    for tree in found[0] if found else ():
        run(visit, tree, parent)


_Handler = Callable[[Visit, re.Match[str], Scope], None]
_TEXTS = tuple(
    (re.compile(rf"\s*{pattern}", _FLAGS), handle)
    for pattern, handle in (
        (rf"table\s+{_TABLE}add\s+(?:columns?\s*)?\((?P<columns>.*)\)", _add),
        (rf"table\s+{_TABLE}modify\s*\((?P<columns>.*)\)", _modify),
        (rf"table\s+{_TABLE}modify\s+(?:column\s+)?(?P<columns>\w+\s+.*)", _modify),
        (rf"table\s+{_TABLE}drop\s+(?:columns?\s*)?\((?P<columns>[^)]*)\)", _drop),
        (rf"table\s+{_TABLE}set\s+schema\s+{_OTHER}", _move),
        (r"schema\s+(?P<other>\w+)\s+transfer\s+(?:object::)?(?P<table>[\w.]+)", _move),
        (rf"table\s+{_TABLE}append\s+from\s+{_OTHER}", _append),
        (rf"table\s+{_TABLE}(?:replace|attach)\s+partition\b.*\bfrom\s+{_OTHER}", _append),
        (rf"table\s+{_TABLE}move\s+partition\b.*\bto\s+table\s+{_OTHER}", _give),
        (rf"table\s+{_TABLE}switch\b.*?\bto\s+{_OTHER}", _give),
        (rf"table\s+{_TABLE}exchange\s+(?:sub)?partition\b.*\bwith\s+table\s+{_OTHER}",
         exchanged),
        (rf"table\s+{_TABLE}update\s+(?P<rest>.*)", _update),
    )
)  # fmt: skip
EXCHANGE = re.compile(rf"\s*tables\s+{_TABLE}and\s+{_OTHER}", _FLAGS)
"""ClickHouse's EXCHANGE TABLES a AND b, behind its first word."""
