from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from headwater.processors.models import model_versions
from headwater.producers.provenance.mlflow import event, events
from headwater.schemas.openlineage import Event
from headwater.schemas.records import ModelInput, ModelVersion

mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
pytestmark = pytest.mark.filterwarnings("default")  # MLflow warns of its own


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A tracking store in a folder, with one finished and one failed run."""
    pandas = pytest.importorskip("pandas")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("GIT_PYTHON_REFRESH", "quiet")
    mlflow.set_tracking_uri(tmp_path.as_uri())
    mlflow.set_experiment("letters")
    frame = pandas.DataFrame({"a": [1, 2], "y": [0, 1]})
    data = mlflow.data.from_pandas(frame, source="s3://bucket/letters.csv", name="letters")
    with mlflow.start_run(tags={"mlflow.source.git.commit": "c" * 40}):
        mlflow.log_params({"rate": 0.5, "layers": 2, "kind": "mlp", "api_key": "abc"})
        mlflow.log_metric("rmse", 0.25)
        mlflow.log_input(data, context="training")
    with pytest.raises(KeyError), mlflow.start_run():
        raise KeyError
    return mlflow.MlflowClient()


def _passports(found: dict[str, Any]) -> list[ModelVersion]:
    return model_versions(Event.model_validate(found))


def test_run_becomes_a_passport(client: Any) -> None:
    """Dataset with digest, typed parameters, metrics and commit come from the store."""
    finished, failed = events(client, "letters", namespace="mlflow://local")
    (model,) = _passports(finished)

    (data,) = model.inputs
    assert data.version is not None
    expected = ModelInput(
        namespace="s3://bucket", name="letters.csv", role="train",
        version=data.version, version_kind="mlflow", fields=data.fields,
    )  # fmt: skip
    assert data == expected
    assert model.name == "letters"
    assert model.hyperparameters == {"rate": 0.5, "layers": 2, "kind": "mlp", "api_key": "…"}
    assert model.metrics == {"rmse": 0.25}
    assert finished["job"]["facets"]["sourceCodeLocation"]["version"] == "c" * 40
    assert (failed["eventType"], _passports(failed)) == ("FAIL", [])


def test_registered_version_is_the_model(client: Any) -> None:
    """A registered model goes by its name, version and alias."""
    experiment = client.get_experiment_by_name("letters")
    run = client.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'")[0]
    version = SimpleNamespace(name="reader", version=3, source="s3://m", aliases=["best"])
    found = event(run, experiment="letters", namespace="n", models=[version])
    (model,) = _passports(found)

    assert (model.name, model.version, model.artifact_uri) == ("reader", "3", "s3://m")
    assert model.registry == {"name": "reader", "version": "3", "alias": "best"}


def test_unknown_experiment_has_no_runs(client: Any) -> None:
    """There is nothing to read."""
    assert list(events(client, "other", namespace="n")) == []
