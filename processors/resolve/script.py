"""Scripts: what stands between statements. Session state, blocks, procedures, dynamic SQL."""

import re
from collections.abc import Callable

from sqlglot import exp

from .alter import EXCHANGE, altered_text, exchanged
from .blocks import Piece, literal, pieces, prepared, procedural
from .copy import export_query
from .edges import Sources, add
from .naming import DEFAULT_SCHEMAS
from .parse import parsed, template
from .relations import Column, Relation, everything
from .scope import Scope
from .statements import remember, run, store
from .visit import Visit, statement
from .vocabulary import WORDS


@statement(exp.Use)
def use(visit: Visit, node: exp.Use, _parent: Scope) -> None:
    """Change the session's current catalog or schema."""
    target = node.this
    kind = node.args.get("kind")
    word = kind.name.upper() if isinstance(kind, exp.Expr) else ""
    if not isinstance(target, exp.Table) or word in ("ROLE", "WAREHOUSE", "SECONDARY ROLES"):
        return
    parts = visit.names.parts(target)
    if len(parts) == 2:
        visit.session.catalog, visit.session.schema = parts
    elif word in ("CATALOG", "DATABASE") and (
        word == "CATALOG" or visit.dialect in DEFAULT_SCHEMAS
    ):
        visit.session.catalog = parts[0]
        visit.session.schema = DEFAULT_SCHEMAS.get(visit.dialect, visit.session.schema)
    elif not word and visit.dialect in DEFAULT_SCHEMAS:
        visit.session.catalog, visit.session.schema = parts[0], DEFAULT_SCHEMAS[visit.dialect]
    elif parts:
        visit.session.schema = parts[0]


@statement(exp.Set)
def set_(visit: Visit, node: exp.Set, parent: Scope) -> None:
    """Change a variable of the session, or its search path."""
    for item in node.expressions:
        assignment = item.this
        if isinstance(assignment, exp.EQ):
            name = assignment.this.name.lower()
            value = assignment.expression
            if name in ("search_path", "schema", "current_schema"):
                visit.session.schema = visit.names.fold(value.name)
            elif isinstance(value, exp.Literal | exp.National) and value.name:
                visit.session.texts[name.lstrip("@")] = str(value.this)
            else:
                visit.session.variables[name] = visit.sources(value, parent)


@statement(exp.Declare)
def declare(visit: Visit, node: exp.Declare, parent: Scope) -> None:
    """Make variables known, with what their first value derives from."""
    for item in node.expressions:
        names = item.this if isinstance(item.this, list) else [item.this]
        default = item.args.get("default")
        sources = visit.sources(default, parent)
        if isinstance(item.args.get("kind"), exp.Schema):
            _table_variable(visit, names[0], item.args["kind"])
        for name in names:
            if isinstance(default, exp.Literal | exp.National):
                visit.session.texts[name.name.lower()] = str(default.this)
            visit.session.variables.setdefault(name.name.lower(), {})
            add(visit.session.variables[name.name.lower()], sources)


def _table_variable(visit: Visit, name: exp.Expr, schema: exp.Schema) -> None:
    """Make T-SQL's `DECLARE @t TABLE (…)` known as a temporary table."""
    columns = [
        Column(visit.names.fold(one.this), {})
        for one in schema.expressions
        if isinstance(one, exp.ColumnDef)
    ]
    table = exp.Table(this=name.copy())
    remember(visit, table, visit.dataset(table, new=True), Relation(columns), temporary=True)


@statement(exp.Cache)
def cache(visit: Visit, node: exp.Cache, parent: Scope) -> None:
    """State what Spark's CACHE TABLE … AS makes: a view of the session."""
    if isinstance(node.expression, exp.Query):
        store(visit, node.this, visit.query(node.expression, parent), temporary=True)


@statement(exp.Block)
def block(visit: Visit, node: exp.Expr, parent: Scope) -> None:
    """Visit the statements of a block in their order."""
    for one in node.expressions:
        run(visit, one, parent)


