"""What one statement leaves behind for the next ones of its session."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...schemas.names import DatasetName
from ...schemas.records import FieldType
from .edges import Sources, merged
from .relations import Column, Relation


@dataclass
class Session:
    """The state of a session: defaults, temporary tables, variables, schemas it declared.

    One is made for each text; whoever knows that texts share a session passes it along.

    Attributes:
        catalog, schema: Set by USE, SET SCHEMA or SET search_path; they win over `Naming`.
        temporary: Lower-case names of temporary tables and views to what they hold.
        temporary_names: Temporary tables as datasets, to their names in `temporary`.
        schemas: Columns of the tables that the session created or altered; None for those
            that it dropped or renamed.
        changed: All tables whose columns the session changed, also where it cannot tell how.
        variables: Lower-case names of variables to what their values derive from.
        texts: Lower-case names of variables that hold a literal text to that text.
    """

    catalog: str | None = None
    schema: str | None = None
    temporary: dict[str, Relation] = field(default_factory=dict)
    temporary_names: dict[DatasetName, str] = field(default_factory=dict)
    schemas: dict[DatasetName, tuple[FieldType, ...] | None] = field(default_factory=dict)
    changed: set[DatasetName] = field(default_factory=set)
    variables: dict[str, Sources] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def refresh(self, name: str, fields: dict[str, Sources], influence: Sources) -> None:
        """Let a temporary table hold what a statement wrote into it, besides what it had."""
        held = self.temporary.get(name)
        if held is None:
            return
        written = {column.lower(): sources for column, sources in fields.items()}
        columns = [
            Column(one.name, merged((one.sources, written.pop(one.name.lower(), {}))), one.rest)
            for one in held.columns
        ]
        columns += [Column(one, fields[one]) for one in fields if one.lower() in written]
        self.temporary[name] = Relation(columns, merged((held.influence, influence)), held.inputs)

    def lasting(self) -> dict[DatasetName, tuple[FieldType, ...] | None]:
        """Return the columns of the tables that outlive the session."""
        return {
            dataset: self.schemas.get(dataset)
            for dataset in self.changed
            if dataset not in self.temporary_names
        }

    def forget_lasting(self) -> None:
        """Forget tables that outlive the session: a catalog knows what became of them since."""
        for dataset in self.lasting():
            self.schemas.pop(dataset, None)
            self.changed.discard(dataset)

    def qualify(self, parts: Sequence[str]) -> list[str]:
        """Return a name completed by the session's current schema and catalog."""
        whole = list(parts)
        if whole and whole[0].startswith(("@", "#")):
            return whole
        if len(whole) == 1 and self.schema:
            whole.insert(0, self.schema)
        if len(whole) == 2 and self.catalog:
            whole.insert(0, self.catalog)
        return whole
