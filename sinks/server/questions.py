"""What can be asked: a path, its parameters, and the function that answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..answers import DeadLetter, Neighbourhood, Page, PiiReport, page
from ..ask import Ask, Filter, Way
from ..compliance import DEFAULT, pii
from ..compliance.policy import parse_policy
from ..index import LineageIndex
from ..index.health import Health
from ..index.run import Run
from . import ledger, letters
from . import parameters as p
from .feed import Feed
from .problem import ProblemError

Said = Mapping[str, Any]

PICTURE_MAX = 2_000
"""More datasets than this are for lists: nobody can read a picture of them."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What answers are made of.

    Attributes:
        index: As the caller sees it.
        feed: All there is.
    """

    index: LineageIndex
    feed: Feed


@dataclass(frozen=True, slots=True)
class Question:
    """A path below `/api/v1`.

    Attributes:
        answer: Returns what is answered to the values of the parameters: an answer, or the
            bytes of its JSON.
        body: What the body of a POST is; None where only GET is taken. The body's text
            stands under `body` among the values.
        scoped: Whether the answer is made of nothing but the index as the caller sees it.
            Else only those are answered who see everything.
        volatile: Whether the answer may change though nothing was read.
    """

    path: str
    summary: str
    parameters: tuple[p.Parameter, ...]
    answer: Callable[[Sources, Said], Any]
    body: str | None = None
    scoped: bool = False
    volatile: bool = False


def _of_subject(
    path: str,
    summary: str,
    method: Callable[[LineageIndex, str, Ask], Any],
    *,
    scoped: bool = True,
) -> Question:
    """Return a question of the index about one subject."""
    return Question(
        path,
        summary,
        (p.SUBJECT, *p.WALK),
        lambda sources, said: method(sources.index, said["subject"], p.ask_of(said)),
        scoped=scoped,
    )


def _graph(sources: Sources, said: Said) -> Neighbourhood:
    if said["datasets"] > PICTURE_MAX:
        raise ProblemError(
            400,
            "too_many_datasets",
            f"{said['datasets']:,} datasets are more than a picture can show: "
            f"{PICTURE_MAX:,} is the most",
            remedy="Go fewer hops or one way only, or follow a single column. "
            "/lineage/downstream and /lineage/upstream list all of it, page by page.",
        )
    ways = tuple(Way) if said["way"] == "both" else (Way(said["way"]),)
    followed = Filter(direct_only=said["direct_only"], subtypes=said["subtype"])
    depth, nodes = said["depth"], said["datasets"]
    ask = Ask(said["as_of"], said["known_at"], followed, depth_max=depth, nodes_max=nodes)
    beyond = [(way, each) for way in Way for each in sorted(said[f"{way.value}_of"])]
    return sources.index.neighbourhood(said["subject"], ask, ways=ways, beyond=beyond)


def _run(sources: Sources, said: Said) -> Run:
    run = sources.index.run(said["run"])
    if run is None:
        raise ProblemError(404, "unknown_run", f"no run {said['run']} is known")
    return run


def _health(sources: Sources, said: Said) -> Health:
    quiet, stale = timedelta(minutes=said["quiet_min"]), timedelta(days=said["stale_days"])
    return sources.index.health(datetime.now(UTC), quiet=quiet, stale=stale)


def _dead_letters(sources: Sources, said: Said) -> Page[DeadLetter]:
    letters = sources.feed.dead_letters()
    some = letters[said["start"] : said["start"] + said["limit"]]
    return page(some, len(letters), said["start"], sources.feed.offsets())


def _pii(sources: Sources, said: Said) -> PiiReport:
    text = said.get("body")
    policy = DEFAULT if text is None else parse_policy(text)
    ask = Ask(
        as_of=said["as_of"],
        known_at=said["known_at"],
        depth_max=said["depth"],
        nodes_max=said["nodes"],
        limit=said["limit"],
        start=said["start"],
    )
    return pii(sources.index, said["subject"], policy, ask)


QUESTIONS = (
    _of_subject("/lineage/upstream", "What a column or dataset depends on.", LineageIndex.upstream),
    _of_subject(
        "/lineage/downstream", "What depends on a column or dataset.", LineageIndex.downstream
    ),
    _of_subject(
        "/lineage/impact",
        "What breaks if a column or dataset is dropped: columns, datasets, jobs, models.",
        LineageIndex.impact,
    ),
    _of_subject(
        "/lineage/trace",
        "Where a model, column or dataset comes from: columns, sources, jobs, passport.",
        LineageIndex.trace,
    ),
    _of_subject(
        "/lineage/readers",
        "Which versions of models read a column or dataset, or what is made of it.",
        LineageIndex.readers,
    ),
    _of_subject(
        "/lineage/models-at-risk",
        "Which versions of models break if a column or dataset is dropped, owners and last runs.",
        LineageIndex.models_at_risk,
        scoped=False,
    ),
    Question(
        "/lineage/pii",
        "Which classified data a dataset, column or model shows, by whose consent.",
        (p.SUBJECT, p.AS_OF, p.KNOWN_AT, *p.FAR, *p.PAGE),
        _pii,
        body="A policy in YAML; the default policy holds where there is none.",
    ),
    Question(
        "/annotations",
        "What is said of things: owners, classifications, consents, terms, descriptions.",
        (p.ANY_THING, p.ON, p.AS_OF, p.KNOWN_AT, *p.PAGE),
        lambda sources, said: sources.index.annotated(
            said["subject"],
            Ask(
                as_of=said["as_of"],
                known_at=said["known_at"],
                limit=said["limit"],
                start=said["start"],
            ),
            on=said["on"],
        ),
    ),
    Question(
        "/lineage/path",
        "The strongest, then shortest way from one column or dataset to another.",
        (p.SOURCE, p.TARGET, *p.WALK),
        lambda sources, said: sources.index.path(said["source"], said["target"], p.ask_of(said)),
        scoped=True,
    ),
    Question(
        "/lineage/graph",
        "The datasets around a column or dataset and how they hang together, as for a picture.",
        (p.SUBJECT, p.WAY, p.AS_OF, p.KNOWN_AT, *p.LINKS[:2], p.HOPS, *p.BEYOND, p.DATASETS),
        _graph,
        scoped=True,
    ),
    Question(
        "/lineage/diff",
        "What changed between two times, and by which run and commit.",
        (p.BEFORE, p.AFTER, p.ANY_SUBJECT, p.KNOWN_AT, *p.LINKS, *p.PAGE),
        lambda sources, said: sources.index.diff(
            said["before"], said["after"], said["subject"], p.ask_of(said)
        ),
    ),
    Question(
        "/search",
        "Columns, datasets, jobs and models by name.",
        (p.TEXT, p.MODE, p.PAGE[0]),
        lambda sources, said: sources.index.search(
            said["q"], mode=said["mode"], limit=said["limit"]
        ),
        scoped=True,
    ),
    Question(
        "/runs",
        "The latest runs.",
        p.PAGE,
        lambda sources, said: sources.index.runs(limit=said["limit"], start=said["start"]),
        scoped=True,
    ),
    Question(
        "/models",
        "All versions of models, or of one, with their passports.",
        (p.MODEL, *p.PAGE),
        lambda sources, said: sources.index.models(
            said["name"], limit=said["limit"], start=said["start"]
        ),
        scoped=True,
    ),
    Question("/run", "A run: states, code, datasets, models.", (p.RUN,), _run),
    Question(
        "/run/training",
        "The training profile of a run, as series over its steps.",
        (p.RUN,),
        lambda sources, said: sources.index.training(said["run"]),
    ),
    Question(
        "/profiles",
        "The windows of a run's training as they were recorded, by rank, in order.",
        (p.RUN, *p.PAGE),
        lambda sources, said: sources.index.profiles(
            said["run"], limit=said["limit"], start=said["start"]
        ),
    ),
    Question(
        "/health",
        "Orphan runs, what could not be resolved, coverage by namespace, stale derivations.",
        (p.QUIET, p.STALE),
        _health,
        volatile=True,
    ),
    Question(
        "/ledger/heads",
        "The newest signed heads.",
        (),
        lambda sources, said: ledger.heads(sources.feed, said),
        volatile=True,
    ),
    Question(
        "/ledger/entries",
        "Messages of a partition, the newest first.",
        (p.TOPIC, p.PARTITION, p.BEFORE_OFFSET, p.PAGE[0]),
        lambda sources, said: ledger.entries(sources.feed, said),
        volatile=True,
    ),
    Question(
        "/ledger/proof",
        "The proof that a message is in the log, for whoever has the public key.",
        (p.TOPIC, p.PARTITION, p.OFFSET),
        lambda sources, said: ledger.proof(sources.feed, said),
        volatile=True,
    ),
    Question(
        "/dead-letter",
        "A dead letter with its content.",
        (p.PARTITION, p.OFFSET),
        lambda sources, said: letters.letter(sources.feed, said),
        volatile=True,
    ),
    Question("/dead-letters", "The latest refused messages, with reasons.", p.PAGE, _dead_letters),
)
