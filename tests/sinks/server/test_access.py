"""Who is let in, what they are shown, and that nothing tells of what they are not."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.applications import Starlette

from headwater.schemas.errors import HeadwaterError
from headwater.schemas.names import ColumnName
from headwater.schemas.records import (
    AnyRecord,
    Derivation,
    InputField,
    JobRef,
    JobVersion,
    OutputField,
    Transformation,
)
from headwater.sinks.answers import Position
from headwater.sinks.index.sight import MASK, Verdict
from headwater.sinks.server.access_log import Access, AccessLog
from headwater.sinks.server.app import Server, create_app
from headwater.sinks.server.callers import Callers, Issuer
from headwater.sinks.server.feed import arrival
from headwater.sinks.server.live import Arrival, Live
from headwater.sinks.server.mask_key import read_key
from headwater.sinks.server.policy import Policy, Power, read_policy
from headwater.sinks.server.questions import QUESTIONS, WholeQuestion
from headwater.sinks.server.settings import Settings
from headwater.sinks.server.tokens import Tokens, hashed, new_token

from ..graph.estate import Estate, told
from .test_app import asked
from .worlds import POLICY, SECRET, SPACES, named

ALL, SOME, OPERATOR = new_token(), new_token(), new_token()
TOKENS = Tokens({"ada": hashed(ALL), "bob": hashed(SOME), "otto": hashed(OPERATOR)})
OPEN = Estate("open://warehouse")


def policy(tmp_path: Path, text: str = POLICY) -> Policy:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    return read_policy(path)


@pytest.mark.parametrize(
    ("namespace", "labels", "verdict"),
    [
        ("open://warehouse", [], Verdict.SEEN),
        ("open://warehouse", [("classification", "PII")], Verdict.MASKED),
        ("open://warehouse", [("classification", "pii"), ("tag", "payroll")], Verdict.HIDDEN),
        ("masked-z0q://x", [], Verdict.MASKED),
        ("hidden-z0q://x", [("classification", "pii")], Verdict.HIDDEN),
        ("else://x", [], Verdict.HIDDEN),
    ],
)
def test_the_strictest_rule_of_a_role_holds(
    tmp_path: Path, namespace: str, labels: list[tuple[str, str]], verdict: Verdict
) -> None:
    """Where none fits, nothing is seen; of two roles the most generous counts."""
    rules = policy(tmp_path)
    assert verdict is rules.judge({"analyst"})(namespace, frozenset(labels))
    assert Verdict.SEEN is rules.judge({"analyst", "engineer"})(namespace, frozenset(labels))
    assert Verdict.HIDDEN is rules.judge(set())(namespace, frozenset(labels))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("roles: {a: [{see: {}, hide: {}}]}", "line 1: `roles.a.0` a rule is one of see"),
        ("roles:\n  a:\n  - see: {}\n  - {}\n", "line 4: `roles.a.1` a rule is one of see"),
        ("roles:\n  a:\n  - see:\n      tag: []\n", "line 4: `roles.a.0.see.tag`"),
        ("roles: {a: [{see: {namespace: ''}}]}", "at least 1 character"),
        ("roles:\n  a:\n  - hide:\n      tag: yes\n", "line 4: `roles.a.0.hide.tag"),
        ("roles: {a: {see: {}}}", "line 1: `roles.a`"),
        ("roles: {a: []}\nholders: {ana: a}", "line 2: `holders.ana`"),
        ("roles:\n  a:\n  - may: [fly]", "line 3: `roles.a.0.may` `fly` is none of ledger"),
        ("roles: {a: [{see: {tag: x}}, {hide: {tag: x}}]}", "the role a says two things of"),
        ("roles: {a: &all [{see: {}}], b: *all}", "line 1: anchors"),
        ("roles: {a: [{see: {colour: red}}]}", "colour"),
        ("roles: {a: [{watch: {}}]}", "watch"),
        ("roles: {}\nholders: {ana: [ghost]}", "ghost"),
        ("roles: {a: [{see: {}}]}\nroles: {}", "line 2: `roles` is given twice"),
        ("roles: {a: [{hide: {}}], a: [{see: {}}]}", "`a` is given twice"),
        ("roles: !!python/object/apply:os.system ['true']", "anchors, aliases and tags"),
        ("roles:\n  a: [\n  b: }", "line 3: "),
        ("roles: {a: \x00}", "no YAML"),
        ("[" * 100_000, "so much nesting"),
        ("x" * 2_000_000, "larger than"),
        ("", "line 1: is no mapping"),
    ],
)
def test_a_policy_that_may_be_misread_is_refused(tmp_path: Path, text: str, why: str) -> None:
    """Whoever wrote it meant something."""
    with pytest.raises(HeadwaterError) as caught:
        policy(tmp_path, text)
    assert why in caught.value.message


def test_a_policy_needs_to_know_who_asks(tmp_path: Path) -> None:
    """Without tokens or an issuer it would decide nothing."""
    with pytest.raises(HeadwaterError, match="decides nothing"):
        Settings("k:1", policy=policy(tmp_path))


def test_the_key_of_masked_names_is_kept_for_one_user_alone(tmp_path: Path) -> None:
    """The same over a restart; another file is refused."""
    path = tmp_path / "new" / "key"
    assert read_key(path) == read_key(path)
    assert 0o600 == path.stat().st_mode & 0o777
    path.write_bytes(b"short")
    with pytest.raises(HeadwaterError, match="no key"):
        read_key(path)


# --- JWTs ---------------------------------------------------------------------------------

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())


def jwks(tmp_path: Path) -> str:
    keys = [
        json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(RSA.public_key())) | {"kid": "rsa"},
        json.loads(jwt.algorithms.ECAlgorithm.to_jwk(EC.public_key())) | {"kid": "ec"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"},
    ]
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": keys}))
    return str(path)


def token(key: Any = RSA, kid: str | None = "rsa", algorithm: str = "RS256", **claims: Any) -> str:
    said = {
        "iss": "https://id.example",
        "aud": "headwater",
        "sub": "carl",
        "groups": ["reports"],
        "exp": time.time() + 600,
    } | claims
    headers = {} if kid is None else {"kid": kid}
    kept = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(kept, key, algorithm, headers=headers)


@pytest.fixture(name="callers")
def _callers(tmp_path: Path) -> Callers:
    issuer = Issuer("https://id.example", "headwater", jwks(tmp_path))
    return Callers(TOKENS, issuer, policy(tmp_path))


def test_whom_the_issuer_vouches_for_is_let_in_with_the_roles_of_the_claims(
    callers: Callers,
) -> None:
    """By RSA or elliptic curves; static tokens go on working."""
    for good in (token(), token(EC, "ec", "ES256"), token(groups="reports")):
        caller = callers.find(good)
        assert caller and ("carl", frozenset({"analyst"})) == (caller.name, caller.roles)
    assert callers.find(token(groups=["platform", 7, "reports"])).roles is None  # type: ignore[union-attr]
    for groups in (None, 7, True, {"platform": True}, {}, [["platform"], {"reports": 1}, 7]):
        caller = callers.find(token(groups=groups))
        assert caller and (frozenset(), frozenset()) == (caller.roles, caller.powers)
    assert callers.find(ALL).name == "ada"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "forged",
    [
        lambda: token(iss="https://evil.example"),
        lambda: token(aud="another"),
        lambda: token(exp=time.time() - 3600),
        lambda: token(exp=None),
        lambda: token(aud=None),
        lambda: token(sub=None),
        lambda: token(nbf=time.time() + 3600),
        lambda: token(kid="unknown"),
        lambda: token(kid=None),
        lambda: token(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        lambda: token("secret" * 8, "shared", "HS256"),
        lambda: token("secret" * 8, "rsa", "HS256"),
        lambda: jwt.encode({"sub": "carl"}, "", "none", headers={"kid": "rsa"}),
        lambda: token()[:-4] + "AAAA",
        lambda: token().replace(".", "..", 1),
        lambda: "a.b.c",
        lambda: "",
    ],
)
def test_a_forged_token_is_nobodys(callers: Callers, forged: Any) -> None:
    """Another key, another algorithm, another time, another audience, no signature."""
    assert callers.find(forged()) is None


def test_keys_that_cannot_be_read_stop_the_start(tmp_path: Path) -> None:
    """And not each request later."""
    for keys in (str(tmp_path / "none.json"), "http://127.0.0.1:1/keys"):
        with pytest.raises(HeadwaterError, match="cannot be read"):
            Callers(None, Issuer("i", "a", keys), None)


# --- what is shown --------------------------------------------------------------------------


def source(namespace: str, table: str, field: str, subtype: str = "IDENTITY") -> InputField:
    return InputField(
        namespace=namespace,
        name=table,
        field=field,
        type=Transformation.DIRECT if subtype == "IDENTITY" else Transformation.INDIRECT,
        subtype=subtype,
    )


def app_of(records: list[AnyRecord], rules: Policy) -> tuple[Starlette, Server]:
    app, server = create_app(Settings("k:1", tokens=TOKENS, policy=rules, mask_key=b"k" * 32))
    for envelope in told(*records):
        server.feed.index.add(envelope)
    return app, server


def as_bob(app: Starlette, path: str, **headers: str) -> tuple[int, bytes]:
    answer = asked(app, path, authorization=f"Bearer {SOME}", **headers)
    return answer.status_code, answer.content + str(answer.headers).encode()


def test_a_name_that_is_not_seen_is_answered_as_one_that_is_not_there(tmp_path: Path) -> None:
    """Byte by byte, but for the name itself."""
    s = source("hidden-z0q://x", "z0q1", "a")
    made = Derivation(
        job=JobRef(namespace="open://warehouse", name="make"),
        output=OPEN.dataset("t1"),
        method="parsed",
        fields=(OutputField(field="a", inputs=(s, source(OPEN.namespace, "t0", "a"))),),
    )
    app, _ = app_of([made, OPEN.resolution(made)], policy(tmp_path))
    for hidden, absent in (
        ("z0q1.a", "z0q2.a"),
        ("z0q1", "z0q2"),
        ("hidden-z0q://x/z0q1", "hidden-z0q://x/z0q2"),
    ):
        for word in ("impact", "trace", "upstream"):
            path = f"/api/v1/lineage/{word}?subject="
            (one, told_one), (two, told_two) = (
                as_bob(app, path + hidden),
                as_bob(app, path + absent),
            )
            assert (404, 404) == (one, two)
            assert told_one == told_two.replace(b"z0q2", b"z0q1")
    assert as_bob(app, "/api/v1/search?q=zq1") == as_bob(app, "/api/v1/search?q=zq2")


NEEDING = {
    "/api/v1/ledger/entries": "ledger",
    "/api/v1/ledger/proof": "ledger",
    "/api/v1/dead-letters": "dead-letters",
    "/api/v1/dead-letter": "dead-letters",
    "/api/v1/counters": "operations",
    "/api/v1/health/losses": "operations",
    "/metrics": "operations",
}
"""All that is not answered in part, and what it takes: nothing is added here without a reason."""

OF_KAFKA = [path for path in NEEDING if path.rpartition("/")[2] in ("dead-letter", "losses")]
OF_KAFKA += [path for path in NEEDING if "ledger" in path]
"""What there is no answer to here, for want of Kafka."""


def test_few_questions_cannot_be_answered_in_part(tmp_path: Path) -> None:
    """The list is short; whoever has the power is answered, whoever sees everything reads all."""
    asked_of_whole = {
        f"/api/v1{q.path}": q.needs for q in QUESTIONS if isinstance(q, WholeQuestion)
    }
    assert asked_of_whole.pop("/api/v1/ledger/heads") is None
    assert NEEDING == {**asked_of_whole, "/metrics": "operations"}
    app, _ = app_of([], policy(tmp_path))
    for path, power in NEEDING.items():
        status, told_ = as_bob(app, path)
        assert 403 == status
        assert f"this needs a role that may `{power}`".encode() in told_
        if path not in OF_KAFKA:
            for token_ in (ALL, OPERATOR):
                assert 200 == asked(app, path, authorization=f"Bearer {token_}").status_code
    answer = asked(app, "/api/v1/ledger/entries", authorization=f"Bearer {OPERATOR}")
    assert 403 == answer.status_code


def test_sending_again_needs_a_power_of_its_own(tmp_path: Path) -> None:
    """Seeing everything is no leave to act."""
    app, _ = app_of([], policy(tmp_path))
    path = "/api/v1/dead-letters/redrive"
    for token_ in (ALL, SOME, OPERATOR):
        answer = asked(app, path, method="POST", authorization=f"Bearer {token_}")
        assert 403 == answer.status_code
        assert "this needs a role that may `redrive`" == answer.json()["error"]["message"]
    # Nobody is asked who they are: whoever reaches loopback may do all.
    free, _ = create_app(Settings("127.0.0.1:1"))
    answer = asked(free, path, method="POST", content_type="application/json")
    assert "invalid_body" == answer.json()["error"]["code"]


def test_an_etag_holds_for_those_with_the_same_roles_only(tmp_path: Path) -> None:
    """One caller's does not tell another that nothing has changed."""
    app, _ = app_of([], policy(tmp_path))
    path = "/api/v1/runs"
    theirs = asked(app, path, authorization=f"Bearer {ALL}").headers["etag"]
    assert 200 == as_bob(app, path, if_none_match=theirs)[0]
    own = asked(app, path, authorization=f"Bearer {SOME}").headers["etag"]
    assert 304 == as_bob(app, path, if_none_match=own)[0]


