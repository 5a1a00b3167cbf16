"""Where somebody is named: sealed in records, and in the open in what clients wrote."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from ..schemas import topics
from ..schemas.personal import seal_event
from ..schemas.records import decode, subject
from ..schemas.vault import Person, Vault
from ..sinks.ledger.log import Log, messages


@dataclass(slots=True)
class Occurrences:
    """Where a person is named.

    Attributes:
        records: How many records hold a sealed name, by what they are and are about.
        open: How many messages of each topic hold the name as a client wrote it.
        newest: When the newest of those came in.
    """

    records: Counter[tuple[str, str]] = field(default_factory=Counter)
    open: Counter[str] = field(default_factory=Counter)
    newest: dict[str, datetime] = field(default_factory=dict)


def occurrences(log: Log, vault: Vault, person: Person, name: str) -> Occurrences:
    """Search the whole log for a person.

    Args:
        log: The topics.
        vault: Knows how the person is spelled.
        person: Whom to search for.
        name: One way to spell them, for what is no event and is searched as it lies there.
    """
    found = Occurrences()
    sealed = [text.encode() for text in person.sealed]
    for entry in messages(log, topics.RECORDS.name):
        value = entry.value or b""
        if any(text in value for text in sealed):
            _count_record(found, value)
    for topic in (topics.EVENTS.name, topics.DEAD_LETTERS.name):
        for entry in messages(log, topic):
            if _names(entry.value or b"", vault, person, name):
                found.open[topic] += 1
                at = datetime.fromtimestamp(entry.timestamp_ms / 1000, UTC)
                found.newest[topic] = max(found.newest.get(topic, at), at)
    return found


def _count_record(found: Occurrences, value: bytes) -> None:
    try:
        record = decode(value).record
    except ValueError:
        return  # No record: its sinks have refused it too.
    found.records[record.kind, subject(record)] += 1


def _names(value: bytes, vault: Vault, person: Person, name: str) -> bool:
    """Whether a message names a person where the worker would seal it; of no event, anywhere."""
    try:
        event = orjson.loads(value)
    except orjson.JSONDecodeError:
        return name.encode() in value
    named: set[str] = set()

    def note(text: str) -> str:
        named.add(text)
        return text

    seal_event(event, note)
    return any(vault.sealed(text) in person.sealed for text in named - set(person.sealed))
