"""Whatever order, repetition or trouble: the same records make the same graph."""

import json
import os
import random
import signal
import string
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.deploy.stack import Stack
from headwater.schemas.records import (
    Annotation,
    AnyRecord,
    Change,
    DatasetChange,
    DatasetVersion,
    Environment,
    Erasure,
    FieldType,
    JobRef,
    JobVersion,
    ModelBase,
    ModelInput,
    ModelVersion,
    RunState,
    TrainingProfile,
    record_id,
)
from headwater.sinks.graph.connection import GraphConnection
from headwater.sinks.graph.elements import elements
from headwater.sinks.graph.identity import PropertyIdentity
from headwater.sinks.graph.questions import Questions
from headwater.sinks.graph.retry import StoppedError
from headwater.sinks.graph.writer import GraphWriter, Refusal

from .content import content_digest, held, stated
from .estate import Estate, told
from .site import IDENTITY, ON_CASSANDRA

pytestmark = pytest.mark.stack

MakeWriter = Callable[[], GraphWriter]


def every_kind(estate: Estate) -> list[AnyRecord]:
    """Return records of every kind, with everything stated that can be."""
    s = estate.source
    job = JobRef(namespace=estate.namespace, name="make_out")
    code = JobVersion(namespace=estate.namespace, name="make_out", commit="c0ffee", sql="SELECT ?")
    version = DatasetVersion(
        namespace=estate.namespace,
        name="raw",
        fields=(FieldType(name="x", type="int"), FieldType(name="s.t")),
        version="7",
    )
    read = estate.dataset("raw").model_copy(update={"version": record_id(version)})
    environment = Environment(python="3.11", libraries={"torch": "2"})
    made = estate.derivation(
        "out",
        {"a": [s("raw.x"), s("raw.y", "CONDITIONAL")], "b": [s("raw.x", masking=True)]},
        dataset=[s("raw.z", "FILTER")],
        inputs=["counted"],
    )
    run_id = f"{estate.namespace}/run"
    return [
        version,
        code,
        environment,
        made,
        estate.resolution(made),
        estate.resolution(made, run=None),
        RunState(
            run_id=run_id,
            job=job,
            job_version=record_id(code),
            state="COMPLETE",
            at="2026-01-01T00:00:00Z",
            parent=f"{estate.namespace}/parent",
            inputs=(read,),
            outputs=(estate.dataset("out"),),
        ),
        ModelVersion(
            namespace=estate.namespace,
            name="model",
            version="1",
            run_id=run_id,
            job=job,
            environment=record_id(environment),
            inputs=(
                ModelInput(namespace=estate.namespace, name="out", fields=("a",), role="train"),
                ModelInput(namespace=estate.namespace, name="out", rows="10 %"),
            ),
            bases=(
                ModelBase(namespace="hub", name="base", version="1", relation="finetuned"),
                ModelBase(namespace="hub", name="base", relation="distilled"),
            ),
        ),
        TrainingProfile(run_id=run_id, seq=0, first_step=0, last_step=9),
        Erasure(person=estate.namespace, at="2026-01-01T00:00:00Z"),
        *(
            DatasetChange(
                namespace=estate.namespace,
                name="out",
                change=change,
                previous=estate.dataset("old") if change == "RENAME" else None,
                job=job,
                run_id=by,
                at="2026-01-01T00:00:00Z",
            )
            for change, by in ((Change.RENAME, run_id), (Change.DROP, None))
        ),
        *(
            Annotation(
                target_kind=kind,
                namespace=estate.namespace,
                name="out",
                field="a" if kind == "column" else None,
                key="owner",
                value="ops",
                at="2026-01-01T00:00:00Z",
            )
            for kind in ("dataset", "column", "job", "model")
        ),
    ]


def test_the_graph_holds_exactly_what_records_of_every_kind_state(
    estate: Estate, make_writer: MakeWriter, connection: GraphConnection
) -> None:
    """Every vertex, edge and property is there, and nothing else."""
    envelopes = told(*every_kind(estate))
    assert make_writer().write(envelopes) == []
    assert held(connection, IDENTITY, envelopes) == stated(envelopes)