def body(visit: Visit, node: exp.Create, parent: Scope) -> None:
    """Visit what a procedure or function would do when it is called."""
    content = node.args.get("expression")
    for parameter in node.this.expressions if node.this else ():
        name = parameter.find(exp.Identifier, exp.Var)
        if name is not None:
            visit.session.variables.setdefault(name.name.lower(), {})
    if isinstance(content, exp.Block | exp.Command | exp.DML):
        run(visit, content, parent)


def text(visit: Visit, sql: str, parent: Scope) -> None:
    """Visit procedural text, or SQL that stands in a string, statement by statement."""
    visit.depth += 1
    if visit.depth > _DEPTH_MAX:
        visit.mark("unsupported", "nested blocks")
    else:
        for piece in pieces(prepared(sql), visit.dialect):
            for name in piece.variables:
                visit.session.variables.setdefault(name, {})
            if piece.text_of is not None:
                visit.session.texts[piece.text_of[0]] = piece.text_of[1]
            if piece.sql.strip():
                _piece(visit, piece, parent)
    visit.depth -= 1


_DEPTH_MAX = 10


_EXECUTED = re.compile(r"\s*exec(?:ute)?\s*\((.*)\)\s*$", re.IGNORECASE | re.DOTALL)


def _piece(visit: Visit, piece: Piece, parent: Scope) -> None:
    executed = _EXECUTED.match(piece.sql)
    if executed:
        _execute(visit, executed.group(1), parent)
        return
    found = parsed(piece.sql, visit.dialect)
    if found is None:
        if not template(piece.sql):
            visit.mark("parse_error", _verb(piece.sql))
        return
    visit.text = found.text
    if found.left_out:
        visit.mark("unsupported", found.left_out)
    for tree in found.trees:
        if is_block(tree):
            if piece.sql.strip() != visit.last_block:
                visit.last_block = piece.sql.strip()
                text(visit, piece.sql, parent)
        elif piece.assigned is not None and isinstance(tree, exp.Query):
            _assign(visit, piece.assigned, tree, parent)
        else:
            run(visit, tree, parent)


def _verb(sql: str) -> str:
    """Return the first word of a statement, where it is one that statements begin with."""
    word = sql.split(None, 1)[0].lower()
    return word if word.isalpha() and len(word) < 10 else "statement"


def _assign(visit: Visit, name: str, tree: exp.Query, parent: Scope) -> None:
    relation = visit.query(tree, parent)
    sources: Sources = {}
    add(sources, everything(relation))
    add(sources, relation.influence)
    visit.session.variables[name] = sources
    for column in relation.columns:
        # A cursor's row is read as `row.column`.
        visit.session.variables[f"{name}.{column.name.lower()}"] = column.sources


@statement(exp.ExecuteSql, exp.Execute)
def execute(visit: Visit, node: exp.Expr, parent: Scope) -> None:
    """Visit dynamic SQL where it is a literal; otherwise say that it is dynamic."""
    argument = node.expressions[0] if node.expressions else node.this
    while isinstance(argument, exp.Paren | exp.Subquery) or (
        isinstance(argument, exp.Table) and isinstance(argument.this, exp.Parameter)
    ):
        argument = argument.this
    if isinstance(argument, exp.Kwarg | exp.EQ | exp.PropertyEQ):
        argument = argument.expression
    if node.name.lower() == "sp_rename" and len(node.expressions) > 1:
        _sp_rename(visit, [_value(one) for one in node.expressions], parent)
    elif isinstance(node, exp.ExecuteSql) or not isinstance(node.this, exp.Table):
        sql = _static(visit, argument)
        if sql is not None:
            text(visit, sql, parent)
        else:
            visit.mark("dynamic_sql", "EXEC")
    else:
        visit.mark("procedure_call", ".".join(visit.names.parts(node.this)))


def _value(node: exp.Expr) -> str:
    while isinstance(node, exp.Kwarg | exp.EQ | exp.PropertyEQ):
        node = node.expression
    return node.name


def _sp_rename(visit: Visit, arguments: list[str], parent: Scope) -> None:
    old, new = arguments[:2]
    if len(arguments) > 2 and arguments[2].upper() == "COLUMN":
        table, _, column = old.rpartition(".")
        text(visit, f"ALTER TABLE {table} RENAME COLUMN {column} TO {new}", parent)
    elif len(arguments) == 2 or arguments[2].upper() == "OBJECT":
        text(visit, f"ALTER TABLE {old} RENAME TO {new}", parent)


