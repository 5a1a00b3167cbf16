"""Show whether all that emitters took is accounted for."""

from typing import Annotated, Any

import typer

from ...schemas import topics
from ..accounting import Log
from ..asking import bootstrap_of
from ..completeness import NAMED_MAX, Session, sessions
from ..terminal import FAILED, Json, print_json, print_table

_COLUMNS = ("session", "topic", "emitted", "stored", "dead-lettered", "dropped", "waiting", "lost")


def command(
    job: Annotated[str | None, typer.Option(help="Only sessions that told of this job.")] = None,
    kafka: Annotated[
        str | None, typer.Option("--kafka", metavar="HOST:PORT", help="Ask this Kafka.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show whether all that emitters took is accounted for, by session.

    emitted = stored + dead-lettered + dropped + waiting + lost. A session counts as emitted
    what its closing event says; one that has not closed, what has arrived so far.

    Exit codes: 0 all is accounted for; 1 something is lost, its numbers named; 3 no stack runs.
    """
    log = Log(bootstrap_of(kafka))
    found = [each for each in _sessions(log) if job is None or _tells_of(each, job)]
    if as_json:
        print_json([_row(session) for session in found])
    else:
        print_table(
            "Sessions", (tuple(_row(s).values()) for s in found), (*_COLUMNS, "missing", "closed")
        )
    raise typer.Exit(FAILED if any(session.lost for session in found) else 0)


def _sessions(log: Log) -> list[Session]:
    sources = (topics.EVENTS.name, topics.PROFILES.name)
    committed = log.committed(topics.WORKER_GROUP)
    return sessions(log.read(*sources), log.read(topics.DEAD_LETTERS.name), committed)


def _tells_of(session: Session, job: str) -> bool:
    return any(key.rpartition("/")[2] == job for key in session.jobs)


def _row(session: Session) -> dict[str, Any]:
    return {
        "session": session.id,
        "topic": session.topic,
        "emitted": session.emitted,
        "stored": session.stored,
        "dead_lettered": len(session.buried),
        "dropped": session.dropped or None,
        "waiting": session.waiting,
        "lost": session.lost,
        "missing": session.missing[:NAMED_MAX] or None,
        "closed": session.close.closed_at if session.close else None,
    }
