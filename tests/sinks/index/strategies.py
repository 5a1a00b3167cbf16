"""Small estates at random: few names, so that everything that can collide does."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from headwater.schemas.names import ColumnName, DatasetName
from headwater.schemas.records import (
    AnyRecord,
    Basis,
    Change,
    DatasetChange,
    DatasetRef,
    DatasetVersion,
    Derivation,
    Envelope,
    FieldType,
    InputField,
    JobRef,
    Method,
    ModelBase,
    ModelInput,
    ModelVersion,
    OutputField,
    Resolution,
    Transformation,
    Unresolved,
    record_id,
    wrap,
)

from .model import Told

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMESPACE = "db://estate"
TABLES = ("one", "two", "three", "four")
FIELDS = ("a", "b", "c")

names = st.one_of(
    st.builds(ColumnName, st.just(NAMESPACE), st.sampled_from(TABLES), st.sampled_from(FIELDS)),
    st.builds(DatasetName, st.just(NAMESPACE), st.sampled_from(TABLES)),
)
moments = st.integers(0, 6).map(lambda days: START + timedelta(days=days))
maybe_moments = st.none() | moments

_refs = st.builds(DatasetRef, namespace=st.just(NAMESPACE), name=st.sampled_from(TABLES))
_inputs = st.builds(
    InputField,
    namespace=st.just(NAMESPACE),
    name=st.sampled_from(TABLES),
    field=st.sampled_from(FIELDS),
    type=st.sampled_from(Transformation),
    subtype=st.sampled_from(("IDENTITY", "FILTER")),
    masking=st.booleans(),
)
_fields = st.dictionaries(
    st.sampled_from(FIELDS), st.lists(_inputs, max_size=2, unique=True), max_size=2
).map(lambda made: tuple(OutputField(field=f, inputs=tuple(i)) for f, i in sorted(made.items())))


changes = st.builds(
    DatasetChange,
    namespace=st.just(NAMESPACE),
    name=st.sampled_from(TABLES),
    change=st.sampled_from((Change.DROP, Change.DROP, Change.CREATE)),
    job=st.just(JobRef(namespace="jobs", name="tidy")),
    at=moments.map(datetime.isoformat),
)


@st.composite
def derivations(draw: st.DrawFn) -> Derivation:
    """Draw a derivation whose inputs name every dataset it takes columns of."""
    fields, dataset = draw(_fields), tuple(draw(st.lists(_inputs, max_size=1)))
    named = {i.name for made in fields for i in made.inputs} | {i.name for i in dataset}
    named |= {ref.name for ref in draw(st.lists(_refs, max_size=1))}
    return Derivation(
        job=JobRef(namespace="jobs", name=draw(st.sampled_from(("x", "y")))),
        output=draw(_refs),
        method=draw(st.sampled_from((Method.PARSED, Method.PARSED, Method.INFERRED))),
        fields=fields,
        dataset=dataset,
        inputs=tuple(DatasetRef(namespace=NAMESPACE, name=name) for name in sorted(named)),
        unresolved=draw(st.sampled_from(((), (), (Unresolved(reason="ambiguous_column"),)))),
    )


@st.composite
def estates(draw: st.DrawFn) -> list[Told]:
    """Draw records in some order, some of them twice, each known since some time."""
    made = draw(st.lists(derivations(), min_size=1, max_size=5))
    ids = [record_id(each) for each in made] + ["0" * 64]
    records: list[AnyRecord] = [*made]
    events = {
        f"event {n}": (START + timedelta(days=draw(st.integers(0, 4)))).isoformat()
        for n in range(draw(st.integers(1, 6)))
    }
    runs = {event: draw(st.sampled_from((None, "first", "second"))) for event in events}
    for event, at in events.items():
        for _ in range(draw(st.integers(1, 2))):
            stands_for = draw(st.lists(st.sampled_from(ids), max_size=2, unique=True))
            records.append(
                Resolution(
                    event=event,
                    job=JobRef(namespace="jobs", name="x"),
                    run_id=runs[event],
                    at=at,
                    derivations=tuple(sorted(stands_for)),
                    basis=Basis(resolver="sql/1"),
                    rank=draw(st.sampled_from(("1", "2"))),
                )
            )
    for table in draw(st.lists(st.sampled_from(TABLES), max_size=1)):
        fields = tuple(
            FieldType(name=f) for f in draw(st.lists(st.sampled_from(FIELDS), unique=True))
        )
        records.append(DatasetVersion(namespace=NAMESPACE, name=table, fields=fields))
    for table in draw(st.lists(st.sampled_from(TABLES), max_size=2)):
        used = tuple(draw(st.lists(st.sampled_from(FIELDS), max_size=2, unique=True)))
        taken = ModelInput(namespace=NAMESPACE, name=table, fields=used)
        base = draw(st.sampled_from(TABLES)), draw(st.sampled_from(("1", "2", None)))
        origin = ModelBase(namespace="models", name=base[0], version=base[1], relation="merged")
        records.append(
            ModelVersion(
                namespace="models",
                name=table,
                version="1",
                inputs=(taken,),
                bases=draw(st.sampled_from(((), (origin,)))),
            )
        )
    records += draw(st.lists(changes, max_size=3))
    told = [Told(_wrapped(record), draw(moments)) for record in records]
    return draw(st.permutations(told))


def _wrapped(record: AnyRecord) -> Envelope:
    return wrap(record, observed_at=START.isoformat(), event_id="e")
