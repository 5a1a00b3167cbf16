"""The questions people ask: what breaks if I drop this, and where does this come from."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gremlin_python.process.graph_traversal import __

from ...schemas.names import ColumnName, DatasetName, JobName
from .connection import GraphConnection
from .elements import EXISTENCE, UNKNOWN_COLUMNS, instant
from .identity import Identity, PropertyIdentity
from .lineage import LineageReader, Link, Node, Way, described, node_of
from .subject import UnknownSubjectError, find, full_name
from .walk import DEPTH_MAX, NODES_MAX, Reached, Walk, walk

IMPACT_LABELS = ("Column", "Dataset")
TRACE_LABELS = ("Column", "Dataset", "Model", "ModelVersion")

Named = ColumnName | DatasetName


@dataclass(frozen=True, slots=True)
class Evidence:
    """The last link of the path to something: why it is in the answer.

    Attributes:
        subtype: How the source acts on the target, such as IDENTITY or FILTER.
        derivation: The id of the record that says so.
    """

    source: Named
    target: Named
    job: JobName
    type: str
    subtype: str
    known_by: str | None
    derivation: str


@dataclass(frozen=True, slots=True)
class Related:
    """A column or dataset that an answer names.

    Attributes:
        direct: Whether values get there; otherwise rows, order or conditions rest on it.
        masked: Whether the path hides the value.
        hops: How many derivations lie between.
        before: The column or dataset before it on the path; None at the start.
    """

    name: Named
    direct: bool
    masked: bool
    hops: int
    before: Named | None
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A version of a model that was trained on something affected.

    Attributes:
        columns: The affected columns it was trained on; empty where it took whole datasets.
        direct: Whether values of the subject got into it.
    """

    namespace: str
    name: str
    version: str
    id: str
    columns: tuple[ColumnName, ...]
    direct: bool


@dataclass(frozen=True, slots=True)
class Impact:
    """What depends on a column or dataset.

    Attributes:
        cut: Why there may be more; None if the answer is complete.
    """

    subject: Named
    columns: tuple[Related, ...]
    datasets: tuple[Related, ...]
    jobs: tuple[JobName, ...]
    models: tuple[ModelUse, ...]
    cut: str | None

    @property
    def complete(self) -> bool:
        """Whether nothing was left out."""
        return self.cut is None


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """A dataset that a model was trained on.

    Attributes:
        version: What the dataset's own system calls the version that was read.
        rows: Which rows, as text.
    """

    name: DatasetName
    version: str | None
    role: str | None
    rows: str | None = None


@dataclass(frozen=True, slots=True)
class Passport:
    """What made a version of a model.

    Attributes:
        commit: The code's, where the client stated it.
        code: All that was stated of the code: repository, path, dirty_diff, image, …
    """

    namespace: str
    name: str
    version: str
    id: str
    run_id: str | None
    commit: str | None
    code: dict[str, Any]
    datasets: tuple[TrainedOn, ...]
    hyperparameters: dict[str, Any]
    seeds: dict[str, Any]
    metrics: dict[str, Any]
    environment: dict[str, Any]
    framework: str | None
    artifact_digest: str | None


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a model, dataset or column comes from.

    Attributes:
        sources: Names in `columns` that no known column lies before.
        model: The passport, where the subject is a model.
        cut: Why there may be more; None if the answer is complete.
    """

    subject: Named
    columns: tuple[Related, ...]
    datasets: tuple[Related, ...]
    sources: tuple[ColumnName, ...]
    jobs: tuple[JobName, ...]
    model: Passport | None = None
    cut: str | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing was left out."""
        return self.cut is None


