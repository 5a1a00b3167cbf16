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


class Converging:
    """A view in the making: records are added in any order, and again, as they come."""

    def __init__(self) -> None:
        self._facts: set[str] = set()
        self._greatest: dict[str, tuple[str, str, tuple[str, ...]]] = {}

    def add(self, envelope: Envelope) -> None:
        """Take in a record."""
        record = envelope.record
        if isinstance(record, Resolution):
            self._stand(record.event, (record.rank, envelope.id, record.derivations))
        elif not isinstance(record, Derivation):
            self._facts.add(envelope.id)

    def merge(self, other: "Converging") -> None:
        """Take in all that another has."""
        self._facts |= other._facts
        for event, standing in other._greatest.items():
            self._stand(event, standing)

    def view(self) -> View:
        """Return the records in force so far."""
        return View(
            frozenset(self._facts),
            {event: derivations for event, (_, _, derivations) in self._greatest.items()},
        )

    def _stand(self, event: str, standing: tuple[str, str, tuple[str, ...]]) -> None:
        self._greatest[event] = max(self._greatest.get(event, standing), standing)


def converge(envelopes: Iterable[Envelope]) -> View:
    """Return the view of a set of records; order and repetition do not matter."""
    converging = Converging()
    for envelope in envelopes:
        converging.add(envelope)
    return converging.view()
