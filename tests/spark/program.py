"""A Spark job: runs SQL statements, and tells after each what OpenLineage's listener wrote.

Runs in Spark's own environment, where nothing of Headwater is. Standard input is JSON: the
session's `conf`, the `statements` with what each needs first (`before`), and the file (`events`)
that the listener writes to, if it writes to one. A line of JSON for each statement goes to the
file that is the only argument: the error that Spark answered with, or the statement's events.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

_LISTENER_TIMEOUT_MS = 60_000


def main(asked: dict[str, Any], answers: Path) -> None:
    """Run the statements in their order."""
    builder = SparkSession.builder.master("local[1]")
    for key, value in asked["conf"].items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    events = Path(asked["events"]) if "events" in asked else None
    with answers.open("w") as file:
        for statement in asked["statements"]:
            file.write(json.dumps(answer(session, statement, events)) + "\n")
    session.stop()


def answer(session: SparkSession, statement: dict[str, Any], events: Path | None) -> dict[str, Any]:
    """Run one statement."""
    try:
        for sql in statement["before"]:
            session.sql(sql)
        start = heard(session, events)
        session.sql(statement["sql"])
    except Exception as error:
        return {"error": str(error).splitlines()[0]}
    end = heard(session, events)
    return {"events": read(events, start, end) if events else []}


def heard(session: SparkSession, events: Path | None) -> int:
    """Wait until the listener has heard everything; return how much it has written."""
    session.sparkContext._jsc.sc().listenerBus().waitUntilEmpty(_LISTENER_TIMEOUT_MS)
    return events.stat().st_size if events and events.exists() else 0


def read(events: Path, start: int, end: int) -> list[Any]:
    """Return the events that were written between two places of the file."""
    with events.open("rb") as file:
        file.seek(start)
        return [json.loads(line) for line in file.read(end - start).splitlines()]


if __name__ == "__main__":
    main(json.load(sys.stdin), Path(sys.argv[1]))
