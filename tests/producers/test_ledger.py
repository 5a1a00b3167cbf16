"""The ledger: a write that is cut short changes nothing."""

from pathlib import Path

import pytest

from headwater.producers.ledger import Ledger, State, Tally


def test_what_was_written_last_is_read(tmp_path: Path) -> None:
    """Place and counts, over many writes."""
    ledger = Ledger(str(tmp_path / "ledger"))
    for number in range(5):
        ledger.state.segment, ledger.state.offset = number, number * 10
        ledger.state.tallies["t"] = Tally(number, {"spool_full": number})
        ledger.write()
    ledger.close()
    again = Ledger(str(tmp_path / "ledger"))
    assert again.state == State(4, 40, {"t": Tally(4, {"spool_full": 4})})
    again.close()


@pytest.mark.parametrize("kept_bytes", [0, 4, 8, 20, 40])
def test_a_torn_write_leaves_the_state_before_it(tmp_path: Path, kept_bytes: int) -> None:
    """The two slots are written in turn."""
    path = tmp_path / "ledger"
    ledger = Ledger(str(path))
    for number in (1, 2):
        ledger.state.segment = number
        ledger.write()
    ledger.close()
    data = path.read_bytes()
    # The second write went to the first slot.
    path.write_bytes(data[:kept_bytes] + bytes(60 - kept_bytes) + data[60:])
    again = Ledger(str(path))
    assert again.state.segment == 1
    again.close()


def test_counts_too_many_for_a_slot_give_way_to_the_place(tmp_path: Path) -> None:
    """Shipping goes on with hundreds of topics."""
    ledger = Ledger(str(tmp_path / "ledger"))
    ledger.state = State(3, 7, {f"topic-{n:050}": Tally(n) for n in range(1000)})
    ledger.write()
    ledger.close()
    again = Ledger(str(tmp_path / "ledger"))
    assert again.state == State(3, 7)
    again.close()
