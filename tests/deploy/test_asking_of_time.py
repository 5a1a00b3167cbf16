"""The commands that ask what changed, what is said of things, and what a report shows."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
import uvicorn
from typer.testing import CliRunner, Result

from headwater.deploy import emitting
from headwater.deploy.cli import build
from headwater.processors.annotations import annotations
from headwater.processors.record import records
from headwater.producers import Emitter
from headwater.schemas.errors import HeadwaterError
from headwater.schemas.openlineage import Event
from headwater.schemas.records import (
    Annotation,
    Change,
    DatasetChange,
    DatasetVersion,
    Envelope,
    FieldType,
    JobVersion,
    ModelInput,
    ModelVersion,
    RunState,
    record_id,
    wrap,
)
from headwater.sinks.server.app import create_app
from headwater.sinks.server.settings import Settings

from ..sinks.graph.estate import Estate, told

E = Estate("db://shop")
S = E.source
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202eevil"
Ask = Callable[..., Result]


def at(day: int) -> str:
    return f"2026-03-{day:02d}T00:00:00.000000Z"


def _records() -> Iterator[Envelope]:
    code = JobVersion(
        namespace=E.namespace, name="make_report", repository="git@shop", commit="c0ffee"
    )
    before = E.derivation("report", {"mail": [S("users.email", "TRANSFORMATION", masking=True)]})
    after = E.derivation("report", {"mail": [S("users.email")], "note": [S(f"users.{HOSTILE}")]})
    first = E.resolution(before, at=at(1), run="first")
    second = E.resolution(after, at=at(10), run="second").model_copy(
        update={"job_version": record_id(code)}
    )
    yield from told(code, before, after, first, second)
    for day, kind in ((1, "int"), (10, "text")):
        fields = (FieldType(name="mail", type=kind),)
        version = DatasetVersion(namespace=E.namespace, name="report", fields=fields)
        event = second.event if day == 10 else first.event
        yield wrap(version, observed_at=at(day), event_id=event)
    model = ModelVersion(
        namespace="ml",
        name="churn",
        version="1",
        run_id="training",
        job=E.derivation("x").job,
        inputs=(ModelInput(namespace=E.namespace, name="report", fields=("mail",)),),
    )
    yield wrap(model, observed_at=at(12), event_id="trained")
    run = RunState(run_id="training", job=E.derivation("x").job, state="COMPLETE", at=at(12))
    for column in ("email", HOSTILE):
        yield from told(
            Annotation(
                target_kind="column",
                namespace=E.namespace,
                name="users",
                field=column,
                key="classification",
                value="pii",
                by=HOSTILE,
                at=at(2),
            )
        )
    owner = Annotation(
        target_kind="model", namespace="ml", name="churn", key="owner", value="ann", at=at(2)
    )
    dropped = DatasetChange(
        namespace=E.namespace, name="old", change=Change.DROP, job=run.job, run_id="t", at=at(11)
    )
    yield from told(run, owner, dropped)


@pytest.fixture(scope="module", name="address")
def _address() -> Iterator[str]:
    """An API over a small estate."""
    app, server = create_app(Settings("127.0.0.1:1"))
    for envelope in _records():
        server.feed.index.add(envelope)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        host = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="error"))
        thread = threading.Thread(target=host.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        host.should_exit = True
        thread.join()


@pytest.fixture
def ask(address: str) -> Ask:
    """Run a command against that API."""

    def run(*words: str) -> Result:
        said = [*words, "--api", address]
        result = CliRunner().invoke(build(said), said, terminal_width=400, env={"COLUMNS": "400"})
        if isinstance(result.exception, HeadwaterError):
            raise result.exception
        return result

    return run


def test_diff_names_every_change_with_its_run_and_commit(ask: Ask) -> None:
    """Columns that are of another type, edges that act otherwise, models that are new."""
    answer = json.loads(ask("diff", "--from", "2026-03-05", "--to", "2026-03-20", "--json").output)
    (column,) = answer["columns"]
    assert ("retyped", "int", "text") == (column["change"], column["before"], column["after"])
    edges = {edge["source"]["field"]: edge for edge in answer["edges"]}
    assert ("changed", "added") == (edges["email"]["change"], edges[HOSTILE]["change"])
    masked = [how["masking"] for side in ("before", "after") for how in edges["email"][side]]
    assert [True, False] == masked
    for change in (column, *edges.values()):
        assert "c0ffee" == change["cause"]["commit"]
        assert f"{E.namespace}/second" == change["cause"]["run_id"]
    assert ["DROP"] == [turn["change"] for turn in answer["datasets"]]
    (model,) = answer["models"]
    assert (None, "1") == (model["before"], model["after"])
    assert {"columns": 1, "edges": 2, "datasets": 1, "jobs": 0, "models": 1} == answer["counts"]


def test_diff_is_shown_without_letting_a_name_command_the_terminal(ask: Ask) -> None:
    """Signs, and beneath each change what made it."""
    shown = ask("diff", "--from", "2026-03-05", "--to", "2026-03-20")
    assert 0 == shown.exit_code
    assert "~ report.mail  int → text" in shown.output
    assert "run db://shop/second, commit c0ffee" in shown.output
    assert "- old  drop" in shown.output
    assert "\x1b" not in shown.output and "\u202e" not in shown.output
    assert "nothing changed" in ask("diff", "--from", "2026-02-01", "--to", "2026-02-03").output


@pytest.mark.parametrize(
    "words",
    [
        ("diff", "--from", "never"),
        ("diff", "--from", "today", "--to", "yesterday"),
        ("pii", "report", "--as-of", "31.12.2026"),
        ("annotate", "users.email", "classification"),
        ("annotate",),
        ("annotate", "--dbt", "manifest.json"),
        ("annotate", "users.email", "--on", "cloud"),
        ("impact", "users.email", "--models", "--gremlin", "ws://x"),
        ("impact", "users.email", "--models", "--tag", "pii"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(ask: Ask, words: tuple[str, ...]) -> None:
    """With exit code 2."""
    assert 2 == ask(*words).exit_code


def test_pii_tells_what_a_report_shows_and_fails_where_the_policy_is_violated(ask: Ask) -> None:
    """As of before, the same column was hashed."""
    now = ask("pii", "report", "--json")
    then = ask("pii", "report", "--json", "--as-of", "2026-03-05")
    assert ([1, "exposed"], [0, "masked"]) == tuple(
        [r.exit_code, json.loads(r.output)["verdict"]] for r in (now, then)
    )
    shown = ask("pii", "report")
    assert "the policy is violated" in shown.output
    assert "\x1b" not in shown.output and "\u202e" not in shown.output


def test_a_tag_leaves_out_what_does_not_have_it(ask: Ask) -> None:
    """Of impact and of trace; the sources are those of the whole."""
    for words, names in ((("--tag", "pii"), {"email", HOSTILE}), (("--tag", "red"), set())):
        traced = json.loads(ask("trace", "report", *words, "--json").output)
        assert names == {each["name"]["field"] for each in traced["reach"]["columns"]}
        assert 2 == len(traced["sources"])
    answer = ask("impact", "users.email", "--tag", "pii", "--json")
    assert (0, 0) == (answer.exit_code, json.loads(answer.output)["reach"]["columns_count"])


def test_pii_takes_a_policy(ask: Ask, tmp_path: Path) -> None:
    """A wrong one is an error before anything is asked."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "version: 1\nname: lax\nclasses:\n"
        "  - {name: personal, annotations: {classification: [pii]}, allowed: exposed}\n"
    )
    result = ask("pii", "report", "--policy", str(policy), "--json")
    assert (0, "lax") == (result.exit_code, json.loads(result.output)["policy"])
    policy.write_text("version: 9")
    with pytest.raises(HeadwaterError, match="line 1"):
        ask("pii", "report", "--policy", str(policy))


