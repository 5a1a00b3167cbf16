"""`run` and `dataset`: the events that a job's author never writes by hand."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from headwater.producers import Emitter, dataset, run


class Recorder(Emitter):
    """An emitter that keeps the events it is given."""

    def __init__(self, spool_dir: Path) -> None:
        super().__init__(spool_dir=spool_dir, namespace="tests")
        self.events: list[Mapping[str, Any]] = []

    def emit(self, event: Mapping[str, Any], **_: Any) -> None:
        self.events.append(event)


@pytest.fixture
def emitter(tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(tmp_path)
    yield recorder
    recorder.close()


def test_a_run_that_ends_well_is_told_as_start_and_complete(emitter: Recorder) -> None:
    """START holds what was known, COMPLETE what was added since."""
    with run("load", inputs=[dataset("db", "a")], emitter=emitter) as r:
        r.writes(dataset("db", "b", schema=[("id", "int")], version="7"))
    start, complete = emitter.events
    assert [start["eventType"], complete["eventType"]] == ["START", "COMPLETE"]
    assert start["run"]["runId"] == complete["run"]["runId"] == r.run_id
    assert {k: complete["job"][k] for k in ("namespace", "name")} == {
        "namespace": "tests",
        "name": "load",
    }
    assert start["outputs"] == []
    assert {"schema", "version"} == complete["outputs"][0]["facets"].keys()


def test_an_exception_makes_the_run_fail_and_goes_on(emitter: Recorder) -> None:
    """The error's text keeps no value, and the host sees its own exception."""
    with pytest.raises(ValueError, match="jane"), run("load", emitter=emitter):
        raise ValueError("no such customer 'jane@example.com' 123456")
    fail = emitter.events[-1]
    message = fail["run"]["facets"]["errorMessage"]["message"]
    assert fail["eventType"] == "FAIL"
    assert message == "ValueError: no such customer … …"


def test_a_run_within_a_run_names_it_as_parent(emitter: Recorder) -> None:
    """The root travels along, so that all of one root share a Kafka key."""
    with run("a", emitter=emitter) as a, run("b", emitter=emitter) as b, run("c", emitter=emitter):
        parent = emitter.events[-1]["run"]["facets"]["parent"]
    assert b.run_id == parent["run"]["runId"]
    assert a.run_id == parent["root"]["run"]["runId"]


def test_each_call_of_a_decorated_function_is_a_run(emitter: Recorder) -> None:
    """Plain and async functions alike."""

    @run("plain", emitter=emitter)
    def plain(x: int) -> int:
        return x + 1

    @run("later", emitter=emitter)
    async def later(x: int) -> int:
        return x + 1

    assert [plain(1), plain(2), asyncio.run(later(3))] == [2, 3, 4]
    assert len({event["run"]["runId"] for event in emitter.events}) == 3


def test_concurrent_tasks_keep_their_own_parents(emitter: Recorder) -> None:
    """The current run follows the task, not the thread."""

    async def task(name: str) -> tuple[str, str]:
        async with run(name, emitter=emitter) as outer:
            await asyncio.sleep(0)
            async with run(f"{name}-inner", emitter=emitter) as inner:
                await asyncio.sleep(0)
                assert inner.parent is not None
                return outer.run_id, inner.parent.run_id

    async def both() -> list[tuple[str, str]]:
        return [*await asyncio.gather(task("x"), task("y"))]

    for outer_id, parent_id in asyncio.run(both()):
        assert outer_id == parent_id
