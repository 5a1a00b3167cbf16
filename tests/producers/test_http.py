"""The http transport: one request for each event, and what each answer means."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.producers import Counts, Emitter


class Server(http.server.ThreadingHTTPServer):
    """Answers with the statuses it is given, then with 201, and keeps what came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses: list[int] = []
        self.taken: list[tuple[str, dict[str, str], Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/api/v1/lineage"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, Server)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.server.statuses.pop(0) if self.server.statuses else 201
        if status == 201:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.server.taken.append((self.path, headers, body))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def emitter(server: Server, tmp_path: Path) -> Iterator[Emitter]:
    made = Emitter(transport="http", url=server.url, api_key="k", spool_dir=tmp_path)
    yield made
    made.close(1)


def test_events_are_posted_as_openlineage_clients_do(server: Server, emitter: Emitter) -> None:
    """With the token; session and number travel as headers for the gateway."""
    emitter.emit({"n": 0})
    emitter.emit({"n": 1})
    assert emitter.flush(10)
    assert [(path, body) for path, _, body in server.taken] == [
        ("/api/v1/lineage", {"n": 0}),
        ("/api/v1/lineage", {"n": 1}),
    ]
    headers = [taken[1] for taken in server.taken]
    assert {found["authorization"] for found in headers} == {"Bearer k"}
    assert [found["headwater-seq"] for found in headers] == ["0", "1"]
    assert len({found["headwater-session"] for found in headers}) == 1


def test_an_event_that_is_refused_is_counted_and_the_rest_goes_on(
    server: Server, emitter: Emitter
) -> None:
    """A client error is the server's last word on this event."""
    server.statuses = [201, 422]
    for number in range(3):
        emitter.emit({"n": number})
    assert emitter.flush(10)
    assert [body["n"] for _, _, body in server.taken] == [0, 2]
    assert emitter.counts == Counts(3, 2, {"http 422": 1}, 0)


def test_closing_ships_everything(
    server: Server, emitter: Emitter, caplog: pytest.LogCaptureFixture
) -> None:
    """And the closing event last."""
    for number in range(3):
        emitter.emit({"n": number})
    emitter.close(10)
    assert emitter.counts == Counts(3, 3, {}, 0)
    *_, closing = (body for _, _, body in server.taken)
    assert closing["counts"] == {"emitted": 3, "dropped": {}}
    assert list(emitter.config.destination.iterdir()) == []
    assert caplog.text == ""


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_other_errors_are_tried_again(server: Server, emitter: Emitter, status: int) -> None:
    """A token is renewed, an overload ends."""
    server.statuses = [status]
    emitter.emit({"n": 0})
    assert emitter.flush(20)
    assert [body["n"] for _, _, body in server.taken] == [0]
