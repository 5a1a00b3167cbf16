"""What one statement leaves behind for the next ones of its session."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...schemas.names import DatasetName
from ...schemas.records import FieldType
from .edges import Sources
from .relations import Relation


@dataclass
class Session:
    """The state of a session: defaults, temporary tables, variables, schemas it declared.

    One is made for each text; whoever knows that texts share a session passes it along.

    Attributes:
        catalog, schema: Set by USE, SET SCHEMA or SET search_path; they win over `Naming`.
        temporary: Lower-case names of temporary tables and views to what they hold.
        schemas: Columns of the tables that the session created or altered.
        variables: Lower-case names of variables to what their values derive from.
        aliases: Datasets that were renamed: the new name leads to itself again.
    """

    catalog: str | None = None
    schema: str | None = None
    temporary: dict[str, Relation] = field(default_factory=dict)
    schemas: dict[DatasetName, tuple[FieldType, ...]] = field(default_factory=dict)
    variables: dict[str, Sources] = field(default_factory=dict)
    aliases: dict[DatasetName, DatasetName] = field(default_factory=dict)

    def qualify(self, parts: Sequence[str]) -> list[str]:
        """Return a name completed by the session's current schema and catalog."""
        whole = list(parts)
        if len(whole) == 1 and self.schema:
            whole.insert(0, self.schema)
        if len(whole) == 2 and self.catalog:
            whole.insert(0, self.catalog)
        return whole
