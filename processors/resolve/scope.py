"""Scopes: which names a query sees, and what a name in an expression leads to."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from ...schemas.records import KnownBy
from .edges import TRANSFORMATION, Sources, add, ground, unknown
from .relations import Column, Relation, Rest, everything
from .vocabulary import WORDS

if TYPE_CHECKING:
    from .visit import Visit

# Names that read like columns and are none: they derive from no column.
_VALUES = WORDS["values_like_columns"]
_VALUES_OF = {
    dialect: WORDS[f"values_like_columns_{dialect}"]
    for dialect in ("oracle", "snowflake", "postgres")
}

# Columns that engines add to a table and no schema lists.
_HIDDEN = WORDS["hidden_columns"]

# Where a select item's alias may be used in the items after it.
LATERAL_ALIASES = WORDS["dialects_lateral_aliases"]
_ALIASES_IN_WHERE = WORDS["dialects_aliases_in_where"]


# Beyond this many tables that a column may be of, a guess at each says nothing any more.
_GUESSES_MAX = 30


class Binding:
    """A relation under the name by which a FROM clause introduces it.

    Attributes:
        key: Lower-case alias, or the table's own last part.
        parts: The table's lower-case full name, to find `db.t.column`.
        hidden: Lower-case names that a plain star leaves out: they are merged by USING.
        semi: Whether only the join condition sees it.
    """

    __slots__ = ("hidden", "key", "parts", "relation", "semi")

    def __init__(self, key: str, relation: Relation, parts: tuple[str, ...] = ()) -> None:
        self.key = key.lower()
        self.relation = relation
        self.parts = parts
        self.hidden: set[str] = set()
        self.semi = False


class Scope:
    """The names of one SELECT, with those of the query around it.

    Attributes:
        ctes: Lower-case names of CTEs to functions that give their relation.
        merged: Columns that USING or NATURAL made one, by lower-case name.
        aliases: Lower-case alias of a select item to the item.
        visible: How many of the aliases may be used here.
        prefer_aliases: Whether an alias wins over a column (ORDER BY).
        influence: What acts on every row of the SELECT.
        windows: Named windows.
        chosen: The column that a COLUMNS(…) in hand stands for.
    """

    def __init__(self, visit: "Visit", parent: "Scope | None" = None) -> None:
        self.visit = visit
        self.parent = parent
        self.ctes: dict[str, Callable[[], Relation]] = {}
        self.bindings: list[Binding] = []
        self.merged: dict[str, Column] = {}
        self.aliases: dict[str, tuple[int, exp.Expr]] = {}
        self.visible = 0
        self.prefer_aliases = False
        self.influence: Sources = {}
        self.windows: dict[str, exp.Expr] = {}
        self.chosen: dict[int, Column] = {}
        self._busy: set[str] = set()
        self._columns: dict[tuple[str, str, int, bool], Sources] = {}

    def bind(self, binding: Binding) -> None:
        """Introduce a relation: its rows are now part of this SELECT's rows."""
        self.bindings.append(binding)
        relation = binding.relation
        self.visit.inputs |= relation.inputs
        if relation.influence:
            add(self.influence, relation.influence)
        self._columns.clear()

    def changed(self) -> None:
        """Forget what was resolved before, as the scope has other names now."""
        self._columns.clear()

    def bind_result(self, relation: Relation) -> None:
        """Make a query's own columns the names that its ORDER BY sees."""
        self.bind(Binding("", relation))

    def cte(self, name: str) -> Callable[[], Relation] | None:
        """Return what gives a CTE's relation, by lower-case name."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.ctes.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def binding(self, parts: list[str]) -> Binding | None:
        """Find a relation by an alias, or by a table's name of several parts."""
        key = parts[-1]
        scope: Scope | None = self
        while scope is not None:
            for binding in reversed(scope.bindings):
                if binding.key == key and (
                    len(parts) == 1 or binding.parts[-len(parts) :] == tuple(parts)
                ):
                    return binding
                if binding.parts and binding.parts[-len(parts) :] == tuple(parts):
                    return binding
            scope = scope.parent
        return None

    def column(self, node: exp.Column) -> Sources:
        """Return the sources of a column as an expression names it."""
        args = node.args
        fold = self.visit.names.fold
        name = fold(args.get("this"))
        qualifier = args.get("table")
        key = (name, fold(qualifier) if qualifier else "", self.visible, self.prefer_aliases)
        if args.get("db"):
            return self.path([fold(part) for part in node.parts])
        found = self._columns.get(key)
        if found is None:
            found = self._qualified(key[1], name) if qualifier else self.unqualified(name)
            if not self._busy:
                self._columns[key] = found
        return found

    def path(self, parts: list[str]) -> Sources:
        """Resolve `a.b.c…`: as much of it as names a relation, then a column, then fields."""
        if len(parts) == 1:
            return self.unqualified(parts[0])
        lowered = [part.lower() for part in parts]
        for length in range(len(parts) - 1, 0, -1):
            binding = self.binding(lowered[:length])
            if binding is not None:
                rest = parts[length:]
                if len(rest) == 1:
                    return in_relation(binding.relation, rest[0])
                return _part(binding.relation, rest)
        return self._struct(parts)

    def find(self, parts: list[str]) -> Column | None:
        """Return the one column, or member of a row, that a path leads to as far as known."""
        lowered = [part.lower() for part in parts]
        for length in range(len(parts) - 1, 0, -1):
            binding = self.binding(lowered[:length])
            if binding is not None:
                held = binding.relation.named(parts[length])
                return descend(held[0], parts[length + 1 :]) if len(held) == 1 else None
        scope: Scope | None = self
        while scope is not None:
            seen = [one for one in scope.bindings if not one.semi]
            held = [column for one in seen for column in one.relation.named(parts[0])]
            if held:
                return descend(held[0], parts[1:]) if len(held) == 1 else None
            for one in seen:
                if one.key == lowered[0] and one.relation.value is None:
                    return descend(Column(parts[0], {}, row=one.relation.columns), parts[1:])
            scope = scope.parent
        return None

    def _qualified(self, qualifier: str, name: str) -> Sources:
        binding = self.binding([qualifier.lower()])
        if binding is not None:
            return in_relation(binding.relation, name)
        return self._struct([qualifier, name])

    def _struct(self, parts: list[str]) -> Sources:
        """Resolve a path whose first part is a column: the fields of a struct."""
        path = ".".join(parts).lower()
        scope: Scope | None = self
        while scope is not None:
            for binding in scope.bindings:
                nested = binding.relation.nested.get(path)
                if nested is not None:
                    return nested
            scope = scope.parent
        variable = self.visit.session.variables.get(path)
        if variable is not None:
            return variable
        member = self.find(parts)
        if member is not None:
            return member.sources
        if parts[0].lower() in ("new", "old", "inserted", "deleted") and not self.bindings:
            return {}
        found: Sources = {}
        for source, bits in self.unqualified(parts[0]).items():
            if source.reason == "unknown_column":
                return unknown("unknown_column", ".".join(parts))
            add(found, {source: bits}, TRANSFORMATION)
        return found

    def unqualified(self, name: str) -> Sources:
        """Resolve a name without a table: here, then in the queries around."""
        key = name.lower()
        scope: Scope | None = self
        while scope is not None:
            found = scope._own(name, key)
            if found is not None:
                return found
            scope = scope.parent
        variable = self.visit.session.variables.get(key)
        if variable is not None:
            return variable
        scope = self
        while scope is not None:
            if key in scope.aliases and key not in scope._busy:
                return scope.alias(key)
            scope = scope.parent
        if self._sourceless(key):
            return {}
        return unknown("unknown_column", name)

    def _own(self, name: str, key: str) -> Sources | None:
        alias = self._visible_alias(key)
        if alias and self.prefer_aliases:
            return self.alias(key)
        if key in self.merged:
            return self.merged[key].sources
        hits: list[Column] = []
        for binding in self.bindings:
            if not binding.semi:
                hits += binding.relation.named(name)
        if len(hits) == 1:
            return hits[0].sources
        if hits:
            return _guessed(column.sources for column in hits)
        if alias and not self._names_itself(key):
            return self.alias(key)
        for binding in self.bindings:
            if binding.key == key and not binding.semi:
                return self._row(binding)
        if key in self.visit.session.variables or self._sourceless(key):
            return None
        return self._open(name)

    def _sourceless(self, key: str) -> bool:
        return key in _VALUES or key in _HIDDEN or key in _VALUES_OF.get(self.visit.dialect, ())

    def _row(self, binding: Binding) -> Sources:
        if binding.relation.value is not None:
            return binding.relation.value
        whole: Sources = {}
        add(whole, everything(binding.relation), TRANSFORMATION)
        return whole

    def _open(self, name: str) -> Sources | None:
        rests = [
            rest
            for binding in self.bindings
            if not binding.semi
            for rest in binding.relation.open()
        ]
        candidates = [rest for rest in rests if rest.may_hold(name)]
        if not candidates:
            return None
        outer = self.parent._known(name) if self.parent is not None else None
        if len(candidates) == 1 and outer is None:
            return candidates[0].column(name, KnownBy.SOLE_CANDIDATE)
        if len(candidates) > _GUESSES_MAX:
            return unknown("ambiguous_column", name)
        found: Sources = {}
        for rest in candidates:
            add(found, rest.column(name, KnownBy.GUESSED) or {})
        if outer is not None:
            add(found, _guessed([outer]))
        return found

    def _known(self, name: str) -> Sources | None:
        """Return the sources of a name that the queries around are known to hold."""
        scope: Scope | None = self
        while scope is not None:
            for binding in scope.bindings:
                for column in binding.relation.named(name):
                    return column.sources
            scope = scope.parent
        return None

    def _visible_alias(self, key: str) -> bool:
        found = self.aliases.get(key)
        return found is not None and found[0] < self.visible and key not in self._busy

    def _names_itself(self, key: str) -> bool:
        """Whether an alias hides a column of its name: `upper(name) AS name`.

        The statement itself then shows that an open table has such a column.
        """
        item = self.aliases[key][1]
        return any(
            column.name.lower() == key and not column.table for column in item.find_all(exp.Column)
        )

    def alias(self, key: str) -> Sources:
        """Return the sources of the select item with this alias."""
        item = self.aliases[key][1]
        prefer, visible = self.prefer_aliases, self.visible
        self._busy.add(key)
        self.prefer_aliases = False
        try:
            return self.visit.sources(item, self)
        finally:
            self._busy.discard(key)
            self.prefer_aliases, self.visible = prefer, visible

    def show_aliases(self, clause: str) -> None:
        """Make aliases usable as the clause allows: `select`, `where` or a later one."""
        dialect = self.visit.dialect
        everywhere = dialect == "clickhouse"
        if clause == "where":
            self.visible = len(self.aliases) if dialect in _ALIASES_IN_WHERE else 0
        elif clause != "select":
            self.visible = len(self.aliases)
        self.prefer_aliases = clause == "order" or everywhere


