"""The keys of an issuer: from a file or by https, as they change and as they fail."""

import datetime
import hashlib
import hmac
import http.server
import ipaddress
import json
import ssl
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from headwater.schemas.errors import HeadwaterError
from headwater.sinks.server.callers import Callers, Issuer

OLD, NEW = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


def jwk(key: rsa.RSAPrivateKey, kid: str, **more: str) -> dict[str, Any]:
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return {**public, "kid": kid, **more}


def published(*keys: dict[str, Any]) -> str:
    return json.dumps({"keys": keys})


def token(key: rsa.RSAPrivateKey, kid: str, **claims: Any) -> str:
    said = {"iss": "i", "aud": "a", "sub": "carl", "exp": time.time() + 600, **claims}
    return jwt.encode(said, key, "RS256", headers={"kid": kid})


def issuer(path: Path, *keys: dict[str, Any]) -> Callers:
    path.write_text(published(*keys))
    return Callers(None, Issuer("i", "a", str(path)), None)


@pytest.fixture(name="clock")
def _clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return what holds the seconds that have passed."""
    passed = [1_000.0]
    clock = SimpleNamespace(monotonic=lambda: passed[0])
    monkeypatch.setattr("headwater.sinks.server.callers.time", clock)
    return passed


def test_keys_that_change_are_followed(tmp_path: Path, clock: list[float]) -> None:
    """A token by a new key makes us look, seldom; one by an old key ends with the key."""
    path = tmp_path / "jwks.json"
    known = issuer(path, jwk(OLD, "old"))
    path.write_text(published(jwk(NEW, "new")))
    assert known.find(token(NEW, "new")) is None
    assert known.find(token(OLD, "old"))
    clock[0] += 31
    assert known.find(token(NEW, "new"))
    assert known.find(token(OLD, "old")) is None


def test_a_key_of_the_same_name_is_read_again_in_time(tmp_path: Path, clock: list[float]) -> None:
    """After five minutes a token by the old one of that name is nobody's."""
    path = tmp_path / "jwks.json"
    known = issuer(path, jwk(OLD, "key"))
    path.write_text(published(jwk(NEW, "key")))
    assert known.find(token(OLD, "key"))
    clock[0] += 301
    assert known.find(token(OLD, "key")) is None
    assert known.find(token(NEW, "key"))


@pytest.mark.parametrize(
    "broken", ["", "no json", "[]", '{"keys": 7}', '{"keys": ["k"]}', '{"keys": []}']
)
def test_keys_that_cannot_be_read_any_more_go_on(
    tmp_path: Path, clock: list[float], broken: str
) -> None:
    """An issuer that is away for a while locks nobody out."""
    path = tmp_path / "jwks.json"
    known = issuer(path, jwk(OLD, "old"))
    path.write_text(broken)
    clock[0] += 301
    assert known.find(token(OLD, "old"))
    path.unlink()
    clock[0] += 301
    assert known.find(token(OLD, "old"))


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared", "alg": "HS256"},
        jwk(OLD, "old", use="enc"),
    ],
)
def test_keys_that_others_could_sign_with_stop_the_start(
    tmp_path: Path, key: dict[str, Any]
) -> None:
    """A secret that is shared, a key for another use: no token would ever be taken."""
    with pytest.raises(HeadwaterError, match="only the issuer can sign with"):
        issuer(tmp_path / "jwks.json", key)


def test_the_public_key_is_no_secret_to_sign_with(tmp_path: Path) -> None:
    """Not as PEM, DER or JWK; nor does a header choose the algorithm, or bring its own key."""
    known = issuer(tmp_path / "jwks.json", jwk(OLD, "old"))
    assert known.find(token(OLD, "old"))
    public = OLD.public_key()
    encodings = [serialization.Encoding.PEM, serialization.Encoding.DER]
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    secrets = [public.public_bytes(encoding, form) for encoding in encodings]
    for secret in (*secrets, published(jwk(OLD, "old")).encode(), b""):
        for algorithm in ("HS256", "hs256", "none", "None", "RS256"):
            header = {"alg": algorithm, "typ": "JWT", "kid": "old", "jwk": jwk(NEW, "old")}
            claims = {"iss": "i", "aud": "a", "sub": "carl", "exp": time.time() + 600}
            said = b".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
            signature = _base64(hmac.new(secret, said, hashlib.sha256).digest())
            for signed in (said + b"." + signature, said + b"."):
                assert known.find(signed.decode()) is None


def test_headers_made_to_break_are_nobodys(tmp_path: Path) -> None:
    """Nested without end, of the wrong kind, no JSON, with key names that are none."""
    known = issuer(tmp_path / "jwks.json", jwk(OLD, "old"))
    headers = [b"[" * 50_000, b'{"a":' * 20_000, b"7", b"null", b'{"alg": 7, "kid": {}}', b"\xff"]
    headers += [b'{"alg": "RS256", "kid": ["old"]}', b'{"alg": "RS256", "crit": ["x"]}']
    for header in headers:
        assert known.find((_base64(header) + b".e30.AA").decode()) is None


def _base64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


# --- by https -------------------------------------------------------------------------------


@contextmanager
def https(tmp_path: Path, answer: str, leads_to: str | None = None) -> Iterator[str]:
    """Serve an answer by https with a certificate of its own in `tmp_path/ca.pem`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if leads_to is None else 302)
            if leads_to is not None:
                self.send_header("location", leads_to)
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_said: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}/keys"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _certificate(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    (tmp_path / "ca.pem").write_bytes(public)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    both = tmp_path / "server.pem"
    both.write_bytes(private + public)
    return both


def test_keys_come_by_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From whoever has a certificate that is trusted, and from nobody else."""
    with https(tmp_path, published(jwk(OLD, "old"))) as address:
        with pytest.raises(HeadwaterError, match="CERTIFICATE_VERIFY_FAILED"):
            Callers(None, Issuer("i", "a", address), None)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert Callers(None, Issuer("i", "a", address), None).find(token(OLD, "old"))


def test_keys_are_not_followed_to_where_anybody_could_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An https address that leads on to http is none."""
    with https(tmp_path, "", leads_to="http://127.0.0.1:1/keys") as address:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        with pytest.raises(HeadwaterError, match="leads on to http:"):
            Callers(None, Issuer("i", "a", address), None)
