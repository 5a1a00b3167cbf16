"""What can be asked: a path, its parameters, and the function that answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ...schemas.records import ModelVersion
from ..index import Ask, Filter, Way
from ..index.answers import plain
from . import ledger, letters
from . import parameters as p
from .feed import Feed
from .problem import ProblemError

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A path below `/api/v1`.

    Attributes:
        answer: Returns what is answered to the values of the parameters.
        volatile: Whether the answer may change though nothing was read.
    """

    path: str
    summary: str
    parameters: tuple[p.Parameter, ...]
    answer: Callable[[Feed, Mapping[str, Any]], Any]
    volatile: bool = False


def _page(said: Mapping[str, Any], items: Sequence[Any], count: int) -> Answer:
    """Return a page of a list; `next` is the `start` of the one after it, if there is one."""
    after = said["start"] + len(items)
    return {"items": plain(list(items)), "count": count, "next": after if after < count else None}


def _search(feed: Feed, said: Mapping[str, Any]) -> Any:
    return feed.index.search(said["q"], mode=said["mode"], limit=said["limit"])


def _graph(feed: Feed, said: Mapping[str, Any]) -> Any:
    ways = tuple(Way) if said["way"] == "both" else (Way(said["way"]),)
    followed = Filter(direct_only=said["direct_only"], subtypes=said["subtype"])
    depth, nodes = said["depth"], said["datasets"]
    ask = Ask(said["as_of"], said["known_at"], followed, depth_max=depth, nodes_max=nodes)
    return feed.index.neighbourhood(said["subject"], ask, ways=ways)


def _runs(feed: Feed, said: Mapping[str, Any]) -> Answer:
    runs = feed.index.runs(limit=said["limit"], start=said["start"])
    return _page(said, runs, feed.index.sizes["runs"])


def _models(feed: Feed, said: Mapping[str, Any]) -> Answer:
    models = feed.index.models()
    some = models[said["start"] : said["start"] + said["limit"]]
    told = [_passport(feed, model_id, model) for model_id, model in some]
    return _page(said, told, len(models))


def _passport(feed: Feed, model_id: str, model: ModelVersion) -> Answer:
    code, environment = feed.index.particulars(model)
    return {"id": model_id, **plain(model), "code": plain(code), "ran_in": plain(environment)}


def _run(feed: Feed, said: Mapping[str, Any]) -> Any:
    run = feed.index.run(said["run"])
    if run is None:
        raise ProblemError(404, "unknown_run", f"no run {said['run']} is known")
    return run


def _health(feed: Feed, said: Mapping[str, Any]) -> Any:
    quiet, stale = timedelta(minutes=said["quiet_min"]), timedelta(days=said["stale_days"])
    return feed.index.health(datetime.now(UTC), quiet=quiet, stale=stale)


def _dead_letters(feed: Feed, said: Mapping[str, Any]) -> Answer:
    letters = feed.dead_letters()
    return _page(said, letters[said["start"] : said["start"] + said["limit"]], len(letters))


QUESTIONS = (
    Question(
        "/lineage/upstream",
        "What a column or dataset depends on.",
        (p.SUBJECT, *p.WALK),
        lambda feed, said: feed.index.upstream(said["subject"], p.ask_of(said)),
    ),
    Question(
        "/lineage/downstream",
        "What depends on a column or dataset.",
        (p.SUBJECT, *p.WALK),
        lambda feed, said: feed.index.downstream(said["subject"], p.ask_of(said)),
    ),
    Question(
        "/lineage/impact",
        "What breaks if a column or dataset is dropped: columns, datasets, jobs, models.",
        (p.SUBJECT, *p.WALK),
        lambda feed, said: feed.index.impact(said["subject"], p.ask_of(said)),
    ),
    Question(
        "/lineage/trace",
        "Where a model, column or dataset comes from: columns, sources, jobs, passport.",
        (p.SUBJECT, *p.WALK),
        lambda feed, said: feed.index.trace(said["subject"], p.ask_of(said)),
    ),
    Question(
        "/lineage/path",
        "The strongest, then shortest way from one column or dataset to another.",
        (p.SOURCE, p.TARGET, *p.WALK),
        lambda feed, said: feed.index.path(said["source"], said["target"], p.ask_of(said)),
    ),
    Question(
        "/lineage/graph",
        "The datasets around a column or dataset and how they hang together, as for a picture.",
        (p.SUBJECT, p.WAY, p.AS_OF, p.KNOWN_AT, *p.LINKS[:2], p.HOPS, p.DATASETS),
        _graph,
    ),
    Question(
        "/lineage/diff",
        "Which links came into force and which fell out of it between two times.",
        (p.BEFORE, p.AFTER, p.ANY_SUBJECT, p.KNOWN_AT, *p.LINKS, *p.PAGE),
        lambda feed, said: feed.index.diff(
            said["before"], said["after"], said["subject"], p.ask_of(said)
        ),
    ),
    Question(
        "/search",
        "Columns, datasets, jobs and models by name.",
        (p.TEXT, p.MODE, p.PAGE[0]),
        _search,
    ),
    Question("/runs", "The latest runs.", p.PAGE, _runs),
    Question("/models", "All versions of models, with their passports.", p.PAGE, _models),
    Question("/run", "A run: states, code, datasets, models.", (p.RUN,), _run),
    Question(
        "/run/training",
        "The training profile of a run, as series over its steps.",
        (p.RUN,),
        lambda feed, said: feed.index.training(said["run"]),
    ),
    Question(
        "/health",
        "Orphan runs, what could not be resolved, coverage by namespace, stale derivations.",
        (p.QUIET, p.STALE),
        _health,
        volatile=True,
    ),
    Question("/ledger/heads", "The newest signed heads.", (), ledger.heads, volatile=True),
    Question(
        "/ledger/entries",
        "Messages of a partition, the newest first.",
        (p.TOPIC, p.PARTITION, p.BEFORE_OFFSET, p.PAGE[0]),
        ledger.entries,
        volatile=True,
    ),
    Question(
        "/ledger/proof",
        "The proof that a message is in the log, for whoever has the public key.",
        (p.TOPIC, p.PARTITION, p.OFFSET),
        ledger.proof,
        volatile=True,
    ),
    Question(
        "/dead-letter",
        "A dead letter with its content.",
        (p.PARTITION, p.OFFSET),
        letters.letter,
        volatile=True,
    ),
    Question("/dead-letters", "The latest refused messages, with reasons.", p.PAGE, _dead_letters),
)
