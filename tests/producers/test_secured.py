"""A broker that asks who one is, over TLS."""

import json
import logging
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from headwater.deploy import jars, kafka
from headwater.deploy.ports import choose_ports
from headwater.producers import Emitter
from headwater.producers.config import from_environment
from headwater.schemas.topics import Topic

from .reading import read_topic
from .test_emitter import wait_until

pytestmark = pytest.mark.stack

TOPIC = "secured.events"
PASSWORD = "correct horse"


@dataclass(frozen=True)
class Secured:
    """A broker with two doors, of which jobs know one."""

    plain: str
    secured: str
    certificate: Path


@pytest.fixture(scope="module")
def broker(stack: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Kafka with SASL/PLAIN over TLS on one port, and a plain one to look at what is there."""
    home = tmp_path_factory.mktemp("secured")
    ports = choose_ports(["plain", "secured", "controller"], {})
    config = kafka.write_config(home / "kafka", ports["plain"], ports["controller"])
    certificate = write_identity(home / "identity.pem", home / "certificate.pem")
    with config.open("a") as file:
        file.writelines(f"{key}={value}\n" for key, value in settings(ports, home).items())
    class_path = jars.class_path(jars.KAFKA)
    kafka.format_storage(config, class_path)
    jvm = kafka.broker(config, class_path)
    with (home / "log").open("w") as log:
        process = subprocess.Popen(jvm.argv, env=jvm.env, stdout=log, stderr=log)
    try:
        ready = kafka.broker_ready(ports["plain"], [Topic(TOPIC, partitions=1)])
        wait_until(lambda: process.poll() is not None or ready(), 60)
        assert process.poll() is None, (home / "log").read_text()[-3000:]
        plain, secured = (f"127.0.0.1:{ports[name]}" for name in ("plain", "secured"))
        yield Secured(plain, secured, certificate)
    finally:
        process.kill()
        process.wait()


def settings(ports: dict[str, int], home: Path) -> dict[str, object]:
    """Return what the secured listener needs beyond the embedded broker's settings."""
    listeners = ",".join(
        (f"PLAINTEXT://127.0.0.1:{ports['plain']}", f"SASL_SSL://127.0.0.1:{ports['secured']}")
    )
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    return {
        "listeners": f"{listeners},CONTROLLER://127.0.0.1:{ports['controller']}",
        "advertised.listeners": listeners,
        "listener.security.protocol.map": (
            "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL"
        ),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": home / "identity.pem",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_ssl.plain.sasl.jaas.config": (
            f'{module} required user_job="{PASSWORD}";'
        ),
    }


def write_identity(identity: Path, certificate: Path) -> Path:
    """Write a key with its certificate for 127.0.0.1, and the certificate by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    identity.write_bytes(private + made)
    certificate.write_bytes(made)
    return certificate


@pytest.fixture
def make(broker: Secured, tmp_path: Path) -> Iterator[Callable[..., Emitter]]:
    """Return what makes an emitter as the environment of a job would configure it."""
    made: list[Emitter] = []

    def make_emitter(**more: str) -> Emitter:
        environment = {
            "HEADWATER_KAFKA_BOOTSTRAP": broker.secured,
            "HEADWATER_TOPIC": TOPIC,
            "HEADWATER_SPOOL_DIR": str(tmp_path),
            "HEADWATER_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "HEADWATER_KAFKA_SASL_MECHANISMS": "PLAIN",
            "HEADWATER_KAFKA_SASL_USERNAME": "job",
            "HEADWATER_KAFKA_SASL_PASSWORD": PASSWORD,
            "HEADWATER_KAFKA_SSL_CA_LOCATION": str(broker.certificate),
        }
        made.append(Emitter(from_environment({**environment, **more})))
        return made[-1]

    yield make_emitter
    for emitter in made:
        emitter.close(0)


def count(broker: Secured) -> int:
    return len(read_topic(broker.plain, TOPIC))


def test_events_arrive_over_tls_with_a_password(
    make: Callable[..., Emitter], broker: Secured
) -> None:
    """By what the environment says alone."""
    before = count(broker)
    emitter = make()
    emitter.emit({"n": 1})
    assert emitter.flush(60)
    assert count(broker) == before + 1


WRONG: dict[str, dict[str, str]] = {
    "password": {"HEADWATER_KAFKA_SASL_PASSWORD": "battery staple"},
    "authority": {"HEADWATER_KAFKA_SSL_CA_LOCATION": "/etc/ssl/certs/ca-certificates.crt"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_without_being_let_in_events_wait_and_no_secret_is_told(
    make: Callable[..., Emitter],
    broker: Secured,
    wrong: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Until the setting is put right: another emitter then ships them."""
    before = count(broker)
    with caplog.at_level(logging.DEBUG):
        refused = make(**wrong)
        refused.emit({"n": 2})
        assert not refused.flush(3)
        refused.close(0.5)
    told = caplog.text + repr(refused.config) + repr(refused)
    assert PASSWORD not in told
    assert "battery staple" not in told
    assert refused.counts.pending == 1
    right = make()
    right.emit({"n": 3})
    assert right.flush(60)
    wait_until(lambda: numbers(broker, before) >= {2, 3}, 60)


def numbers(broker: Secured, start: int) -> set[Any]:
    return {
        json.loads(message.value).get("n") for message in read_topic(broker.plain, TOPIC)[start:]
    }
