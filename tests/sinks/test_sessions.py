"""A loss is named by its numbers, a drop by its reason, in whatever order the log is read."""

from dataclasses import dataclass

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.schemas.session import SessionClose, to_event
from headwater.schemas.topics import (
    SEQUENCE_HEADER,
    SESSION_HEADER,
    SOURCE_OFFSET_HEADER,
    SOURCE_PARTITION_HEADER,
    SOURCE_TOPIC_HEADER,
)
from headwater.sinks.ledger.leaf import Entry, Header
from headwater.sinks.sessions import Numbers, SessionAccount, Sessions


@dataclass
class Lying:
    """Where the next message of the log lies."""

    offset: int = -1

    def message(self, value: bytes, *headers: Header) -> Entry:
        """Return a message of the events."""
        self.offset += 1
        return Entry("t", 0, self.offset, 0, None, value, headers)

    def event(self, number: int | str) -> Entry:
        """Return an event of the session."""
        stamped = ((SESSION_HEADER, b"s"), (SEQUENCE_HEADER, str(number).encode()))
        return self.message(b"{}", *stamped)

    def close(self, emitted: int, **dropped: int) -> Entry:
        """Return its closing event."""
        closing = SessionClose("s", "t", "2026-01-01T00:00:00Z", emitted, dropped)
        return self.message(orjson.dumps(to_event(closing)))


def letter(offset: int | bytes) -> Entry:
    """Return the dead letter of an event."""
    place = offset if isinstance(offset, bytes) else str(offset).encode()
    source = {SOURCE_TOPIC_HEADER: b"t", SOURCE_PARTITION_HEADER: b"0", SOURCE_OFFSET_HEADER: place}
    return Entry("dead", 0, 0, 0, None, b"", tuple(source.items()))


def account(*events: Entry, committed: int = 100) -> SessionAccount:
    found = Sessions()
    found.settle({("t", 0): committed})
    for event in events:
        found.take(event)
    (one,) = found.accounts()
    return one


def test_numbers_that_never_arrived_are_named() -> None:
    """A gap in the middle and an end that is missing are both seen."""
    log = Lying()
    found = account(log.event(0), log.event(2), log.close(5))
    assert ((1, 3, 4), 3, 2) == (found.missing, found.lost, found.stored)


def test_what_the_emitter_dropped_is_missing_but_not_lost() -> None:
    """The closing event gives the reason."""
    log = Lying()
    found = account(log.event(0), log.event(1), log.close(3, spool_full=1), committed=1)
    assert (0, 1, 1) == (found.lost, found.stored, found.waiting)


def test_of_an_open_session_nothing_is_lost_yet() -> None:
    """What is missing before its last number is named all the same."""
    log = Lying()
    found = account(log.event(0), log.event(2))
    assert ((1,), 0, None) == (found.missing, found.lost, found.closed)


def test_an_event_that_came_twice_counts_once() -> None:
    """As after a crash between the acknowledgement and the ledger."""
    log = Lying()
    found = account(log.event(0), log.event(1), log.event(1), log.close(2))
    assert (2, 2, 0) == (found.emitted, found.stored, found.lost)


@pytest.mark.parametrize("number", ["9" * 5_000, "-1", "٣", "", "1e3", "x"])
def test_a_number_that_is_none_is_passed_over(number: str) -> None:
    """Anybody may write headers; none of them ends the account, or takes for ever."""
    log = Lying()
    found = account(log.event(number), log.event(0), log.event(10**17), log.close(10**17 + 1))
    assert (2, 10**17 - 1) == (found.arrived, found.lost)
    assert (1, 2, 3) == found.missing[:3]


def test_only_the_latest_sessions_are_held() -> None:
    """A bound for those that follow the log for ever."""
    found = Sessions(sessions_max=2)
    for number in range(3):
        stamped = ((SESSION_HEADER, b"s%d" % number), (SEQUENCE_HEADER, b"0"))
        found.take(Entry("t", 0, number, 0, None, b"{}", stamped))
    assert ["s1", "s2"] == [each.id for each in found.accounts()]


COUNT = 8


@given(
    st.sets(st.integers(0, COUNT - 1)),
    st.sets(st.integers(0, COUNT - 1)),
    st.lists(st.integers(0, COUNT), max_size=4).map(sorted),
    st.data(),
)
def test_what_is_emitted_is_accounted_for_however_the_log_is_read(
    arrived: set[int], refused: set[int], commits: list[int], data: st.DataObject
) -> None:
    """The sum holds at each moment, and the end is that of reading it all at once."""
    log = Lying()
    events = [log.event(number) for number in sorted(arrived)]
    letters = [
        letter(e.offset) for e, n in zip(events, sorted(arrived), strict=True) if n in refused
    ]
    letters.append(letter(b"x"))
    events.append(log.close(COUNT))
    steps: list[Entry | int] = data.draw(st.permutations([*events, *commits]))
    found = Sessions()
    for each in letters:
        found.bury(each)
    committed = 0
    for step in steps:
        if isinstance(step, Entry):
            found.take(step)
        else:
            committed = max(committed, step)
            found.settle({("t", 0): committed})
        for one in found.accounts():
            assert one.arrived == one.stored + one.dead_lettered + one.waiting
    (one,) = found.accounts()
    past = [event for event in events[:-1] if event.offset < committed]
    buried = [e for e in past if int(dict(e.headers)[SEQUENCE_HEADER] or b"") in refused]
    assert len(arrived) - len(past) == one.waiting
    assert len(buried) == one.dead_lettered
    assert tuple(sorted(set(range(COUNT)) - arrived)) == one.missing
    assert COUNT - len(arrived) == one.lost


@given(st.lists(st.integers(0, 30)))
def test_numbers_are_a_set(given_numbers: list[int]) -> None:
    """Whatever their order, and however often they come."""
    numbers = Numbers()
    added = [numbers.add(number) for number in given_numbers]
    distinct = set(given_numbers)
    assert len(distinct) == sum(added) == numbers.count
    assert sorted(set(range(40)) - distinct) == list(numbers.missing(40))
    assert [number in distinct for number in range(40)] == [numbers.has(n) for n in range(40)]
    assert max(distinct, default=-1) + 1 == numbers.end
