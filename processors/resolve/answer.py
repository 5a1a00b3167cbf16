"""What the resolver is asked with and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ...schemas.names import DatasetName
from ...schemas.records import FieldType, InputField, OutputField, Unresolved

RESOLVER = "headwater-sql/1"
"""The resolver's version in every basis; it is raised when answers change."""

SchemaLookup = Callable[[DatasetName], tuple[FieldType, ...] | None]
"""Returns the columns of a dataset in order; None where they are not known."""


def no_schemas(_dataset: DatasetName) -> tuple[FieldType, ...] | None:
    """Know no schema at all."""
    return None


@dataclass(frozen=True)
class Naming:
    """Where the names of a statement lead.

    Attributes:
        namespace: OpenLineage namespace of the tables.
        catalog: Default catalog of one- and two-part names.
        schema: Default schema of one-part names.
        known: Datasets that the event itself names. A table whose parts are a suffix of
            exactly one of them is that dataset, in that dataset's namespace.
        symlinks: Further names of those, each with the one that it has there: a table that
            lies in a bucket goes by its path, and its SQL by the name in a metastore.
    """

    namespace: str = ""
    catalog: str | None = None
    schema: str | None = None
    known: tuple[DatasetName, ...] = ()
    symlinks: tuple[tuple[DatasetName, DatasetName], ...] = ()


@dataclass(frozen=True)
class Output:
    """One written dataset and all that it derives from.

    Attributes:
        dataset: None for a query that writes nowhere.
        fields: The written columns in the output's order.
        indirect: Columns that act on every row: filter, join, group, sort.
        inputs: Every dataset that takes part, sorted.
    """

    dataset: DatasetName | None
    fields: tuple[OutputField, ...] = ()
    indirect: tuple[InputField, ...] = ()
    inputs: tuple[DatasetName, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()


@dataclass(frozen=True)
class Made:
    """The columns that a text's DDL left a dataset with.

    Attributes:
        fields: In order; None where it is gone or what it holds cannot be told.
    """

    dataset: DatasetName
    fields: tuple[FieldType, ...] | None


@dataclass(frozen=True)
class Answer:
    """All that a text of SQL says about lineage.

    Attributes:
        outputs: One per written dataset; a query that writes nowhere gives one, too.
        consulted: Every dataset whose schema was asked for, known or not, sorted.
        unresolved: What concerns the text as a whole.
        dialect: The dialect the text parsed in at last.
        made: What its DDL did to the columns of lasting datasets, sorted.
    """

    outputs: tuple[Output, ...] = ()
    consulted: tuple[DatasetName, ...] = ()
    unresolved: tuple[Unresolved, ...] = field(default=())
    dialect: str = ""
    made: tuple[Made, ...] = ()
