"""Show whether all that emitters took is accounted for."""

from typing import Annotated, Any

import typer

from ...schemas import topics
from ...sinks.sessions import SessionAccount, Sessions
from ..accounting import Log
from ..asking import bootstrap_of
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

    Numbers that are missing from a session that has not closed may be on their way, or have
    been dropped; nothing accounts for them yet.

    Exit codes: 0 all is accounted for; 1 something is missing that is not, its numbers named;
    3 no stack runs.
    """
    found = sessions(Log(bootstrap_of(kafka)), job)
    if as_json:
        print_json([_row(session) for session in found])
    else:
        print_table(
            "Sessions", (tuple(_row(s).values()) for s in found), (*_COLUMNS, "missing", "closed")
        )
    unaccounted = any(s.lost or (s.missing and s.closed is None) for s in found)
    raise typer.Exit(FAILED if unaccounted else 0)


def sessions(log: Log, job: str | None = None) -> list[SessionAccount]:
    """Return what the whole log tells of every session, or of those that told of a job."""
    found, telling = Sessions(), set()
    # Asked first: what the worker refused before that is in the log by then.
    committed = log.committed(topics.WORKER_GROUP)
    for letter in log.read(topics.DEAD_LETTERS.name):
        found.bury(letter)
    found.settle(committed)
    for event in log.read(topics.EVENTS.name, topics.PROFILES.name):
        session = found.take(event)
        if (event.key or b"").decode(errors="replace").rpartition("/")[2] == job:
            telling.add(session)
    accounts = sorted(found.accounts(), key=lambda each: (each.topic, each.id))
    return [each for each in accounts if job is None or each.id in telling]


def _row(session: SessionAccount) -> dict[str, Any]:
    return {
        "session": session.id,
        "topic": session.topic,
        "emitted": session.emitted,
        "stored": session.stored,
        "dead_lettered": session.dead_lettered,
        "dropped": session.dropped or None,
        "waiting": session.waiting,
        "lost": session.lost,
        "missing": list(session.missing) or None,
        "closed": session.closed,
    }
