"""What became of datasets as a whole: dropped, renamed, made again; as of any two times."""

from collections.abc import Iterator
from dataclasses import dataclass

from ...schemas.names import DatasetName, JobName
from ...schemas.records import Change, DatasetChange, Envelope
from .causes import Cause
from .times import EVER, parsed


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of a dataset at a time.

    Attributes:
        previous: What it was called before it was renamed.
    """

    id: str
    name: DatasetName
    change: Change
    previous: DatasetName | None
    job: JobName | None
    cause: Cause
    at: int


class Changes:
    """All changes of datasets."""

    def __init__(self) -> None:
        self._turns: dict[str, tuple[Envelope, Turn]] = {}
        self._known: dict[str, int] = {}
        self._of: dict[DatasetName, list[str]] = {}

    def __len__(self) -> int:
        return len(self._turns)

    def add(self, envelope: Envelope, record: DatasetChange, known: int) -> None:
        """Add a change, or note that it was known earlier than thought."""
        if envelope.id not in self._turns:
            turn = _turn(envelope.id, record)
            self._turns[envelope.id] = (envelope, turn)
            for name in {name for name in (turn.name, turn.previous) if name is not None}:
                self._of.setdefault(name, []).append(envelope.id)
        self._known[envelope.id] = min(known, self._known.get(envelope.id, known))

    def names(self) -> tuple[DatasetName, ...]:
        """Return the datasets that any change is of, or that were called otherwise before."""
        return tuple(self._of)

    def stored(self) -> Iterator[tuple[Envelope, int]]:
        """Yield every change with when it was known."""
        for record_id, (envelope, _) in self._turns.items():
            yield envelope, self._known[record_id]

    def turns(self, dataset: DatasetName, as_of: int | None, known_at: int | None) -> list[Turn]:
        """Return what became of a dataset, in order of time."""
        last, known = (EVER if t is None else t for t in (as_of, known_at))
        found = (self._turns[each][1] for each in self._of.get(dataset, ()))
        held = [turn for turn in found if turn.at <= last and self._known[turn.id] <= known]
        return sorted(held, key=lambda turn: (turn.at, not _ends(turn, dataset), turn.id))

    def ended(self, as_of: int | None, known_at: int | None) -> dict[DatasetName, Turn]:
        """Return the datasets whose last change was that they were dropped or got another name."""
        last = {name: self.turns(name, as_of, known_at)[-1:] for name in self.names()}
        return {name: turn for name, (turn,) in _one(last) if _ends(turn, name)}


def _one(last: dict[DatasetName, list[Turn]]) -> Iterator[tuple[DatasetName, list[Turn]]]:
    return ((name, turns) for name, turns in last.items() if turns)


def _turn(record_id: str, record: DatasetChange) -> Turn:
    return Turn(
        record_id,
        DatasetName(record.namespace, record.name),
        record.change,
        None if record.previous is None else record.previous.key,
        record.job.key,
        Cause(record.run_id, record.job_version),
        parsed(record.at),
    )


def _ends(turn: Turn, dataset: DatasetName) -> bool:
    """Whether a dataset of this name is no more after a change."""
    if turn.change is Change.RENAME:
        return dataset == turn.previous and dataset != turn.name
    return turn.change is Change.DROP