def descend(column: Column, names: Sequence[str]) -> Column | None:
    """Follow names from a column into the row that it holds; None where they lead nowhere."""
    for name in names:
        held = [one for one in column.row or () if one.name.lower() == name.lower()]
        if len(held) != 1 or held[0].rest is not None:
            return None
        column = held[0]
    return column


def in_relation(relation: Relation, name: str) -> Sources:
    """Return the sources of a column of one relation."""
    found = relation.named(name)
    if len(found) == 1:
        return found[0].sources
    if found:
        return _guessed(column.sources for column in found)
    if name.lower() in _HIDDEN:
        return {}
    rests = [rest for rest in relation.open() if rest.may_hold(name)]
    if rests:
        return _in_rests(relation, rests, name)
    if relation.value is not None:
        whole: Sources = {}
        add(whole, relation.value, TRANSFORMATION)
        return whole
    return unknown("unknown_column", name)


def _in_rests(relation: Relation, rests: list[Rest], name: str) -> Sources:
    if len(rests) == 1:
        ground = KnownBy.QUALIFIED if relation.dataset else KnownBy.SOLE_CANDIDATE
        return rests[0].column(name, ground) or {}
    if len(rests) > _GUESSES_MAX:
        return unknown("ambiguous_column", name)
    found: Sources = {}
    for rest in rests:
        add(found, rest.column(name, KnownBy.GUESSED) or {})
    return found


def _part(relation: Relation, path: list[str]) -> Sources:
    """Return the sources of a struct's field: its own column where the schema lists it."""
    for length in range(len(path), 1, -1):
        nested = relation.nested.get(".".join(path[:length]).lower())
        if nested is not None:
            return nested
    held = relation.named(path[0])
    member = descend(held[0], path[1:]) if len(held) == 1 else None
    if member is not None:
        return member.sources
    found: Sources = {}
    add(found, in_relation(relation, path[0]), TRANSFORMATION)
    return found


def _guessed(parts: Iterable[Sources]) -> Sources:
    """Return the union of several candidates, each marked as one of several."""
    found: Sources = {}
    for part in parts:
        for source, bits in part.items():
            guess = ground(source.dataset, source.field, KnownBy.GUESSED, source.reason)
            found[guess] = found.get(guess, 0) | bits
    return found
