"""Scripts: what stands between statements. Session state, blocks, procedures, dynamic SQL."""

import re

from sqlglot import exp

from .edges import add
from .scope import Scope
from .statements import run
from .visit import Visit, statement


@statement(exp.Use)
def use(visit: Visit, node: exp.Use, _parent: Scope) -> None:
    """Change the session's current catalog or schema."""
    target = node.this
    kind = node.args.get("kind")
    word = kind.name.upper() if isinstance(kind, exp.Expr) else ""
    if not isinstance(target, exp.Table) or word in ("ROLE", "WAREHOUSE", "SECONDARY ROLES"):
        return
    parts = visit.names.parts(target)
    catalogs = ("snowflake", "tsql", "fabric")
    if len(parts) == 2:
        visit.session.catalog, visit.session.schema = parts
    elif word in ("CATALOG", "DATABASE") and (word == "CATALOG" or visit.dialect in catalogs):
        visit.session.catalog = parts[0]
    elif not word and visit.dialect in catalogs:
        visit.session.catalog = parts[0]
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
            else:
                visit.session.variables[name] = visit.sources(value, parent)


@statement(exp.Declare)
def declare(visit: Visit, node: exp.Declare, parent: Scope) -> None:
    """Make variables known, with what their first value derives from."""
    for item in node.expressions:
        names = item.this if isinstance(item.this, list) else [item.this]
        sources = visit.sources(item.args.get("default"), parent)
        for name in names:
            visit.session.variables.setdefault(name.name.lower(), {})
            add(visit.session.variables[name.name.lower()], sources)


@statement(exp.Block)
def block(visit: Visit, node: exp.Expr, parent: Scope) -> None:
    """Visit the statements of a block in their order."""
    for one in node.expressions:
        run(visit, one, parent)


def body(visit: Visit, node: exp.Create, parent: Scope) -> None:
    """Visit what a procedure or function would do when it is called."""
    content = node.args.get("expression")
    for parameter in node.this.expressions if node.this is not None else ():
        name = parameter.find(exp.Identifier, exp.Var)
        if name is not None:
            visit.session.variables.setdefault(name.name.lower(), {})
    if isinstance(content, exp.Block | exp.Insert | exp.Update | exp.Merge | exp.Delete):
        run(visit, content, parent)
    elif isinstance(content, exp.Heredoc | exp.Literal):
        text(visit, str(content.this), parent)


def text(visit: Visit, sql: str, parent: Scope) -> None:
    """Visit SQL that stands in a string."""
    from .parse import statements

    for one in statements(sql, visit.dialect, visit):
        run(visit, one, parent)


@statement(exp.ExecuteSql, exp.Execute)
def execute(visit: Visit, node: exp.Expr, parent: Scope) -> None:
    """Visit dynamic SQL where it is a literal; otherwise say that it is dynamic."""
    literal = next(iter(node.find_all(exp.Literal, exp.National)), None)
    if isinstance(node, exp.ExecuteSql) and literal is not None:
        text(visit, str(literal.this), parent)
    else:
        visit.mark("dynamic_sql", node.name or "EXECUTE")


@statement(exp.Command)
def command(visit: Visit, node: exp.Command, parent: Scope) -> None:
    """Visit what the parser hands on as text."""
    word = str(node.this).upper()
    rest = node.expression if isinstance(node.expression, str) else getattr(node.expression, "this", "")
    rest = str(rest or "")
    path = re.match(r"\s*search_path\s*(?:=|to)\s*\"?(\w+)", rest, re.IGNORECASE)
    if word == "SET" and path:
        visit.session.schema = visit.names.fold(path.group(1))
    elif word == "REPLACE":
        text(visit, f"INSERT {rest}", parent)
    elif word == "DO":
        match = re.search(r"(\$\w*\$)(.*)\1", rest, re.DOTALL)
        if match:
            text(visit, match.group(2), parent)
    elif word == "BEGIN":
        text(visit, rest, parent)
