"""What librdkafka would do with a setting, Faust does too, or says that it cannot."""

import ssl
from pathlib import Path

import pytest
from faust.auth import SASLCredentials

from headwater.processors.credentials import credentials
from headwater.schemas.errors import HeadwaterError


def test_a_kafka_that_takes_anybody_needs_none() -> None:
    """What concerns no login is left to the others."""
    assert credentials({"security.protocol": "plaintext", "client.rack": "a"}) is None


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_name_and_password(mechanism: str) -> None:
    """By either name of the setting; in no text that could be logged."""
    for name in ("sasl.mechanism", "sasl.mechanisms"):
        found = credentials(
            {
                "security.protocol": "SASL_PLAINTEXT",
                name: mechanism,
                "sasl.username": "worker",
                "sasl.password": "not to be shown",
            }
        )
        assert isinstance(found, SASLCredentials)
        assert "not to be shown" not in repr(found)
        assert (found.mechanism.value, found.password) == (mechanism, "not to be shown")
        assert "SASL_PLAINTEXT" == found.protocol.value


def test_tls_compares_names_unless_told_otherwise() -> None:
    """As librdkafka does."""
    found = [
        credentials({"security.protocol": "ssl", **more}).context  # type: ignore[union-attr]
        for more in (
            {},
            {"ssl.endpoint.identification.algorithm": "none"},
            {"enable.ssl.certificate.verification": "false"},
        )
    ]
    assert [True, False, False] == [context.check_hostname for context in found]
    assert [ssl.CERT_REQUIRED, ssl.CERT_REQUIRED, ssl.CERT_NONE] == [
        context.verify_mode for context in found
    ]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"security.protocol": "SASL_SSL"}, "sasl.mechanism=GSSAPI"),
        ({"security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER"}, "OAUTHBEARER"),
        ({"security.protocol": "SSL", "ssl.ca.pem": "-----BEGIN"}, "by ssl.ca.pem$"),
        ({"security.protocol": "SSL", "ssl.ca.location": "/nowhere"}, "cannot be read"),
    ],
)
def test_what_faust_cannot_honour_is_refused(settings: dict[str, str], told: str) -> None:
    """A worker that left it out might speak in the open."""
    with pytest.raises(HeadwaterError, match=told):
        credentials(settings)


def test_a_key_with_a_password_and_none_given_does_not_wait(tmp_path: Path) -> None:
    """OpenSSL would ask the terminal."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"not to be shown"),
    )
    (tmp_path / "key.pem").write_bytes(key)
    with pytest.raises(HeadwaterError, match="cannot be read"):
        credentials(
            {"security.protocol": "SSL", "ssl.certificate.location": str(tmp_path / "key.pem")}
        )
