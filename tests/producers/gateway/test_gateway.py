"""The HTTP door answers as OpenLineage's clients expect, and has Kafka's word first."""

import asyncio
import gzip
import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import uvicorn
from confluent_kafka import Consumer, TopicPartition
from starlette.requests import Request

from headwater.deploy.ports import choose_ports
from headwater.producers import Counts, Emitter
from headwater.producers.gateway.body import BodyError, read
from headwater.producers.gateway.patience import PatientProtocol
from headwater.producers.gateway.settings import HOST, TOKENS_SHA256, GatewaySettings
from headwater.schemas import environment, topics
from headwater.schemas.errors import HeadwaterError
from headwater.schemas.sealed import reveal
from headwater.schemas.vault import Vault
from tests.producers.reading import read_topic

pytestmark = pytest.mark.stack
SOURCE = str(Path(__file__).parents[3] / ".src")
TOKEN = "open sesame"


def event(**more: Any) -> dict[str, Any]:
    """An event that can be told from every other."""
    job = {"namespace": "http", "name": uuid.uuid4().hex}
    return {"eventTime": "2026-01-01T00:00:00Z", "job": job, "producer": "test", **more}


@contextmanager
def gateway(kafka: str, **variables: str) -> Iterator[httpx.Client]:
    """Run a gateway as a process of its own, and a client of it."""
    port = choose_ports(["gateway"], {})["gateway"]
    process = subprocess.Popen(
        [sys.executable, "-m", "headwater.producers.gateway"],
        env=os.environ
        | {"PYTHONPATH": SOURCE, environment.KAFKA_BOOTSTRAP: kafka}
        | {environment.GATEWAY_PORT: str(port)}
        | variables,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            until(lambda: answers(client))
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        assert -signal.SIGTERM == process.wait(20)  # uvicorn ends by the signal it was sent


def answers(client: httpx.Client) -> bool:
    """Whether the gateway's process answers."""
    try:
        return client.get("/healthz").is_success
    except httpx.TransportError:
        return False


def until(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def door(kafka: str) -> Iterator[httpx.Client]:
    """A gateway that lets everybody in."""
    with gateway(kafka) as client:
        yield client


def in_kafka(kafka: str, job: str) -> list[tuple[bytes, bytes]]:
    """Return key and value of the events of a job."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": uuid.uuid4().hex})
    found: list[tuple[bytes, bytes]] = []
    places = []
    for partition in range(topics.EVENTS.partitions):
        place = TopicPartition(topics.EVENTS.name, partition, 0)
        _, end = consumer.get_watermark_offsets(place, 10)
        places += [place] if end else []
    consumer.assign(places)
    deadline = time.monotonic() + 20
    while not found and time.monotonic() < deadline:
        message = consumer.poll(1)
        if message is not None and job.encode() in (message.value() or b""):
            found.append((message.key() or b"", message.value() or b""))
    consumer.close()
    return found


def test_an_event_is_in_kafka_byte_for_byte_once_the_answer_is_there(
    door: httpx.Client, kafka: str
) -> None:
    """201, as Marquez answers; the key is the one that the clients' own transport gives."""
    sent = event()
    body = orjson.dumps(sent, option=orjson.OPT_INDENT_2)
    assert 201 == door.post("/api/v1/lineage", content=body).status_code
    job = sent["job"]["name"]
    assert [(f"job:http/{job}".encode(), body)] == in_kafka(kafka, job)


def test_a_gzipped_event_is_unpacked(door: httpx.Client, kafka: str) -> None:
    """The clients send gzip where told to."""
    sent = event()
    body = gzip.compress(orjson.dumps(sent))
    answer = door.post("/api/v1/lineage", content=body, headers={"content-encoding": "gzip"})
    assert 201 == answer.status_code
    assert in_kafka(kafka, sent["job"]["name"])


def test_a_batch_is_answered_event_by_event(door: httpx.Client) -> None:
    """Good ones are taken, bad ones named with their reason."""
    answer = door.post("/api/v1/lineage/batch", json=[event(), {"job": 5}, event(), None])
    told = answer.json()
    assert (200, "partial_success") == (answer.status_code, told["status"])
    assert {"received": 4, "successful": 2, "failed": 2, "retriable": 0, "non_retriable": 2} == (
        told["summary"]
    )
    assert [1, 3] == [each["index"] for each in told["failed_events"]]
    whole = door.post("/api/v1/lineage/batch", json=[event()])
    assert (200, "success") == (whole.status_code, whole.json()["status"])


REFUSED: dict[str, tuple[bytes, dict[str, str], int]] = {
    "no JSON": (b"\xff", {}, 400),
    "a deep bomb": (b"[" * 200_000, {}, 400),
    "no event": (b"{}", {}, 400),
    "too large": (b" " * (10 * 1024 * 1024 + 1), {}, 413),
    "a gzip bomb": (gzip.compress(b" " * 60_000_000), {"content-encoding": "gzip"}, 413),
    "no gzip": (b"{}", {"content-encoding": "gzip"}, 400),
    "half a gzip": (gzip.compress(b"{}")[:-4], {"content-encoding": "gzip"}, 400),
    "two gzips": (gzip.compress(b"{}") * 2, {"content-encoding": "gzip"}, 400),
    "another encoding": (b"{}", {"content-encoding": "br"}, 415),
}


def test_a_batch_of_a_million_nothings_is_refused_at_once(door: httpx.Client) -> None:
    """Answering for each of them would take minutes, and nobody else would be answered."""
    answer = door.post("/api/v1/lineage/batch", content=b"[" + b"0," * 1_000_000 + b"0]")
    assert (413, "batch_too_large") == (answer.status_code, answer.json()["code"])
    assert answer.elapsed.total_seconds() < 5


def test_a_content_type_is_nobodys_business(door: httpx.Client) -> None:
    """curl calls what it posts a form unless told otherwise."""
    for content_type in ("application/x-www-form-urlencoded", "text/plain", "nonsense"):
        body = orjson.dumps(event())
        answer = door.post("/api/v1/lineage", content=body, headers={"content-type": content_type})
        assert 201 == answer.status_code


def test_a_body_that_comes_in_drops_is_not_waited_for() -> None:
    """408: the client may have been given up by now."""

    async def drop() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def receive() -> None:
        await read(Request({"type": "http", "headers": []}, drop), 1000, 0.2)

    with pytest.raises(BodyError) as refused:
        asyncio.run(receive())
    assert 408 == refused.value.status


def test_a_head_that_comes_in_drops_is_not_waited_for() -> None:
    """A thousand such connections would keep everybody else out; a busy one stays."""

    class Impatient(PatientProtocol):
        head_timeout_s = 0.3

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        await asyncio.sleep(1)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    config = uvicorn.Config(app, port=0, http=Impatient, lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            port = listener.getsockname()[1]
            with socket.create_connection(("127.0.0.1", port), 5) as dribbling:
                dribbling.sendall(b"POST / HTT")
                assert 204 == httpx.get(f"http://127.0.0.1:{port}/").status_code
                assert b"" == dribbling.recv(1)
        finally:
            server.should_exit = True
            thread.join()


def test_an_emitter_of_ours_keeps_its_numbers_through_the_door(
    door: httpx.Client, kafka: str, tmp_path: Path
) -> None:
    """Session and number reach Kafka as headers, and the closing event is let in."""
    url = f"{door.base_url}/api/v1/lineage"
    emitter = Emitter(transport="http", url=url, spool_dir=tmp_path)
    sent = event()
    emitter.emit(sent)
    emitter.close(20)
    assert Counts(1, 1, {}, 0) == emitter.counts
    assert [] == list(emitter.config.destination.iterdir())
    messages = read_topic(kafka, topics.EVENTS.name)
    (stamped,) = (m for m in messages if sent["job"]["name"].encode() in m.value)
    session = stamped.headers[topics.SESSION_HEADER]
    assert b"0" == stamped.headers[topics.SEQUENCE_HEADER]
    (closing,) = (m for m in messages if m.key == f"session:{session.decode()}")
    assert {"emitted": 1, "dropped": {}} == orjson.loads(closing.value)["counts"]


@pytest.mark.parametrize(("body", "headers", "status"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_placed_is_refused_at_the_door(
    door: httpx.Client, body: bytes, headers: dict[str, str], status: int
) -> None:
    """With a reason, and the next event is taken."""
    answer = door.post("/api/v1/lineage", content=body, headers=headers)
    assert status == answer.status_code
    assert answer.json()["message"]
    assert 201 == door.post("/api/v1/lineage", json=event()).status_code


def test_only_known_tokens_are_let_in(kafka: str) -> None:
    """The digest of the token is all that the gateway holds."""
    with gateway(kafka, **{TOKENS_SHA256: hashlib.sha256(TOKEN.encode()).hexdigest()}) as client:
        tries = [{}, {"authorization": "Bearer guess"}, {"authorization": f"Bearer {TOKEN}"}]
        found = [client.post("/api/v1/lineage", json=event(), headers=h).status_code for h in tries]
    assert [401, 401, 201] == found


def test_without_kafka_the_client_is_told_to_come_again() -> None:
    """503 with Retry-After; alive, and not ready."""
    nowhere = f"127.0.0.1:{choose_ports(['nothing'], {})['nothing']}"
    with gateway(nowhere) as client:
        assert 503 == client.get("/readyz").status_code
        assert 200 == client.get("/healthz").status_code
        answer = client.post("/api/v1/lineage", json=event())
    assert (503, "kafka_unavailable") == (answer.status_code, answer.json()["code"])
    assert answer.headers["retry-after"]


def test_it_does_not_open_to_the_world_unasked() -> None:
    """Any bind but loopback demands tokens."""
    with pytest.raises(HeadwaterError, match="everybody"):
        GatewaySettings.from_environment({HOST: "0.0.0.0"})
    with pytest.raises(HeadwaterError, match="SHA-256"):
        GatewaySettings.from_environment({TOKENS_SHA256: TOKEN})


def test_it_describes_itself_and_counts(door: httpx.Client) -> None:
    """Every route that the document names answers, and the counters move."""
    paths = door.get("/openapi.json").json()["paths"]
    for path, operations in paths.items():
        if "get" in operations:
            assert 200 == door.get(path).status_code
    before = _count(door, "written")
    door.post("/api/v1/lineage", json=event())
    assert before + 1 == _count(door, "written")


def _count(door: httpx.Client, outcome: str) -> float:
    line = f'headwater_gateway_events_total{{outcome="{outcome}"}} '
    lines = door.get("/metrics").text.splitlines()
    return sum(float(each.removeprefix(line)) for each in lines if each.startswith(line))


@pytest.mark.parametrize("kind", ["http", "async_http"])
def test_the_official_client_delivers_through_the_door(
    door: httpx.Client, kafka: str, kind: str
) -> None:
    """openlineage-python's HTTP transports work unchanged."""
    client_module = pytest.importorskip("openlineage.client")
    from openlineage.client import event_v2
    from openlineage.client.transport import get_default_factory

    transport = get_default_factory().create({"type": kind, "url": str(door.base_url)})
    client = client_module.OpenLineageClient(transport=transport)
    job = uuid.uuid4().hex
    client.emit(
        event_v2.JobEvent(
            eventTime="2026-01-01T00:00:00Z", job=event_v2.Job("http", job), producer="https://e.x"
        )
    )
    client.close()
    assert 1 == len(in_kafka(kafka, job))


def test_a_gateway_with_a_vault_names_nobody_in_the_open(kafka: str, tmp_path: Path) -> None:
    """One event and a batch; what holds no name goes on byte for byte."""
    owned = event()
    owned["job"]["facets"] = {"ownership": {"owners": [{"name": "alice"}]}}
    several = event()
    several["job"]["facets"] = owned["job"]["facets"]
    plain = orjson.dumps(event(), option=orjson.OPT_INDENT_2)
    vault = tmp_path / "vault.sqlite"
    with gateway(kafka, **{environment.VAULT: str(vault)}) as client:
        assert client.post("/api/v1/lineage", json=owned).status_code == 201
        assert client.post("/api/v1/lineage/batch", json=[several]).is_success
        assert client.post("/api/v1/lineage", content=plain).status_code == 201
    with closing(Vault(vault)) as opened:
        for sent in (owned, several):
            ((_, value),) = in_kafka(kafka, sent["job"]["name"])
            assert b"alice" not in value
            assert reveal(orjson.loads(value), opened.unseal) == sent
    ((_, value),) = in_kafka(kafka, orjson.loads(plain)["job"]["name"])
    assert value == plain
