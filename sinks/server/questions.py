"""What can be asked: a path, its parameters, and the function that answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..answers import DeadLetter, Page, PiiReport, page
from ..ask import Ask
from ..compliance import DEFAULT, pii
from ..compliance.policy import parse_policy
from ..index import LineageIndex
from . import parameters as p
from .feed import Feed

Said = Mapping[str, Any]


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
        answer: Returns what is answered to the values of the parameters.
        body: What the body of a POST is; None where only GET is taken. The body's text
            stands under `body` among the values.
        scoped: Whether the answer is made of nothing but the index as the caller sees it.
            Else only those are answered who see everything.
    """

    path: str
    summary: str
    parameters: tuple[p.Parameter, ...]
    answer: Callable[[Sources, Said], Any]
    body: str | None = None
    scoped: bool = False


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
        "All versions of models, with their passports.",
        p.PAGE,
        lambda sources, said: sources.index.models(limit=said["limit"], start=said["start"]),
        scoped=True,
    ),
    Question("/dead-letters", "The latest refused messages, with reasons.", p.PAGE, _dead_letters),
)
