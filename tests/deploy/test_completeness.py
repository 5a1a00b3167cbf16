"""A loss is named by its numbers, a drop by its reason."""

from headwater.deploy.completeness import Session
from headwater.schemas.session import SessionClose


def close(emitted: int, **dropped: int) -> SessionClose:
    """A closing event."""
    return SessionClose("s", "t", "2026-01-01T00:00:00Z", emitted, dropped)


def test_numbers_that_never_arrived_are_named() -> None:
    """A gap in the middle and an end that is missing are both seen."""
    session = Session("s", "t", arrived={0: True, 2: True}, close=close(5))
    assert ([1, 3, 4], 3, 2) == (session.missing, session.lost, session.stored)


def test_what_the_emitter_dropped_is_missing_but_not_lost() -> None:
    """The closing event gives the reason."""
    session = Session("s", "t", arrived={0: True, 1: False}, close=close(3, spool_full=1))
    assert (0, 1, 1) == (session.lost, session.stored, session.waiting)


def test_an_open_session_is_judged_by_what_has_arrived() -> None:
    """Without a closing event, only gaps before the last number are losses."""
    assert [1] == Session("s", "t", arrived={0: True, 2: True}).missing
