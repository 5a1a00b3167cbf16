"""Whatever is asked, an answer tells nothing of what may not be seen."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import product
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

import anyio
import httpx
import pytest
from hypothesis import Phase, given, settings
from starlette.applications import Starlette

from headwater.schemas.records import Envelope
from headwater.sinks.answers import DeadLetter, Position
from headwater.sinks.index.sight import MASK
from headwater.sinks.server.access_log import Access, AccessLog
from headwater.sinks.server.app import Server, create_app
from headwater.sinks.server.feed import arrival
from headwater.sinks.server.policy import Policy
from headwater.sinks.server.settings import Settings
from headwater.sinks.server.tokens import Tokens, hashed, new_token
from headwater.sinks.strict_yaml import read

from .worlds import FIGURE, HIDDEN, MASKED, OPEN, POLICY, SECRET, World, worlds

TOKEN = new_token()
RULES = read(POLICY, "policy", Policy.model_validate)
SETTINGS = Settings(
    "127.0.0.1:1", tokens=Tokens({"bob": hashed(TOKEN)}), policy=RULES, mask_key=b"k" * 32
)
NOW = datetime(2026, 1, 2, tzinfo=UTC)

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""A world that fails is small enough to be read, and hundreds of requests long to be made less."""

LIVE = "/api/v1/live"
"""What does not end, and is asked by itself."""


class Asked(NamedTuple):
    """A request, and what came back: status, headers and body."""

    method: str
    path: str
    status: int
    told: bytes


SUBJECTS = (
    "t0",
    "t1",
    "t2",
    "t0.a",
    "t1.b",
    "open://warehouse/t1",
    "job0",
    "model0",
    "model0@4",
    "zzz",
    f"t0.{SECRET}m",
    f"t0.{SECRET}h",
    f"{SECRET}t0",
    f"{MASKED}/{SECRET}t0.a",
    f"{HIDDEN}/{SECRET}ht0.a",
    f"{HIDDEN}/absent",
)
TIMES = ("2026-01-01T00:03:30Z", "2026-01-01T00:01:00Z")
VALUES: dict[str, tuple[str, ...]] = {
    "subject": SUBJECTS,
    "source": ("t0.a", f"{HIDDEN}/{SECRET}ht0.a"),
    "target": ("t1.a", "t2", f"{SECRET}t0.a"),
    "before": ("2026-01-01T00:00:30Z",),
    "after": ("2026-01-01T00:04:30Z", "2026-02-01"),
    "as_of": TIMES[:1],
    "known_at": TIMES[1:],
    "q": ("t", "a", "masked", "job", "run", SECRET, "/", "open"),
    "run": ("run1", "run2", "run3", "run4", f"{SECRET}run1", f"{SECRET}hrun2", "zzz"),
    "name": ("model0", "model1", f"{SECRET}model0", f"{HIDDEN}/{SECRET}hmodel0"),
    "tag": ("pii", "word"),
    "namespace": (OPEN, MASK, HIDDEN),
    "subtype": ("IDENTITY",),
    "on": ("job", "model"),
    "way": ("upstream", "both"),
}
"""What is asked by name; whatever else a parameter takes follows from its schema."""


def taken(parameter: dict[str, Any]) -> Iterable[str]:
    """Return what is asked of a parameter."""
    schema = parameter["schema"]
    schema = schema.get("items", schema)
    found = VALUES.get(parameter["name"], ())
    if found:
        return found
    if schema["type"] == "integer":
        return (str(max(schema["minimum"], 1)),)
    return ("true",) if schema["type"] == "boolean" else schema.get("enum", ("word",))


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    app, _ = create_app(SETTINGS)
    answer = anyio.run(_all, app, (("GET", "/openapi.json"),))[0]
    found: dict[str, Any] = httpx.Response(200, content=answer.told.partition(b"\0")[2]).json()
    return found


@cache
def requests() -> tuple[tuple[str, str], ...]:
    """Return a request for every operation and value: what must be said, and one word more."""
    return tuple(dict.fromkeys(_requests()))


def _requests() -> Iterator[tuple[str, str]]:
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            if path == LIVE:
                continue
            parameters = operation.get("parameters", [])
            needed = [p for p in parameters if p["required"]]
            said = [[(p["name"], value) for value in taken(p)] for p in needed]
            for first, *others in zip(*said, strict=False) if len(said) > 1 else ():
                yield method.upper(), f"{path}?{urlencode([first, *others])}"
            for each in product(*said):
                yield method.upper(), f"{path}?{urlencode(each)}"
            least = [each[0] for each in said]
            for p in parameters:
                if not p["required"]:
                    for value in taken(p):
                        query = urlencode([*least, (p["name"], value)])
                        yield method.upper(), f"{path}?{query}"


async def _all(app: Starlette, asked: Iterable[tuple[str, str]]) -> list[Asked]:
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", headers=headers
    ) as client:
        found = []
        for method, path in asked:
            answer = await client.request(method, path)
            head = repr(sorted(answer.headers.items())).encode()
            found.append(Asked(method, path, answer.status_code, head + b"\0" + answer.content))
        return found


def served(envelopes: Iterable[Envelope]) -> tuple[Starlette, Server]:
    """Return a server that holds these records, and a dead letter that names a secret."""
    app, server = create_app(SETTINGS)
    for envelope in envelopes:
        server.feed.index.add(envelope)
    place = Position("lineage.dead-letters", 0, 0)
    server.feed._letters.append(DeadLetter(place, NOW, SECRET, SECRET, SECRET, SECRET, FIGURE))
    return app, server


