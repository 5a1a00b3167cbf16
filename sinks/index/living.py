"""What dropped datasets leave behind: they stay in answers while something lives that was made
of them.

A dataset that was dropped, or got another name, is a way that values took: a staging table
that a job drops when it is done still lies between its sources and the report. Only where
nothing leads on from it does what filled it fall out of force.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from .names import MADE, READ
from .tenure import Flags
from .times import EVER

if TYPE_CHECKING:
    from .store import Store


def in_force(store: "Store", as_of: int | None, known_at: int | None) -> Flags:
    """Return which derivations are in force, but for those of datasets that left nothing behind."""
    flags = store.resolutions.in_force(as_of, known_at)
    gone = ended(store, as_of, known_at)
    if not gone:
        return flags
    trained_on = store.models.datasets(store.names.dataset_of(), as_of, known_at)
    return _without_dead_ends(store, flags, gone - set(trained_on.tolist()))


def ended(store: "Store", as_of: int | None, known_at: int | None) -> set[int]:
    """Return the datasets that were dropped or renamed, and not made again since then."""
    ends = {
        node: turn.at
        for name, turn in store.changes.ended(as_of, known_at).items()
        if (node := store.names.find(name)) is not None
    }
    if not ends:
        return set()
    observed = store.schemas.in_force(as_of, known_at)
    slots = _slots_of(store, ends)
    last, known = (EVER if time is None else time for time in (as_of, known_at))
    made = store.resolutions.last_at(
        [slot for of_node in slots.values() for slot in of_node], last, known
    )
    return {
        node
        for node, at in ends.items()
        if (node not in observed or observed[node].since <= at)
        and all(made.get(slot, at) <= at for slot in slots[node])
    }


def _slots_of(store: "Store", nodes: Iterable[int]) -> dict[int, list[int]]:
    """Return the slots of each of these datasets."""
    wanted = set(nodes)
    slots: dict[int, list[int]] = defaultdict(list)
    for (_, output), slot in store.slots.items():
        if output in wanted:
            slots[output].append(slot)
    return slots


def _without_dead_ends(store: "Store", flags: Flags, left: set[int]) -> Flags:
    """Put out of force what fills datasets from which nothing leads on, one after the other."""
    flags = flags.copy()
    slot_of, slots = store.resolutions.slots(), _slots_of(store, left)
    while left:
        dead = {node for node in left if not _leads_on(store, flags, node)}
        if not dead:
            break
        flags[np.isin(slot_of, [slot for node in dead for slot in slots[node]])] = False
        left -= dead
    return flags


def _leads_on(store: "Store", flags: Flags, dataset: int) -> bool:
    """Whether a link in force leads from a dataset to another one."""
    nodes = [dataset, dataset + MADE, dataset + READ, *store.names.columns(dataset).values()]
    derivations = store.edges.statements().derivation
    for segment in store.edges.segments(len(store.names)):
        edges = segment.forward
        for node in nodes:
            places = slice(int(edges.starts[node]), int(edges.starts[node + 1]))
            ends = edges.ends[places][flags[derivations[edges.stated[places]]]]
            if any(store.names.dataset_at(end) != dataset for end in ends.tolist()):
                return True
    return False
