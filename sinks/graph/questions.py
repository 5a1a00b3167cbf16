"""The questions people ask: what breaks if I drop this, and where does this come from."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from gremlin_python.process.graph_traversal import __

from ...schemas.errors import HeadwaterError
from ...schemas.names import ColumnName, DatasetName, JobName
from ...schemas.records import Environment, JobVersion, ModelVersion
from ..answers import (
    Evidence,
    Impact,
    ModelName,
    ModelUse,
    Named,
    Passport,
    Reach,
    Related,
    Trace,
    UnknownSubjectError,
)
from ..ask import EVERYTHING, NOW, Ask, Way
from .connection import GraphConnection
from .elements import EXISTENCE, UNKNOWN_COLUMNS, instant, model_uid
from .identity import Identity, PropertyIdentity
from .lineage import LineageReader, Link, Node, described, node_of
from .subject import find, full_name
from .walk import Reached, Walk, walk

IMPACT_LABELS = ("Column", "Dataset")
MODEL_LABELS = ("Model", "ModelVersion")
TRACE_LABELS = (*IMPACT_LABELS, *MODEL_LABELS)


class Questions:
    """Asks the graph what it holds now. Every question reads anew.

    Args:
        connection: Where the graph is.
        identity: How it knows vertices by their uids.
    """

    def __init__(self, connection: GraphConnection, identity: Identity | None = None) -> None:
        self._connection = connection
        self._identity = identity or PropertyIdentity()

    def impact(self, subject: str, ask: Ask = NOW) -> Impact:
        """Return what breaks if a column, dataset or model is dropped, with jobs and models.

        Raises:
            UnknownSubjectError: If nothing has that name.
            AmbiguousSubjectError: If several things do.
            GraphUnavailableError: If the graph gives no answer.
            HeadwaterError: If the question is not of the present, or filters.
        """
        _refuse_history(ask)
        reader = LineageReader(self._connection, self._identity)
        node = self._impacting(subject)
        starts = [] if node.label in MODEL_LABELS else _with_columns(reader, [node])
        found = _walk(reader, starts, Way.DOWNSTREAM, ask)
        models = _model_uses(reader, found) if starts else _descendants(reader, node)
        return Impact(
            _reach(reader, node, found, starts, ask),
            tuple(sorted({*_jobs(reader, found), *_training_jobs(reader, models)})),
            models,
        )

    def _impacting(self, subject: str) -> Node:
        """Return the column or dataset that a text means; where there is none, the model."""
        try:
            return find(self._connection, self._identity, subject, IMPACT_LABELS)
        except UnknownSubjectError as unknown:
            try:
                return find(self._connection, self._identity, subject, MODEL_LABELS)
            except UnknownSubjectError:
                raise unknown from None

    def trace(self, subject: str, ask: Ask = NOW) -> Trace:
        """Return where a model, dataset or column comes from.

        Of a model without a version, the one whose run is the latest.

        Raises:
            UnknownSubjectError: If nothing has that name.
            AmbiguousSubjectError: If several things do.
            GraphUnavailableError: If the graph gives no answer.
            HeadwaterError: If the question is not of the present, or filters.
        """
        _refuse_history(ask)
        node = find(self._connection, self._identity, subject, TRACE_LABELS)
        reader = LineageReader(self._connection, self._identity)
        if node.label == "Model":
            node = _latest_version(reader, node)
        passport = _passport(reader, node) if node.label == "ModelVersion" else None
        starts = _trained_on(reader, node) if passport else _with_columns(reader, [node])
        found = _walk(reader, starts, Way.UPSTREAM, ask)
        return Trace(
            _reach(reader, node, found, () if passport else starts, ask),
            _sources(reader, found),
            _jobs(reader, found),
            passport,
        )


def _refuse_history(ask: Ask) -> None:
    if ask.as_of or ask.known_at or ask.filter != EVERYTHING:
        raise HeadwaterError(
            "the graph answers of what is in force now, and of all of it",
            remedy="Ask the API about other times or with filters.",
        )


def _walk(reader: LineageReader, starts: Collection[Node], way: Way, ask: Ask) -> Walk:
    return walk(reader, starts, way, depth_max=ask.depth_max, nodes_max=ask.nodes_max)


def _reach(
    reader: LineageReader, subject: Node, found: Walk, given: Collection[Node], ask: Ask
) -> Reach:
    columns, datasets = _related(reader, found, given)
    page = slice(ask.start, ask.start + ask.limit)
    return Reach(
        _named(subject),
        columns[page],
        datasets[page],
        len(columns),
        len(datasets),
        max((each.hops for each in (*columns, *datasets)), default=0),
        found.cut,
        (),
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
        masked=each.direct and each.masked,
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
        masking=link.masking,
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
    uses = {model.uid: _model_use(model, uids, reached) for model, uids in used.items()}
    return _with_descendants(reader, uses)


def _with_descendants(reader: LineageReader, uses: dict[str, ModelUse]) -> tuple[ModelUse, ...]:
    """Return these versions and what was made from them, each by its nearest base, in order."""
    level = sorted(uses)
    while level:
        made: dict[str, ModelUse] = {}
        derived = _derived(
            reader, {model_uid(uses[uid].namespace, uses[uid].name) for uid in level}
        )
        for uid in level:
            use = uses[uid]
            base = ModelName(use.namespace, use.name, use.version)
            for stated, node in derived[model_uid(use.namespace, use.name)]:
                if stated in (None, use.version) and node.uid not in uses and node.uid not in made:
                    made[node.uid] = _descendant(node, base, direct=use.direct)
        uses |= made
        level = sorted(made)
    return tuple(
        sorted(uses.values(), key=lambda use: (use.namespace, use.name, use.version, use.id))
    )


def _descendants(reader: LineageReader, subject: Node) -> tuple[ModelUse, ...]:
    """Return the versions that were made from a model, or from one version of it."""
    uid = model_uid(subject.namespace, subject.name)
    base = ModelName(subject.namespace, subject.name, subject.version or "")
    made = {
        node.uid: _descendant(node, base, direct=True)
        for stated, node in _derived(reader, [uid])[uid]
        if subject.version is None or stated in (None, subject.version)
    }
    return _with_descendants(reader, made)


def _derived(
    reader: LineageReader, models: Collection[str]
) -> Mapping[str, Sequence[tuple[str | None, Node]]]:
    """Return the versions that were made from models, each with the base's version it states."""
    rows = reader.rows(
        models,
        lambda v: (
            v.in_e("DERIVED_FROM")
            .project("base", "version", "made")
            .by(__.in_v().values("uid"))
            .by(__.values("version").fold())
            .by(described(__.out_v()))
        ),
    )
    found: defaultdict[str, list[tuple[str | None, Node]]] = defaultdict(list)
    for row in rows:
        found[row["base"]].append((next(iter(row["version"]), None), node_of(row["made"])))
    return found


