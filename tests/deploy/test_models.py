"""`headwater models` and `headwater import`, as they are typed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from headwater.deploy import asking, imports
from headwater.deploy.cli import load
from headwater.schemas.records import ModelBase, ModelInput, ModelVersion, wrap
from headwater.sinks.index import LineageIndex

TRACKERS = Path(__file__).parents[1] / "producers" / "trackers"


def _version(number: int, *, rows: str | None = None, base: str | None = None) -> ModelVersion:
    data = ModelInput(namespace="db://a", name="letters", fields=("count",), rows=rows)
    origin = ModelBase(namespace="hub", name=str(base), relation="finetuned")
    return ModelVersion(
        namespace="ml",
        name="reader",
        version=str(number),
        inputs=() if base else (data,),
        bases=(origin,) if base else (),
    )


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run a command; the index answers in place of the API that serves it."""
    versions = [_version(1, rows="month < 7"), _version(2, rows="month >= 7"), _version(3)]
    versions.append(_version(4, base="bert"))
    index = LineageIndex.from_records(
        wrap(each, observed_at=f"2026-01-0{number}T00:00:00+00:00", event_id="e")
        for number, each in enumerate(versions, 1)
    )
    for module in (asking, *map(load, ("models", "passport", "compare", "impact"))):
        monkeypatch.setattr(module, "client", lambda _api: index)
    monkeypatch.setenv("COLUMNS", "200")

    def run(name: str, *words: str) -> Any:
        named = load(name).command
        app = named if isinstance(named, typer.Typer) else typer.Typer()
        if app is not named:
            app.command()(named)
        return CliRunner().invoke(app, list(words))

    return run


def _versions(answer: Any) -> list[str]:
    assert answer.exit_code == 0, answer.output
    return sorted(each["use"]["version"] for each in json.loads(answer.stdout)["versions"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--using", "letters.count"], ["1", "2", "3"]),
        (["--using", "letters"], ["1", "2", "3"]),
        (["--using", "letters.count", "--rows", "month < 7"], ["1", "3"]),
        (["--using", "letters.count", "--as-of", "2026-01-02"], ["1", "2"]),
    ],
)
def test_models_using_a_column(
    invoke: Callable[..., Any], words: list[str], expected: list[str]
) -> None:
    """By column, by rows (those that state none may have read any), and as of a time."""
    assert _versions(invoke("models", *words, "--json")) == expected


def test_models_lists_all(invoke: Callable[..., Any]) -> None:
    """Without a column, every version with when it was trained."""
    answer = invoke("models")

    assert "Versions of models: 4" in answer.output
    assert "2026-01-04 00:00" in answer.output


def test_rows_without_a_column_are_a_usage_error(invoke: Callable[..., Any]) -> None:
    """A filter of nothing is a mistake, and ends with 2."""
    assert invoke("models", "--rows", "x").exit_code == 2


def test_passport_is_written_in_every_form(invoke: Callable[..., Any], tmp_path: Path) -> None:
    """One call writes a page and both bills of materials, and names them."""
    files = {form: tmp_path / form for form in ("html", "spdx", "cyclonedx")}
    options = [word for form, path in files.items() for word in (f"--{form}", str(path))]
    answer = invoke("passport", "reader", *options)

    assert answer.exit_code == 0, answer.output
    assert "reader@4" in answer.output
    assert files["html"].read_text().startswith("<!doctype html>")
    assert json.loads(files["spdx"].read_text())["@graph"]
    assert json.loads(files["cyclonedx"].read_text())["specVersion"] == "1.6"


@pytest.mark.parametrize(
    ("subject", "holds"),
    [
        ("bert", ["What depends on bert", "reader", "its base"]),
        ("letters.count", ["What depends on letters.count", "reader", "nobody is named"]),
    ],
)
def test_impact_of_data_and_of_a_model_is_a_page(
    invoke: Callable[..., Any], tmp_path: Path, subject: str, holds: list[str]
) -> None:
    """Owners are told of what was trained on data; of a model, what was made from it."""
    page = tmp_path / "page.html"
    answer = invoke("impact", subject, "--html", str(page))

    assert answer.exit_code == 0, answer.output
    text = page.read_text(encoding="utf-8")
    assert all(each in text for each in holds)


def test_comparison_names_what_differs(invoke: Callable[..., Any]) -> None:
    """Rows differ, and nothing else does but the version itself."""
    answer = invoke("compare", "reader@1", "reader@2", "--json")

    assert list(json.loads(answer.stdout)) == ["inputs.db://a/letters.rows"]


@pytest.mark.parametrize(
    ("tracker", "source", "runs", "models"),
    [
        ("wandb", "wandb", 2, {"letters-model": 2}),
        ("traceml", "traceml", 1, {"fit": 1}),
        ("sagemaker", "sagemaker", 1, {"letters": 1}),
    ],
)
def test_import_counts_without_emitting(
    invoke: Callable[..., Any], tracker: str, source: str, runs: int, models: dict[str, int]
) -> None:
    """A dry run says what would be emitted, and needs no Kafka."""
    answer = invoke("import", tracker, str(TRACKERS / source), "--dry-run", "--json")
    done = json.loads(answer.stdout)

    assert answer.exit_code == 0, answer.output
    assert (done["runs"], done["models"], done["emitted"]) == (runs, models, False)
    assert done["events"] == 2 * runs


def test_import_names_what_it_cannot_read(invoke: Callable[..., Any], tmp_path: Path) -> None:
    """What is unreadable is named, the rest is read, and the command ends with 1."""
    (tmp_path / "run.wandb").write_bytes(b"none")
    answer = invoke("import", "wandb", str(tmp_path), "--dry-run")

    assert answer.exit_code == 1
    assert "unreadable" in answer.output
    assert "run.wandb" in answer.output


def test_import_has_a_namespace_of_its_own() -> None:
    """Two accounts of one tracker can be kept apart."""
    found = imports.read("traceml", str(TRACKERS / "traceml"), namespace="lab")

    assert [getattr(run, "namespace", None) for run in found] == ["lab"]


def test_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """MLflow would make an empty database of a name that was mistyped."""
    with pytest.raises(Exception, match="does not exist"):
        list(imports.read("mlflow", f"sqlite:///{tmp_path}/none.db"))
    assert list(tmp_path.iterdir()) == []