def test_every_property_and_label_is_in_the_schema(estate: Estate) -> None:
    """A label that the schema lacks would be refused only when first written."""
    schema = json.loads(Path("sinks/graph/schema.json").read_text())
    all_ = [elements(envelope) for envelope in told(*every_kind(estate))]
    vertices = [v for each in all_ for v in each.vertices]
    edges = [e for each in all_ for e in each.edges]
    assert {v.label for v in vertices} == {each["label"] for each in schema["vertexLabels"]}
    assert {e.label for e in edges} == {each["label"] for each in schema["edgeLabels"]}
    properties = {name for v in vertices for name in v.properties}
    properties |= {name for e in edges for name in e.properties}
    assert properties | {"uid"} == {each["key"] for each in schema["propertyKeys"]}


def test_writing_again_shuffled_by_other_writers_changes_nothing(
    estate: Estate, make_writer: MakeWriter, connection: GraphConnection
) -> None:
    """Replays, duplicates and restarts leave the digest as it is."""
    envelopes = told(*every_kind(estate))
    make_writer().write(envelopes)
    before = content_digest(held(connection, IDENTITY, envelopes))
    for seed in range(3):
        again = envelopes * 2
        random.Random(seed).shuffle(again)
        make_writer().write(again)
    assert content_digest(held(connection, IDENTITY, envelopes)) == before


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_order_repetition_and_batching_makes_the_same_graph(
    data: st.DataObject, make_writer: MakeWriter, connection: GraphConnection
) -> None:
    """Records written one by one, in any order and repeated, make what they state."""
    estate = Estate()
    column = st.sampled_from(["one.a", "one.b", "two.a", "three.c"])
    subtype = st.sampled_from(["IDENTITY", "AGGREGATION", "FILTER", "JOIN"])
    source = st.builds(estate.source, column, subtype, masking=st.booleans())
    made = st.builds(
        estate.derivation,
        st.sampled_from(["one", "two", "three"]),
        st.dictionaries(st.sampled_from("abc"), st.lists(source, max_size=3), max_size=3),
        dataset=st.lists(source, max_size=2),
    )
    derivations = data.draw(st.lists(made, min_size=1, max_size=5))
    envelopes = estate.in_force(*derivations)
    order = data.draw(st.lists(st.sampled_from(envelopes), max_size=10))
    arriving = [*order, *data.draw(st.permutations(envelopes))]
    size = data.draw(st.integers(1, 5))
    writer = make_writer()
    for start in range(0, len(arriving), size):
        assert writer.write(arriving[start : start + size]) == []
    assert held(connection, IDENTITY, envelopes) == stated(envelopes)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param('it\'s "quoted" `so` \\ or', id="quotes"),
        pytest.param("g.V().drop()", id="a traversal"),
        pytest.param("${1+1} #{x} %s {0}", id="templates"),
        pytest.param("nul\x00inside", id="nul"),
        pytest.param("esc\x1b[31m\r\n\t", id="controls"),
        pytest.param("👩‍👩‍👧 ünïcödé \u202e desrever", id="emoji and direction"),
        pytest.param(" ", id="a space"),
        pytest.param("x" * 65_536, id="64 KiB"),
        pytest.param("😀" * 20_000, id="80 KiB of emoji"),
    ],
)
def test_hostile_names_are_data(
    estate: Estate, make_writer: MakeWriter, connection: GraphConnection, name: str
) -> None:
    """A name comes back as it went in, whatever it holds."""
    record = DatasetVersion(
        namespace=estate.namespace, name=f"t{name}", fields=(FieldType(name=name),)
    )
    envelopes = told(record)
    assert make_writer().write(envelopes) == []
    assert held(connection, IDENTITY, envelopes) == stated(envelopes)


