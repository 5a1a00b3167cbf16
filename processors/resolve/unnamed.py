"""What engines call a select item that has no name of its own.

Some count (`_c0`, `f0_`), some name the function, some show the expression. A name that
would show a literal, or that nothing but the engine can tell, is `_col_N` here.
"""

from collections.abc import Callable

from sqlglot import exp

from .rewrite import closing

_AS_SHOWN = frozenset(
    ("duckdb", "spark", "databricks", "clickhouse", "mysql", "snowflake", "oracle")
)
_BY_FUNCTION = frozenset(("postgres", "redshift"))
_COUNTED = {"hive": "_c{}", "trino": "_col{}", "presto": "_col{}", "athena": "_col{}"}


def unnamed(node: exp.Expr, dialect: str, source: str, place: int) -> str:
    """Return the name of a select item without alias that is no plain column.

    Args:
        node: The item.
        dialect: The engine.
        source: The text that it was parsed from.
        place: How many columns stand before it.
    """
    name = None
    if dialect == "bigquery":
        name = f"f{_unnamed_before(node)}_"
    elif dialect in _COUNTED:
        name = _COUNTED[dialect].format(place)
    elif dialect in _BY_FUNCTION:
        name = _function_name(node, source) or "?column?"
    elif dialect in _AS_SHOWN and not any(node.find_all(exp.Literal, exp.Query)):
        name = _shown(node, dialect, source)
    return name or f"_col_{place}"


def _unnamed_before(node: exp.Expr) -> int:
    """Return how many items of the same list without a name stand before one."""
    items = node.parent.expressions if isinstance(node.parent, exp.Select) else [node]
    before = items[: next((n for n, one in enumerate(items) if one is node), 0)]
    return sum(not one.alias_or_name and not isinstance(one, exp.Star) for one in before)


def _written(node: exp.Expr, source: str) -> str:
    """Return a function's name as it is written; empty where the parser kept no trace."""
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        return node.name
    if isinstance(node, exp.Max | exp.Min):
        return node.key
    start, end = node.meta.get("start"), node.meta.get("end")
    found = source[start : end + 1] if isinstance(start, int) and isinstance(end, int) else ""
    return found if found.replace("_", "").isalnum() else ""


_FIXED: dict[type, str] = {
    exp.Case: "case", exp.Coalesce: "coalesce", exp.Nullif: "nullif", exp.Exists: "exists",
    exp.Array: "array", exp.Extract: "extract", exp.CurrentDate: "current_date",
    exp.CurrentTimestamp: "current_timestamp", exp.Boolean: "bool", exp.Substring: "substring",
    exp.Trim: "btrim", exp.AtTimeZone: "timezone", exp.Interval: "interval",
    exp.Greatest: "greatest", exp.Least: "least", exp.GroupConcat: "string_agg",
    exp.StrPosition: "position", exp.CurrentUser: "current_user", exp.CurrentTime: "current_time",
}  # fmt: skip


def _function_name(node: exp.Expr, source: str) -> str | None:
    """Return what Postgres calls an item: its function, or what a cast is of."""
    if isinstance(node, exp.Column | exp.Alias):
        return node.alias_or_name
    if isinstance(node, exp.Paren | exp.Window | exp.Filter | exp.WithinGroup | exp.IgnoreNulls):
        return _function_name(node.this, source)
    if isinstance(node, exp.Bracket):
        return _function_name(node.this, source)
    if isinstance(node, exp.Dot):
        return _function_name(node.expression, source) or node.expression.name or None
    if isinstance(node, exp.Cast):
        return _function_name(node.this, source) or _type_name(node)
    if isinstance(node, exp.Case) and isinstance(node.args.get("default"), exp.Column):
        return str(node.args["default"].name)
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Select):
        items = node.this.expressions
        return _function_name(items[0], source) if items else None
    written = _written(node, source).lower()
    if written:
        return written
    return _FIXED.get(type(node))


_TYPES = {
    "INT": "int4", "BIGINT": "int8", "SMALLINT": "int2", "DOUBLE": "float8", "FLOAT": "float4",
    "BOOLEAN": "bool", "DECIMAL": "numeric", "TIMESTAMPTZ": "timestamptz", "VARCHAR": "varchar",
    "TEXT": "text", "DATE": "date", "TIMESTAMP": "timestamp", "JSON": "json", "JSONB": "jsonb",
    "UUID": "uuid", "INTERVAL": "interval",
}  # fmt: skip


def _type_name(node: exp.Expr) -> str | None:
    return _TYPES.get(node.args["to"].this.name)


def _shown(node: exp.Expr, dialect: str, source: str) -> str | None:
    """Return an expression as the engine shows it, where it is one call over plain columns."""
    if dialect in ("mysql", "snowflake", "oracle"):
        text = _call_text(node, source)
        if dialect == "mysql":
            return text
        return text and (text.upper() if dialect == "snowflake" else "".join(text.upper().split()))
    return _SHOWN[dialect](node, source)


def _call_text(node: exp.Expr, source: str) -> str | None:
    """Return a call as it stands in the text."""
    start = node.meta.get("start")
    opening = source.find("(", start) if isinstance(start, int) and _written(node, source) else -1
    end = closing(source, opening) if opening >= 0 else -1
    return source[start : end + 1] if end >= 0 else None


_SIGNS: dict[type, str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}


def _plain(node: object, *, qualified: bool) -> str | None:
    if not isinstance(node, exp.Column) or isinstance(node.this, exp.Star):
        return None
    if any(part.args.get("quoted") for part in node.parts if isinstance(part, exp.Identifier)):
        return None
    return ".".join(part.name for part in node.parts) if qualified else node.name


def _as_call(node: exp.Expr, source: str, *, qualified: bool, count: str) -> str | None:
    if isinstance(node, exp.Count) and isinstance(node.this, exp.Star):
        return count
    written = _written(node, source)
    arguments = [
        one
        for value in node.args.values()
        for one in (value if isinstance(value, list) else [value])
        if isinstance(one, exp.Expr)
    ]
    shown = [_plain(one, qualified=qualified) for one in arguments]
    if not written or None in shown or not isinstance(node, exp.Func):
        return None
    return f"{written}({', '.join(str(one) for one in shown)})"


def _as_sum(node: exp.Expr, *, qualified: bool) -> str | None:
    """Return two plain columns and the sign between them, in parentheses."""
    left, right = (_plain(one, qualified=qualified) for one in (node.this, node.expression))
    return f"({left} {_SIGNS[type(node)]} {right})" if left and right else None


def _duckdb(node: exp.Expr, source: str) -> str | None:
    if type(node) in _SIGNS:
        return _as_sum(node, qualified=True)
    found = _as_call(node, source, qualified=True, count="count_star()")
    if found is None or isinstance(node, exp.Coalesce):
        return None
    name, _, rest = found.partition("(")
    return f"{name.lower()}({rest}"


def _spark(node: exp.Expr, source: str) -> str | None:
    if type(node) in _SIGNS:
        return _as_sum(node, qualified=False)
    found = _as_call(node, source, qualified=False, count="count(1)")
    if found is None:
        return None
    name, _, rest = found.partition("(")
    return f"{name.lower()}({rest}"


def _clickhouse(node: exp.Expr, source: str) -> str | None:
    found = _as_call(node, source, qualified=False, count="count()")
    return (
        found
        if found is not None and found.partition("(")[0] == found.partition("(")[0].lower()
        else None
    )


_SHOWN: dict[str, Callable[[exp.Expr, str], str | None]] = {
    "duckdb": _duckdb,
    "spark": _spark,
    "databricks": _spark,
    "clickhouse": _clickhouse,
}
