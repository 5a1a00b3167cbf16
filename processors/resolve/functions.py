"""Which functions mask, aggregate or multiply rows: data that users extend."""

from collections.abc import Iterable

from sqlglot import exp

from .vocabulary import WORDS

AGGREGATES = WORDS["aggregates"] | WORDS["masking_aggregates"]
ROW_MAKERS = WORDS["row_makers"]


def _plain(name: str) -> str:
    """Return a name as it is compared: engines differ in case and underscores."""
    return name.lower().replace("_", "")


_masking = {_plain(name) for name in WORDS["masking"] | WORDS["masking_aggregates"]}
_masking_types: dict[type, bool] = {}


def add_masking(names: Iterable[str]) -> None:
    """Add functions of one's own to those whose result no longer shows the value.

    Call it before the first statement is resolved, in each process that resolves.
    """
    _masking.update(map(_plain, names))
    _masking_types.clear()


def masking_names() -> frozenset[str]:
    """Return the names of all functions that mask, as they are compared."""
    return frozenset(_masking)


def masks(node: exp.Expr) -> bool:
    """Whether a function call's result no longer shows its arguments."""
    kind = type(node)
    if kind in (exp.Anonymous, exp.AnonymousAggFunc, exp.CombinedAggFunc, exp.ParameterizedAgg):
        name = _plain(node.name)
        return name in _masking or name.removesuffix("if") in _masking
    found = _masking_types.get(kind)
    if found is None:
        names = type(node).sql_names() if isinstance(node, exp.Func) else ()
        found = any(_plain(name) in _masking for name in names)
        _masking_types[kind] = found
    return found
