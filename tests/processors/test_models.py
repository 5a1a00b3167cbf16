from typing import Any

from headwater.processors.models import environment, model_versions
from headwater.schemas import facets
from headwater.schemas.openlineage import Event
from headwater.schemas.records import ModelInput, record_id


def _event(**changes: Any) -> Event:
    flights = {
        "namespace": "duckdb://db",
        "name": "main.flights",
        "facets": {
            "version": facets.version("7"),
            facets.COLUMNS_USED: facets.own(
                facets.COLUMNS_USED, fields=["dep_delay", "arr_delay"], role="train"
            ),
        },
    }
    model = facets.own(facets.MODEL, artifactDigest="sha256:00", metrics={"rmse": 0.5})
    event = {
        "eventType": "COMPLETE",
        "eventTime": "2026-01-01T00:00:00Z",
        "run": {
            "runId": "r1",
            "facets": {
                "executionParameters": facets.execution_parameters({"lr": 0.1, "big": 2**60}),
                facets.TRAINING: facets.own(facets.TRAINING, seeds={"seed": 7, "torch": 2**63}),
                facets.ENVIRONMENT: facets.own(
                    facets.ENVIRONMENT, python="3.11", libraries={"torch": "2"}, container="c"
                ),
            },
        },
        "job": {"namespace": "demo", "name": "train"},
        "inputs": [flights, flights],
        "outputs": [
            {"namespace": "demo", "name": "arrival", "facets": {facets.MODEL: model}},
            {"namespace": "demo", "name": "report"},
        ],
    }
    return Event.model_validate(event | changes)


def test_passport_states_what_made_the_model() -> None:
    """Data with version and columns, hyperparameters, seeds, environment and digest."""
    (model,) = model_versions(_event(), job_version="j")

    assert (
        model.name,
        model.version,
        model.run_id,
        model.job_version,
    ) == ("arrival", "r1", "r1", "j")
    expected = ModelInput(
        namespace="duckdb://db",
        name="main.flights",
        version="7",
        fields=("arr_delay", "dep_delay"),
        role="train",
    )
    assert (expected,) == model.inputs
    assert {"lr": 0.1, "big": str(2**60)} == model.hyperparameters
    assert {"seed": 7, "torch": str(2**63)} == model.seeds
    assert model.metrics == {"rmse": 0.5}
    found = environment(_event())
    assert found is not None
    assert record_id(found) == model.environment


def test_event_without_a_model_makes_none() -> None:
    """An output without the model facet is a dataset like any other."""
    assert model_versions(_event(outputs=[{"namespace": "n", "name": "d"}])) == []


def test_facets_of_the_wrong_shape_are_no_error() -> None:
    """Null and scalars where an object belongs read as not stated."""
    outputs = [{"namespace": "n", "name": "m", "facets": {facets.MODEL: None}}]
    run = {"runId": "r", "facets": {"executionParameters": 3, facets.TRAINING: {"seeds": []}}}
    (model,) = model_versions(_event(outputs=outputs, run=run))

    assert (model.hyperparameters, model.seeds, model.environment) == ({}, {}, None)