def test_the_live_feed_tells_each_what_they_may_see(tmp_path: Path) -> None:
    """A record of what is masked or hidden, and what may hold anything, does not come."""
    import asyncio

    _, server = app_of([], policy(tmp_path))
    records = [
        JobVersion(namespace=space, name=named(space, "job"), sql=SECRET) for space in SPACES
    ]
    arrivals = [
        *(arrival(each, Position("t", 0, n), _now()) for n, each in enumerate(told(*records))),
        Arrival(Position("t", 1, 0), "dead_letter", {"reason": SECRET}, needs=Power.DEAD_LETTERS),
        Arrival(None, "counters", {"n": SECRET}, needs=Power.OPERATIONS),
    ]
    operator = frozenset({"analyst", "operator"})
    analyst = frozenset({"analyst"})

    async def follow() -> list[bytes]:
        feed = Live()
        streams = [
            feed.subscribe(None),
            feed.subscribe("t:0:1", analyst),
            feed.subscribe(None, operator),
        ]
        begun = [await anext(stream) for stream in streams]
        assert b"resync" in begun[1]
        assert {analyst, operator} == feed.roles
        shown = {
            roles: server.sights.told(server.feed.index, roles, arrivals) for roles in feed.roles
        }
        feed.publish([each.event() for each in arrivals], shown)
        came = [await anext(stream) for stream in streams]
        for stream in streams:
            await stream.aclose()
        return came

    everything, some, operating = asyncio.run(follow())
    assert (5, 2, 4) == tuple(each.count(b"event: ") for each in (everything, some, operating))
    assert b"job:open://warehouse/job" in some and b"job:masked/" in some
    assert SECRET.encode() not in some and b"hidden" not in operating


