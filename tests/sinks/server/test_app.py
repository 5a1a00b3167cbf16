"""The API without Kafka: what it answers, refuses and never says."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import anyio
import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest
from starlette.applications import Starlette

from headwater.schemas.errors import HeadwaterError
from headwater.schemas.records import JobRef, RunState
from headwater.sinks.answers import Position
from headwater.sinks.server.app import Server, create_app
from headwater.sinks.server.questions import QUESTIONS
from headwater.sinks.server.settings import Settings
from headwater.sinks.server.tokens import Tokens, hashed, new_token

from ..graph.estate import Estate, told

ESTATE = Estate("db://one")


def asked(
    app: Starlette, path: str, host: str = "127.0.0.1:80", method: str = "GET", **headers: str
) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, path, headers={"host": host, **named})

    return anyio.run(ask)


def filled(settings: Settings) -> tuple[Starlette, Server]:
    app, server = create_app(settings)
    made = [ESTATE.derivation("t1", {"a": [ESTATE.source("t0.a")], "b": [ESTATE.source("t0.b")]})]
    made += [ESTATE.derivation(f"t{n + 1}", {"a": [ESTATE.source(f"t{n}.a")]}) for n in range(1, 5)]
    for envelope in ESTATE.in_force(*made):
        server.feed.index.add(envelope)
    return app, server


@pytest.fixture(name="app")
def _app() -> Iterator[Starlette]:
    yield filled(Settings("127.0.0.1:1"))[0]


def test_impact_is_answered_with_names_hops_and_completeness(app: Starlette) -> None:
    """The library's answer, as JSON."""
    reach = asked(app, "/api/v1/lineage/impact?subject=t0.a").json()["reach"]
    assert [f"t{n}" for n in range(1, 6)] == [c["name"]["name"] for c in reach["columns"]]
    assert [1, 2, 3, 4, 5] == [c["hops"] for c in reach["columns"]]
    assert reach["cut"] is None and 5 == reach["columns_count"]


def test_an_answer_is_paged_and_cut_where_asked(app: Starlette) -> None:
    """`limit` and `start` choose the part, `depth` where to end, and the answer says so."""
    path = "/api/v1/lineage/downstream?subject=t0.a&limit=2&start=1&depth=3"
    reach = asked(app, path).json()
    assert ["t2", "t3"] == [c["name"]["name"] for c in reach["columns"]]
    assert (3, "deeper than 3 hops") == (reach["columns_count"], reach["cut"])


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/lineage/impact", 400, "invalid_parameter"),
        ("/api/v1/lineage/impact?subject=t0.a&limit=0", 400, "invalid_parameter"),
        ("/api/v1/lineage/impact?subject=t0.a&limit=1e3", 400, "invalid_parameter"),
        ("/api/v1/lineage/impact?subject=t0.a&subject=t0.b", 400, "invalid_parameter"),
        ("/api/v1/lineage/impact?subject=t0.a&colour=red", 400, "invalid_parameter"),
        ("/api/v1/lineage/impact?subject=t0.a&as_of=someday", 400, "invalid_parameter"),
        ("/api/v1/lineage/impact?subject=nothing", 404, "unknown_subject"),
        ("/api/v1/lineage/impact?subject=a", 409, "ambiguous_subject"),
        ("/api/v1/nothing", 404, "unknown_path"),
    ],
)
def test_what_cannot_be_answered_has_a_code(
    app: Starlette, path: str, status: int, code: str
) -> None:
    """Programs read the code, people the sentence."""
    response = asked(app, path)
    assert (status, code) == (response.status_code, response.json()["error"]["code"])


def test_every_question_is_answered_and_documented() -> None:
    """Whatever the table holds works over HTTP, and stands in the OpenAPI document."""
    examples = {
        "subject": "t0.a",
        "source": "t0.a",
        "target": "t3.a",
        "q": "t",
        "before": "2026-01-01T00:00:00Z",
        "after": "2026-01-02T00:00:00Z",
        "run": "run of t1",
    }
    app, server = filled(Settings("127.0.0.1:1"))
    job, at = JobRef(namespace="etl", name="t1"), "2026-01-01T00:00:00Z"
    for envelope in told(RunState(run_id="run of t1", job=job, state="COMPLETE", at=at)):
        server.feed.index.add(envelope)
    document: dict[str, Any] = asked(app, "/openapi.json").json()
    for question in QUESTIONS:
        operation = document["paths"][f"/api/v1{question.path}"]["get"]
        required = [p["name"] for p in operation["parameters"] if p["required"]]
        # Without a ledger and Kafka there is nothing to answer those with.
        if not question.path.startswith(("/ledger", "/dead-letter")):
            query = urlencode({name: examples[name] for name in required})
            response = asked(app, f"/api/v1{question.path}?{query}")
            assert 200 == response.status_code, response.text
    problem = document["components"]["schemas"]["Problem"]
    jsonschema.validate(asked(app, "/api/v1/search").json(), problem)


def test_an_etag_holds_until_something_is_read() -> None:
    """The same offsets are not answered twice."""
    app, server = filled(Settings("127.0.0.1:1"))
    path = "/api/v1/lineage/upstream?subject=t1.a"
    etag = asked(app, path).headers["etag"]
    again = asked(app, path, if_none_match=etag)
    assert (304, b"") == (again.status_code, again.content)
    server.feed._read[Position("lineage.records", 0, 0)[:2]] = 0
    assert 200 == asked(app, path, if_none_match=etag).status_code


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "127.0.0.1.evil.example"])
def test_another_host_name_is_refused(app: Starlette, host: str) -> None:
    """A page that lets its own name point to loopback learns nothing."""
    response = asked(app, "/api/v1/lineage/impact?subject=t0.a", host)
    assert (421, "unknown_host") == (response.status_code, response.json()["error"]["code"])


def test_beyond_loopback_a_token_is_demanded() -> None:
    """Without tokens the server does not start; with them nothing is said to others."""
    with pytest.raises(HeadwaterError):
        Settings("127.0.0.1:1", host="0.0.0.0")
    token = new_token()
    app, _ = filled(
        Settings("k:1", "0.0.0.0", names=("box",), tokens=Tokens({"me": hashed(token)}))
    )
    for path in ("/api/v1/search?q=t", "/metrics", "/openapi.json", "/api/v1/live"):
        for given in ({}, {"authorization": "Bearer wrong"}, {"authorization": token}):
            response = asked(app, path, "box:8000", **given)
            assert 401 == response.status_code
            assert "t0" not in response.text
    assert 200 == asked(app, "/healthz", "box").status_code
    good = asked(app, "/api/v1/search?q=t", "box", authorization=f"Bearer {token}")
    assert 200 == good.status_code
