import pytest

from headwater.producers.provenance import environment


def test_image_comes_from_the_orchestrator(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container cannot see its image; where nobody hands it in it is unknown."""
    for name in environment._IMAGE_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert environment.environment()["imageDigest"] is None

    digest = "sha256:" + "0f" * 32
    monkeypatch.setenv("HEADWATER_IMAGE", f"registry/team/train@{digest}")
    found = environment.environment()

    assert (f"registry/team/train@{digest}", digest) == (found["image"], found["imageDigest"])


def test_scheduler_ids_are_named_by_their_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ids under which an operator finds the job again."""
    monkeypatch.setenv("SLURM_JOB_ID", "42")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "r")
    found = environment.scheduler()

    assert (found["slurm.slurm_job_id"], found["torchrun.torchelastic_run_id"]) == ("42", "r")


def test_libraries_and_hardware_are_known() -> None:
    """Every installed distribution has its version, and the machine its processors."""
    found = environment.environment()

    assert found["libraries"]["pytest"] == pytest.__version__
    assert int(found["hardware"]["cpus"]) >= 1
    assert int(found["hardware"]["memory_bytes"]) > 1 << 28
