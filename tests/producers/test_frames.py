"""Frames: what was written comes back, and nothing else does."""

from hypothesis import given
from hypothesis import strategies as st

from headwater.producers.frames import Frame, decode, encode

EVENTS = st.lists(
    st.tuples(
        st.integers(0, 2**64 - 1),
        st.binary(max_size=40),
        st.none() | st.binary(max_size=40),
        st.binary(max_size=300),
    ),
    max_size=5,
)
Event = tuple[int, bytes, bytes | None, bytes]


def written(events: list[Event]) -> bytes:
    return b"".join(encode(*event) for event in events)


def read(data: bytes) -> list[Event]:
    return [frame[:4] for frame in decode(data)]  # type: ignore[misc] # they are numbered


@given(EVENTS)
def test_frames_come_back_as_they_were_written(events: list[Event]) -> None:
    """Whatever the bytes, also of an empty or missing key."""
    assert read(written(events)) == events


@given(EVENTS, st.data())
def test_a_segment_cut_anywhere_yields_the_frames_before_the_cut(
    events: list[Event], data: st.DataObject
) -> None:
    """As a process leaves it that is killed while it writes."""
    segment = written(events)
    cut = data.draw(st.integers(0, len(segment)))
    found = list(decode(segment[:cut]))
    assert [frame[:4] for frame in found] == events[: len(found)]
    assert cut - (found[-1].end if found else 0) < len(segment) or not events


@given(EVENTS.filter(bool), st.data())
def test_a_flipped_bit_never_yields_another_event(events: list[Event], data: st.DataObject) -> None:
    """The checksum covers the fields as well as the value."""
    segment = bytearray(written(events))
    position = data.draw(st.integers(0, len(segment) * 8 - 1))
    segment[position // 8] ^= 1 << position % 8
    assert len(read(bytes(segment))) < len(events)
    assert all(event in events for event in read(bytes(segment)))


def test_offsets_count_from_the_start_of_the_segment() -> None:
    """A part of a segment is read at its own offset."""
    first, second = encode(0, b"t", None, b"x"), encode(1, b"t", b"k", b"yy")
    assert list(decode(second, len(first))) == [
        Frame(1, b"t", b"k", b"yy", len(first) + len(second))
    ]
