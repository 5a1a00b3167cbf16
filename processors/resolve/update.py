"""UPDATE and DELETE, over one table or a join."""

from sqlglot import exp

from .edges import FILTER, IDENTITY, SORT, Source
from .insert import assign
from .joins import bind_from, bind_laterals, join
from .relations import Relation
from .scope import Binding, Scope
from .select import with_ctes
from .statements import finish, output_into, target_dataset, unread
from .visit import Draft, Visit, statement


@statement(exp.Update)
def update(visit: Visit, node: exp.Update, parent: Scope) -> None:
    """State which columns an UPDATE writes, and what from."""
    args = node.args
    scope = Scope(visit, parent)
    with_ctes(visit, args.get("with_"), scope)
    from_ = args.get("from_")
    if from_:
        bind_from(visit, from_.this, scope)
    target = _bind_target(visit, args.get("this"), scope)
    for one in args.get("joins") or ():
        join(visit, one, scope)
    where = args.get("where")
    if where:
        visit.act([where.this], scope, FILTER, scope.influence)
    _order(visit, args, scope)
    for assignment in node.expressions:
        if not isinstance(assignment, exp.EQ):
            continue
        copied = _copied(assignment.this, scope)
        if copied is not None and copied.dataset is not None:
            draft = visit.draft(copied.dataset)
            draft.write(copied.field, visit.sources(assignment.expression, scope))
        elif target is not None:
            draft = _assigned(visit, assignment, target, scope)
            assign(visit, draft, assignment, scope)
        else:
            visit.mark("unsupported", "UPDATE target")
            return
        finish(visit, draft, scope.influence)
    if target is not None:
        finish(visit, target, scope.influence)
        output_into(visit, node, scope, target)


def _copied(left: exp.Expr, scope: Scope) -> Source | None:
    """Return the column that is written through a query's column: the one that this copies."""
    if not isinstance(left, exp.Column):
        return None
    named = scope.binding([left.table.lower()]) if left.table else None
    bindings = [named] if named is not None else scope.bindings if not left.table else []
    if any(binding.relation.dataset is not None for binding in bindings):
        return None
    held = [column for binding in bindings for column in binding.relation.named(left.name)]
    copies = [
        one for column in held for one, bits in column.sources.items() if bits == 1 << IDENTITY
    ]
    return copies[0] if len(held) == 1 and len(copies) == 1 else None


def _order(visit: Visit, args: dict[str, exp.Expr], scope: Scope) -> None:
    order = args.get("order")
    if order:
        visit.act(order.expressions, scope, SORT, scope.influence)


def _bind_target(visit: Visit, target: exp.Expr | None, scope: Scope) -> Draft | None:
    """Bind the written table, unless its name is an alias from FROM, and begin its output."""
    if isinstance(target, exp.Subquery):
        # Oracle writes through a query.
        bind_from(visit, target, scope)
        return _written_through(visit, scope.bindings[-1])
    if not isinstance(target, exp.Table):
        return None
    parts = visit.names.parts(target)
    named = scope.binding([part.lower() for part in parts])
    if named is not None and named.relation.dataset is not None and not target.alias:
        _leave_unread(visit, named)
        return visit.draft(named.relation.dataset)
    if len(parts) == 1 and scope.cte(parts[0].lower()) is not None:
        return _through_cte(visit, parts[0], scope)
    if not target.this or isinstance(target.this, exp.Func):
        return None
    binding = bind_target(visit, target, scope)
    for one in target.args.get("joins") or ():
        join(visit, one, scope)
    bind_laterals(visit, target.args.get("laterals") or (), scope)
    dataset = binding.relation.dataset
    return visit.draft(dataset) if dataset is not None else None


def _through_cte(visit: Visit, name: str, scope: Scope) -> Draft | None:
    """Bind a CTE that is written through: what changes is the table that it copies."""
    give = scope.cte(name.lower())
    relation = give() if give is not None else Relation([])
    scope.bind(Binding(name, relation))
    return _written_through(visit, scope.bindings[-1])


def _written_through(visit: Visit, binding: Binding) -> Draft | None:
    copied = {
        source.dataset
        for column in binding.relation.columns
        for source, bits in column.sources.items()
        if bits == 1 << IDENTITY
    }
    dataset = copied.pop() if len(copied) == 1 else None
    return visit.draft(dataset) if dataset is not None else None


def _leave_unread(visit: Visit, binding: Binding) -> None:
    binding.relation = unread(binding.relation)
    if binding.relation.dataset is not None:
        visit.inputs.discard(binding.relation.dataset)


def bind_target(visit: Visit, target: exp.Table, scope: Scope) -> Binding:
    """Bind a written table under its alias, as one that is not read yet."""
    parts = visit.names.parts(target)
    dataset = visit.dataset(target)
    alias = target.args.get("alias")
    key = visit.names.fold(alias.this) if alias and alias.this else parts[-1]
    lowered = tuple(part.lower() for part in parts)
    binding = Binding(key, unread(visit.table(dataset)), lowered)
    scope.bindings.append(binding)
    return binding


def _assigned(visit: Visit, assignment: exp.EQ, target: Draft, scope: Scope) -> Draft:
    """Return the output that an assignment writes: `SET a.x = …` over a join names it."""
    left = assignment.this
    if isinstance(left, exp.Column) and left.table:
        qualifier = [visit.names.fold(part).lower() for part in left.parts[:-1]]
        binding = scope.binding(qualifier)
        if binding is not None and binding.relation.dataset is not None:
            return visit.draft(binding.relation.dataset)
    elif isinstance(left, exp.Column) and len(scope.bindings) > 1 and visit.dialect == "mysql":
        holding = [
            one.relation.dataset
            for one in scope.bindings
            if one.relation.dataset is not None and one.relation.named(left.name)
        ]
        if len(holding) == 1:
            return visit.draft(holding[0])
    return target


@statement(exp.Delete)
def delete(visit: Visit, node: exp.Delete, parent: Scope) -> None:
    """State what a DELETE acts on: no column is written, but conditions decide the rows."""
    args = node.args
    scope = Scope(visit, parent)
    with_ctes(visit, args.get("with_"), scope)
    for one in args.get("using") or ():
        bind_from(visit, one, scope)
    target = _bind_target(visit, args.get("this"), scope)
    where = args.get("where")
    if where:
        visit.act([where.this], scope, FILTER, scope.influence)
    _order(visit, args, scope)
    drafts: list[Draft] = []
    for one in args.get("tables") or ():
        binding = scope.binding([part.lower() for part in visit.names.parts(one)])
        if binding is not None and binding.relation.dataset is not None:
            _leave_unread(visit, binding)
            drafts.append(visit.draft(binding.relation.dataset))
    if target is not None and not drafts:
        drafts = [target]
    for draft in drafts:
        finish(visit, draft, scope.influence)
        output_into(visit, node, scope, draft)


@statement(exp.TruncateTable)
def truncate(visit: Visit, node: exp.Expr, _parent: Scope) -> None:
    """State that a table is emptied."""
    for one in node.expressions:
        dataset = target_dataset(visit, one)
        if dataset is not None:
            visit.draft(dataset)
