"""SageMaker's lineage entities: saved answers, and the same answers through botocore's stub.

The stub checks each answer against the service's own model, so their shape is the real one.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber

from headwater.producers.provenance.datasets import CAVEATS
from headwater.producers.trackers import TrackedRun, UnreadableError
from headwater.producers.trackers.sagemaker import live, runs, saved
from headwater.schemas.records import ModelBase, ModelInput

from .passports import events_of, passport_of

FOLDER = Path(__file__).parent / "sagemaker"


def _answers(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(), object_hook=_with_times)


def _with_times(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer as boto3 gives it, with times in place of texts."""
    times = {key: datetime.fromisoformat(answer[key]) for key in answer if key.endswith("Time")}
    stamp = answer.get("TimeStamp")
    return {**answer, **times, **({"TimeStamp": datetime.fromisoformat(stamp)} if stamp else {})}


@pytest.fixture
def client() -> Any:
    """A client of SageMaker that answers what was saved, to the requests that are expected."""
    session = botocore.session.get_session()
    session.set_credentials("none", "none")
    sagemaker = session.create_client("sagemaker", region_name="eu-west-1")
    component = _answers("describe-trial-component")
    reads, makes = _answers("list-associations")
    name, arn = component["TrialComponentName"], component["TrialComponentArn"]
    summary = {"TrialComponentName": name, "TrialComponentArn": arn}
    with Stubber(sagemaker) as stub:
        first = {"TrialComponentSummaries": [], "NextToken": "n"}
        second = {"TrialComponentSummaries": [summary]}
        stub.add_response("list_trial_components", first, {})
        stub.add_response("list_trial_components", second, {"NextToken": "n"})
        stub.add_response("describe_trial_component", component, {"TrialComponentName": name})
        stub.add_response("list_associations", makes, {"SourceArn": arn})
        stub.add_response("list_associations", reads, {"DestinationArn": arn})
        for artifact in _answers("describe-artifact"):
            stub.add_response(
                "describe_artifact", artifact, {"ArtifactArn": artifact["ArtifactArn"]}
            )
        yield sagemaker
        stub.assert_no_pending_responses()


def _check(run: TrackedRun) -> None:
    model = passport_of(run)
    data = ModelInput(
        namespace="s3://bucket", name="train/letters.csv", role="train",
        version="3HL4kqtJlcpXroDTDmJ", version_kind="s3", caveat=CAVEATS["s3"],
    )  # fmt: skip
    base = ModelBase(namespace="s3://bucket", name="base/model.tar.gz", relation="finetuned")

    assert (data,) == model.inputs
    assert (base,) == model.bases
    assert ("letters", "4") == (model.name, model.version)
    assert "arn:aws:sagemaker:eu-west-1:123456789012" == model.namespace
    assert model.hyperparameters == {"rate": 0.5, "kind": "mlp", "seed": 13, "api_key": "…"}
    assert model.seeds == {"seed": 13}
    assert model.metrics == {"validation:rmse": 0.25}
    event = events_of(run)[-1]
    assert event["job"]["facets"]["sourceCodeLocation"]["version"] == "c" * 40
    environment = event["run"]["facets"]["headwater_environment"]
    assert environment["imageDigest"] == "sha256:" + "0f" * 32
    assert environment["hardware"]["instance"] == "ml.m5.large"


def test_saved_answers_are_a_passport() -> None:
    """What the command line printed into files is enough."""
    (run,) = runs(saved(FOLDER))
    _check(run)


def test_live_answers_are_the_same_passport(client: Any) -> None:
    """The service, asked page by page, gives what the files give."""
    (run,) = runs(live(client))
    _check(run)
    assert events_of(run) == events_of(next(runs(saved(FOLDER))))


@pytest.mark.parametrize(("name", "text"), [("a.json", "{"), ("a.json", "[1, {}]"), ("a.txt", "")])
def test_other_files_are_refused_with_a_reason(name: str, text: str, tmp_path: Path) -> None:
    """No JSON, or none that describes a trial component."""
    (tmp_path / name).write_text(text)
    with pytest.raises(UnreadableError):
        saved(tmp_path)
