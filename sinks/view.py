"""The converged view: what a set of records says, whatever order it came in.

Of each event the greatest resolution is in force, and only the derivations it stands for.
The digest over the view proves that two logs, or a log and its replay, say the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..schemas.canonical import canonical, digest
from ..schemas.records import Derivation, Envelope, Resolution


@dataclass(frozen=True, slots=True)
class View:
    """The records in force.

    Attributes:
        facts: Ids of records that stand on their own event alone: datasets, code, runs,
            models, profiles, annotations.
        derivations: Event id to the ids of the derivations that it stands for.
    """

    facts: frozenset[str]
    derivations: dict[str, tuple[str, ...]]

    def digest(self) -> str:
        """Return the SHA-256 over the view, in hex."""
        lines = [*sorted(self.facts), *sorted(self._stands_for())]
        return digest(canonical(lines))

    def _stands_for(self) -> Iterator[str]:
        for event, derivations in self.derivations.items():
            yield f"{event}={','.join(derivations)}"


def converge(envelopes: Iterable[Envelope]) -> View:
    """Return the view of a set of records; order and repetition do not matter."""
    facts: set[str] = set()
    greatest: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    for envelope in envelopes:
        record = envelope.record
        if isinstance(record, Resolution):
            standing = (record.rank, envelope.id, record.derivations)
            greatest[record.event] = max(greatest.get(record.event, standing), standing)
        elif not isinstance(record, Derivation):
            facts.add(envelope.id)
    return View(
        frozenset(facts),
        {event: derivations for event, (_, _, derivations) in greatest.items()},
    )
