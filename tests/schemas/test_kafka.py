"""What the environment says of the way to Kafka."""

from pathlib import Path

import pytest

from headwater.schemas.errors import HeadwaterError
from headwater.schemas.kafka import kafka_client, kafka_settings


def test_a_client_takes_what_concerns_the_way_to_the_broker() -> None:
    """And nothing that is one client's own affair."""
    environ = {
        "HEADWATER_KAFKA_BOOTSTRAP": "elsewhere:9092",
        "HEADWATER_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "HEADWATER_KAFKA_SASL_USERNAME": "worker",
        "HEADWATER_KAFKA_ENABLE_SSL_CERTIFICATE_VERIFICATION": "true",
        "HEADWATER_KAFKA_LINGER_MS": "100",
        "SASL_PASSWORD": "of something else",
    }
    assert kafka_client("broker:9093", environ) == {
        "bootstrap.servers": "broker:9093",
        "security.protocol": "SASL_SSL",
        "sasl.username": "worker",
        "enable.ssl.certificate.verification": "true",
    }
    assert kafka_settings(environ)["linger.ms"] == "100"


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    """As an editor leaves it, with a line break at the end."""
    path = tmp_path / "password"
    path.write_text("not to be shown\n")
    environ = {"HEADWATER_KAFKA_SASL_PASSWORD_FILE": str(path)}
    assert {"sasl.password": "not to be shown"} == kafka_settings(environ)


def test_a_setting_that_ends_in_file_stays_one() -> None:
    """It is the path that librdkafka wants."""
    environ = {"HEADWATER_KAFKA_SASL_OAUTHBEARER_ASSERTION_PRIVATE_KEY_FILE": "/key.pem"}
    assert {"sasl.oauthbearer.assertion.private.key.file": "/key.pem"} == kafka_settings(environ)


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"HEADWATER_KAFKA_SASL_PASSWORD_FILE": "/nowhere"}, "/nowhere"),
        (
            {
                "HEADWATER_KAFKA_SASL_PASSWORD_FILE": "/nowhere",
                "HEADWATER_KAFKA_SASL_PASSWORD": "not to be shown",
            },
            "both set",
        ),
    ],
)
def test_a_secret_that_cannot_be_read_is_told(environ: dict[str, str], told: str) -> None:
    """Without it the client would try to log in with nothing; the secret itself is not told."""
    with pytest.raises(HeadwaterError, match=told) as raised:
        kafka_settings(environ)
    assert "not to be shown" not in str(raised.value)
