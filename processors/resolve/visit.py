"""The state of one visit of a text, and the tables that say who visits which node.

A family of SQL lives in a file of its own and registers its functions here by the class of
syntax node that they take: `@expression(exp.Case)`. Adding a family is adding a file.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlglot import exp

from ...schemas.names import DatasetName
from ...schemas.records import FieldType, KnownBy, OutputField
from .answer import Naming, Output, SchemaLookup
from .edges import (
    IDENTITY,
    Marker,
    Sources,
    add,
    input_fields,
    unresolved,
    unresolved_records,
)
from .naming import names_for
from .relations import Relation, table
from .session import Session

if TYPE_CHECKING:
    from .scope import Scope

Function = TypeVar("Function", bound=Callable[..., Any])


class Registry(dict[type, Function], Generic[Function]):
    """Classes of syntax nodes to the functions that visit them; subclasses inherit."""

    def __call__(self, *types: type) -> Callable[[Function], Function]:
        """Register a function for classes of nodes."""

        def register(function: Function) -> Function:
            for one in types:
                self[one] = function
            return function

        return register

    def inherited(self, type_: type) -> Function | None:
        """Return the function of the nearest class that has one, and keep it."""
        for base in type_.__mro__[1:]:
            if base in self:
                self[type_] = self[base]
                return self[type_]
        return None

    def __missing__(self, type_: type) -> Function:
        found = self.inherited(type_)
        if found is None:
            raise KeyError(type_)
        return found


expression: Registry[Callable[["Visit", Any, "Scope", int, Sources], None]] = Registry()
"""Adds to `into` what an expression derives from, as seen through an outer effect."""

query: Registry[Callable[["Visit", Any, "Scope"], Relation]] = Registry()
"""Returns the relation that a query gives."""

from_item: Registry[Callable[["Visit", Any, "Scope"], None]] = Registry()
"""Binds what stands in a FROM clause in the scope."""

statement: Registry[Callable[["Visit", Any, "Scope"], None]] = Registry()
"""States the outputs of a statement."""


@dataclass(slots=True)
class Draft:
    """An output while its statement is visited.

    Attributes:
        fields: Written columns, in order, to their sources.
        selected: Names and sources of a query that writes nowhere: names may repeat.
        influence: What acts on every row.
        weakest: No edge is known on a stronger ground than this.
        markers: (field, reason, detail) of what is not known.
    """

    dataset: DatasetName | None
    fields: dict[str, Sources] = field(default_factory=dict)
    selected: list[tuple[str, Sources]] = field(default_factory=list)
    influence: Sources = field(default_factory=dict)
    inputs: set[DatasetName] = field(default_factory=set)
    weakest: KnownBy = KnownBy.DECLARED
    markers: set[Marker] = field(default_factory=set)

    def write(self, name: str, sources: Sources) -> None:
        """State that a column is written from these sources, besides what it had."""
        add(self.fields.setdefault(name, {}), sources)

    def finish(self) -> Output:
        """Return the output as records in canonical order."""
        markers = set(self.markers) | unresolved(self.influence, None)
        fields = []
        for name, sources in (*self.fields.items(), *self.selected):
            markers |= unresolved(sources, name)
            fields.append(OutputField(field=name, inputs=input_fields(sources, self.weakest)))
        return Output(
            self.dataset,
            tuple(fields),
            input_fields(self.influence),
            tuple(sorted(self._read())),
            unresolved_records(markers),
        )

    def _read(self) -> set[DatasetName]:
        """Return the inputs, with every dataset that a column is read of."""
        read = set(self.inputs)
        selected = (sources for _, sources in self.selected)
        for sources in (*self.fields.values(), *selected, self.influence):
            read.update(source.dataset for source in sources if source.dataset is not None)
        return read


_base_tables: dict[DatasetName, tuple[tuple[FieldType, ...], Relation]] = {}
_BASE_TABLES_MAX = 5_000


def _base_table(dataset: DatasetName, fields: tuple[FieldType, ...] | None) -> Relation:
    """Return the relation of a base table, the one made before if its schema is the same."""
    if fields is None:
        return table(dataset, None)
    held = _base_tables.get(dataset)
    if held is not None and held[0] is fields:
        return held[1]
    if len(_base_tables) >= _BASE_TABLES_MAX:
        _base_tables.clear()
    made = table(dataset, fields)
    _base_tables[dataset] = fields, made
    return made


class Visit:
    """Everything that one visit of a text knows and collects.

    Attributes:
        consulted: Datasets whose schema was asked for.
        inputs: Datasets that the statement in hand reads.
        drafts: The outputs so far.
        markers: What could not be resolved of the text as a whole.
        repeats: Whether the dialect has COLUMNS(…), which repeats a select item.
        text: What the tree in hand was parsed from.
        stated: How often an output was begun or gone on with.
        depth: How many texts inside texts are being visited.
        last_block: The block that was cut last, so that one that resists is cut once.
        unparsed: Whether the text as a whole parsed in no dialect.
    """

    def __init__(
        self, dialect: str, naming: Naming, schemas: SchemaLookup, session: Session
    ) -> None:
        self.dialect = dialect
        self.session = session
        self.naming = naming
        self.names = names_for(dialect, naming)
        self.consulted: set[DatasetName] = set()
        self.inputs: set[DatasetName] = set()
        self.drafts: list[Draft] = []
        self.markers: set[Marker] = set()
        self.repeats = dialect in ("duckdb", "clickhouse", "databricks", "")
        self.text = ""
        self.depth = 0
        self.stated = 0
        self.last_block = ""
        self.unparsed = False
        self._schemas = schemas
        self._tables: dict[DatasetName, Relation] = {}

    def sources(self, node: exp.Expr | None, scope: "Scope", effect: int = IDENTITY) -> Sources:
        """Return what an expression derives from."""
        into: Sources = {}
        if isinstance(node, exp.Expr):
            expression[type(node)](self, node, scope, effect, into)
        return into

    def act(
        self, nodes: Iterable[exp.Expr | None], scope: "Scope", effect: int, into: Sources
    ) -> None:
        """Add all that expressions derive from to `into`, as acting by one effect."""
        for node in nodes:
            if isinstance(node, exp.Expr):
                expression[type(node)](self, node, scope, effect, into)

    def query(self, node: exp.Expr, scope: "Scope") -> Relation:
        """Return the relation that a query gives."""
        give = query.get(type(node)) or query.inherited(type(node))
        if give is None:
            self.mark("unsupported", node.key.upper())
            return Relation([])
        return give(self, node, scope)

    def schema(self, dataset: DatasetName) -> tuple[FieldType, ...] | None:
        """Return the columns of a dataset, asked for once."""
        if dataset in self.session.schemas:
            return self.session.schemas[dataset]
        self.consulted.add(dataset)
        return self._schemas(dataset)

    def dataset(self, table_: exp.Table, *, new: bool = False) -> DatasetName:
        """Return the dataset that a table's name leads to.

        The name as the engine folds it is asked for first, then as it is written: catalogs
        differ in the spelling that they state. A `new` table, which the statement itself
        makes, is in no catalog.
        """
        parts = self.names.parts(table_)
        folded = self.names.dataset(self.session.qualify(parts))
        written = [part.name for part in table_.parts if part.name]
        if not new and written != parts and self.schema(folded) is None:
            other = self.names.dataset(self.session.qualify(written))
            if self.schema(other) is not None:
                return other
        return folded

    def table(self, dataset: DatasetName) -> Relation:
        """Return the relation of a base table, and note that it is read."""
        found = self._tables.get(dataset)
        if found is None:
            found = _base_table(dataset, self.schema(dataset))
            self._tables[dataset] = found
        return found

    def draft(self, dataset: DatasetName | None) -> Draft:
        """Return the output of a dataset, begun if it is new to this text."""
        self.stated += 1
        if dataset is not None:
            for draft in self.drafts:
                if draft.dataset == dataset:
                    return draft
        draft = Draft(dataset)
        self.drafts.append(draft)
        return draft

    def forget(self, dataset: DatasetName) -> None:
        """Drop what is remembered of a table, as its columns changed."""
        self._tables.pop(dataset, None)

    def mark(self, reason: str, detail: str) -> None:
        """Note what could not be resolved of the text as a whole."""
        self.markers.add(("", reason, detail))
