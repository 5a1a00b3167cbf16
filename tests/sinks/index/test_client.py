"""The client gives the very objects that the index gives in memory."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from headwater.schemas.errors import HeadwaterError
from headwater.schemas.records import (
    Annotation,
    Environment,
    JobRef,
    JobVersion,
    ModelInput,
    ModelVersion,
    RunState,
    TrainingProfile,
    record_id,
)
from headwater.sinks.answers import AmbiguousSubjectError, UnknownSubjectError
from headwater.sinks.compliance import DEFAULT, pii
from headwater.sinks.compliance.policy import parse_policy
from headwater.sinks.index import Ask, Client, Filter, LineageIndex
from headwater.sinks.index.client import FAR, ApiRefusedError, ApiUnavailableError
from headwater.sinks.server.app import create_app
from headwater.sinks.server.settings import Settings
from headwater.sinks.server.tokens import Tokens, hashed, new_token

from ..graph.estate import Estate, told

ESTATE = Estate("db://one")
TOKEN = new_token()
JANUARY, FEBRUARY = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2))
EVERYTHING_SAID = Ask(
    as_of=FEBRUARY,
    known_at=FEBRUARY,
    filter=Filter(
        True,
        frozenset({"IDENTITY", "a b&c"}),
        frozenset({"db://one"}),
        "column",
        frozenset({"month end&", "x"}),
    ),
    depth_max=3,
    nodes_max=50,
    limit=2,
    start=1,
    evidence=False,
)
BY_TAG = Ask(filter=Filter(tags=frozenset({"month end&", "x"})))


def fill(index: LineageIndex) -> None:
    """State chains, a filter, a model with its code and environment, and a run."""
    s = ESTATE.source
    code = JobVersion(namespace="ml", name="train", commit="c0ffee")
    environment = Environment(python="3.11", libraries={"torch": "2.6"})
    model = ModelVersion(
        namespace="ml",
        name="delay",
        version="3",
        run_id="r1",
        inputs=(ModelInput(namespace="db://one", name="t2", fields=("a",)),),
        environment=record_id(environment),
        hyperparameters={"lr": 0.1, "layers": 2, "tied": True, "note": None},
    )
    run = RunState(
        run_id="r1",
        job=JobRef(namespace="ml", name="train"),
        job_version=record_id(code),
        state="COMPLETE",
        at="2026-01-01T00:00:00Z",
    )
    made = [
        ESTATE.derivation("t1", {"a": [s("t0.a")], "b": [s("t0.b", masking=True)]}),
        ESTATE.derivation("t2", {"a": [s("t1.a")]}, dataset=[s("t1.b", "FILTER")]),
        ESTATE.derivation("t3", {"a": [s("t2.a")]}),
    ]
    personal = Annotation(
        target_kind="column",
        **ESTATE.column("t0.a")._asdict(),
        key="classification",
        value="pii",
        by="dpo",
        at="2026-01-01T00:00:00Z",
    )
    tag = Annotation(
        target_kind="dataset",
        **ESTATE.dataset("t2").model_dump(include={"namespace", "name"}),
        key="tag",
        value="month end&",
    )
    windows = [
        TrainingProfile(run_id="r1", rank=rank, seq=seq, first_step=seq, last_step=seq)
        for rank, seq in ((1, 0), (0, 1), (0, 0))
    ]
    facts = told(model, code, environment, run, personal, tag, *windows)
    for envelope in [*ESTATE.in_force(*made), *facts]:
        index.add(envelope)


@pytest.fixture(scope="module", name="served")
def _served() -> Iterator[tuple[str, LineageIndex]]:
    """The address of an API that demands a token, and the index behind it."""
    app, server = create_app(Settings("127.0.0.1:1", tokens=Tokens({"me": hashed(TOKEN)})))
    fill(server.feed.index)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        host = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="error"))
        thread = threading.Thread(target=host.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", server.feed.index
        host.should_exit = True
        thread.join()


@pytest.mark.parametrize(
    "ask", [Ask(), BY_TAG, EVERYTHING_SAID], ids=["plain", "by-tag", "all-said"]
)
@pytest.mark.parametrize(
    "question",
    [
        lambda asked, ask: asked.downstream("t0.a", ask),
        lambda asked, ask: asked.upstream(ESTATE.column("t3.a"), ask),
        lambda asked, ask: asked.impact("t0.b", ask),
        lambda asked, ask: asked.trace("delay@3", ask),
        lambda asked, ask: asked.trace("t3", ask),
        lambda asked, ask: asked.readers("t0.a", ask),
        lambda asked, ask: asked.path("t0.a", ESTATE.column("t3.a"), ask),
        lambda asked, ask: asked.diff(JANUARY, FEBRUARY, "t0.a", ask),
        lambda asked, ask: asked.diff(JANUARY, FEBRUARY, None, ask),
        lambda asked, ask: asked.models_at_risk("t0.a", ask),
        lambda asked, ask: asked.annotated("t0.a", ask),
        lambda asked, ask: asked.annotated(None, ask),
        lambda asked, ask: asked.search("t", mode="prefix", limit=3),
        lambda asked, ask: asked.search("delay"),
        lambda asked, ask: asked.runs(limit=1),
        lambda asked, ask: asked.models(limit=1),
        lambda asked, ask: asked.profiles("r1"),
        lambda asked, ask: asked.profiles("nobody's"),
    ],
)
def test_the_answers_are_those_of_the_library(
    served: tuple[str, LineageIndex], question: Callable[[Any, Ask], Any], ask: Ask
) -> None:
    """Every question, with every way of asking it."""
    address, index = served
    assert question(index, ask) == question(Client(address, TOKEN), ask)


def test_a_tag_is_asked_for_over_http(served: tuple[str, LineageIndex]) -> None:
    """And what does not have it is left out."""
    reach = Client(served[0], TOKEN).downstream("t0.a", BY_TAG)
    assert ["t2"] == [each.name.name for each in reach.columns]
    assert (1, 1) == (reach.columns_count, reach.datasets_count)


def test_a_runs_training_comes_in_pages(served: tuple[str, LineageIndex]) -> None:
    """By rank and number, whatever the order in which it came."""
    client, places = Client(served[0], TOKEN), []
    start: int | None = 0
    while start is not None:
        page = client.profiles("r1", limit=2, start=start)
        assert 3 == page.count
        places += [(each.rank, each.seq) for each in page.items]
        start = page.next
    assert [(0, 0), (0, 1), (1, 0)] == places
    assert served[1].profiles("r1", limit=1, start=1) == client.profiles("r1", limit=1, start=1)
    assert (0, ()) == (client.profiles("r9").count, client.profiles("r9").items)


def test_a_report_on_personal_data_is_that_of_the_library(
    served: tuple[str, LineageIndex],
) -> None:
    """By the default policy and by one that is sent; a wrong one is refused with the line."""
    address, index = served
    client = Client(address, TOKEN)
    assert pii(index, "t3", ask=FAR) == client.pii("t3")
    policy = DEFAULT.text.replace("IDENTITY: exposed", "IDENTITY: masked")
    ours, theirs = pii(index, "t3", parse_policy(policy), FAR), client.pii("t3", policy)
    assert "masked" == theirs.verdict
    assert ours == theirs
    with pytest.raises(ApiRefusedError, match="line 1: `version`"):
        client.pii("t3", "version: 7")
    with pytest.raises(UnknownSubjectError):
        client.pii("t9", policy)


def test_a_passport_comes_whole(served: tuple[str, LineageIndex]) -> None:
    """Code is that of the run where the model states none, and figures keep their types."""
    passport = Client(served[0], TOKEN).trace("delay@3").passport
    assert passport and passport.code and passport.environment
    assert "c0ffee" == passport.code.commit
    assert {"torch": "2.6"} == passport.environment.libraries
    assert {"lr": 0.1, "layers": 2, "tied": True, "note": None} == passport.model.hyperparameters


def test_errors_are_those_of_the_library(served: tuple[str, LineageIndex]) -> None:
    """With the same words, and their remedies."""
    address, index = served
    client = Client(address, TOKEN)
    for wrong, kind in (("t0.z", UnknownSubjectError), ("a", AmbiguousSubjectError)):
        with pytest.raises(kind) as ours:
            index.impact(wrong)
        with pytest.raises(kind) as theirs:
            client.impact(wrong)
        assert (ours.value.message, ours.value.remedy) == (
            theirs.value.message,
            theirs.value.remedy,
        )


def test_a_refusal_says_why(served: tuple[str, LineageIndex]) -> None:
    """Programs read the code."""
    with pytest.raises(ApiRefusedError) as refused:
        Client(served[0]).runs()
    assert "unauthenticated" == refused.value.code
    with pytest.raises(ApiRefusedError) as refused:
        Client(served[0], TOKEN).runs(limit=0)
    assert "invalid_parameter" == refused.value.code


class _Other(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if "runs" in self.path else 302)
        self.send_header("location", "/elsewhere")
        self.end_headers()
        self.wfile.write(b'{"items": 7}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_what_is_no_api_is_told_from_one() -> None:
    """Nobody there, somebody else, and what is no address; nothing is followed elsewhere."""
    with pytest.raises(HeadwaterError, match="no address"):
        Client("127.0.0.1:80")
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        free = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ApiUnavailableError, match="does not answer"):
            Client(free, timeout_s=0.1).runs()
    with HTTPServer(("127.0.0.1", 0), _Other) as other:
        threading.Thread(target=other.serve_forever).start()
        client = Client(f"http://127.0.0.1:{other.server_port}")
        with pytest.raises(ApiUnavailableError, match="none of the answers"):
            client.runs()
        with pytest.raises(ApiUnavailableError, match="status 302"):
            client.models()
        other.shutdown()


def test_the_client_needs_no_numpy() -> None:
    """Who only asks starts quickly."""
    import subprocess
    import sys

    source = Path(__file__).parents[3] / ".src"
    code = "import sys; from headwater.sinks.index import Client; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
    )
    assert "False\n" == done.stdout, done.stderr