def _static(visit: Visit, node: exp.Expr | None) -> str | None:
    """Return the text that an argument holds: a literal, or a variable set to one."""
    if isinstance(node, exp.Literal | exp.National):
        return str(node.this)
    if node is None:
        return None
    return visit.session.texts.get(node.name.lower().lstrip("@"))


@statement(exp.Command)
def command(visit: Visit, node: exp.Command, parent: Scope) -> None:
    """Visit what the parser hands on as text."""
    word = str(node.this).upper()
    rest = node.args.get("expression") or ""
    rest = str(rest if isinstance(rest, str) else rest.name)
    handler = _COMMANDS.get(word)
    if handler is not None:
        handler(visit, rest, parent)
    elif word == "CALL":
        called = re.match(r"[\w.\"`]+", rest)
        visit.mark("procedure_call", called.group(0) if called else "")
    elif word.lower() not in _WITHOUT_DATA:
        visit.mark("unsupported", word if word.isalpha() else "statement")


_WITHOUT_DATA = WORDS["statements_without_data"] | WORDS["commands_without_data"]


def is_block(node: exp.Expr) -> bool:
    """Whether the parser took a block for a statement, so that it has to be cut."""
    if isinstance(node, exp.Command):
        return str(node.this).upper() in _BLOCK_WORDS
    return isinstance(node, exp.IfBlock | exp.WhileBlock | exp.Block)


_BLOCK_WORDS = frozenset(("BEGIN", "IF", "WHILE", "FOR", "LOOP", "REPEAT", "END"))


def _set(visit: Visit, rest: str, _parent: Scope) -> None:
    path = re.match(
        r"\s*(?:local\s+|session\s+)?(?:search_path|schema)\s*(?:=|to|\s)\s*[\"']?(\w+)", rest, re.I
    )
    if path:
        visit.session.schema = visit.names.fold(path.group(1))


def _replace(visit: Visit, rest: str, parent: Scope) -> None:
    text(visit, f"INSERT {rest}", parent)


def _do(visit: Visit, rest: str, parent: Scope) -> None:
    quoted = re.search(r"(\$\w*\$)(.*)\1", rest, re.DOTALL)
    text(visit, quoted.group(2) if quoted else rest, parent)


def _execute(visit: Visit, rest: str, parent: Scope) -> None:
    found = literal(rest, visit.dialect)
    sql = None
    if found is not None:
        sql = found[0] if found[1] else visit.session.texts.get(found[0])
    if sql is not None:
        text(visit, sql, parent)
    elif (
        re.match(r"\s*(?:immediate|\(|'|\w+\s*\|\||format|using|\$)", rest, re.IGNORECASE) or found
    ):
        visit.mark("dynamic_sql", "EXECUTE")


def _unload(visit: Visit, rest: str, parent: Scope) -> None:
    """Visit UNLOAD ('query' | query) TO 'path'."""
    match = re.match(
        r"\s*\(\s*('(?:[^']|'')*'|\$\$.*\$\$|.*?)\s*\)\s*TO\s+'([^']*)'", rest, re.I | re.S
    )
    if match is None:
        visit.mark("unsupported", "UNLOAD")
        return
    sql = match.group(1)
    if sql.startswith("'"):
        sql = sql[1:-1].replace("''", "'").replace("\\'", "'")
    found = parsed(sql.strip("$"), visit.dialect)
    if found is not None and len(found[0]) == 1 and isinstance(found[0][0], exp.Query):
        export_query(visit, match.group(2), found[0][0], parent)
    else:
        visit.mark("parse_error", "UNLOAD")


def _exchange(visit: Visit, rest: str, parent: Scope) -> None:
    match = EXCHANGE.match(rest)
    if match:
        exchanged(visit, match, parent)


