"""Settings: arguments over `HEADWATER_*` over what OpenLineage's client reads."""

import logging
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from headwater.producers import config as config_module
from headwater.producers.config import EmitterConfig, from_environment
from headwater.schemas.errors import HeadwaterError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep an `openlineage.yml` of this machine out."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, {"transport": "kafka", "bootstrap": "127.0.0.1:9092", "namespace": "default"}),
        ({"HEADWATER_KAFKA_BOOTSTRAP": "b:1"}, {"bootstrap": "b:1", "kafka": {}}),
        (
            {"HEADWATER_KAFKA_SASL_PASSWORD": "p", "HEADWATER_KAFKA_SECURITY_PROTOCOL": "SASL_SSL"},
            {"kafka": {"sasl.password": "p", "security.protocol": "SASL_SSL"}},
        ),
        ({"OPENLINEAGE_NAMESPACE": "ol"}, {"namespace": "ol"}),
        ({"OPENLINEAGE_NAMESPACE": "ol", "HEADWATER_NAMESPACE": "hw"}, {"namespace": "hw"}),
        ({"OPENLINEAGE_DISABLED": "True"}, {"transport": "noop"}),
        (
            {"OPENLINEAGE_URL": "http://h:5000", "OPENLINEAGE_API_KEY": "k"},
            {"transport": "http", "url": "http://h:5000/api/v1/lineage", "api_key": "k"},
        ),
        (
            {"OPENLINEAGE_URL": "http://h/x", "OPENLINEAGE_ENDPOINT": "y"},
            {"url": "http://h/x/y", "api_key": None},
        ),
        (
            {"OPENLINEAGE_URL": "http://h:5000", "HEADWATER_TRANSPORT": "kafka"},
            {"transport": "kafka", "url": "http://h:5000/api/v1/lineage"},
        ),
        (
            {
                "OPENLINEAGE__TRANSPORT__TYPE": "kafka",
                "OPENLINEAGE__TRANSPORT__TOPIC": "t",
                "OPENLINEAGE__TRANSPORT__CONFIG": '{"bootstrap.servers": "b:2", "acks": "1"}',
            },
            {"transport": "kafka", "topic": "t", "bootstrap": "b:2", "kafka": {"acks": "1"}},
        ),
        ({"HEADWATER_CLOSE_TIMEOUT_S": "0.5"}, {"close_timeout_s": 0.5}),
        ({"XDG_STATE_HOME": "/state"}, {"spool_dir": Path("/state/headwater/spool")}),
        ({"HEADWATER_SPOOL_DIR": "/spool"}, {"spool_dir": Path("/spool")}),
    ],
)
def test_the_environment_is_read(environment: dict[str, str], expected: dict[str, Any]) -> None:
    """Each variable where it means something."""
    config = from_environment(environment)
    assert {name: getattr(config, name) for name in expected} == expected


def test_arguments_win(tmp_path: Path) -> None:
    """Over every variable."""
    environment = {"HEADWATER_KAFKA_BOOTSTRAP": "b:1", "OPENLINEAGE_DISABLED": "true"}
    config = from_environment(environment, bootstrap="mine:1", transport="file")
    assert (config.bootstrap, config.transport) == ("mine:1", "file")


def test_an_openlineage_file_is_read(tmp_path: Path) -> None:
    """As the client does: before the variables of the client, and after ours."""
    path = tmp_path / "openlineage.yml"
    path.write_text(
        "transport: {type: http, url: 'http://file:1', auth: {type: api_key, apiKey: k}}"
    )
    environment = {"OPENLINEAGE_URL": "http://variable:1"}
    assert from_environment(environment).url == "http://file:1/api/v1/lineage"
    assert from_environment(environment).api_key == "k"
    assert from_environment({"HEADWATER_URL": "http://ours:1"}).url == "http://ours:1"


def test_a_broken_openlineage_file_is_told_without_its_secrets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The defaults hold; the job goes on."""
    (tmp_path / "openlineage.yml").write_text("transport: {type: http, apiKey: s3cr3t")
    with caplog.at_level(logging.WARNING):
        assert from_environment({}).transport == "kafka"
    assert "openlineage.yml is not read" in caplog.text
    assert "s3cr3t" not in caplog.text


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"HEADWATER_SPOOL_BYTES_MAX": "lots"}, "HEADWATER_SPOOL_BYTES_MAX is 'lots'"),
        ({"HEADWATER_FSYNC": "always"}, "fsync is 'always'"),
        ({"HEADWATER_EVENT_BYTES_MAX": "99000000"}, "event_bytes_max is 99000000"),
    ],
)
def test_a_value_that_means_nothing_is_refused(environment: dict[str, str], message: str) -> None:
    """With what to do about it."""
    with pytest.raises(HeadwaterError, match=message) as refused:
        from_environment(environment)
    assert refused.value.remedy


def test_secrets_are_not_shown() -> None:
    """Neither by the settings nor by the name of the spool's directory."""
    config = EmitterConfig(
        kafka={"sasl.password": "s3cr3t"},
        api_key="s3cr3t",
        transport="http",
        url="http://user:s3cr3t@host/x",
    )
    assert "s3cr3t" not in str(config.destination)
    assert "sasl" not in repr(config)
    assert "api_key" not in repr(config)


def test_every_variable_is_documented() -> None:
    """With its meaning, its default and an example."""
    source = Path(config_module.__file__).read_text()
    constants = [line for line in source.splitlines() if ' = "HEADWATER_' in line]
    for constant in constants:
        docstring = source.split(constant)[1].split('"""')[1]
        assert "efault:" in docstring or "No default" in docstring, constant
        assert "Example:" in docstring, constant


def test_the_documentation_names_every_setting() -> None:
    """Of the emitter, as argument and as variable."""
    text = (Path(__file__).parents[2] / "docs" / "emitter.md").read_text()
    stated = vars(config_module).values()
    variables = {name for name in stated if isinstance(name, str) and name.startswith("HEADWATER_")}
    arguments = {f"`{field.name}" for field in fields(EmitterConfig)}
    assert [] == sorted(each for each in variables | arguments if each not in text)
