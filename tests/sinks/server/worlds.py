"""Estates of which a part may not be seen, and the same estates without what is hidden in them."""

from collections.abc import Iterable
from typing import NamedTuple

from hypothesis import strategies as st

from headwater.schemas.records import (
    Annotation,
    AnyRecord,
    Basis,
    DatasetChange,
    DatasetRef,
    DatasetVersion,
    Derivation,
    Envelope,
    FieldType,
    InputField,
    JobRef,
    JobVersion,
    LayerProfile,
    ModelBase,
    ModelInput,
    ModelVersion,
    OutputField,
    Quantiles,
    Resolution,
    RunState,
    TrainingProfile,
    Transformation,
    Unresolved,
    record_id,
    wrap,
)

SECRET = "z0q"
"""Every name that must not be told contains this; no other does, nor any hash by chance."""

FIGURE = 4242424242
"""Every figure that must not be told."""

OPEN, MASKED, HIDDEN = SPACES = (
    "open://warehouse",
    f"masked-{SECRET}://x",
    f"hidden-{SECRET}://x",
)
"""What is seen, masked and hidden by its namespace."""

A, B = "a", "b"
MASKED_COLUMN, HIDDEN_COLUMN = f"{SECRET}m", f"{SECRET}h"
"""Columns of open tables that are not seen as those are."""

POLICY = f"""
roles:
  engineer:
    - see: {{}}
  analyst:
    - see: {{namespace: "open://*"}}
    - mask: {{classification: [pii], namespace: "*"}}
    - mask: {{namespace: "masked-{SECRET}://*"}}
    - hide: {{namespace: "hidden-{SECRET}://*"}}
    - hide: {{tag: payroll}}
  operator:
    - may: [operations, dead-letters]
  stranger: []
holders:
  ada: [engineer]
  bob: [analyst]
  otto: [analyst, operator]
claims:
  groups: {{platform: [engineer], reports: [analyst]}}
"""


class World(NamedTuple):
    """Envelopes, each as it is and as it is without what is hidden; None where nothing is left."""

    pairs: tuple[tuple[Envelope, Envelope | None], ...]

    def __repr__(self) -> str:
        return "\n".join(_shown(*pair) for pair in self.pairs[_NAMED:])

    @property
    def whole(self) -> list[Envelope]:
        """All of it."""
        return [whole for whole, _ in self.pairs]

    @property
    def rest(self) -> list[Envelope]:
        """What is left without what is hidden."""
        return [rest for _, rest in self.pairs if rest is not None]


_NAMED = 15
"""How many envelopes every world begins with: those that name things."""


def _shown(whole: Envelope, rest: Envelope | None) -> str:
    left = "hidden" if rest is None else "seen" if rest == whole else "in part"
    return f"{left}: {whole.record!r}"


def named(space: str, name: str) -> str:
    """Return a name as it is in a namespace."""
    return {OPEN: name, MASKED: f"{SECRET}{name}", HIDDEN: f"{SECRET}h{name}"}[space]


spaces = st.sampled_from(SPACES)
tables = st.integers(0, 2)
columns = st.tuples(st.sampled_from([OPEN, MASKED]), tables, st.sampled_from([A, B, MASKED_COLUMN]))
subtypes = st.sampled_from(["IDENTITY", "AGGREGATION", "JOIN"])


