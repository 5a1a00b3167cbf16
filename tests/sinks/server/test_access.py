"""Who is let in, what they are shown, and that nothing tells of what they are not."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from headwater.schemas.errors import HeadwaterError
from headwater.schemas.names import ColumnName
from headwater.schemas.records import (
    Annotation,
    AnyRecord,
    Derivation,
    InputField,
    JobRef,
    JobVersion,
    ModelBase,
    ModelInput,
    ModelVersion,
    OutputField,
    RunState,
    Transformation,
    record_id,
)
from headwater.sinks.answers import Position
from headwater.sinks.index.annotations import Target
from headwater.sinks.index.sight import MASK, Verdict
from headwater.sinks.server.access_log import Access, AccessLog
from headwater.sinks.server.app import Server, create_app
from headwater.sinks.server.callers import Callers, Issuer
from headwater.sinks.server.live import Live, live_event
from headwater.sinks.server.mask_key import read_key
from headwater.sinks.server.policy import Policy, read_policy
from headwater.sinks.server.questions import QUESTIONS
from headwater.sinks.server.settings import Settings
from headwater.sinks.server.tokens import Tokens, hashed, new_token

from ..graph.estate import Estate, told
from .test_app import asked

ALL, SOME = new_token(), new_token()
TOKENS = Tokens({"ada": hashed(ALL), "bob": hashed(SOME)})
POLICY = """
roles:
  engineer:
    - see: {}
  analyst:
    - see: {namespace: "open://*"}
    - mask: {classification: [pii], namespace: "*"}
    - mask: {namespace: "masked-z0q://*"}
    - hide: {namespace: "hidden-z0q://*"}
    - hide: {tag: payroll}
  stranger: []
holders:
  ada: [engineer]
  bob: [analyst]
claims:
  groups: {platform: [engineer], reports: [analyst]}
