"""Files of Weights & Biases, as its client 0.31 wrote them offline."""

import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.producers.trackers import TrackedRun, UnreadableError
from headwater.producers.trackers.wandb import runs, tracked
from headwater.producers.trackers.wandb_file import fields, messages

from .passports import events_of, passport_of

FOLDER = Path(__file__).parent / "wandb"
(FINISHED,) = (FOLDER / "finished").glob("*.wandb")


def test_offline_run_is_a_passport() -> None:
    """Config with nested keys, summary, seed, commit, command and artifacts are read."""
    run = tracked(FINISHED)
    model = passport_of(run)

    assert ("wandb://team", "letters", "COMPLETE") == (run.namespace, run.job, run.state)
    assert model.name == "letters-model"
    assert len(model.version) == 32
    assert model.hyperparameters == {
        "rate": 0.5, "model.layers": "[1, 2]", "model.kind": "mlp", "seed": 13, "api_key": "…",
    }  # fmt: skip
    assert model.seeds == {"seed": 13}
    assert model.metrics == {"loss": pytest.approx(1 / 3), "rmse": 0.25}
    assert model.command[-2:] == ("0", "--token=…")
    event = events_of(run)[-1]
    location = event["job"]["facets"]["sourceCodeLocation"]
    assert len(location["version"]) == 40
    assert location["url"] == "https://example.org/team/letters.git"
    (data,) = [output for output in event["outputs"] if output["name"] == "letters-data"]
    assert len(data["facets"]["version"]["datasetVersion"]) == 32
    assert event["run"]["facets"]["headwater_environment"]["python"] == "3.11.7"


def test_failed_run_made_no_model_of_the_job() -> None:
    """An exit code tells a failure; what the run had logged by then is still its own."""
    found = {run.state: run for run in runs(FOLDER) if isinstance(run, TrackedRun)}

    assert set(found) == {"COMPLETE", "FAIL"}
    names = [output["name"] for output in events_of(found["FAIL"])[-1]["outputs"]]
    assert names == ["letters-data", "letters-model"]


def test_same_run_gives_the_same_events() -> None:
    """A second import adds nothing, as all ids and times are the tracker's."""
    assert events_of(tracked(FINISHED)) == events_of(tracked(FINISHED))


@pytest.mark.parametrize("kept", range(1200, 3500, 97))
def test_killed_run_is_read_up_to_where_it_came(kept: int, tmp_path: Path) -> None:
    """A file that ends anywhere is a run that still runs, as far as it is known."""
    whole = FINISHED.read_bytes()
    cut = tmp_path / "run.wandb"
    cut.write_bytes(whole[:kept])
    run = tracked(cut)

    assert run.state == "RUNNING"
    assert run.parameters["rate"] == 0.5
    assert events_of(run)


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", FINISHED.read_bytes()[:7], b":W&B\xe1\xbe\x00" + b"x" * 99]
)
def test_other_files_are_refused_with_a_reason(data: bytes, tmp_path: Path) -> None:
    """What is no such file, or states no run, is named and does not stop the rest."""
    (tmp_path / "a.wandb").write_bytes(data)
    (tmp_path / "b.wandb").write_bytes(FINISHED.read_bytes())
    bad, good = runs(tmp_path)

    assert isinstance(bad, UnreadableError)
    assert "a.wandb" in bad.message
    assert isinstance(good, TrackedRun)


@given(st.integers(0, len(FINISHED.read_bytes()) - 1), st.integers(1, 255))
def test_no_damage_is_taken_for_a_run(
    tmp_path_factory: pytest.TempPathFactory, at: int, by: int
) -> None:
    """A changed byte is noticed, by checksum or shape, or cuts the file off."""
    data = bytearray(FINISHED.read_bytes())
    data[at] ^= by
    path = tmp_path_factory.mktemp("damaged") / "run.wandb"
    path.write_bytes(data)
    (read,) = runs(path)

    assert isinstance(read, UnreadableError) or set(read.parameters) == {
        "rate", "model", "seed", "api_key",
    }  # fmt: skip


def _framed(records: list[bytes]) -> bytes:
    """Write records as LevelDB's log format says, each split where a block ends."""
    out = bytearray(b":W&B\xe1\xbe\x00")
    for record in records:
        begin = True
        while True:
            left = 32768 - len(out) % 32768
            if left < 7:
                out += bytes(left)
                continue
            part, record = record[: left - 7], record[left - 7 :]
            kind = {(1, 1): 1, (1, 0): 2, (0, 0): 3, (0, 1): 4}[begin, not record]
            crc = zlib.crc32(part, zlib.crc32(bytes([kind])))
            out += (
                crc.to_bytes(4, "little") + len(part).to_bytes(2, "little") + bytes([kind]) + part
            )
            begin = False
            if not record:
                break
    return bytes(out)


def _field(data: bytes) -> bytes:
    """Return a message with this as its field 1."""
    size, head = len(data), bytearray(b"\x0a")
    while size > 0x7F:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*head, size]) + data


@given(sizes=st.lists(st.sampled_from([0, 1, 100, 32_000, 32_747, 32_761, 70_000]), max_size=6))
def test_records_of_any_size_are_joined(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    """A record that spans blocks, or leaves a block's last bytes unused, is read whole."""
    data = [bytes([number]) * size for number, size in enumerate(sizes)]
    path = tmp_path_factory.mktemp("framed") / "run.wandb"
    path.write_bytes(_framed(list(map(_field, data))))

    assert [message[1] for message in messages(path)] == [[each] for each in data]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    """Nothing but an `UnreadableError` comes out of a broken message."""
    try:
        found = fields(data)
    except UnreadableError:
        return
    assert bool(found) is bool(data)