class _Drawing:
    """A world in the making: one minute of it for each call of `add`."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.minute = 0
        self.pairs: list[tuple[Envelope, Envelope | None]] = []

    @property
    def at(self) -> str:
        return f"2026-01-01T{self.minute // 60:02}:{self.minute % 60:02}:00Z"

    def add(self, whole: AnyRecord, rest: AnyRecord | None, event: str = "") -> None:
        event = event or f"event {len(self.pairs)}"
        left = None if rest is None else wrap(rest, observed_at=self.at, event_id=event)
        self.pairs.append((wrap(whole, observed_at=self.at, event_id=event), left))

    def same(self, record: AnyRecord, space: str, event: str = "") -> None:
        """Add what is there as a whole, or hidden as a whole."""
        self.add(record, None if space == HIDDEN else record, event)

    def names(self) -> None:
        """State all tables, so that nothing gets its place from what is hidden."""
        for space in SPACES:
            for table in range(3):
                self.schema(space, table, "int")
        for table in range(3):
            for field, key, value in (
                (MASKED_COLUMN, "classification", "pii"),
                (HIDDEN_COLUMN, "tag", "payroll"),
            ):
                note = Annotation(
                    target_kind="column",
                    namespace=OPEN,
                    name=f"t{table}",
                    field=field,
                    key=key,
                    value=value,
                )
                self.add(note, note if field == MASKED_COLUMN else None)

    def schema(self, space: str, table: int, type_: str, event: str = "") -> None:
        fields = [FieldType(name=name, type=type_) for name in (A, B)]
        fields += [FieldType(name=MASKED_COLUMN, type=f"{SECRET}{type_}")]
        hidden = FieldType(name=HIDDEN_COLUMN, type=f"{SECRET}{type_}")
        said = {"namespace": space, "name": named(space, f"t{table}")}
        whole = rest = DatasetVersion(**said, fields=(*fields, hidden))
        if space == OPEN:
            rest = DatasetVersion(**said, fields=tuple(fields))
        self.add(whole, None if space == HIDDEN else rest, event)

    def run(self) -> None:
        """Add a run of a job, with what it made of what."""
        draw, n = self.draw, self.minute
        space, out, made = draw(spaces), draw(spaces), draw(columns)
        number = draw(st.integers(0, 2))
        job = JobRef(namespace=space, name=named(space, f"job{number}"))
        used = draw(st.lists(columns, max_size=3, unique=True))
        inputs = tuple(_source(*each, draw(subtypes)) for each in used)
        output = DatasetRef(namespace=out, name=named(out, f"t{made[1]}"))
        detail = f"nothing is known of {SECRET}.{SECRET}"
        parts = draw(st.sampled_from([(), (Unresolved(reason="unknown_schema", detail=detail),)]))
        run = named(space, f"run{n}")
        event, gone = f"event of run {n}", space == HIDDEN
        code = JobVersion(
            namespace=space, name=job.name, sql=named(space, "select 1"), commit=named(space, "c")
        )
        self.same(code, space)
        # Of one job all that is hidden is always the same, or its changes would be seen.
        more = _UNSEEN if number == 1 else ()
        field = OutputField(field=made[2], inputs=inputs)
        beside = (OutputField(field=HIDDEN_COLUMN, inputs=inputs),) if out == OPEN else ()
        whole = Derivation(
            job=job,
            output=output,
            method="parsed",
            fields=(OutputField(field=made[2], inputs=(*inputs, *more)), *beside[: len(more)]),
            inputs=_datasets((*inputs, *more)),
            unresolved=parts,
        )
        seen = _datasets((*inputs, *more) if parts else inputs)
        rest = whole.model_copy(
            update={
                "fields": (field,),
                "inputs": tuple(ref for ref in seen if ref.namespace != HIDDEN),
            }
        )
        left_of = None if gone or out == HIDDEN else rest
        self.add(whole, left_of, event)
        parent = draw(spaces)
        for state in ("START", "COMPLETE"):
            told = {"run_id": run, "job": job, "state": state, "at": self.at}
            told |= {"job_version": record_id(code), "parent": named(parent, "run1")}
            refs = whole.inputs
            left = tuple(ref for ref in refs if ref.namespace != HIDDEN)
            self.add(
                RunState(**told, inputs=refs, outputs=(output,)),
                None
                if gone
                else RunState(
                    **told | ({"parent": None} if parent == HIDDEN else {}),
                    inputs=left,
                    outputs=() if out == HIDDEN else (output,),
                ),
                event,
            )
        self.add(*self._resolutions(event, job, run, (whole, left_of), record_id(code)), event)
        if draw(st.booleans()):
            self.schema(out, made[1], draw(st.sampled_from(["int", "text"])), event)
        if draw(st.booleans()):
            self.profile(run, space)

    def _resolutions(
        self,
        event: str,
        job: JobRef,
        run: str,
        made: tuple[Derivation, Derivation | None],
        code: str,
    ) -> tuple[Resolution, Resolution | None]:
        whole, rest = (
            Resolution(
                event=event,
                job=job,
                job_version=code,
                run_id=run,
                at=self.at,
                derivations=() if each is None else (record_id(each),),
                basis=Basis(resolver="1"),
                rank="1",
            )
            for each in made
        )
        return whole, None if job.namespace == HIDDEN else rest

    def profile(self, run: str, space: str) -> None:
        figure = FIGURE if space != OPEN else self.minute
        spread = Quantiles(count=1, p50=figure, p90=figure, max=figure, sum=figure)
        layer = LayerProfile(name=named(space, "layer"), type="Linear", forward_ns=spread)
        self.same(
            TrainingProfile(
                run_id=run,
                rank=0,
                world_size=1,
                seq=0,
                first_step=0,
                last_step=1,
                layers=(layer,),
            ),
            space,
        )

    def change(self) -> None:
        """Add that a table was dropped, or got another name."""
        draw = self.draw
        space, by, before = draw(spaces), draw(spaces), draw(spaces)
        renamed = draw(st.booleans())
        name, other = (named(s, f"t{draw(tables)}") for s in (space, before))
        said = {
            "job": JobRef(namespace=by, name=named(by, "ddl")),
            "run_id": named(by, "run of ddl"),
            "at": self.at,
        }
        if not renamed:
            self.same(DatasetChange(namespace=space, name=name, change="DROP", **said), space)
            return
        previous = DatasetRef(namespace=before, name=other)
        whole = DatasetChange(
            namespace=space, name=name, change="RENAME", previous=previous, **said
        )
        rest: DatasetChange | None = whole
        if space == HIDDEN:
            rest = DatasetChange(namespace=before, name=other, change="DROP", **said)
        if HIDDEN == before:
            rest = DatasetChange(namespace=space, name=name, change="RENAME", **said)
        self.add(whole, None if space == before == HIDDEN else rest)

    def model(self) -> None:
        draw, n = self.draw, self.minute
        space, used, base = draw(spaces), draw(columns), draw(spaces)
        closed = used[0] != OPEN or used[2] not in (A, B) or base != OPEN
        free = SECRET if closed or space != OPEN else "free"
        model = ModelVersion(
            namespace=space,
            name=named(space, f"model{draw(st.integers(0, 1))}"),
            version=named(space, str(n)),
            inputs=(
                ModelInput(
                    namespace=used[0], name=named(used[0], f"t{used[1]}"), fields=(used[2],)
                ),
            ),
            command=(f"--data={free}",),
            hyperparameters={"note": free},
            metrics={"loss": FIGURE if closed or space != OPEN else 1},
            bases=(ModelBase(namespace=base, name=named(base, "model0"), relation="finetuned"),),
        )
        self.same(model, space)

    def note(self) -> None:
        """Add something that is said of something."""
        draw = self.draw
        space, field = draw(spaces), draw(st.sampled_from([None, A, MASKED_COLUMN]))
        kind = draw(st.sampled_from(["dataset", "job", "model"]))
        unseen = space != OPEN or (kind == "dataset" and field == MASKED_COLUMN)
        key = draw(st.sampled_from(["owner", "description", "consent", "tag"]))
        words = {"dataset": "t0", "job": "job0", "model": "model0"}
        self.same(
            Annotation(
                target_kind="column" if kind == "dataset" and field else kind,
                namespace=space,
                name=named(space, words[kind]),
                field=field if kind == "dataset" else None,
                key=key,
                value=SECRET if unseen else "word",
                by=SECRET if unseen else "ada",
            ),
            space,
        )


def _source(space: str, table: int, field: str, subtype: str) -> InputField:
    direct = subtype != "JOIN"
    return InputField(
        namespace=space,
        name=named(space, f"t{table}"),
        field=field,
        type=Transformation.DIRECT if direct else Transformation.INDIRECT,
        subtype=subtype,
    )


def _datasets(inputs: Iterable[InputField]) -> tuple[DatasetRef, ...]:
    names = dict.fromkeys((each.namespace, each.name) for each in inputs)
    return tuple(DatasetRef(namespace=namespace, name=name) for namespace, name in names)


_UNSEEN = (_source(HIDDEN, 0, A, "IDENTITY"), _source(OPEN, 0, HIDDEN_COLUMN, "IDENTITY"))
"""Sources that are hidden in a derivation that is not."""


@st.composite
def worlds(draw: st.DrawFn, size_max: int = 8) -> World:
    """Draw tables, runs, profiles, changes, models and notes, of which a part is hidden."""
    drawing = _Drawing(draw)
    drawing.names()
    acts = (drawing.run, drawing.run, drawing.run, drawing.change, drawing.model, drawing.note)
    chosen: Iterable[int] = draw(st.lists(st.integers(0, 5), min_size=3, max_size=size_max))
    for number in chosen:
        drawing.minute += 1
        acts[number]()
    return World(tuple(drawing.pairs))
