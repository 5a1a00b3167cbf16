"""Relations: what a table, view, subquery or CTE offers to the query around it.

A relation is an ordered list of columns with their sources. A base table whose schema is
known is *closed*: it has these columns and no others. One without is *open*: any name may
lead to it. An open table stands in the list as one `Rest` at the place of its columns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...schemas.names import DatasetName
from ...schemas.records import FieldType, KnownBy
from .edges import IDENTITY, THEN, Source, Sources, add, unknown

_ONE = 1 << IDENTITY
_NONE: list["Column"] = []


class Rest:
    """The columns of open tables at one place of a list, each found by its name.

    Attributes:
        dataset: The table; None where it is a table function or the like.
        hidden: Lower-case names that are not among them.
        renamed: Lower-case new name to the name in the table.
        others: What the same place holds in the other branches of a set operation.
        effect: How the columns act, where they passed through an expression.
        given: What every one of them derives from, as a table function's arguments.
    """

    __slots__ = (
        "_sources",
        "dataset",
        "effect",
        "given",
        "hidden",
        "known_by",
        "others",
        "renamed",
    )

    def __init__(
        self,
        dataset: DatasetName | None,
        *,
        hidden: frozenset[str] = frozenset(),
        renamed: dict[str, str] | None = None,
        others: tuple["Rest", ...] = (),
        known_by: KnownBy | None = None,
        effect: int = IDENTITY,
        given: Sources | None = None,
    ) -> None:
        self.given = given or {}
        self.dataset = dataset
        self.hidden = hidden
        self.renamed = renamed or {}
        self.others = others
        self.known_by = known_by
        self.effect = effect
        self._sources: dict[tuple[str, KnownBy], Source] = {}

    def may_hold(self, name: str) -> bool:
        """Whether a column of this name may be among them."""
        return name.lower() not in self.hidden

    def column(self, name: str, known_by: KnownBy) -> Sources | None:
        """Return the sources of a column by its name; None if it is not among them."""
        key = name.lower()
        if key in self.hidden:
            return None
        found: Sources = {}
        if self.dataset is not None:
            ground = self.known_by or known_by
            source_name = self.renamed.get(key, name)
            source = self._sources.get((source_name, ground))
            if source is None:
                source = Source(self.dataset, source_name, ground)
                self._sources[source_name, ground] = source
            add(found, {source: _ONE}, self.effect)
        add(found, self.given, self.effect)
        for other in self.others:
            add(found, other.column(name, known_by) or {})
        return found

    def _like(self, **changes: Any) -> "Rest":
        kept = {
            "hidden": self.hidden,
            "renamed": self.renamed,
            "others": self.others,
            "known_by": self.known_by,
            "effect": self.effect,
            "given": self.given,
        }
        return Rest(self.dataset, **{**kept, **changes})

    def without(self, names: Iterable[str], renamed: dict[str, str] | None = None) -> "Rest":
        """Return these columns less some, and with new names (the keys) for others."""
        new = {
            key.lower(): self.renamed.get(old.lower(), old) for key, old in (renamed or {}).items()
        }
        gone = {name.lower() for name in names} | {old.lower() for old in (renamed or {}).values()}
        return self._like(
            hidden=(self.hidden | gone) - new.keys(),
            renamed={**self.renamed, **new},
            others=tuple(other.without(names, renamed) for other in self.others),
        )

    def joined_by(self, others: Iterable["Rest"]) -> "Rest":
        """Return these columns with those of other branches at the same place."""
        return self._like(others=(*self.others, *others))

    def weaker(self, known_by: KnownBy) -> "Rest":
        """Return these columns as known on one ground only."""
        return self._like(
            known_by=known_by, others=tuple(other.weaker(known_by) for other in self.others)
        )

    def through(self, effect: int) -> "Rest":
        """Return these columns as seen through an effect."""
        return self._like(
            effect=THEN[effect][self.effect],
            others=tuple(other.through(effect) for other in self.others),
        )

    def datasets(self) -> list[str]:
        """Return the names of the tables that are not known, for the markers."""
        own = [self.dataset.name] if self.dataset else ["columns that only data names"]
        return [*own, *(name for other in self.others for name in other.datasets())]


@dataclass(slots=True)
class Column:
    """A column of a relation.

    Attributes:
        rest: All columns of an open table, where it stands for them.
        row: The columns of the row that its value is, where it is one.
    """

    name: str
    sources: Sources
    rest: Rest | None = None
    row: "list[Column] | None" = None


@dataclass(slots=True)
class Relation:
    """An ordered list of columns, and what acts on every row of it.

    Attributes:
        influence: Sources that decide which rows there are, and in what order.
        inputs: The datasets that are read, where the relation was made elsewhere.
        value: The sources of a row as a whole where it is a scalar (an array's element).
        dataset: The base table that this is.
    """

    columns: list[Column]
    influence: Sources = field(default_factory=dict)
    inputs: frozenset[DatasetName] = frozenset()
    value: Sources | None = None
    dataset: DatasetName | None = None
    nested: dict[str, Sources] = field(default_factory=dict)
    index: dict[str, list[Column]] | None = None
    rests: tuple[Rest, ...] | None = None

    def named(self, name: str) -> list[Column]:
        """Return the known columns of a name, as a rule one or none."""
        index = self.index if self.index is not None else self._build()
        found = index.get(name.lower())
        if found is None:
            return _NONE
        if len(found) > 1:
            return [column for column in found if column.name == name] or found
        return found

    def open(self) -> tuple[Rest, ...]:
        """Return what is not known of the columns; nothing if the relation is closed."""
        if self.rests is None:
            self.rests = tuple(one.rest for one in self.columns if one.rest is not None)
        return self.rests

    def _build(self) -> dict[str, list[Column]]:
        self.index = {}
        for column in self.columns:
            if column.rest is None:
                self.index.setdefault(column.name.lower(), []).append(column)
        return self.index


def table(dataset: DatasetName, fields: Sequence[FieldType] | None) -> Relation:
    """Return the relation of a base table; open where its fields are not known.

    Fields named by a path (`address.city`) are members of a struct that is listed too: they
    can be selected by their path, but a star gives the struct.
    """
    inputs = frozenset((dataset,))
    if fields is None:
        return Relation([Column("*", {}, Rest(dataset))], inputs=inputs, dataset=dataset)
    tops = {one.name.lower() for one in fields if "." not in one.name}
    columns, nested = [], {}
    for one in fields:
        sources: Sources = {Source(dataset, one.name): _ONE}
        if "." in one.name and one.name.split(".", 1)[0].lower() in tops:
            nested[one.name.lower()] = sources
        else:
            columns.append(Column(one.name, sources))
    return Relation(columns, inputs=inputs, dataset=dataset, nested=nested)


def renamed(relation: Relation, names: Sequence[str]) -> Relation:
    """Return a relation under the names of an alias' column list: the first ones change."""
    if not names:
        return relation
    columns: list[Column] = []
    for place, name in enumerate(names):
        old = relation.columns[place] if place < len(relation.columns) else None
        if old is None or old.rest is not None:
            return Relation(
                columns + [Column(one, _at_unknown_place(relation)) for one in names[place:]],
                relation.influence,
                relation.inputs,
            )
        columns.append(Column(name, old.sources, row=old.row))
    columns.extend(relation.columns[len(names) :])
    return Relation(columns, relation.influence, relation.inputs, relation.value)


def _at_unknown_place(relation: Relation) -> Sources:
    details = [name for rest in relation.open() for name in rest.datasets()]
    if not details:
        return {}
    return unknown("unknown_schema", ", ".join(sorted(set(details))))


def everything(relation: Relation) -> Sources:
    """Return the sources of all columns: what a row as a whole depends on."""
    whole: Sources = {}
    for column in relation.columns:
        if column.rest is not None:
            add(whole, unknown("unknown_schema", ", ".join(column.rest.datasets())))
        else:
            add(whole, column.sources)
    return whole
