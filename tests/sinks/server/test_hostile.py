"""A server that is treated badly goes on answering: on a real socket, by uvicorn."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
import uvicorn
from openapi_spec_validator import validate

from headwater.sinks.answers import Position
from headwater.sinks.index import Client, LineageIndex
from headwater.sinks.ledger import kafka_log
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
    """Return what comes back to raw bytes, up to its end or half a second's silence after it."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as connection:
        connection.sendall(request)
        answer = b""
        try:
            while data := connection.recv(65536):
                answer += data
                connection.settimeout(0.5)
        except (TimeoutError, ConnectionResetError):
            pass
        return answer


def request(path: str, *headers: str) -> bytes:
    own = ("host: 127.0.0.1", f"authorization: Bearer {TOKEN}", "connection: close")
    lines = [f"GET {path} HTTP/1.1", *own, *headers]
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
        (request("/assets/../api/v1/runs"), b"404"),
        (request("/assets/%2e%2e/api/v1/runs"), b"404"),
        (request("/api/v1/%72uns"), b"200"),
        (request("//api/v1/runs"), b"404"),
        (request("/API/V1/RUNS"), b"404"),
        (request("/api/v1/runs%00"), b"404"),
        (request("/api/v1/runs;admin=1"), b"404"),
        (request("/api/v1/runs?limit=1&limit=2"), b"400"),
        (request("/api/v1/runs?limit=-1"), b"400"),
        (request("/api/v1/runs?limit=" + "9" * 4_400), b"400"),
        (request("/api/v1/runs?limit=%D9%A1"), b"400"),
        (request("/api/v1/runs?start=1e9"), b"400"),
        (request("/api/v1/lineage/downstream?subject=t0.a&nodes=99999999999999999999"), b"400"),
        (request("/api/v1/lineage/downstream?subject=t0.a&depth=0"), b"400"),
        (
            request("/api/v1/lineage/downstream?subject=t0.a&as_of=9999-12-31T23:59:59%2B23:59"),
            b"2",
        ),
        (
            request("/api/v1/lineage/downstream?subject=t0.a&as_of=0001-01-01T00:00:00%2B23:59"),
            b"400",
        ),
        (request("/api/v1/search?q=%ED%A0%80%F0%9F&mode=prefix"), b"200"),
        (request("/api/v1/search?q=" + "x" * 1_000_000), b"4"),
        (request("/api/v1/runs", "x-forwarded-user: ada\r\nx-original-url: /metrics"), b"200"),
        (request("/api/v1/runs", "x: a\r\n authorization: Bearer x"), b"200"),
        (request("/api/v1/runs", "authorization : Bearer x"), b"400"),
        (request("/api/v1/runs", "transfer-encoding: xchunked"), b"400"),
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
    wait(lambda: bool(server.live._clients))
    events = [
        live_event(Position("t", 0, n), "record", {"n": n, "x": "y" * 2_000}) for n in range(5_000)
    ]
    began = time.monotonic()
    for start in range(0, len(events), 100):
        server.live.publish(events[start : start + 100])
    assert time.monotonic() - began < 2
    assert all(len(client.waiting) <= 256 for client in server.live._clients)
    slow.close()


def test_a_thousand_clients_that_come_and_go_leave_nothing_behind(
    served: tuple[int, Server],
) -> None:
    """Neither threads nor descriptors nor memory; half of them go without a word."""
    port, server = served
    process = psutil.Process()

    def come_and_go(count: int) -> None:
        for number in range(count):
            with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as client:
                client.sendall(request("/api/v1/live"))
                assert client.recv(12).startswith(b"HTTP/1.1")
                if number % 2:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wait(lambda: not server.live._clients)

    come_and_go(100)
    before = process.num_fds(), process.num_threads(), process.memory_info().rss
    come_and_go(1_000)
    after = process.num_fds(), process.num_threads(), process.memory_info().rss
    assert after[0] <= before[0] + 5
    assert after[1] <= before[1] + 2
    assert after[2] <= before[2] + 20e6


def test_the_end_of_reading_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ended it: what asks whether the server is well must not find it so."""
    app, server = create_app(Settings("127.0.0.1:1"))

    def fail(*_: object) -> None:
        raise ZeroDivisionError("of the index")

    monkeypatch.setattr(server.feed, "_follow", fail)
    server.feed.start()
    wait(lambda: server.feed.failure is not None)
    answer = asked(app, "/healthz")
    assert 503 == answer.status_code
    assert {"failure": "ZeroDivisionError: of the index"} == answer.json()
    assert 503 == asked(app, "/readyz").status_code


def test_what_needs_kafka_says_that_it_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no fault of the server, and may be asked again later."""
    monkeypatch.setattr(kafka_log, "_REQUEST_TIMEOUT_S", 0.2)
    app, _ = create_app(Settings("127.0.0.1:1"))
    for question in ("ledger/entries", "dead-letter?partition=0&offset=0"):
        answer = asked(app, f"/api/v1/{question}")
        assert (503, "log_unreadable") == (answer.status_code, answer.json()["error"]["code"])


def test_a_snapshot_that_is_none_stops_nothing(tmp_path: Path) -> None:
    """Such as a folder, or what may not be read."""
    _, server = create_app(Settings("127.0.0.1:1", snapshot=tmp_path))
    assert {0} == set(server.feed.index.sizes.values())


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


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