DIFF = ("diff", "--from", "2026-03-05")
SUBJECT = f"users.{HOSTILE}"


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        (("pii", "report"), ["the policy is violated", "HOSTILE"]),
        (DIFF, ["HOSTILE", "c0ffee", f"{E.namespace}/second", ">drop<", "churn"]),
        ((*DIFF, "--to", "2026-03-06"), ["Nothing changed"]),
        ((*DIFF, "--subject", SUBJECT), ["up- and downstream of", "users.HOSTILE"]),
        (
            ("impact", "users.email"),
            ["2026-03-12", "churn", ">ann<", "make_report", ">identity<"],
        ),
        (
            ("impact", "users.email", "--as-of", "2026-03-05"),
            ["2026-03-05T23:59:59", "values, masked"],
        ),
        (("impact", SUBJECT), ["What depends on users.HOSTILE", "report.note"]),
        (("impact", "report.note"), ["Nothing depends on it"]),
        (("impact", "users.email", "--models"), ["churn", ">ann<", "report.mail", "complete</td>"]),
        (("impact", SUBJECT, "--models"), ["without users.HOSTILE", "No model depends on it"]),
    ],
)
def test_the_page_stands_alone_and_escapes_every_name(
    ask: Ask, tmp_path: Path, words: tuple[str, ...], holds: list[str]
) -> None:
    """Nothing runs, nothing is fetched, whatever a column is called."""
    page = tmp_path / "report.html"
    ask(*words, "--html", str(page))
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text and "\x1b" not in text and "\u202e" not in text
    assert not re.search(r"""(?:src|href)\s*=|url\(|@import""", text)
    assert "@media print" in text and "default-src 'none'" in text
    escaped = "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[31m\\u202eevil"
    for each in holds:
        assert each.replace("HOSTILE", escaped) in text


