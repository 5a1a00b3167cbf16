"""A server that is treated badly goes on answering: on a real socket, by uvicorn."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import uvicorn
from openapi_spec_validator import validate

from headwater.sinks.answers import Position
from headwater.sinks.index import Client, LineageIndex
from headwater.sinks.server.app import Server, create_app
from headwater.sinks.server.live import live_event
from headwater.sinks.server.settings import Settings
from headwater.sinks.server.tokens import Tokens, hashed, new_token

from ..graph.estate import Estate
from .test_app import asked

ESTATE = Estate("db://one")
TOKEN = new_token()


def fill(index: LineageIndex, depth: int = 30) -> None:
    """State a chain, and a ring that leads back to its start."""
    made = [ESTATE.derivation(f"t{n + 1}", {"a": [ESTATE.source(f"t{n}.a")]}) for n in range(depth)]
    made.append(ESTATE.derivation("t0", {"a": [ESTATE.source(f"t{depth}.a")]}))
    for envelope in ESTATE.in_force(*made):
        index.add(envelope)


@pytest.fixture(scope="module", name="served")
def _served() -> Iterator[tuple[int, Server]]:
    """The port of a server, and what it runs on."""
    app, server = create_app(Settings("127.0.0.1:1", tokens=Tokens({"me": hashed(TOKEN)})))
    fill(server.feed.index)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        config = uvicorn.Config(app, lifespan="off", log_level="critical")
        host = uvicorn.Server(config)
        thread = threading.Thread(target=host.run, kwargs={"sockets": [listening]})
        thread.start()
        yield listening.getsockname()[1], server
        server.live.close()
        host.should_exit = True
        thread.join()


def sent(port: int, request: bytes) -> bytes:
    """Return what comes back to raw bytes, up to its end or half a second's silence."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as connection:
        connection.sendall(request)
        connection.settimeout(0.5)
        answer = b""
        try:
            while data := connection.recv(65536):
                answer += data
        except (TimeoutError, ConnectionResetError):
            pass
        return answer


def request(path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "host: 127.0.0.1", f"authorization: Bearer {TOKEN}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (request("/api/v1/runs"), b"200"),
        (request("/api/v1/runs", "host: evil.example"), b"400"),
        (request("/api/v1/runs", "authorization: Bearer x"), b"400"),
        (request("/api/v1/search?" + "&".join(f"p{n}=1" for n in range(10_000))), b"400"),
        (request("/api/v1/search?q=" + "x" * 60_000), b"200"),
        (request("/api/v1/lineage/downstream?subject=t0.a&depth=10000&nodes=1000000"), b"200"),
        (request("/api/v1/lineage/path?source=t0.a&target=t0.a&depth=10000"), b"200"),
        (request("/api/v1/lineage/impact?subject=" + "t.%2F:" * 5_000), b"404"),
        (request("/api/v1/search?q=%00%ff%f0%9f%98%80&limit=1"), b"200"),
        (request("/api/v1/runs", "x: " + "y" * 200_000), b"4"),
        (request("/../../etc/passwd"), b"404"),
        (request("/api/v1/runs HTTP/9.9"), b"400"),
        (b"GET /api/v1/runs\r\n\r\n", b"400"),
        (
            request("/api/v1/runs", "content-length: 5", "transfer-encoding: chunked")
            + b"0\r\n\r\nGET /api/v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
            b"4",
        ),
    ],
)
def test_a_bad_request_is_refused_and_the_next_is_answered(
    served: tuple[int, Server], raw: bytes, status: bytes
) -> None:
    """Twice the same header, ten thousand parameters, rings, bombs, two lengths in one request."""
    port, _ = served
    began = time.monotonic()
    answer = sent(port, raw)
    first = answer.partition(b"\r\n")[0]
    assert first.partition(b" ")[2].startswith(status), answer[:300]
    assert TOKEN.encode() not in answer
    assert time.monotonic() - began < 5
    assert 30 == Client(f"http://127.0.0.1:{port}", TOKEN).downstream("t0.a").datasets_count


def test_a_last_event_id_may_be_anything(served: tuple[int, Server]) -> None:
    """What is no id, or none that is remembered, is told to ask anew."""
    port, _ = served
    for last in ("x" * 30_000, "lineage.records:0:99999999999999999999999", "::", "\x7f"):
        assert b"resync" in sent(port, request("/api/v1/live", f"last-event-id: {last}"))


def test_a_client_that_does_not_read_holds_nobody_up(served: tuple[int, Server]) -> None:
    """Its queue is bounded; another client gets all, and the process does not grow."""
    port, server = served
    slow = socket.create_connection(("127.0.0.1", port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.sendall(request("/api/v1/live"))
    deadline = time.monotonic() + 10
    while not server.live._clients and time.monotonic() < deadline:
        time.sleep(0.01)
    events = [
        live_event(Position("t", 0, n), "record", {"n": n, "x": "y" * 2_000}) for n in range(5_000)
    ]
    began = time.monotonic()
    for start in range(0, len(events), 100):
        server.live.publish(events[start : start + 100])
    assert time.monotonic() - began < 2
    assert all(len(client.waiting) <= 256 for client in server.live._clients)
    slow.close()


def test_guesses_of_a_token_all_fail_alike(served: tuple[int, Server]) -> None:
    """A prefix, another case, another scheme: the same answer, byte by byte."""
    port, _ = served
    guesses = (TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "", hashed(TOKEN), "a" * 50_000)
    answers = {
        sent(
            port,
            f"GET /api/v1/runs HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {guess}\r\n"
            "connection: close\r\n\r\n".encode(),
        ).partition(b"\r\n\r\n")[2]
        for guess in guesses
    }
    assert 1 == len(answers)


def test_the_document_is_openapi() -> None:
    """By the specification's own schema."""
    app, _ = create_app(Settings("127.0.0.1:1"))
    validate(asked(app, "/openapi.json").json())
