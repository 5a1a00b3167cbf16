"""Duplicates are skipped; a redelivery is not one."""

from headwater.processors.deduplicate import Seen, Sent, Sighting
from headwater.processors.message import Position


def test_the_same_event_elsewhere_is_a_duplicate() -> None:
    """The first position counts; a copy at another is a duplicate."""
    seen = Seen()
    here, there = Position("t", 0, 1), Position("t", 1, 0)
    assert [Sighting.FIRST, Sighting.DUPLICATE, Sighting.REDELIVERED, Sighting.DUPLICATE] == [
        seen.sight("e", position) for position in (here, there, here, there)
    ]


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    """A forgotten event counts as new, which costs work and no truth."""
    seen = Seen(size_max=2)
    sightings = [seen.sight(e, Position("t", 0, i)) for i, e in enumerate("abca")]
    assert [Sighting.FIRST] * 4 == sightings


def test_a_record_in_use_is_not_forgotten() -> None:
    """The record used longest ago is forgotten first."""
    sent = Sent(size_max=2)
    sent.add("a")
    sent.add("b")
    assert "a" in sent
    sent.add("c")
    assert ["a", "c"] == [r for r in "abc" if r in sent]
