"""A walk, and what is told of it."""

from dataclasses import dataclass

import numpy as np

from ...schemas.names import ColumnName, JobName
from ..answers import ModelUse, Named, Reach, Related
from ..ask import Ask, Way
from .listing import Listing
from .names import MADE, Ids
from .store import Store
from .times import as_numbers
from .walk import Closure, Field, links_from


@dataclass(frozen=True, slots=True)
class Walked:
    """A walk, and what is told of it.

    Attributes:
        subject: What was asked of; of a model its name.
        given: The nodes that the answer need not name.
    """

    store: Store
    field: Field
    closure: Closure
    way: Way
    ask: Ask
    subject: Named
    given: Ids

    def reach(self) -> Reach:
        """Return the names reached."""
        listing = Listing(self.store, self.field, self.closure, self.way)
        nodes = self._listed(np.setdiff1d(self.closure.nodes(), self.given))
        is_column = self.field.dataset_of[nodes] != nodes
        columns = nodes[is_column]
        datasets = listing.datasets(nodes)
        if self.ask.filter.kind == "column":
            datasets = datasets[:0]
        if self.ask.filter.kind == "dataset":
            columns = columns[:0]
        hops = self.closure.hops()
        return Reach(
            self.subject,
            self._related(listing, columns, whole=False),
            self._related(listing, datasets, whole=True),
            len(columns),
            len(datasets),
            int(hops[nodes].max(initial=0)),
            self.closure.cut,
            self.store.positions(),
        )

    def path_to(self, node: int) -> tuple[Related, ...]:
        """Return the steps from the start to a node; none if it was not reached.

        A dataset is reached where any column of it is: the path leads to the best of them.
        """
        nodes = self.closure.nodes()
        whole = self.field.dataset_of[node] == node
        ends = nodes[(self.field.dataset_of[nodes] if whole else nodes) == node]
        if not len(ends):
            return ()
        listing = Listing(self.store, self.field, self.closure, self.way)
        end = listing.first_by_name(int(listing.datasets(ends)[0])) if whole else node
        return tuple(listing.path(end))

    def jobs(self) -> tuple[JobName, ...]:
        """Return the jobs of all links walked, also of those that led to nothing new."""
        walked = links_from(self.field, self.closure.walked(), self.way)
        found = [self.field.derivations(edges, places) for _, edges, places in walked]
        job_of = self.store.jobs_of(np.unique(np.concatenate(found)).tolist())
        return tuple(sorted(set(job_of.values())))

    def models(self) -> tuple[ModelUse, ...]:
        """Return the versions of models that were trained on what was reached."""
        as_of, known_at = as_numbers(self.ask)
        return self.store.models.uses(
            self.closure,
            self.store.names,
            self.field.dataset_of,
            as_of=as_of,
            known_at=known_at,
        )

    def sources(self) -> tuple[ColumnName, ...]:
        """Return the columns that no column lies before, neither of themselves nor of their rows.

        A dataset may still lie before theirs, such as the file that a table was loaded from.
        """
        nodes = self.closure.nodes()
        dataset_of = self.field.dataset_of
        columns = nodes[dataset_of[nodes] != nodes]
        made = np.zeros(len(dataset_of), np.bool_)
        by_columns = np.array([kind.of_columns for kind in self.store.kinds.all()], np.bool_)
        for targets, edges, places in links_from(self.field, columns, Way.UPSTREAM):
            made[targets[by_columns[self.field.kinds(edges, places)]]] = True
        left = columns[~made[columns] & ~made[dataset_of[columns] + MADE]]
        names = (self.store.names.name(node) for node in left.tolist())
        return tuple(sorted(name for name in names if isinstance(name, ColumnName)))

    def _listed(self, nodes: Ids) -> Ids:
        """Return the nodes that are in the namespaces asked for, and have one of the labels."""
        wanted = self.ask.filter
        if wanted.tags:
            found = self.store.labelled(wanted.tags, *as_numbers(self.ask))
            of_dataset = np.isin(self.field.dataset_of[nodes], found)
            nodes = nodes[np.isin(nodes, found) | of_dataset]
        if wanted.namespaces:
            name = self.store.names.name
            nodes = nodes[[name(node).namespace in wanted.namespaces for node in nodes.tolist()]]
        return nodes

    def _related(self, listing: Listing, nodes: Ids, *, whole: bool) -> tuple[Related, ...]:
        """Return a page of nodes by name: their own, or that of the whole dataset."""
        names = self.store.names
        key = names.dataset_name if whole else names.name
        page = listing.nearest(nodes, key, self.ask.limit, self.ask.start)
        if whole:
            page = [listing.first_by_name(node) for node in page]
        return tuple(listing.related(n, key(n), evidence=self.ask.evidence) for n in page)