class Questions:
    """Asks the graph. Every question reads anew.

    Args:
        connection: Where the graph is.
        identity: How it knows vertices by their uids.
    """

    def __init__(self, connection: GraphConnection, identity: Identity | None = None) -> None:
        self._connection = connection
        self._identity = identity or PropertyIdentity()

    def impact(
        self, subject: str, *, depth_max: int = DEPTH_MAX, nodes_max: int = NODES_MAX
    ) -> Impact:
        """Return what depends on a column or dataset.

        Raises:
            UnknownSubjectError: If nothing has that name.
            AmbiguousSubjectError: If several things do.
            GraphUnavailableError: If the graph gives no answer.
        """
        node = find(self._connection, self._identity, subject, IMPACT_LABELS)
        reader = LineageReader(self._connection, self._identity)
        starts = _with_columns(reader, [node])
        found = walk(reader, starts, Way.DOWNSTREAM, depth_max=depth_max, nodes_max=nodes_max)
        columns, datasets = _related(reader, found, starts)
        models = _model_uses(reader, found)
        return Impact(
            subject=_named(node),
            columns=columns,
            datasets=datasets,
            jobs=tuple(sorted({*_jobs(reader, found), *_training_jobs(reader, models)})),
            models=models,
            cut=found.cut,
        )

    def trace(
        self, subject: str, *, depth_max: int = DEPTH_MAX, nodes_max: int = NODES_MAX
    ) -> Trace:
        """Return where a model, dataset or column comes from.

        Of a model without a version, the one whose run is the latest.

        Raises:
            UnknownSubjectError: If nothing has that name.
            AmbiguousSubjectError: If several things do.
            GraphUnavailableError: If the graph gives no answer.
        """
        node = find(self._connection, self._identity, subject, TRACE_LABELS)
        reader = LineageReader(self._connection, self._identity)
        if node.label == "Model":
            node = _latest_version(reader, node)
        model = _passport(reader, node) if node.label == "ModelVersion" else None
        starts = _trained_on(reader, node) if model else _with_columns(reader, [node])
        found = walk(reader, starts, Way.UPSTREAM, depth_max=depth_max, nodes_max=nodes_max)
        columns, datasets = _related(reader, found, () if model else starts)
        return Trace(
            subject=_named(node),
            columns=columns,
            datasets=datasets,
            sources=_sources(reader, found),
            jobs=_jobs(reader, found),
            model=model,
            cut=found.cut,
        )


def _with_columns(reader: LineageReader, nodes: list[Node]) -> list[Node]:
    """Return these and, of datasets among them, the columns."""
    datasets = [node.uid for node in nodes if node.label == "Dataset"]
    held = [uid for uids in reader.columns(datasets).values() for uid in uids]
    return [*nodes, *reader.nodes(held).values()]


def _related(
    reader: LineageReader, found: Walk, starts: Collection[Node]
) -> tuple[tuple[Related, ...], tuple[Related, ...]]:
    """Return the columns reached, and the datasets that are or hold what was reached."""
    given = {node.uid for node in starts}
    links = {each.link for each in found.reached.values() if each.link}
    nodes = reader.nodes(uid for link in links for uid in (link.source, link.target, link.job))
    columns: list[Related] = []
    datasets: dict[str, Related] = {}
    for uid, each in found.reached.items():
        if uid in given:
            continue
        related = _relate(found, each, nodes)
        if each.node.field is not None:
            columns.append(related)
        held = replace(related, name=DatasetName(each.node.namespace, each.node.name))
        known = datasets.setdefault(each.node.dataset, held)
        datasets[each.node.dataset] = min(known, held, key=_strongest)
    return (
        tuple(sorted(columns, key=_nearest)),
        tuple(sorted(datasets.values(), key=_nearest)),
    )


def _relate(found: Walk, each: Reached, nodes: Mapping[str, Node]) -> Related:
    return Related(
        _named(each.node),
        direct=each.direct,
        masked=each.masked,
        hops=each.hops,
        before=None if each.before is None else _named(found.reached[each.before].node),
        evidence=None if each.link is None else _evidence(each.link, nodes),
    )


def _evidence(link: Link, nodes: Mapping[str, Node]) -> Evidence:
    job = nodes[link.job]
    return Evidence(
        source=_named(nodes[link.source]),
        target=_named(nodes[link.target]),
        job=JobName(job.namespace, job.name),
        type=link.type,
        subtype=link.subtype,
        known_by=link.known_by,
        derivation=link.derivation,
    )


def _named(node: Node) -> Named:
    if node.field is not None:
        return ColumnName(node.namespace, node.name, node.field)
    return DatasetName(node.namespace, node.name)


def _nearest(each: Related) -> tuple[int, Named]:
    return each.hops, each.name


def _strongest(each: Related) -> tuple[bool, bool, int]:
    return not each.direct, each.masked, each.hops


def _jobs(reader: LineageReader, found: Walk) -> tuple[JobName, ...]:
    """Return the jobs of all links walked, also of those that led to nothing new."""
    jobs = reader.nodes({link.job for link in found.links}).values()
    return tuple(sorted(JobName(job.namespace, job.name) for job in jobs))


def _sources(reader: LineageReader, found: Walk) -> tuple[ColumnName, ...]:
    """Return the columns that no column lies before, neither of themselves nor of their rows.

    A dataset may still lie before theirs, such as the file that a table was loaded from.
    """
    reached = found.reached.values()
    columns = [each.node for each in reached if each.node.field is not None]
    uids = {uid for node in columns for uid in (node.uid, node.dataset)}
    links = reader.links(uids, Way.UPSTREAM)
    made = {
        uid
        for uid, before in links.items()
        if any(link.subtype not in (UNKNOWN_COLUMNS, EXISTENCE) for link in before)
    }
    return tuple(
        sorted(
            ColumnName(node.namespace, node.name, str(node.field))
            for node in columns
            if made.isdisjoint((node.uid, node.dataset))
        )
    )