class Kept(AccessLog):
    """Keeps what would be written."""

    def __init__(self) -> None:
        self.kept: list[Access] = []

    def write(self, access: Access) -> None:
        self.kept.append(access)


@pytest.fixture(name="logged")
def _logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Starlette, Kept]]:
    kept = Kept()
    monkeypatch.setattr("headwater.sinks.server.app.AccessLog", lambda _bootstrap: kept)
    yield app_of([], policy(tmp_path))[0], kept


def test_every_decision_is_written_down(logged: tuple[Starlette, Kept]) -> None:
    """Who, by which roles, what, and how it ended; also of whom nobody knows."""
    app, log = logged
    as_bob(app, "/api/v1/search?q=x&q=y&limit=3")
    as_bob(app, "/api/v1/dead-letters")
    asked(app, "/api/v1/runs", authorization="Bearer wrong")
    asked(app, "/api/v1/runs", "evil.example")
    asked(app, "/healthz")
    assert [
        ("bob", ("analyst",), "/api/v1/search", 400),
        ("bob", ("analyst",), "/api/v1/dead-letters", 403),
        (None, None, "/api/v1/runs", 401),
        (None, None, "/api/v1/runs", 421),
    ] == [(each.who, each.roles, each.path, each.status) for each in log.kept]
    assert {"q": ["x", "y"], "limit": ["3"]} == log.kept[0].asked
    assert log.kept[0].bytes > 0
    as_bob(app, f"/api/v1/search?q={SOME}&token={token()}&{ALL}=1")
    as_bob(app, f"/api/v1/{SOME}")
    for access in log.kept[-2:]:
        for secret in (SOME, ALL, "eyJ"):
            assert secret not in repr(access)
    many = "&".join(f"p{n}={'v' * 50}" for n in range(1_000))
    as_bob(app, f"/api/v1/search?{many}")
    assert len(log.kept[-1].asked) <= 32


