"""What `headwater impact` and `headwater trace` print."""

import json
import sys
from collections.abc import Callable, Iterable

import pytest

from headwater.deploy import cli
from headwater.schemas.records import Envelope, ModelInput, ModelVersion

from .estate import Estate, told

pytestmark = pytest.mark.stack

Run = Callable[..., str]


@pytest.fixture
def headwater(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], gremlin_url: str
) -> Run:
    """Return what runs the command and returns its output."""

    def run(*words: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["headwater", *words, "--gremlin", gremlin_url])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == code
        return "".join(capsys.readouterr())

    return run


@pytest.fixture
def model(estate: Estate, write: Callable[[Iterable[Envelope]], None]) -> ModelVersion:
    """A model trained on a column that comes of `raw.x` and is filtered by `raw.y`."""
    version = ModelVersion(
        namespace=estate.namespace,
        name="delay",
        version="1",
        inputs=(ModelInput(namespace=estate.namespace, name="features", fields=("f",)),),
        seeds={"torch": 7},
    )
    made = estate.derivation(
        "features",
        {"f": [estate.source("raw.x")]},
        dataset=[estate.source("raw.y", "FILTER")],
        job="[red]make\x1b[31m",
    )
    write([*estate.in_force(made), *told(version)])
    return version


def test_impact_prints_a_tree_and_what_is_affected(
    headwater: Run, estate: Estate, model: ModelVersion
) -> None:
    """Columns, jobs and models are named, and names cannot command the terminal."""
    printed = headwater("impact", f"{estate.namespace}/raw.y")
    assert "features.f  indirectly, filter in [red]make\\x1b[31m" in printed
    assert "delay@1" in printed
    assert "1 columns (0 take its values) of 1 datasets, 1 jobs, 1 model versions" in printed
    assert "complete" in printed
    assert "\x1b" not in printed


def test_trace_prints_the_passport_and_the_sources(
    headwater: Run, estate: Estate, model: ModelVersion
) -> None:
    """A model's seeds and source columns are there."""
    printed = headwater("trace", f"{estate.namespace}/delay@1")
    assert "seed torch" in printed
    sources = printed[printed.index("Source columns") :]
    assert "raw.x" in sources
    assert "raw.y" in sources


def test_json_holds_the_whole_answer(headwater: Run, estate: Estate, model: ModelVersion) -> None:
    """Programs read names as objects."""
    impact = json.loads(headwater("impact", f"{estate.namespace}/raw.x", "--json"))
    assert [column["name"]["field"] for column in impact["reach"]["columns"]] == ["f"]
    assert impact["reach"]["columns"][0]["evidence"]["subtype"] == "IDENTITY"
    assert impact["reach"]["cut"] is None
    trace = json.loads(headwater("trace", f"{estate.namespace}/delay", "--json"))
    assert trace["passport"]["model"]["seeds"] == {"torch": 7}


def test_an_unknown_name_is_an_error_with_a_remedy(
    headwater: Run, estate: Estate, model: ModelVersion
) -> None:
    """A slip ends in code 1 and in the name that was meant."""
    printed = headwater("impact", f"{estate.namespace}/features.g", code=1)
    assert "error: nothing in the graph is named" in printed
    assert "remedy: Did you mean" in printed
