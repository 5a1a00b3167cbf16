"""Links: edges by the names of their ends and the job, each with the derivations that state it."""

from collections import defaultdict

import numpy as np

from ...schemas.names import JobName
from ..answers import Link
from ..ask import Filter
from .store import Store
from .walk import Flags, Strengths


def links_of(store: Store, flags: Flags, wanted: Filter) -> dict[Link, list[int]]:
    """Return the links that these derivations state.

    Args:
        store: The facts.
        flags: Which derivations count.
        wanted: Which links.
    """
    edges, statements = store.edges.columns(), store.edges.statements()
    followed = flags[statements.derivation] & (strengths(store, wanted)[statements.kind] >= 0)
    chosen = followed[edges.stated]
    hidden = store.hidden()
    if hidden is not None:
        chosen &= ~(hidden[edges.source] | hidden[edges.target])
    kinds, jobs, slots = store.kinds.all(), store.job_names(), list(store.slots)
    links: dict[Link, list[int]] = defaultdict(list)
    for source, target, derivation, number in zip(
        edges.source[chosen].tolist(),
        edges.target[chosen].tolist(),
        statements.derivation[edges.stated[chosen]].tolist(),
        statements.kind[edges.stated[chosen]].tolist(),
        strict=True,
    ):
        kind = kinds[number]
        link = Link(
            store.names.name(source),
            store.names.name(target),
            jobs[slots[store.resolutions.slot_of(derivation)][0]],
            kind.type,
            kind.subtype,
            kind.masking,
        )
        links[link].append(derivation)
    return links


def strengths(store: Store, wanted: Filter) -> Strengths:
    """Return the strength of each kind of edge; -1 for those that are not followed."""
    followed = [
        -1
        if (wanted.direct_only and not kind.direct)
        or (wanted.subtypes and kind.subtype not in wanted.subtypes)
        else kind.strength
        for kind in store.kinds.all()
    ]
    return np.array(followed, np.int8)


def link_order(link: Link) -> tuple[tuple[str, ...], tuple[str, ...], JobName, str, str, bool]:
    """Return what links are sorted by."""
    return link.source, link.target, link.job, link.type, link.subtype, link.masking