def test_a_log_that_cannot_be_written_holds_nothing_up() -> None:
    """Kafka is away: what does not fit is dropped and counted, at once."""
    log = AccessLog("127.0.0.1:1")
    log.start()
    access = Access(_now(), "bob", None, "/", {}, 200)
    began = time.monotonic()
    for _ in range(20_000):
        log.write(access)
    assert time.monotonic() - began < 5
    log.stop()


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def test_a_header_given_twice_is_refused(tmp_path: Path) -> None:
    """What one server takes the first of, another takes the last of."""
    import anyio
    import httpx

    app, _ = app_of([], policy(tmp_path))

    async def ask(headers: list[tuple[str, str]]) -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return (await client.get("/api/v1/runs", headers=headers)).status_code

    good = ("authorization", f"Bearer {SOME}")
    assert 400 == anyio.run(ask, [("authorization", "Bearer x"), good])
    assert 400 == anyio.run(ask, [("host", "127.0.0.1"), ("host", "evil.example"), good])
    assert 200 == anyio.run(ask, [("x-forwarded-host", "evil.example"), good])
    assert 421 == anyio.run(
        ask, [("host", "evil.example"), ("x-forwarded-host", "127.0.0.1"), good]
    )


def test_masked_names_can_be_asked_about(tmp_path: Path) -> None:
    """A page can go on from a masked node by the name it was told."""
    made = [
        Derivation(
            job=JobRef(namespace="open://warehouse", name=f"make{n}"),
            output=Estate(space).dataset(f"{SECRET}{n}" if SECRET in space else f"t{n}"),
            method="parsed",
            fields=(OutputField(field="a", inputs=(before,)),),
        )
        for n, space, before in (
            (1, SPACES[1], source(SPACES[0], "t0", "a")),
            (2, SPACES[0], source(SPACES[1], f"{SECRET}1", "a")),
        )
    ]
    app, _ = app_of([*made, *(OPEN.resolution(m, run=m.job.name) for m in made)], policy(tmp_path))
    path = "/api/v1/lineage/downstream?subject="
    reach = json.loads(as_bob(app, path + "t0.a")[1].partition(b"Headers(")[0])
    masked, seen = (ColumnName(**column["name"]) for column in reach["columns"])
    assert (MASK, "t2") == (masked.namespace, seen.name)
    again = json.loads(
        as_bob(app, f"{path}{masked.namespace}/{masked.name}.{masked.field}")[1].partition(
            b"Headers("
        )[0]
    )
    assert ["t2"] == [column["name"]["name"] for column in again["columns"]]
