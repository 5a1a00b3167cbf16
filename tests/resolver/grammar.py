"""Writes queries over a few tables: every column that they name exists and is unambiguous."""

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

TABLES = {
    "t": ("a", "b", "c"),
    "u": ("k", "x", "y", "z"),
    "w": ("p", "q"),
}
_AGGREGATES = ("SUM", "MIN", "MAX", "COUNT", "AVG")
_WINDOWS = ("ROW_NUMBER()", "RANK()", "SUM({0})", "LAG({0})", "COUNT({0})", "FIRST_VALUE({0})")

Columns = list[tuple[str, str]]
"""What a FROM clause offers: a source's alias and a column of it."""


@st.composite
def queries(draw: DrawFn, depth: int = 2) -> str:
    """Draw a query; its outputs are named c0, c1, …"""
    return _query(draw, depth, draw(st.integers(1, 4)))


def _query(draw: DrawFn, depth: int, width: int) -> str:
    kind = draw(st.sampled_from(["select", "select", "select", "union", "with"]))
    if depth and kind == "union":
        operator = draw(st.sampled_from(["UNION ALL", "UNION", "INTERSECT", "EXCEPT"]))
        left, right = _select(draw, depth - 1, width), _select(draw, depth - 1, width)
        return f"{left} {operator} {right}"
    if depth and kind == "with":
        inner = _query(draw, depth - 1, width)
        names = ", ".join(f"c{i}" for i in range(width))
        return f"WITH s AS ({inner}) SELECT {names} FROM s"
    return _select(draw, depth, width)


def _select(draw: DrawFn, depth: int, width: int) -> str:
    clause, columns = _from(draw, depth)
    grouped = draw(st.integers(0, 3)) == 0
    if grouped:
        keys = [_column(draw, columns) for _ in range(max(1, width - 1))][: width - 1]
        items = [*keys, *(_aggregate(draw, columns) for _ in range(width - len(keys)))]
    else:
        items = [_expression(draw, columns, depth) for _ in range(width)]
    listed = ", ".join(f"{item} AS c{i}" for i, item in enumerate(items))
    distinct = "DISTINCT " if draw(st.integers(0, 5)) == 0 else ""
    where = f" WHERE {_condition(draw, columns, depth)}" if draw(st.booleans()) else ""
    group = f" GROUP BY {', '.join(keys)}" if grouped and keys else ""
    return f"SELECT {distinct}{listed} FROM {clause}{where}{group}"


def _from(draw: DrawFn, depth: int) -> tuple[str, Columns]:
    clause, columns = _source(draw, depth, "s0")
    for i in range(1, draw(st.integers(1, 3))):
        source, more = _source(draw, depth, f"s{i}")
        join = draw(st.sampled_from(["JOIN", "LEFT JOIN", "FULL JOIN"]))
        left, right = _column(draw, columns), _column(draw, more)
        clause += f" {join} {source} ON {left} = {right}"
        columns = [*columns, *more]
    return clause, columns


def _source(draw: DrawFn, depth: int, alias: str) -> tuple[str, Columns]:
    if depth and draw(st.integers(0, 3)) == 0:
        width = draw(st.integers(1, 3))
        inner = _query(draw, depth - 1, width)
        return f"({inner}) AS {alias}", [(alias, f"c{i}") for i in range(width)]
    table = draw(st.sampled_from(sorted(TABLES)))
    return f"{table} AS {alias}", [(alias, column) for column in TABLES[table]]


def _column(draw: DrawFn, columns: Columns) -> str:
    alias, column = draw(st.sampled_from(columns))
    return f"{alias}.{column}"


def _aggregate(draw: DrawFn, columns: Columns) -> str:
    name = draw(st.sampled_from(_AGGREGATES))
    return f"{name}({_value(draw, columns)})"


def _value(draw: DrawFn, columns: Columns) -> str:
    one, other = _column(draw, columns), _column(draw, columns)
    forms = (one, f"{one} + {other}", f"{one} * 2", f"COALESCE({one}, {other})", f"ABS({one})")
    return draw(st.sampled_from(forms))


def _expression(draw: DrawFn, columns: Columns, depth: int) -> str:
    kind = draw(st.sampled_from(["value", "value", "case", "window", "subquery", "constant"]))
    if kind == "case":
        condition = _condition(draw, columns, 0)
        return (
            f"CASE WHEN {condition} THEN {_value(draw, columns)} ELSE {_value(draw, columns)} END"
        )
    if kind == "window":
        call = draw(st.sampled_from(_WINDOWS)).format(_column(draw, columns))
        key, order = _column(draw, columns), _column(draw, columns)
        return f"{call} OVER (PARTITION BY {key} ORDER BY {order})"
    if kind == "subquery" and depth:
        return f"(SELECT MAX(n.x) FROM u AS n WHERE n.k = {_column(draw, columns)})"
    return "1" if kind == "constant" else _value(draw, columns)


def _condition(draw: DrawFn, columns: Columns, depth: int) -> str:
    one, other = _column(draw, columns), _column(draw, columns)
    forms = [f"{one} > 1", f"{one} = {other}", f"{one} IS NULL", f"{one} BETWEEN 1 AND {other}"]
    if depth:
        forms += [
            f"{one} IN (SELECT i.p FROM w AS i WHERE i.q = 1)",
            f"EXISTS (SELECT 1 FROM w AS i WHERE i.p = {one})",
        ]
    return draw(st.sampled_from(forms))