def test_models_that_break_come_with_versions_owners_and_last_runs(ask: Ask) -> None:
    """As of a time before it was trained, there is none."""
    answer = json.loads(ask("impact", "users.email", "--models", "--json").output)
    (version,) = answer["versions"]
    assert (["ann"], True, "COMPLETE") == (
        version["owners"],
        version["latest"],
        version["last_run_state"],
    )
    assert "models that break: 1" in ask("impact", "users.email", "--models").output
    before = ask("impact", "users.email", "--models", "--as-of", "2026-03-05", "--json")
    assert 0 == json.loads(before.output)["models_count"]


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where a command's events go, in place of Kafka."""
    target = tmp_path / "events.jsonl"
    monkeypatch.setattr(emitting, "bootstrap_of", lambda kafka: "127.0.0.1:1")
    monkeypatch.setattr(
        emitting,
        "Emitter",
        lambda **_: Emitter(transport="file", file=str(target), spool_dir=tmp_path / "spool"),
    )
    return target


def said(target: Path) -> list[tuple[Any, ...]]:
    """Return what the worker makes of the events."""
    events = [orjson.loads(line) for line in target.read_bytes().splitlines()]
    found = [
        a
        for e in events
        if "dataset" in e or "job" in e
        for a in annotations(Event.model_validate(e))
    ]
    return [(a.target_kind, a.name, a.field, a.key, a.value, a.action, a.by) for a in found]


def test_annotate_finds_what_is_meant(ask: Ask, emitted: Path) -> None:
    """A column, a model, a dataset that nothing was heard of yet."""
    ask("annotate", "users.email", "classification=contact", "owner=ann=x", "--by", "dpo")
    ask("annotate", "churn", "owner=ann", "--remove", "--by", "dpo")
    ask("annotate", "shop.new", "tag=raw", "--namespace", "db://n", "--field", "id", "--by", "me")
    assert [
        ("column", "users", "email", "classification", "contact", "put", "dpo"),
        ("column", "users", "email", "owner", "ann=x", "put", "dpo"),
        ("model", "churn", None, "owner", "ann", "remove", "dpo"),
        ("column", "shop.new", "id", "tag", "raw", "put", "me"),
    ] == said(emitted)
    with pytest.raises(HeadwaterError, match="nothing in the index"):
        ask("annotate", "no.such.thing", "tag=x")


def test_annotate_shows_what_is_said(ask: Ask) -> None:
    """As of before it was said, nothing is."""
    assert "classification" in ask("annotate", "users.email").output
    assert "nothing is said" in ask("annotate", "users.email", "--as-of", "2026-03-01").output


def test_a_manifest_says_only_what_is_new(ask: Ask, emitted: Path, tmp_path: Path) -> None:
    """What stands already is not said again."""
    manifest = tmp_path / "manifest.json"
    columns = {"email": {"name": "email", "meta": {"classification": "pii", "tier": 1}}}
    node = {"resource_type": "model", "name": "users", "columns": columns}
    manifest.write_bytes(orjson.dumps({"nodes": {"model.users": node}}))
    result = ask("annotate", "--dbt", str(manifest), "--namespace", E.namespace)
    assert "1 annotations put, 0 taken off, of 1 things" in result.output
    assert [("column", "users", "email", "tier", "1", "put", "dbt")] == said(emitted)


def test_the_records_of_an_annotation_are_annotations_alone(ask: Ask, emitted: Path) -> None:
    """Nothing else follows from such an event."""
    ask("annotate", "users.email", "tag=x")
    (line,) = [x for x in emitted.read_bytes().splitlines() if b"headwater_annotations" in x]
    assert ["Annotation"] == [r.kind for r in records(Event.model_validate(orjson.loads(line)))]
