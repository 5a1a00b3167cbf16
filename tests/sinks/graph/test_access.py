"""A graph that asks who is there: by TLS and a password, and by Neptune's signatures."""

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from headwater.deploy import janusgraph, jars
from headwater.deploy.ports import HOST, choose_ports, port_answers
from headwater.deploy.supervisor import Child, Supervisor
from headwater.schemas.errors import HeadwaterError
from headwater.sinks.graph.access import Access, read_access
from headwater.sinks.graph.connection import GraphConnection, GraphUnavailableError

from ...deploy.guarded import KEY_STORE_PASSWORD, make_certificates

PASSWORD = "of-headwater"
REGION = "eu-central-1"
SECRET = "not/to/be+shown"

# TinkerPop's authenticator looks users up in a graph; the password is a hash by bcrypt.
_USERS = """<?xml version="1.0"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="labelV" for="node" attr.name="labelV" attr.type="string"/>
  <key id="username" for="node" attr.name="username" attr.type="string"/>
  <key id="password" for="node" attr.name="password" attr.type="string"/>
  <graph id="G" edgedefault="directed">
    <node id="1">
      <data key="labelV">user</data>
      <data key="username">headwater</data>
      <data key="password">$2a$04$NGO6M/zft.7y.Awl3Yi1gue.fNUSUdy4s/4OjnXlTIHQIZd9DoRBe</data>
    </node>
  </graph>
</graphml>
"""
_TINKERGRAPH = "gremlin.graph=org.apache.tinkerpop.gremlin.tinkergraph.structure.TinkerGraph\n"
_FROM_FILE = "gremlin.tinkergraph.graphFormat=graphml\ngremlin.tinkergraph.graphLocation="
_AUTHENTICATOR = "org.apache.tinkerpop.gremlin.server.auth.SimpleAuthenticator"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A Gremlin server behind TLS that knows one user, and its authority's certificate."""
    directory = tmp_path_factory.mktemp("guarded-graph")
    make_certificates(directory)
    port = choose_ports(["graph"], {})["graph"]
    config = janusgraph.write_config(directory / "graph", port)
    (directory / "graph" / "graph.properties").write_text(_TINKERGRAPH)
    (directory / "users.xml").write_text(_USERS)
    users = directory / "users.properties"
    users.write_text(f"{_TINKERGRAPH}{_FROM_FILE}{directory / 'users.xml'}\n")
    guard = {
        "authentication": {
            "authenticator": _AUTHENTICATOR,
            "config": {"credentialsDb": str(users)},
        },
        "ssl": {
            "enabled": True,
            "keyStore": str(directory / "server.p12"),
            "keyStoreType": "PKCS12",
            "keyStorePassword": KEY_STORE_PASSWORD,
        },
    }
    config.write_text(json.dumps(json.loads(config.read_text()) | guard))
    server = janusgraph.server(config, jars.class_path(jars.JANUSGRAPH))
    child = Child("graph", server.argv, server.env, directory / "log", lambda: port_answers(port))
    supervisor = Supervisor([child], lambda _statuses: None)
    supervisor.start()
    yield f"wss://{HOST}:{port}/gremlin", directory / "ca.pem"
    supervisor.stop()


@pytest.mark.stack
def test_a_password_over_tls_opens_it(guarded: tuple[str, Path]) -> None:
    """With the authority that is named."""
    url, ca = guarded
    access = Access("headwater", PASSWORD, ca)
    with closing(GraphConnection(url, access=access)) as connection:
        assert [1] == connection.ask(lambda g: g.inject(1))


@pytest.mark.stack
@pytest.mark.parametrize(
    ("access", "told"),
    [
        (Access("headwater", "not-to-be-shown"), "CERTIFICATE_VERIFY_FAILED"),
        (Access("headwater", "not-to-be-shown", Path("ca")), "password are incorrect"),
    ],
)
def test_it_stays_closed_to_others(guarded: tuple[str, Path], access: Access, told: str) -> None:
    """A sink waits, for either may be set right; no secret is told."""
    url, ca = guarded
    access = Access(access.username, access.password, access.ca and ca)
    with (
        closing(GraphConnection(url, access=access)) as connection,
        pytest.raises(GraphUnavailableError, match=told) as raised,
    ):
        connection.ask(lambda g: g.inject(1))
    assert "not-to-be-shown" not in str(raised.value) + repr(access)


def test_it_is_read_from_the_environment(tmp_path: Path) -> None:
    """The password from a file."""
    (tmp_path / "password").write_text("from a file\n")
    environ = {
        "HEADWATER_GREMLIN_USERNAME": "headwater",
        "HEADWATER_GREMLIN_PASSWORD_FILE": str(tmp_path / "password"),
        "HEADWATER_GREMLIN_CA": "/ca.pem",
        "HEADWATER_GREMLIN_IAM_REGION": REGION,
    }
    expected = Access("headwater", "from a file", Path("/ca.pem"), REGION)
    assert expected == read_access(environ)
    assert Access() == read_access({})


def test_an_authority_that_is_none_is_told(tmp_path: Path) -> None:
    """Before anything is asked."""
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(HeadwaterError, match=r"ca\.pem holds no certificates"):
        GraphConnection("wss://graph/gremlin", access=Access(ca=tmp_path / "ca.pem"))


@pytest.fixture
def neptune() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """What notes the head of each request to open a WebSocket, and refuses it."""
    heads: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heads.append({name.lower(): value for name, value in self.headers.items()})
            self.send_error(403)

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    server = HTTPServer((HOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"ws://{HOST}:{server.server_address[1]}/gremlin", heads
    server.shutdown()
    thread.join()
    server.server_close()


def signature(head: dict[str, str]) -> str:
    """What a request's signature has to be, by the rules of Signature Version 4."""
    at, host = head["x-amz-date"], head["host"]
    scope = f"{at[:8]}/{REGION}/neptune-db/aws4_request"
    nothing = hashlib.sha256(b"").hexdigest()
    canonical = f"GET\n/gremlin\n\nhost:{host}\nx-amz-date:{at}\n\nhost;x-amz-date\n{nothing}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for word in (*scope.split("/"), f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{digest}"):
        key = hmac.digest(key, word.encode(), "sha256")
    return key.hex()


def test_neptune_is_sent_a_signature_for_each_connection(
    neptune: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it computes it itself: over the host, the path, the time, for its own service."""
    url, heads = neptune
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    with closing(GraphConnection(url, access=Access(iam_region=REGION))) as connection:
        for _ in range(2):
            with pytest.raises(GraphUnavailableError):
                connection.ask(lambda g: g.inject(1))
    assert 2 == len(heads)
    for head in heads:
        said = re.fullmatch(
            rf"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\d{{8}}/{REGION}/neptune-db/aws4_request, "
            r"SignedHeaders=host;x-amz-date, Signature=([0-9a-f]{64})",
            head["authorization"],
        )
        assert said is not None
        assert signature(head) == said[1]


def test_without_credentials_a_sink_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Those of a role may come again."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with (
        closing(GraphConnection("ws://127.0.0.1:9/", access=Access(iam_region=REGION))) as asked,
        pytest.raises(GraphUnavailableError, match="no AWS credentials"),
    ):
        asked.ask(lambda g: g.inject(1))
