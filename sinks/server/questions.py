"""What can be asked: a path, its parameters, and the function that answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..index.answers import plain
from . import parameters as p
from .feed import Feed

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A path below `/api/v1`.

    Attributes:
        answer: Returns what is answered to the values of the parameters.
    """

    path: str
    summary: str
    parameters: tuple[p.Parameter, ...]
    answer: Callable[[Feed, Mapping[str, Any]], Any]


def _page(said: Mapping[str, Any], items: Sequence[Any], count: int) -> Answer:
    """Return a page of a list; `next` is the `start` of the one after it, if there is one."""
    after = said["start"] + len(items)
    return {"items": plain(list(items)), "count": count, "next": after if after < count else None}


def _search(feed: Feed, said: Mapping[str, Any]) -> Any:
    return feed.index.search(said["q"], mode=said["mode"], limit=said["limit"])


def _runs(feed: Feed, said: Mapping[str, Any]) -> Answer:
    runs = feed.index.runs(limit=said["limit"], start=said["start"])
    return _page(said, runs, feed.index.sizes["runs"])


def _models(feed: Feed, said: Mapping[str, Any]) -> Answer:
    models = feed.index.models()
    some = models[said["start"] : said["start"] + said["limit"]]
    told = [{"id": model_id, **plain(model)} for model_id, model in some]
    return _page(said, told, len(models))


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
    Question("/dead-letters", "The latest refused messages, with reasons.", p.PAGE, _dead_letters),
)