def _create(visit: Visit, rest: str, parent: Scope) -> None:
    match = re.match(
        r"\s*(or\s+replace\s+)?(temp\w*\s+)?recursive\s+view\s+(\S+)\s*\(([^)]*)\)\s*as\s+(.*)",
        rest,
        re.IGNORECASE | re.DOTALL,
    )
    if match:
        name, columns, query = match.group(3, 4, 5)
        leaf = name.rsplit(".", 1)[-1]
        body_ = f"WITH RECURSIVE {leaf}({columns}) AS ({query}) SELECT * FROM {leaf}"  # noqa: S608 - parsed, never run
        text(visit, f"CREATE VIEW {name} AS {body_}", parent)
    elif task := re.match(r"\s*(?:or\s+replace\s+)?task\b.*?\bas\s+(.*)", rest, re.I | re.S):
        text(visit, task.group(1), parent)
    elif snapshot := re.match(r"\s*snapshot\s+(table\b.*?\bclone\b.*)", rest, re.I | re.S):
        text(visit, f"CREATE {snapshot.group(1)}", parent)
    elif procedural(f"CREATE {rest}"):
        text(visit, f"CREATE {rest}", parent)
    elif not created_as(visit, f"CREATE {rest}", parent) and _FILLS.match(rest):
        visit.mark("parse_error", "")
        visit.unparsed = True


_FILLS = re.compile(r"\s*(?:or\s+replace\s+)?(?:table|view)\b.*\bas\b", re.I | re.S)


_AFTER_QUERY = re.compile(
    r"\bwith\s+(?:(?:cascaded|local)\s+)?(?:check\s+option|read\s+only|no\s+schema\s+binding"
    r"|(?:no\s+)?data)\s*$",
    re.IGNORECASE,
)
_CREATED_AS = re.compile(
    r"\s*create\s+(?:[\w=@`'\".%]+\s+){0,9}?(?P<kind>table|view)\s+(?:if\s+not\s+exists\s+)?"
    r"(?P<name>[\w.\"`\[\]$#-]+)\s*(?P<columns>\([\w\s,\"`\[\]]+\))?(?P<options>.*?)\bas\s*\(?\s*"
    r"(?P<query>(?:select|with|from|pivot|unpivot)\b.*)",
    re.IGNORECASE | re.DOTALL,
)


def created_as(visit: Visit, sql: str, parent: Scope) -> bool:
    """Visit a CREATE TABLE or VIEW whose options no parser knows, by what follows its AS."""
    match = _CREATED_AS.match(sql)
    if match is None:
        return False
    name, query = match["name"], match["query"].rstrip().rstrip(";")
    columns = match["columns"] or ""
    shorter = _AFTER_QUERY.sub("", query)
    for body_ in dict.fromkeys((query, shorter, query.rstrip(")"))):
        tree = _view(visit, f"CREATE VIEW {name} {columns} AS", body_)
        if tree is not None:
            visit.inputs = set()
            run(visit, tree, parent)
            return True
    return False


def _view(visit: Visit, head: str, query: str) -> exp.Create | None:
    """Return the tree of a view; some queries parse, but not behind a CREATE."""
    found = parsed(f"{head} {query}", visit.dialect)
    if found is not None and isinstance(found.trees[0], exp.Create):
        return found.trees[0]
    alone, made = parsed(query, visit.dialect), parsed(f"{head} SELECT 1", visit.dialect)
    if alone is None or made is None or not isinstance(alone.trees[0], exp.Query | exp.Pivot):
        return None
    (create,) = made.trees
    create.set("expression", alone.trees[0])
    return create if isinstance(create, exp.Create) else None


def _rename(visit: Visit, rest: str, parent: Scope) -> None:
    """Visit RENAME TABLE a TO b, c TO d."""
    for old, new in re.findall(r"([\w.`\"]+)\s+to\s+([\w.`\"]+)", rest, re.IGNORECASE):
        text(visit, f"ALTER TABLE {old} RENAME TO {new}", parent)


_COMMANDS: dict[str, Callable[[Visit, str, Scope], None]] = {
    "SET": _set,
    "REPLACE": _replace,
    "DO": _do,
    "EXECUTE": _execute,
    "EXEC": _execute,
    "UNLOAD": _unload,
    "ALTER": altered_text,
    "EXCHANGE": _exchange,
    "CREATE": _create,
    "RENAME": _rename,
}
