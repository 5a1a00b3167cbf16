"""Which derivations of an output are in force."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Making:
    """A derivation of an output by a job.

    Attributes:
        inferred: Whether it knows no columns, only that the datasets take part.
    """

    derivation: str
    job: str
    output: str
    inferred: bool


@dataclass(frozen=True, slots=True)
class Resolved:
    """That an event of a run stands for a derivation.

    Attributes:
        by: The run, or the event where there was no run.
        order: Its event's time, then its rank among the resolutions of that event.
    """

    derivation: str
    by: str
    event: str
    order: str


def in_force(makings: Iterable[Making], resolutions: Iterable[Resolved]) -> set[Making]:
    """Return, for each job and output, what the run that was heard of last stands for.

    Of one event only the resolution of the greatest rank counts. Of one run, a derivation
    that knows columns outdoes one that is inferred, since a client may state them at the
    start alone; then the later event wins. What one event states together is in force
    together.
    """
    by_derivation = defaultdict(list)
    for each in _converged(resolutions):
        by_derivation[each.derivation].append(each)
    slots: Mapping[tuple[str, str], list[tuple[Making, Resolved]]] = defaultdict(list)
    for making in makings:
        for each in by_derivation[making.derivation]:
            slots[making.job, making.output].append((making, each))
    return {making for slot in slots.values() for making in _last(slot)}


def _converged(resolutions: Iterable[Resolved]) -> list[Resolved]:
    held = list(resolutions)
    greatest: dict[tuple[str, str], str] = {}
    for each in held:
        key = (each.by, each.event)
        greatest[key] = max(each.order, greatest.get(key, ""))
    return [each for each in held if each.order == greatest[each.by, each.event]]


def _last(slot: list[tuple[Making, Resolved]]) -> set[Making]:
    latest = max(each.order for _, each in slot)
    runs = {each.by for _, each in slot if each.order == latest}
    of_runs = [(making, each) for making, each in slot if each.by in runs]
    best = max((not making.inferred, each.order) for making, each in of_runs)
    return {making for making, each in of_runs if (not making.inferred, each.order) == best}
