"""The walk through time on the real stack: a change, its cause, before and after, and a forger.

docs/time.md and docs/compliance.md show what these commands print.
"""

import gzip
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from headwater.deploy.cli import build
from headwater.deploy.demo import flights
from headwater.deploy.demo.model import MODEL, Hyperparameters, train
from headwater.deploy.stack import Stack
from headwater.producers import Emitter, run
from headwater.producers.duckdb import TracedConnection
from headwater.schemas import environment, facets
from headwater.sinks.answers import UnknownSubjectError

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

DEADLINE_S = 90.0
COMMIT = uuid.uuid4().hex
CHANGED = """
CREATE OR REPLACE TABLE completed_flights AS
SELECT * REPLACE (md5(tailnum) AS tailnum) FROM flights WHERE arr_delay IS NOT NULL
"""
PLANE = "flights.tailnum"


@dataclass
class Walk:
    """The demo's database, and the stack that its statements are told to."""

    stack: Stack
    emitter: Emitter
    connection: TracedConnection
    times: dict[str, datetime] = field(default_factory=dict)

    def headwater(self, *words: str) -> Result:
        """Run a command as a user of the stack does."""
        said = list(words)
        result = CliRunner().invoke(
            build(said), said, env={environment.HOME: str(self.stack.home.path)}
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def asked(self, *words: str) -> Any:
        """Return what a command answers with `--json`."""
        return json.loads(self.headwater(*words, "--json").output)

    def waits_for(self, *words: str, until: Callable[[Any], bool]) -> Any:
        """Ask again until the answer is as it should be."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            try:
                answer = self.asked(*words)
                if until(answer):
                    return answer
            except UnknownSubjectError:
                answer = "the name is not known"
            assert time.monotonic() < deadline, f"{words} answered {answer}"
            time.sleep(0.3)

    def mark(self, name: str) -> None:
        """Keep the time, and let it pass: everything after lies after it."""
        self.times[name] = datetime.now(UTC)
        time.sleep(0.01)

    def at(self, name: str) -> str:
        return self.times[name].isoformat()


@pytest.fixture
def walk(whole_stack: Stack, tmp_path: Path) -> Iterator[Walk]:
    """The demo's statements have run once, and its model is trained."""
    emitter = Emitter(bootstrap=whole_stack.kafka_bootstrap, spool_dir=tmp_path / "spool")
    connection = flights.connect(tmp_path, emitter)
    walk = Walk(whole_stack, emitter, connection)
    walk.mark("beginning")
    flights.load(connection, tmp_path, emitter)
    for job, sql in flights.statements():
        connection.execute(sql, job=job)
    train(connection, emitter, Hyperparameters(steps=10))
    yield walk
    emitter.close()
    connection.connection.close()


def test_the_walk_through_time(walk: Walk, tmp_path: Path) -> None:
    """Demo, a changed statement, its diff, answers before and after, and a forged record."""
    _annotated(walk)
    _before(walk)
    _changed(walk)
    _told_apart(walk)
    _followed_into_the_model(walk)
    _forged(walk, tmp_path)


def _annotated(walk: Walk) -> None:
    """A source column is personal data, of which somebody holds a consent."""
    walk.waits_for("impact", PLANE, until=lambda answer: bool(answer["reach"]["columns"]))
    since = walk.at("beginning")
    said = walk.headwater(
        *("annotate", PLANE, "classification=pii", "owner=team:fleet", "--at", since, "--by", "dpo")
    )
    assert "2 annotations put, 0 taken off, of 1 things" in said.output
    walk.waits_for("annotate", PLANE, until=lambda answer: len(answer[0]["notes"]) == 2)


def _before(walk: Walk) -> None:
    """The report shows it as it is, and that violates the policy."""
    report = walk.waits_for(
        "pii", "flight_weather", until=lambda answer: answer["verdict"] == "exposed"
    )
    assert 1 == walk.headwater("pii", "flight_weather").exit_code
    (column,) = (each for each in report["columns"] if each["findings"])
    (finding,) = column["findings"]
    assert ("tailnum", "tailnum") == (column["name"]["field"], finding["source"]["field"])
    ways = [(step["job"]["name"], step["left"]) for step in finding["steps"]]
    assert [("completed_flights", "exposed"), ("flight_weather", "exposed")] == ways
    walk.mark("before")


def _changed(walk: Walk) -> None:
    """The statement is changed in a commit, and run again."""
    named = facets.own(
        facets.SQL_CONTEXT, namespace=flights.NAMESPACE, catalog="nycflights", schema="main"
    )
    code = facets.source_code_location("git@example.org:flights", COMMIT)
    connection = walk.connection
    with run(
        "completed_flights",
        namespace=flights.JOB_NAMESPACE,
        inputs=[connection.dataset("flights")],
        job_facets={
            "sql": facets.sql(CHANGED, dialect="duckdb"),
            facets.SQL_CONTEXT: named,
            "sourceCodeLocation": code,
        },
        emitter=walk.emitter,
    ) as again:
        connection.connection.execute(CHANGED)
        again.writes(connection.dataset("completed_flights"))
    walk.waits_for("pii", "flight_weather", until=lambda answer: answer["verdict"] == "masked")
    walk.mark("after")
    _diff_names_the_change(walk, again.run_id)


def _diff_names_the_change(walk: Walk, run_id: str) -> None:
    """One edge acts otherwise, by this run at this commit."""
    diff = walk.asked("diff", "--from", walk.at("before"), "--to", walk.at("after"))
    changed = [
        edge
        for edge in diff["edges"]
        if edge["job"] == {"namespace": flights.JOB_NAMESPACE, "name": "completed_flights"}
    ]
    (edge,) = changed
    assert ("tailnum", "tailnum") == (edge["source"]["field"], edge["target"]["field"])
    assert ("changed", [False], [True]) == (
        edge["change"],
        [how["masking"] for how in edge["before"]],
        [how["masking"] for how in edge["after"]],
    )
    assert (run_id, COMMIT) == (edge["cause"]["run_id"], edge["cause"]["commit"])
    printed = walk.headwater("diff", "--from", walk.at("before"), "--subject", PLANE).output
    assert f"run {run_id}, commit {COMMIT}" in " ".join(printed.split())


def _told_apart(walk: Walk) -> None:
    """As of before it was exposed, though it is known only since then that it is masked."""
    then = walk.asked("pii", "flight_weather", "--as-of", walk.at("before"))
    now = walk.asked("pii", "flight_weather", "--as-of", "now")
    assert ("exposed", "masked") == (then["verdict"], now["verdict"])
    assert 0 == walk.headwater("pii", "flight_weather").exit_code
    not_yet = walk.asked("pii", "flight_weather", "--known-at", walk.at("before"))
    assert "exposed" == not_yet["verdict"]
    long_ago = walk.times["beginning"] - timedelta(days=3_650)
    nothing = walk.asked("impact", PLANE, "--as-of", long_ago.isoformat())
    assert [] == nothing["reach"]["columns"]


def _followed_into_the_model(walk: Walk) -> None:
    """A feature is personal data now: the model that was trained on it breaks, and shows it."""
    walk.headwater("annotate", "flights.dep_delay", "classification=pii", "--by", "dpo")
    walk.headwater("annotate", MODEL, "owner=team:delays", "--on", "model")
    walk.waits_for("pii", MODEL, until=lambda answer: answer["verdict"] == "exposed")
    at_risk = walk.waits_for(
        *("impact", "flights.dep_delay", "--models"),
        until=lambda answer: any(each["owners"] for each in answer["versions"]),
    )
    latest = next(each for each in at_risk["versions"] if each["latest"])
    assert (["team:delays"], MODEL, True) == (
        latest["owners"],
        latest["use"]["name"],
        latest["use"]["direct"],
    )
    assert "COMPLETE" == latest["last_run_state"]
    walk.headwater("annotate", "flights.dep_delay", "classification=pii", "--remove")
    walk.waits_for("pii", MODEL, until=lambda answer: answer["verdict"] == "none")


def _forged(walk: Walk, folder: Path) -> None:
    """In a copy of the log one record is altered: verifying names it."""
    copy, forged = folder / "log.jsonl.gz", folder / "forged.jsonl.gz"
    offset = _exported(walk, copy)
    assert 0 == walk.headwater("audit", "verify", "--from", str(copy)).exit_code
    lines = gzip.decompress(copy.read_bytes()).splitlines(keepends=True)
    number = next(
        n for n, line in enumerate(lines) if COMMIT.encode() in line and b"JobVersion" in line
    )
    lines[number] = lines[number].replace(COMMIT.encode(), COMMIT[::-1].encode())
    forged.write_bytes(gzip.compress(b"".join(lines)))
    told = walk.headwater("audit", "verify", "--from", str(forged))
    assert 1 == told.exit_code
    assert offset(lines[number]) in " ".join(told.output.split())


def _of_the_commit(line: bytes) -> bool:
    """Whether a line of an export holds the record of the changed code."""
    return COMMIT.encode() in line and b"JobVersion" in line


def _exported(walk: Walk, copy: Path) -> Callable[[bytes], str]:
    """Export the log once the ledger has signed for the changed statement."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        walk.headwater("audit", "export", str(copy))
        if any(map(_of_the_commit, gzip.decompress(copy.read_bytes()).splitlines())):
            break
        assert time.monotonic() < deadline, "the ledger has not signed for the commit"
        time.sleep(1)

    def place(line: bytes) -> str:
        entry = json.loads(line)["entry"]
        return f"{entry['topic']}/{entry['partition']} offset {entry['offset']}"

    return place