def _model_uses(reader: LineageReader, found: Walk) -> tuple[ModelUse, ...]:
    """Return the versions of models that were trained on what was reached."""
    reached = found.reached
    holders = {each.node.dataset for each in reached.values()}
    rows = reader.rows(
        reached.keys() | holders,
        lambda v: (
            v.in_e("TRAINED_ON")
            .project("whole", "used", "model")
            .by("whole")
            .by(__.in_v().values("uid"))
            .by(described(__.out_v()))
        ),
    )
    used: dict[Node, set[str]] = defaultdict(set)
    for row in rows:
        if row["whole"]:
            used[node_of(row["model"])].add(row["used"])
    uses = (_model_use(model, uids, reached) for model, uids in used.items())
    return tuple(sorted(uses, key=lambda use: (use.namespace, use.name, use.version, use.id)))


def _training_jobs(reader: LineageReader, models: Collection[ModelUse]) -> Iterator[JobName]:
    """Yield the jobs whose runs made some versions of models."""
    rows = reader.rows(
        [model.id for model in models],
        lambda v: described(v.in_("PRODUCED").out("EXECUTED").has_label("Job")),
    )
    for job in map(node_of, rows):
        yield JobName(job.namespace, job.name)


def _model_use(model: Node, used: Collection[str], reached: Mapping[str, Reached]) -> ModelUse:
    columns = [reached[uid] for uid in used if uid in reached and reached[uid].node.field]
    whole = [each for each in reached.values() if each.node.dataset in used]
    return ModelUse(
        model.namespace,
        model.name,
        str(model.version),
        model.uid,
        tuple(
            sorted(ColumnName(c.node.namespace, c.node.name, str(c.node.field)) for c in columns)
        ),
        direct=any(each.direct for each in (*columns, *whole)),
    )


def _trained_on(reader: LineageReader, version: Node) -> list[Node]:
    """Return the columns that a model was trained on, and all of the datasets taken whole."""
    rows = reader.rows(
        [version.uid],
        lambda v: (
            v.out_e("TRAINED_ON").project("whole", "used").by("whole").by(__.in_v().values("uid"))
        ),
    )
    used = reader.nodes({row["used"] for row in rows if row["whole"]}).values()
    return _with_columns(reader, [node for node in used if node.label in ("Column", "Dataset")])


def _latest_version(reader: LineageReader, model: Node) -> Node:
    """Return the version of a model whose run was heard of last."""
    rows = reader.rows(
        [model.uid],
        lambda v: (
            v.in_("VERSION_OF")
            .project("version", "at")
            .by("uid")
            .by(__.in_("PRODUCED").out_e("EXECUTED").values("at").fold())
        ),
    )
    if not rows:
        raise UnknownSubjectError(f"no version of the model `{full_name(model)}` is known")
    last = max(rows, key=lambda row: (max(map(instant, row["at"]), default=""), row["version"]))
    return reader.nodes([last["version"]])[last["version"]]


def _passport(reader: LineageReader, version: Node) -> Passport:
    said = _content(reader.rows([version.uid], lambda v: v.values("content")))
    runs = reader.rows([version.uid], lambda v: v.in_("PRODUCED").values("name"))
    code = _code(reader, said, version.uid)
    environment = _content(reader.rows(_one(said, "environment"), lambda v: v.values("content")))
    return Passport(
        version.namespace,
        version.name,
        str(version.version),
        version.uid,
        run_id=min(runs, default=None),
        commit=code.get("commit"),
        code=code,
        datasets=tuple(_trained_on_dataset(used) for used in said.get("inputs", ())),
        hyperparameters=said.get("hyperparameters", {}),
        seeds=said.get("seeds", {}),
        metrics=said.get("metrics", {}),
        environment=environment,
        framework=said.get("framework"),
        artifact_digest=said.get("artifact_digest"),
    )


def _code(reader: LineageReader, said: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return what is known of a model's code: as it states, else as its run does."""
    uids = _one(said, "job_version") or reader.rows(
        [version],
        lambda v: v.in_("PRODUCED").out("EXECUTED").has_label("JobVersion").values("uid"),
    )
    rows = reader.rows(uids, lambda v: v.out_e("VERSION_OF").values("content"))
    return _content(sorted(rows))


def _trained_on_dataset(used: Mapping[str, Any]) -> TrainedOn:
    return TrainedOn(
        DatasetName(used["namespace"], used["name"]),
        used.get("version"),
        used.get("role"),
        used.get("rows"),
    )


def _content(rows: Sequence[str]) -> dict[str, Any]:
    """Return the first record of which the JSON is given; an empty one if there is none."""
    return json.loads(rows[0]) if rows else {}


def _one(said: Mapping[str, Any], name: str) -> list[str]:
    return [said[name]] if name in said else []
