"""What waits for a schema is bounded, and what is let go is counted."""

from headwater.processors.decode import Decoded
from headwater.processors.message import Message, Position
from headwater.processors.waiting import Resolved, Waiting
from headwater.schemas.names import DatasetName
from headwater.schemas.openlineage import Event
from headwater.schemas.records import SchemaUsed

EVENT = Event.model_validate(
    {"eventTime": "2026-01-01T00:00:00Z", "job": {"namespace": "etl", "name": "j"}}
)
TABLE = DatasetName("pg", "t")


def resolved(name: str) -> Resolved:
    """An event of some id that reads the table."""
    message = Message(Position("lineage.events", 0, 0), None, None)
    return Resolved(message, Decoded(name, EVENT), (SchemaUsed(namespace="pg", name="t"),))


def ids(waiting: Waiting) -> list[str]:
    """The ids of the events that wait for the table."""
    return [each.decoded.event_id for each in waiting.touched([TABLE])]


def test_the_oldest_goes_when_there_are_too_many() -> None:
    """One that is resolved again counts as new."""
    waiting = Waiting(size_max=2)
    for name in ("a", "b", "a", "c"):
        waiting.put(resolved(name))
    assert (["a", "c"], {"count": 1, "age": 0}) == (ids(waiting), waiting.evicted)


def test_what_waits_for_too_long_goes() -> None:
    """The age is looked at whenever another comes."""
    now = 0.0
    waiting = Waiting(age_s_max=10, clock=lambda: now)
    for name, at in (("a", 0.0), ("b", 5.0), ("c", 11.0)):
        now = at
        waiting.put(resolved(name))
    assert (["b", "c"], {"count": 0, "age": 1}) == (ids(waiting), waiting.evicted)
