"""PIVOT and UNPIVOT."""

from ...schemas.records import KnownBy
from .relations import Relation
from .scope import Scope
from .visit import Visit
from sqlglot import exp


def pivoted(visit: Visit, pivot: exp.Pivot, relation: Relation, scope: Scope) -> Relation:
    return relation
