"""COPY, UNLOAD, LOAD and EXPORT: tables from files and files from tables."""

from sqlglot import exp

from ...schemas.names import DatasetName
from ...schemas.records import KnownBy
from .naming import file_dataset
from .relations import Column, Relation
from .scope import Scope
from .statements import (
    column_list,
    finish,
    schema_names,
    target_dataset,
    write_by_name,
    write_by_position,
)
from .visit import Visit, statement


@statement(exp.Copy)
def copy(visit: Visit, node: exp.Copy, parent: Scope) -> None:
    """State what COPY moves: into a table, or out of a table or query into a file."""
    this = node.this
    files = node.args.get("files") or []
    stage = isinstance(this, exp.Table) and (this.name.startswith("@") or "://" in this.name)
    if isinstance(this, exp.Literal) or stage:
        for one in files:
            _export(visit, _file(visit, this), one, parent)
    elif node.args.get("kind"):
        for one in files:
            _load(visit, this, one, parent)
    else:
        for one in files:
            _export(visit, _file(visit, one), this, parent)


def _file(visit: Visit, node: exp.Expr) -> DatasetName:
    """Return the dataset of a path, stage or location."""
    if isinstance(node, exp.Table) and not node.name.startswith("@") and "/" not in node.name:
        return visit.dataset(node)
    return file_dataset(node.name, visit.names)


def _load(visit: Visit, target: exp.Expr, source: exp.Expr, parent: Scope) -> None:
    dataset = target_dataset(visit, target)
    if dataset is None:
        return
    draft = visit.draft(dataset)
    relation = (
        visit.query(source, parent)
        if isinstance(source, exp.Query)
        else visit.table(_file(visit, source))
    )
    visit.inputs |= relation.inputs
    names = column_list(visit, target) or schema_names(visit, dataset)
    if names is None:
        draft.weakest = KnownBy.POSITIONAL
        write_by_name(draft, relation)
    else:
        write_by_position(draft, relation.columns, names)
    finish(visit, draft, relation.influence)


def _export(visit: Visit, file: DatasetName, source: exp.Expr, parent: Scope) -> None:
    draft = visit.draft(file)
    if isinstance(source, exp.Query):
        relation = visit.query(source, parent)
    else:
        dataset = target_dataset(visit, source)
        if dataset is None:
            return
        relation = visit.table(dataset)
        visit.inputs.add(dataset)
        names = column_list(visit, source)
        if names:
            relation = Relation(
                [column for name in names for column in _named(relation, name)],
            )
    write_by_name(draft, relation)
    finish(visit, draft, relation.influence)


def _named(relation: Relation, name: str) -> list[Column]:
    from .scope import in_relation

    return [Column(name, in_relation(relation, name))]


def export_query(visit: Visit, path: str, query: exp.Expr, parent: Scope) -> None:
    """State that a query's rows go to a file: UNLOAD, EXPORT DATA."""
    _export(visit, file_dataset(path, visit.names), query, parent)


@statement(exp.Export)
def export(visit: Visit, node: exp.Expr, parent: Scope) -> None:
    """State what BigQuery's EXPORT DATA writes."""
    for option in node.args["options"].expressions:
        if option.this.name.lower() in ("uri", "path"):
            export_query(visit, option.args["value"].name, node.this, parent)


@statement(exp.LoadData)
def load_data(visit: Visit, node: exp.Expr, parent: Scope) -> None:
    """State what LOAD DATA reads into a table."""
    path = node.args.get("inpath") or node.args.get("files")
    if isinstance(path, exp.Literal):
        _load(visit, node.this, path, parent)
    elif isinstance(path, exp.Expr):
        for literal in path.find_all(exp.Literal):
            if "/" in literal.name:
                _load(visit, node.this, literal, parent)
