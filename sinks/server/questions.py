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
from .counters import Counters
from .feed import Feed
from .losses import Accounting, Losses
from .policy import Power
from .problem import ProblemError

Said = Mapping[str, Any]

PICTURE_MAX = 2_000
"""More datasets than this are for lists: nobody can read a picture of them."""


@dataclass(frozen=True, slots=True)
class Question:
    """A path below `/api/v1` that asks the index.

    Attributes:
        answer: Returns what is answered to the values of the parameters. It is given the
            index as the caller sees it and nothing else, so that there is nothing to leave
            out, and nobody who could forget to.
        body: What the body of a POST is; None where only GET is taken. The body's text
            stands under `body` among the values.
        volatile: Whether the answer may change though nothing was read.
    """

    path: str
    summary: str
    parameters: tuple[p.Parameter, ...]
    answer: Callable[[LineageIndex, Said], Any]
    body: str | None = None
    volatile: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """All there is."""

    feed: Feed
    counters: Counters
    accounting: Accounting


@dataclass(frozen=True, slots=True)
class WholeQuestion:
    """A path below `/api/v1` that asks of the whole: no part of the answer can be told.

    Attributes:
        answer: Returns an answer, or the bytes of its JSON.
        needs: What a role must allow; None for what tells nothing of anything.
    """

    path: str
    summary: str
    parameters: tuple[p.Parameter, ...]
    answer: Callable[[Whole, Said], Any]
    needs: Power | None


def _of_subject(
    path: str,
    summary: str,
    method: Callable[[LineageIndex, str, Ask], Any],
) -> Question:
    """Return a question of the index about one subject."""
    return Question(
        path,
        summary,
        (p.SUBJECT, *p.WALK),
        lambda index, said: method(index, said["subject"], p.ask_of(said)),
    )


def _graph(index: LineageIndex, said: Said) -> Neighbourhood:
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
    return index.neighbourhood(said["subject"], ask, ways=ways, beyond=beyond)


def _run(index: LineageIndex, said: Said) -> Run:
    run = index.run(said["run"])
    if run is None:
        raise ProblemError(404, "unknown_run", f"no run {said['run']} is known")
    return run


def _health(index: LineageIndex, said: Said) -> Health:
    quiet, stale = timedelta(minutes=said["quiet_min"]), timedelta(days=said["stale_days"])
    return index.health(datetime.now(UTC), quiet=quiet, stale=stale)


def _dead_letters(whole: Whole, said: Said) -> Page[DeadLetter]:
    letters = whole.feed.dead_letters()
    some = letters[said["start"] : said["start"] + said["limit"]]
    return page(some, len(letters), said["start"], whole.feed.offsets())


def _losses(whole: Whole, _said: Said) -> Losses:
    whole.accounting.start()
    return whole.accounting.losses(next(iter(whole.counters.counts()[-1:]), None))


def _pii(index: LineageIndex, said: Said) -> PiiReport:
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
    return pii(index, said["subject"], policy, ask)


QUESTIONS: tuple[Question | WholeQuestion, ...] = (
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
        lambda index, said: index.annotated(
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
        lambda index, said: index.path(said["source"], said["target"], p.ask_of(said)),
    ),
    Question(
        "/lineage/graph",
        "The datasets around a column or dataset and how they hang together, as for a picture.",
        (p.SUBJECT, p.WAY, p.AS_OF, p.KNOWN_AT, *p.LINKS[:2], p.HOPS, *p.BEYOND, p.DATASETS),
        _graph,
    ),
    Question(
        "/lineage/diff",
        "What changed between two times, and by which run and commit.",
        (p.BEFORE, p.AFTER, p.ANY_SUBJECT, p.KNOWN_AT, *p.LINKS, *p.PAGE),
        lambda index, said: index.diff(
            said["before"], said["after"], said["subject"], p.ask_of(said)
        ),
    ),
    Question(
        "/search",
        "Columns, datasets, jobs and models by name.",
        (p.TEXT, p.MODE, p.PAGE[0]),
        lambda index, said: index.search(said["q"], mode=said["mode"], limit=said["limit"]),
    ),
    Question(
        "/runs",
        "The latest runs.",
        p.PAGE,
        lambda index, said: index.runs(limit=said["limit"], start=said["start"]),
    ),
    Question(
        "/models",
        "All versions of models, or of one, with their passports.",
        (p.MODEL, *p.PAGE),
        lambda index, said: index.models(said["name"], limit=said["limit"], start=said["start"]),
    ),
    Question("/run", "A run: states, code, datasets, models.", (p.RUN,), _run),
    Question(
        "/run/training",
        "The training profile of a run, as series over its steps.",
        (p.RUN,),
        lambda index, said: index.training(said["run"]),
    ),
    Question(
        "/profiles",
        "The windows of a run's training as they were recorded, by rank, in order.",
        (p.RUN, *p.PAGE),
        lambda index, said: index.profiles(said["run"], limit=said["limit"], start=said["start"]),
    ),
    Question(
        "/health",
        "Orphan runs, what could not be resolved, coverage by namespace, stale derivations.",
        (p.QUIET, p.STALE),
        _health,
        volatile=True,
    ),
    WholeQuestion(
        "/ledger/heads",
        "The newest signed heads.",
        (),
        lambda whole, said: ledger.heads(whole.feed, said),
        None,
    ),
    WholeQuestion(
        "/ledger/entries",
        "Messages of a partition, the newest first.",
        (p.TOPIC, p.PARTITION, p.BEFORE_OFFSET, p.PAGE[0]),
        lambda whole, said: ledger.entries(whole.feed, said),
        Power.LEDGER,
    ),
    WholeQuestion(
        "/ledger/proof",
        "The proof that a message is in the log, for whoever has the public key.",
        (p.TOPIC, p.PARTITION, p.OFFSET),
        lambda whole, said: ledger.proof(whole.feed, said),
        Power.LEDGER,
    ),
    WholeQuestion(
        "/dead-letter",
        "A dead letter with its content.",
        (p.PARTITION, p.OFFSET),
        lambda whole, said: letters.letter(whole.feed, said),
        Power.DEAD_LETTERS,
    ),
    WholeQuestion(
        "/dead-letters",
        "The latest refused messages, with reasons.",
        p.PAGE,
        _dead_letters,
        Power.DEAD_LETTERS,
    ),
    WholeQuestion(
        "/counters",
        "How far each topic reaches and how far behind its readers are, of the last minutes.",
        (),
        lambda whole, _said: whole.counters.counts(),
        Power.OPERATIONS,
    ),
    WholeQuestion(
        "/health/losses",
        "Whether every event that emitters took is in the log, session by session.",
        (),
        _losses,
        Power.OPERATIONS,
    ),
)