def test_a_record_that_the_graph_refuses_is_found_among_many(
    estate: Estate,
    make_writer: MakeWriter,
    connection: GraphConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The batch is halved down to the guilty one, and all others are written."""
    envelopes = [
        told(DatasetVersion(namespace=estate.namespace, name=f"t{i}", version="1"))[0]
        for i in range(20)
    ]

    def with_unknown_property(envelope: object) -> object:
        found = elements(envelope)  # type: ignore[arg-type]
        if envelope is envelopes[7]:
            found.edges[0].properties["not_in_the_schema"] = "x"
        return found

    monkeypatch.setattr("headwater.sinks.graph.writer.elements", with_unknown_property)
    refusals = make_writer().write(envelopes)
    assert [(each.envelope, each.reason) for each in refusals] == [
        (envelopes[7], "refused_by_graph")
    ]
    assert "not_in_the_schema" in refusals[0].error
    others = [each for each in envelopes if each is not envelopes[7]]
    assert held(connection, IDENTITY, others) == stated(others)


def test_wide_tables_and_long_values_are_split_over_requests(
    estate: Estate, make_writer: MakeWriter, connection: GraphConnection
) -> None:
    """More columns than a request takes, and more bytes than a message may have."""
    wide = DatasetVersion(
        namespace=estate.namespace,
        name="wide",
        fields=tuple(FieldType(name=f"c{i}", type="t" * 100) for i in range(1200)),
    )
    long = [
        Annotation(
            target_kind="dataset",
            namespace=estate.namespace,
            name="wide",
            key="description",
            value=string.ascii_letters[i] * 900_000,
            at="2026-01-01T00:00:00Z",
        )
        for i in range(14)
    ]
    envelopes = told(wide, *long)
    assert make_writer().write(envelopes) == []
    columns = told(wide)
    found = connection.ask(
        lambda g: IDENTITY.find(g, [elements(columns[0]).vertices[0].uid]).out("HAS_COLUMN").count()
    )
    assert found == [1200]


def test_a_graph_killed_in_mid_write_is_waited_for(stack: Stack, estate: Estate) -> None:
    """Batches go on as soon as the server is back, and nothing is missing."""
    waits: list[Exception] = []
    connection = GraphConnection(stack.gremlin_url)
    written = threading.Event()

    def count(vertices: int, _edges: int) -> None:
        if vertices:
            written.set()

    writer = GraphWriter(
        connection,
        PropertyIdentity(),
        stop=threading.Event(),
        on_wait=waits.append,
        on_written=count,
    )
    envelopes = estate.in_force(
        *(
            estate.derivation(
                f"t{i + 1}", {f"c{k}": [estate.source(f"t{i}.c{k}")] for k in range(20)}
            )
            for i in range(100)
        )
    )

    def kill() -> None:
        written.wait(30)
        (pid,) = (each.pid for each in stack.statuses() if each.name == "janusgraph")
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    for start in range(0, len(envelopes), 10):
        assert writer.write(envelopes[start : start + 10]) == []
    killer.join()
    assert waits
    assert held(connection, PropertyIdentity(), envelopes) == stated(envelopes)
    connection.close()


def test_waiting_for_a_graph_ends_when_told_to_stop(estate: Estate) -> None:
    """A sink does not hang on shutdown because its graph is away."""
    stop = threading.Event()
    connection = GraphConnection("ws://127.0.0.1:9/gremlin")
    writer = GraphWriter(
        connection,
        IDENTITY,
        stop=stop,
        on_wait=lambda _error: stop.set(),
        on_written=lambda _vertices, _edges: None,
    )
    with pytest.raises(StoppedError):
        writer.write(told(DatasetVersion(namespace=estate.namespace, name="t", version="1")))
    connection.close()


def test_writers_at_once_make_one_graph(
    estate: Estate, gremlin_url: str, connection: GraphConnection, questions: Questions
) -> None:
    """Sinks that write the same records in the same instant make nothing twice.

    Cassandra has no transactions: there an edge may lie twice, with the same content, and
    answers are the same; so one sink writes at a time.
    """
    source = estate.source
    envelopes = estate.in_force(
        *(
            estate.derivation(f"t{i + 1}", {f"c{k}": [source(f"t{i}.c{k}")] for k in range(10)})
            for i in range(30)
        )
    )

    def write_all() -> list[Refusal]:
        own = GraphConnection(gremlin_url)
        writer = GraphWriter(
            own,
            IDENTITY,
            stop=threading.Event(),
            on_wait=lambda _error: None,
            on_written=lambda _vertices, _edges: None,
        )
        try:
            return writer.write(envelopes)
        finally:
            own.close()

    with ThreadPoolExecutor(3) as threads:
        refusals = [threads.submit(write_all) for _ in range(3)]
    assert [each.result() for each in refusals] == [[], [], []]
    found = held(connection, IDENTITY, envelopes)
    assert (sorted(set(found)) if ON_CASSANDRA else found) == stated(envelopes)
    impact = questions.impact(f"{estate.namespace}/t0.c0")
    assert [each.name for each in impact.reach.columns] == [
        estate.column(f"t{i + 1}.c0") for i in range(30)
    ]
    assert len(impact.jobs) == 30