"""
SECRET = "z0q"
"""Every name that must not be told contains this; no other does, nor any hash by chance."""

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
        ("roles: {a: [{see: {}, hide: {}}]}", "one of see, mask and hide"),
        ("roles: {a: [{}]}", "one of see, mask and hide"),
        ("roles: {a: [{see: {colour: red}}]}", "colour"),
        ("roles: {a: [{watch: {}}]}", "watch"),
        ("roles: {}\nholders: {ana: [ghost]}", "ghost"),
        ("roles: {a: [{see: {}}]}\nroles: {}", "a key twice"),
        ("roles: {a: [{hide: {}}], a: [{see: {}}]}", "a key twice"),
        ("roles: !!python/object/apply:os.system ['true']", "no YAML"),
        ("[" * 100_000, "no YAML"),
        ("x" * 2_000_000, "larger than"),
        ("", "no policy"),
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
    assert callers.find(token(groups=None)).roles == frozenset()  # type: ignore[union-attr]
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


SPACES = ("open://warehouse", f"masked-{SECRET}://x", f"hidden-{SECRET}://x")


def name_in(namespace: str, number: int) -> str:
    return f"t{number}" if namespace.startswith("open") else f"{SECRET}{number}"


columns = st.tuples(st.sampled_from(SPACES), st.integers(0, 2), st.sampled_from(["a", "b"]))


@st.composite
def estates(draw: st.DrawFn) -> list[AnyRecord]:
    """Draw derivations, jobs, runs, models and labels over open, masked and hidden names."""
    records: list[AnyRecord] = []
    for number in range(draw(st.integers(1, 6))):
        out_space, out_table, _ = draw(columns)
        inputs = tuple(
            source(space, name_in(space, table), field, draw(st.sampled_from(["IDENTITY", "JOIN"])))
            for space, table, field in draw(st.lists(columns, max_size=3, unique=True))
        )
        job_space = draw(st.sampled_from(SPACES))
        job = JobRef(namespace=job_space, name=name_in(job_space, number))
        made = Derivation(
            job=job,
            output=Estate(out_space).dataset(name_in(out_space, out_table)),
            method="parsed",
            fields=(OutputField(field=draw(st.sampled_from(["a", "b"])), inputs=inputs),),
            inputs=tuple(Estate(i.namespace).dataset(i.name) for i in inputs),
        )
        event = Estate(job_space).resolution(made, run=f"run {number}")
        records += [made, event.model_copy(update={"job": job})]
        records.append(
            RunState(
                run_id=f"{job_space} {number}",
                job=job,
                state="COMPLETE",
                at="2026-01-01T00:00:00Z",
                inputs=made.inputs,
                outputs=(made.output,),
                parent=f"{draw(st.sampled_from(SPACES))} 0",
            )
        )
    for number in range(draw(st.integers(0, 3))):
        space, table, field = draw(columns)
        model_space = draw(st.sampled_from(SPACES))
        base_space = draw(st.sampled_from(SPACES))
        secret = SECRET if space != SPACES[0] else ""
        code = JobVersion(namespace=space, name=f"code{secret}", sql=f"SELECT {secret}")
        records += [
            code,
            ModelVersion(
                namespace=model_space,
                name=name_in(model_space, number),
                version=f"1{SECRET if model_space != SPACES[0] else ''}",
                inputs=(ModelInput(namespace=space, name=name_in(space, table), fields=(field,)),),
                job_version=record_id(code),
                command=(f"--data={secret}",),
                hyperparameters={"note": secret},
                bases=tuple(
                    ModelBase(
                        namespace=base_space,
                        name=name_in(base_space, base),
                        version=draw(st.sampled_from([None, "1"])),
                        relation="finetuned",
                    )
                    for base in range(number)
                ),
            ),
        ]
    records += [
        Annotation(
            target_kind="column",
            namespace=SPACES[0],
            name=f"t{table}",
            field="b",
            key=key,
            value=value,
            by=SECRET,
        )
        for table in draw(st.lists(st.integers(0, 2), max_size=2, unique=True))
        for key, value in [draw(st.sampled_from([("classification", "pii"), ("owner", SECRET)]))]
    ]
    records += [
        Annotation(
            target_kind="column",
            namespace=space,
            name=name_in(space, table),
            field=field,
            key="tag",
            value="night",
        )
        for space in SPACES
        for table in range(3)
        for field in "ab"
    ]
    return records


def app_of(records: list[AnyRecord], rules: Policy) -> tuple[Starlette, Server]:
    app, server = create_app(Settings("k:1", tokens=TOKENS, policy=rules, mask_key=b"k" * 32))
    for envelope in told(*records):
        server.feed.index.add(envelope)
    return app, server


def as_bob(app: Starlette, path: str, **headers: str) -> tuple[int, bytes]:
    answer = asked(app, path, authorization=f"Bearer {SOME}", **headers)
    return answer.status_code, answer.content + str(answer.headers).encode()


SUBJECTS = (
    "t0@1",
    "t1@1",
    "t0.a",
    "t0.b",
    "t1.a",
    "t2",
    "open://warehouse/t1",
    "a",
    "b",
    "zzz",
    "t1.zzz",
)
QUERIES = (
    *(
        f"/lineage/{word}?subject={s}"
        for word in ("upstream", "downstream", "impact", "trace", "readers", "graph")
        for s in SUBJECTS
    ),
    *(f"/lineage/path?source=t0.a&target={s}" for s in SUBJECTS),
    *(f"/lineage/graph?subject={s}" for s in SUBJECTS),
    *(f"/search?q={q}" for q in ("t", "a", "0", "masked", "hidden", "1", "/", "open")),
    *(
        f"/lineage/{word}?subject={s}&tag=pii&tag=night"
        for word in ("upstream", "downstream", "impact", "trace")
        for s in SUBJECTS
    ),
    "/runs",
    "/models",
    *(f"/models?name={name}" for name in ("t0", "t1@1", "t7", "masked")),
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(estates())
def test_no_byte_of_any_answer_tells_a_name_that_is_not_seen(
    tmp_path: Path, estate: list[AnyRecord]
) -> None:
    """Not in answers, errors, remedies or headers; whatever the question."""
    app, _ = app_of(estate, policy(tmp_path))
    asked_for = {query.partition("?")[0] for query in QUERIES}
    assert {question.path for question in QUESTIONS if question.scoped} <= asked_for
    masked: set[str] = set()
    for query in QUERIES:
        status, told_ = as_bob(app, f"/api/v1{query}")
        assert status in (200, 404, 409), told_
        assert SECRET.encode() not in told_.lower(), query
        if query.endswith("tag=night") and status == 200:
            assert _listed(json.loads(told_.partition(b"Headers(")[0])) <= OPEN_COLUMNS
        if query.startswith("/search?q=masked") and status == 200:
            hits = json.loads(told_.partition(b"Headers(")[0])["hits"]
            masked |= {
                f"{MASK}/" + ".".join(list(h["name"].values())[1:])
                for h in hits
                if h["kind"] in ("column", "dataset")
            }
    for name in masked:
        status, told_ = as_bob(app, f"/api/v1/lineage/impact?subject={name}")
        assert status == 200, told_
        assert SECRET.encode() not in told_.lower()


OPEN_COLUMNS = {ColumnName(SPACES[0], f"t{n}", field) for n in range(3) for field in "ab"}
"""All that may be found by a label of its own: what is told by its name."""


def _listed(answer: dict[str, Any]) -> set[ColumnName]:
    return {ColumnName(**each["name"]) for each in answer.get("reach", answer)["columns"]}


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


WITHOUT_KAFKA = [f"/api/v1/{name}" for name in ("ledger/heads", "ledger/entries", "ledger/proof")]
WITHOUT_KAFKA.append("/api/v1/dead-letter")
"""What there is no answer to here, for want of a ledger and of messages."""


def test_what_cannot_be_told_apart_is_for_those_who_see_everything(tmp_path: Path) -> None:
    """Dead letters and metrics hold anything; whatever is new is closed until it says otherwise."""
    app, _ = app_of([], policy(tmp_path))
    closed = [f"/api/v1{q.path}" for q in QUESTIONS if not q.scoped and not _required(q.path)]

    assert "/api/v1/dead-letters" in closed
    for path in (*closed, "/metrics"):
        status, told_ = as_bob(app, path)
        assert 403 == status and b"not_for_your_role" in told_
        if path not in WITHOUT_KAFKA:
            assert 200 == asked(app, path, authorization=f"Bearer {ALL}").status_code


def _required(path: str) -> bool:
    [question] = [each for each in QUESTIONS if each.path == path]
    return any(parameter.required for parameter in question.parameters)


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
    about = [Target("job", space, "j") for space in SPACES]
    events = [
        live_event(Position("t", 0, n), "record", {"n": n}, each)
        for n, each in enumerate([*about, None])
    ]
    analyst = frozenset({"analyst"})

    async def follow() -> tuple[bytes, bytes]:
        feed = Live()
        streams = [feed.subscribe(None), feed.subscribe("t:0:1", analyst)]
        begun = [await anext(stream) for stream in streams]
        assert b"resync" in begun[1]
        assert {analyst} == feed.roles
        shown = server.sights.shown(server.feed.index, analyst, [e.about for e in events])
        feed.publish(events, {analyst: shown})
        came = await anext(streams[0]), await anext(streams[1])
        for stream in streams:
            await stream.aclose()
        return came

    everything, some = asyncio.run(follow())
    assert 4 == everything.count(b"id: ") and 1 == some.count(b"id: ")
    assert b'{"n":0}' in some


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
