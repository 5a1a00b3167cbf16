"""MLflow's own stores, written by its own client, read back as passports."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.producers.provenance.datasets import CAVEATS
from headwater.producers.trackers import TrackedRun
from headwater.producers.trackers.mlflow import emit, runs
from headwater.schemas.records import ModelInput

from .passports import Kept, events_of, passport_of

mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
pytestmark = pytest.mark.filterwarnings("default")  # MLflow warns of its own


@pytest.fixture(scope="module", params=["file", "sqlite"])
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """A store, in a folder or in SQLite, with one registered, one nested and one failed run."""
    folder = tmp_path_factory.mktemp(request.param)
    store = folder.as_uri() if request.param == "file" else f"sqlite:///{folder}/mlflow.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        patch.setenv("GIT_PYTHON_REFRESH", "quiet")
        mlflow.set_tracking_uri(store)
        mlflow.set_registry_uri(store)
        mlflow.create_experiment("letters", artifact_location=(folder / "artifacts").as_uri())
        mlflow.set_experiment("letters")
        code = {
            "mlflow.source.git.commit": "c" * 40,
            "mlflow.source.git.repoURL": "https://user:token@example.org/r.git",
            "mlflow.docker.image.uri": "registry/train:3",
            "mlflow.docker.image.id": "sha256:" + "0f" * 32,
        }
        found = mlflow.MlflowClient()
        with mlflow.start_run(tags=code) as first:
            mlflow.log_params(
                {"rate": 0.5, "layers": 2, "kind": "mlp", "api_key": "abc", "seed": 7}
            )
            mlflow.log_metric("rmse", 0.25)
            found.log_inputs(first.info.run_id, [_letters()])
            with mlflow.start_run(nested=True):
                mlflow.log_param("rate", 1)
        with pytest.raises(KeyError), mlflow.start_run():
            raise KeyError
        found.create_registered_model("reader")
        source = f"{first.info.artifact_uri}/model"
        found.create_model_version("reader", source, run_id=first.info.run_id)
        found.set_registered_model_alias("reader", "best", "1")
        yield found


def _letters() -> Any:
    """Return a dataset as `mlflow.data.from_pandas` states one; its columns need SciPy there."""
    from mlflow.types import ColSpec, Schema

    columns = Schema([ColSpec("long", "a"), ColSpec("long", "y")])
    dataset = mlflow.entities.Dataset(
        name="letters",
        digest="4e0f9f8c",
        source_type="s3",
        source='{"uri": "s3://bucket/letters.csv"}',
        schema=json.dumps({"mlflow_colspec": columns.to_dict()}),
        profile='{"num_rows": 2, "num_elements": 4}',
    )
    context = mlflow.entities.InputTag("mlflow.data.context", "training")
    return mlflow.entities.DatasetInput(dataset, [context])


def _runs(client: Any) -> dict[str, TrackedRun]:
    found = list(runs(client, namespace="mlflow://local"))
    return {"nested" if run.parent else run.state: run for run in found}


def test_registered_model_is_a_passport(client: Any) -> None:
    """Dataset, columns, typed parameters, seed, metrics, commit, image, version and alias."""
    run = _runs(client)["COMPLETE"]
    model = passport_of(run)

    expected = ModelInput(
        namespace="s3://bucket", name="letters.csv", role="train", version="4e0f9f8c",
        version_kind="mlflow", caveat=CAVEATS["mlflow"], fields=("a", "y"),
    )  # fmt: skip
    assert (expected,) == model.inputs
    assert ("mlflow://local", "reader", "1") == (model.namespace, model.name, model.version)
    assert model.registry == {"name": "reader", "version": "1", "alias": "best"}
    assert model.hyperparameters == {
        "rate": 0.5, "layers": 2, "kind": "mlp", "api_key": "…", "seed": 7,
    }  # fmt: skip
    assert model.seeds == {"seed": 7}
    assert model.metrics == {"rmse": 0.25}
    event = events_of(run)[-1]
    location = event["job"]["facets"]["sourceCodeLocation"]
    assert (location["version"], location["url"]) == ("c" * 40, "https://example.org/r.git")
    environment = event["run"]["facets"]["headwater_environment"]
    assert environment["image"] == "registry/train:3"
    assert environment["imageDigest"] == "sha256:" + "0f" * 32


def test_run_without_a_registered_model_made_its_experiments(client: Any) -> None:
    """A nested run names its parent; a failed one made nothing."""
    found = _runs(client)
    nested, failed = found["nested"], found["FAIL"]

    assert ("letters", nested.id) == (passport_of(nested).name, passport_of(nested).version)
    parent = events_of(nested)[-1]["run"]["facets"]["parent"]
    assert parent["run"]["runId"] == found["COMPLETE"].run_id
    assert events_of(failed)[-1]["outputs"] == []


def test_live_run_adds_what_only_its_job_knows(client: Any, tmp_path: Path) -> None:
    """What a job tells at its end is what an import tells later, and where it ran besides."""
    run = _runs(client)["COMPLETE"]
    kept = Kept(tmp_path)
    emit(client, run.id, namespace="mlflow://local", emitter=kept)
    live, imported = kept.events[-1], events_of(run)[-1]

    environment = live["run"]["facets"].pop("headwater_environment")
    assert "libraries" in environment
    stated = imported["run"]["facets"].pop("headwater_environment")
    assert stated.items() <= environment.items()
    assert live == imported
    assert client.get_run(run.id).data.tags["headwater.run_id"] == run.run_id


def test_unknown_experiment_has_no_runs(client: Any) -> None:
    """There is nothing to read."""
    assert list(runs(client, namespace="n", experiment="other")) == []
    assert len(list(runs(client, namespace="n", experiment="letters"))) == 3
