"""A Kafka that lets in only those it knows, over TLS, and lets each do only what was granted."""

import datetime
import ipaddress
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

import headwater
from headwater.deploy import jars, kafka
from headwater.deploy.ports import HOST, choose_ports, port_answers
from headwater.deploy.supervisor import Child, Supervisor

_SOURCE = str(Path(headwater.__file__).parents[1])
_ADMIN_PASSWORD = "of-the-admin"
KEY_STORE_PASSWORD = "of-the-key-store"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A running Kafka.

    Attributes:
        directory: Where its certificates and its users' passwords lie.
    """

    bootstrap: str
    directory: Path

    def admin(self) -> dict[str, str]:
        """What the environment of whoever may do everything says."""
        return self._environment("PLAIN", "admin", _ADMIN_PASSWORD)

    def user(self, name: str) -> dict[str, str]:
        """Make a user who may do nothing yet; return what their environment says."""
        password = f"of-{name}"
        credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        wanted = UserScramCredentialUpsertion(name, credential, password.encode())
        client = self._client()
        for made in client.alter_user_scram_credentials([wanted]).values():
            made.result(20)
        return self._environment("SCRAM-SHA-512", name, password)

    def command(self, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        """Run `headwater` by an environment, the admin's if none is given."""
        return subprocess.run(
            [sys.executable, "-m", "headwater.deploy.cli", *words],
            env=self.process(environ or self.admin()),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def process(self, environ: dict[str, str]) -> dict[str, str]:
        """The whole environment of a process that is told this."""
        own = {"PYTHONPATH": _SOURCE, "HEADWATER_HOME": str(self.directory / "home")}
        return os.environ | own | environ

    def _client(self) -> AdminClient:
        return AdminClient(
            {
                "bootstrap.servers": self.bootstrap,
                "security.protocol": "SASL_SSL",
                "ssl.ca.location": str(self.directory / "ca.pem"),
                "sasl.mechanism": "PLAIN",
                "sasl.username": "admin",
                "sasl.password": _ADMIN_PASSWORD,
            }
        )

    def _environment(self, mechanism: str, name: str, password: str) -> dict[str, str]:
        path = self.directory / f"{name}.password"
        path.write_text(f"{password}\n")
        return {
            "HEADWATER_KAFKA_BOOTSTRAP": self.bootstrap,
            "HEADWATER_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "HEADWATER_KAFKA_SSL_CA_LOCATION": str(self.directory / "ca.pem"),
            "HEADWATER_KAFKA_SASL_MECHANISM": mechanism,
            "HEADWATER_KAFKA_SASL_USERNAME": name,
            "HEADWATER_KAFKA_SASL_PASSWORD_FILE": str(path),
        }


@contextmanager
def guarded_kafka(directory: Path) -> Iterator[Guarded]:
    """Run one for as long as a `with` block lasts."""
    make_certificates(directory)
    ports = choose_ports(["kafka", "controller"], {})
    config = kafka.write_config(directory / "kafka", ports["kafka"], ports["controller"])
    with config.open("a") as file:
        file.write(_guard(directory, ports["kafka"], ports["controller"]))
    class_path = jars.class_path(jars.KAFKA, jars.no_progress)
    kafka.format_storage(config, class_path)
    jvm = kafka.broker(config, class_path)
    child = Child(
        "kafka", jvm.argv, jvm.env, directory / "kafka.log", lambda: port_answers(ports["kafka"])
    )
    supervisor = Supervisor([child], lambda _statuses: None)
    supervisor.start()
    try:
        yield Guarded(f"{HOST}:{ports['kafka']}", directory)
    finally:
        supervisor.stop()


def make_certificates(directory: Path) -> None:
    """Make an authority, `ca.pem`, and a server's key and certificate, as PEM and as PKCS 12."""
    authority = ec.generate_private_key(ec.SECP256R1())
    server = ec.generate_private_key(ec.SECP256R1())
    root = _certificate("authority", authority, authority, issuer="authority")
    leaf = _certificate("server", server, authority, issuer="authority")
    pem = serialization.Encoding.PEM
    key = server.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "ca.pem").write_bytes(root.public_bytes(pem))
    (directory / "server.pem").write_bytes(key + leaf.public_bytes(pem))
    sealed = serialization.BestAvailableEncryption(KEY_STORE_PASSWORD.encode())
    store = pkcs12.serialize_key_and_certificates(b"server", server, leaf, [root], sealed)
    (directory / "server.p12").write_bytes(store)


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    issuer: str,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HOST))]
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=name == issuer, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )


def _guard(directory: Path, port: int, controller_port: int) -> str:
    """What turns the embedded stack's settings into those of a guarded one: the last word wins."""
    listener = "listener.name.sasl_ssl"
    modules = "org.apache.kafka.common.security"
    users = f'username="admin" password="{_ADMIN_PASSWORD}" user_admin="{_ADMIN_PASSWORD}"'
    settings = {
        "listeners": f"SASL_SSL://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"SASL_SSL://{HOST}:{port}",
        "listener.security.protocol.map": "SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "SASL_SSL",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
        f"{listener}.plain.sasl.jaas.config": f"{modules}.plain.PlainLoginModule required {users};",
        f"{listener}.scram-sha-512.sasl.jaas.config": f"{modules}.scram.ScramLoginModule required;",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(directory / "server.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(directory / "ca.pem"),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        # The controller, on a port of its own, is the broker itself.
        "super.users": "User:admin;User:ANONYMOUS",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