def _descendant(node: Node, base: ModelName, *, direct: bool) -> ModelUse:
    return ModelUse(node.namespace, node.name, str(node.version), node.uid, (), direct, base)


def _ancestors(reader: LineageReader, version: Node) -> list[str]:
    """Return the uids of a version and of all that it was made from, as far as these are known."""
    found = [version.uid]
    level = found
    while level:
        rows = reader.rows(
            level,
            lambda v: (
                v.out_e("DERIVED_FROM")
                .project("version", "known")
                .by(__.values("version").fold())
                .by(described(__.in_v().in_("VERSION_OF")).fold())
            ),
        )
        level = sorted(
            {
                node.uid
                for row in rows
                for node in map(node_of, row["known"])
                if row["version"] in ([], [node.version]) and node.uid not in found
            }
        )
        found += level
    return found


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
    """Return the columns that a model and its bases were trained on, all of datasets whole."""
    rows = reader.rows(
        _ancestors(reader, version),
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
    [model] = reader.rows([version.uid], lambda v: v.values("content"))
    said = ModelVersion.model_validate_json(model)
    code = _code(reader, said, version.uid)
    return Passport(version.uid, said, code, _environment(reader, said))


def _code(reader: LineageReader, said: ModelVersion, version: str) -> JobVersion | None:
    """Return what is known of a model's code: as it states, else as its run does."""
    uids = (
        [said.job_version]
        if said.job_version
        else reader.rows(
            [version],
            lambda v: v.in_("PRODUCED").out("EXECUTED").has_label("JobVersion").values("uid"),
        )
    )
    rows = reader.rows(sorted(uids)[:1], lambda v: v.out_e("VERSION_OF").values("content"))
    return JobVersion.model_validate_json(rows[0]) if rows else None


def _environment(reader: LineageReader, said: ModelVersion) -> Environment | None:
    uids = [said.environment] if said.environment else []
    rows = reader.rows(uids, lambda v: v.values("content"))
    return Environment.model_validate_json(rows[0]) if rows else None