def asked_of(envelopes: Iterable[Envelope], more: Iterable[str] = ()) -> list[Asked]:
    app, _ = served(envelopes)
    return anyio.run(_all, app, (*requests(), *(("GET", path) for path in more)))


def masked_paths(answers: Iterable[Asked]) -> list[str]:
    """Return questions about all masked names that answers told."""
    found: set[str] = set()
    for answer in answers:
        body = answer.told.partition(b"\0")[2].decode()
        found |= set(re.findall(rf'"namespace":"{MASK}","name":"([a-z2-7]{{16}})"', body))
        found |= set(re.findall(r'"run_id":"([a-z2-7]{16})"', body))
    return [
        *(f"/api/v1/lineage/impact?subject={MASK}/{name}" for name in sorted(found)),
        *(f"/api/v1/lineage/trace?subject={MASK}/{name}" for name in sorted(found)),
        *(f"/api/v1/run?run={name}" for name in sorted(found)),
        *(f"/api/v1/run/training?run={name}" for name in sorted(found)),
        *(f"/api/v1/annotations?subject={MASK}/{name}" for name in sorted(found)),
    ]


def tells(answer: Asked) -> bool:
    """Whether an answer tells what it was not given."""
    told = answer.told.lower()
    given = [value for _, value in parse_qsl(answer.path.partition("?")[2]) if SECRET in value]
    for value in given:
        told = told.replace(value.encode(), b"")
    return SECRET.encode() in told or str(FIGURE).encode() in told


@settings(max_examples=3, deadline=None, phases=PHASES)
@given(worlds())
def test_no_answer_tells_what_is_not_seen(world: World) -> None:
    """Not in bodies, errors, remedies, headers or tags; whatever is asked of every route."""
    tell_nothing(world)


@pytest.mark.long
@settings(max_examples=25, deadline=None, phases=PHASES)
@given(worlds(size_max=14))
def test_no_answer_of_many_tells_what_is_not_seen(world: World) -> None:
    """The same for more and larger worlds."""
    tell_nothing(world)


def tell_nothing(world: World) -> None:
    answers = asked_of(world.whole)
    answers += asked_of(world.whole, masked_paths(answers))[len(requests()) :]
    for answer in answers:
        assert answer.status in (200, 400, 403, 404, 409), answer
        assert not tells(answer), answer


@settings(max_examples=3, deadline=None, phases=PHASES)
@given(worlds())
def test_what_is_hidden_moves_no_byte(world: World) -> None:
    """Two worlds that differ in what is hidden are the same world to whoever may not see it."""
    be_the_same(world)


@pytest.mark.long
@settings(max_examples=25, deadline=None, phases=PHASES)
@given(worlds(size_max=14))
def test_what_is_hidden_of_many_moves_no_byte(world: World) -> None:
    """The same for more and larger worlds."""
    be_the_same(world)


def be_the_same(world: World) -> None:
    for whole, rest in zip(asked_of(world.whole), asked_of(world.rest), strict=True):
        assert rest == whole


@settings(max_examples=15, deadline=None, phases=PHASES)
@given(worlds())
def test_the_live_feed_tells_what_answers_do(world: World) -> None:
    """Of what is hidden nothing comes, of what is masked its masked name, of no record its id."""
    heard = [_heard(pairs) for pairs in (world.whole, world.rest)]
    assert heard[1] == heard[0]
    for data in heard[0]:
        assert SECRET.encode() not in data and b'"id":' not in data


def _heard(envelopes: list[Envelope]) -> list[bytes]:
    _, server = served(envelopes)
    place = Position("lineage.records", 0, 0)
    arrivals = [arrival(each, place, NOW) for each in envelopes]
    told = server.sights.told(server.feed.index, frozenset({"analyst"}), arrivals)
    return [each.data for each in told if each is not None]


def test_every_route_is_in_the_document() -> None:
    """What is not asked here is a page, or a probe that tells nothing of anything."""
    app, _ = create_app(SETTINGS)
    paths = {getattr(route, "path", "") for route in app.routes}
    api = {path for path in paths if path.startswith("/api/")}
    assert set(document()["paths"]) == api
    asked = {path.partition("?")[0] for _, path in requests()}
    assert api - {LIVE} <= asked


class Kept(AccessLog):
    """Keeps what would be written."""

    def __init__(self) -> None:
        self.kept: list[Access] = []

    def write(self, access: Access) -> None:
        self.kept.append(access)


def test_every_route_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for each request, whatever became of it; also where the server failed."""
    log = Kept()
    monkeypatch.setattr("headwater.sinks.server.app.AccessLog", lambda _bootstrap: log)
    app, server = served([])
    asked = [*requests(), ("GET", "/metrics"), ("GET", "/openapi.json"), ("GET", "/api/v1/none")]
    answers = anyio.run(_all, app, asked)
    assert [(each.path.partition("?")[0], each.status) for each in answers] == [
        (each.path, each.status) for each in log.kept
    ]
    monkeypatch.setattr(server.feed.index, "seen", None)
    [failed] = anyio.run(_all, app, [("GET", "/api/v1/runs")])
    assert (500, 500, "bob") == (failed.status, log.kept[-1].status, log.kept[-1].who)
    assert b"NoneType" not in failed.told


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/counters"])
def test_what_tells_of_the_whole_needs_a_power(path: str) -> None:
    """The error names it; whoever has it is answered, and sees no more of the lineage for it."""
    [answer] = anyio.run(_all, served([])[0], (("GET", path),))
    assert 403 == answer.status
    assert b"this needs a role that may `operations`" in answer.told
