"""Column lineage from SQL: direct and indirect, for every output column at once.

`resolve` parses a text and walks its tree once. Each family of SQL has a file: `select`,
`joins`, `tables`, `stars`, `expressions`, `setops`, `pivot`, `insert`, `update`, `merge`,
`ddl`, `alter`, `copy`, `script`; they register themselves in `visit`. Relations carry an
ordered list of columns with their sources (`relations`), scopes look names up (`scope`), and
effects are composed as OpenLineage composes them (`edges`).
"""

from collections.abc import Sequence

from ...schemas.names import DatasetName
from . import (
    alter,
    copy,
    ddl,
    expressions,
    insert,
    merge,
    pivot,
    script,
    setops,
    stars,
    tables,
    update,
)
from .answer import RESOLVER, Answer, Made, Naming, Output, SchemaLookup, no_schemas
from .blocks import procedural, several, unseparated
from .edges import unresolved_records
from .literals import strip_literals
from .naming import names_for
from .outline import outline
from .parse import dialect_name, parsed, template, too_deep
from .scope import Scope
from .script import created_as, is_block, text
from .session import Session
from .statements import run
from .visit import Visit

__all__ = [
    "RESOLVER", "Answer", "Made", "Naming", "Output", "SchemaLookup", "Session", "no_schemas",
    "resolve", "strip_literals",
]  # fmt: skip

_FAMILIES = (
    alter, copy, ddl, expressions, insert, merge, pivot, script, setops, stars, tables, update,
)  # fmt: skip


def resolve(
    sql: str,
    *,
    dialect: str | None = None,
    naming: Naming = Naming(),  # noqa: B008 - frozen
    schemas: SchemaLookup = no_schemas,
    session: Session | None = None,
    earlier: Sequence[str] = (),
) -> Answer:
    """Return what a text of SQL says about lineage. No text makes it raise.

    Args:
        sql: One statement or a script.
        dialect: The engine's name; tried first.
        naming: Where the names of the text lead.
        schemas: Knows the columns of datasets.
        session: What earlier texts of the same session left behind.
        earlier: Those texts, in their order, where nobody kept what they left.
    """
    if too_deep(sql):
        return outline(sql, dialect, naming, "too_deep")
    session = session or Session()
    consulted: set[DatasetName] = set()
    for text_ in earlier:
        before = resolve(text_, dialect=dialect, naming=naming, schemas=schemas, session=session)
        session.forget_lasting()
        consulted.update(before.consulted)
    visit = Visit(dialect_name(dialect), naming, schemas, session)
    visit.consulted |= consulted
    failed = _failed(visit, sql, dialect)
    if failed is not None:
        return outline(sql, dialect, naming, failed)
    return Answer(
        tuple(draft.finish() for draft in visit.drafts),
        tuple(sorted(visit.consulted)),
        unresolved_records(visit.markers),
        visit.dialect,
        tuple(Made(dataset, fields) for dataset, fields in sorted(session.lasting().items())),
    )


def _failed(visit: Visit, sql: str, dialect: str | None) -> str | None:
    """Visit a text; return why nothing can be said of it but its tables, if so."""
    try:
        _resolve(visit, sql, dialect)
    except RecursionError:
        return "too_deep"
    except MemoryError:
        return "out_of_memory"
    except Exception:  # a construct that nobody thought of costs its columns, not the worker
        return "unsupported"
    if not visit.drafts and visit.unparsed:
        return min((reason for _, reason, _ in visit.markers), default="parse_error")
    return None


def _resolve(visit: Visit, sql: str, dialect: str | None) -> None:
    if template(sql):
        visit.mark("template", "")
    if procedural(sql):
        text(visit, sql, Scope(visit))
    else:
        _plain(visit, sql, dialect)


def _plain(visit: Visit, sql: str, dialect: str | None) -> None:
    """Visit a text that is no block: as a whole if it parses, else piece by piece."""
    found = parsed(sql, dialect)
    cut = found is not None and unseparated(sql, found[1]) > len(found[0])
    if found is not None and not cut and not any(is_block(tree) for tree in found[0]):
        visit.dialect, visit.text = found.dialect, found.text
        if found.left_out:
            visit.mark("unsupported", found.left_out)
        visit.names = names_for(visit.dialect, visit.naming)
        scope = Scope(visit)
        for tree in found.trees:
            visit.inputs = set()
            run(visit, tree, scope)
    elif created_as(visit, sql, Scope(visit)):
        return
    elif several(sql):
        text(visit, sql, Scope(visit))
    elif not template(sql):
        visit.mark("parse_error", "")
    visit.unparsed = visit.unparsed or found is None
