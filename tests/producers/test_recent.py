"""Shipping what was just appended from memory: the spool's own order, nothing twice or left out."""

import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.producers import Emitter, spool
from headwater.producers.frames import Frame
from headwater.producers.ledger import Tally
from headwater.producers.spool import Session, Writer

# What is appended, by its size in kB; what interrupts an event; and a look at what there is.
STEPS = st.lists(st.one_of(st.integers(0, 90), st.sampled_from(["apart", "read"])), max_size=60)


@settings(deadline=None)
@given(STEPS)
def test_what_is_read_while_it_is_appended_is_what_lies_in_the_spool(steps: list[Any]) -> None:
    """Whatever of it was kept in memory, and wherever segments end."""
    with tempfile.TemporaryDirectory() as directory:
        session = Session.create(Path(directory))
        writer = Writer(session, segment_bytes=200_000)
        found: list[int | None] = []
        place = (1, 0)
        for sequence, step in enumerate([*steps, 0, "read", "read"]):
            if step == "read":
                place = read(writer, place, found)
            elif step == "apart":
                writer.append_apart(sequence, b"t", None, b"apart")
            else:
                writer.append(Tally(), sequence, b"t", None, bytes(step * 1000))
        lying = [
            frame.sequence for number in session.segments() for frame in session.frames(number, 0)
        ]
        assert found == lying
        writer.close()
        session.release()


def read(writer: Writer, place: tuple[int, int], found: list[int | None]) -> tuple[int, int]:
    """Read on from a place as the shipping thread does; return the place behind."""
    number, offset = place
    last = writer.current
    for segment in range(number, last + 1):
        start = offset if segment == number else 0
        frames: list[Frame] = list(writer.frames(segment, start, sealed=segment != last))
        found += [frame.sequence for frame in frames]
        place = (segment, frames[-1].end if frames else start)
    return place


def test_a_steady_stream_is_shipped_without_reading_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each read would take the interpreter from the job once more."""
    reads: list[str] = []
    read_frames = spool.read_frames

    def counted(path: str, offset: int, *, sealed: bool = False) -> Any:
        reads.append(path)
        return read_frames(path, offset, sealed=sealed)

    monkeypatch.setattr(spool, "read_frames", counted)
    emitter = Emitter(transport="file", file=tmp_path / "out", spool_dir=tmp_path / "spool")
    for number in range(50):
        emitter.emit({"n": number})
        time.sleep(0.005)
    assert emitter.flush(10)
    assert reads == []
    emitter.close()
    assert len((tmp_path / "out").read_text().splitlines()) == 51
