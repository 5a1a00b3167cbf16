"""Accounting: that everything emitted is in the graph, by counts.

Nothing is asked of the services themselves. Kafka says how far the worker and the sink have
come, the log says which records there are, and the graph says what it holds.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from gremlin_python.process.traversal import T

from ..processors.decode import Decoded, RefusedError, decode
from ..schemas import topics
from ..schemas.errors import HeadwaterError
from ..schemas.records import Envelope, Resolution, RunState
from ..schemas.records import decode as decode_record
from ..sinks.graph.connection import GraphConnection
from ..sinks.ledger.kafka_log import KafkaLog
from ..sinks.ledger.leaf import Entry
from ..sinks.ledger.log import messages
from .offsets import KafkaOffsets, Offsets

_TIMEOUT_S = 10.0
_POLL_S = 0.25

Progress = Callable[[int, int], None]
"""Told how many messages still lie before the worker, and how many before the sink."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """What became of everything emitted.

    Attributes:
        events: Messages on the event and profile topics.
        duplicates: Events that only repeat others.
        records: Distinct records.
        owed: Vertices and edges by label that the records must have made.
        dead_letters: Messages refused.
        graph: Vertices and edges by label.
    """

    events: int
    duplicates: int
    records: int
    owed: dict[str, int]
    dead_letters: int
    graph: dict[str, int]

    def differences(self) -> list[str]:
        """Say where the graph does not hold what the log says; empty if all is well."""
        return [
            f"the graph holds {self.graph.get(label, 0)} {label}, the log {expected}"
            for label, expected in self.owed.items()
            if self.graph.get(label, 0) != expected
        ]


class Log:
    """The log in Kafka: how far it reaches, how far everybody has read it, what it holds."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._offsets = KafkaOffsets(bootstrap)

    def ends(self, *names: str) -> Offsets:
        """Return the end of each partition of some topics."""
        return {place: end for place, end in self._offsets.ends().items() if place[0] in names}

    def committed(self, group: str) -> Offsets:
        """Return how far a group has come."""
        return self._offsets.committed(group)

    def lag(self, group: str, *names: str) -> int:
        """Return how many messages of some topics a group has not committed."""
        committed = self.committed(group)
        return sum(end - committed.get(place, 0) for place, end in self.ends(*names).items())

    def read(self, *names: str) -> Iterator[Entry]:
        """Yield every message that some topics hold now.

        Raises:
            HeadwaterError: If the topics cannot be read.
        """
        with closing(KafkaLog(self._bootstrap)) as log:
            yield from messages(log, *names)


def settle(log: Log, emitted: int, *, timeout_s: float, progress: Progress) -> None:
    """Wait until the worker and the sink have taken all that was emitted.

    Args:
        log: The log.
        emitted: How many events and profiles must be in it.
        timeout_s: After how long without any advance to give up.
        progress: Told at each look.

    Raises:
        HeadwaterError: If nothing advances for that long.
    """
    before, moved_at = None, time.monotonic()
    while True:
        state = _state(log, emitted)
        progress(state[0] + state[1], state[2])
        if not any(state):
            return
        if state != before:
            before, moved_at = state, time.monotonic()
        if time.monotonic() - moved_at > timeout_s:
            raise HeadwaterError(
                f"nothing advances: {state[0]} events are not in the log, {state[1]} before the "
                f"worker, {state[2]} records before the graph sink",
                remedy="See `headwater status` and the logs it names.",
            )
        time.sleep(_POLL_S)


def _state(log: Log, emitted: int) -> tuple[int, int, int]:
    """What is missing in the log, before the worker and before the sink, in this order.

    The worker commits after its records are in the log, so a sink without lag, asked
    later, has them all.
    """
    sources = (topics.EVENTS.name, topics.PROFILES.name)
    missing = max(0, emitted - sum(log.ends(*sources).values()))
    before_worker = log.lag(topics.WORKER_GROUP, *sources)
    return missing, before_worker, log.lag(topics.GRAPH_SINK_GROUP, topics.RECORDS.name)


def account(log: Log, graph: GraphConnection) -> Accounts:
    """Read the whole log, and count what the graph holds."""
    events = list(log.read(topics.EVENTS.name))
    envelopes = (decode_record(message.value or b"") for message in log.read(topics.RECORDS.name))
    records = {envelope.id: envelope for envelope in envelopes}
    return Accounts(
        events=len(events) + sum(log.ends(topics.PROFILES.name).values()),
        duplicates=_duplicates(events),
        records=len(records),
        owed=_owed(records),
        dead_letters=sum(log.ends(topics.DEAD_LETTERS.name).values()),
        graph=_elements(graph),
    )


def _duplicates(messages: list[Entry]) -> int:
    ids = Counter(filter(None, (_event_id(message.value) for message in messages)))
    return sum(count - 1 for count in ids.values())


def _event_id(value: bytes | None) -> str | None:
    try:
        decoded = decode(value)
    except RefusedError:
        return None
    return decoded.event_id if isinstance(decoded, Decoded) else None


def _owed(envelopes: dict[str, Envelope]) -> dict[str, int]:
    """Count what the graph must hold: a vertex for most kinds, an edge for these two."""
    counts: Counter[str] = Counter(envelope.record.kind for envelope in envelopes.values())
    records = [envelope.record for envelope in envelopes.values()]
    resolutions = [r for r in records if isinstance(r, Resolution)]
    states = [r for r in records if isinstance(r, RunState)]
    counts.pop("Resolution", None)
    counts.pop("RunState", None)
    counts["RESOLVED_TO"] = sum(len(r.derivations) for r in resolutions)
    counts["Run"] = len({r.run_id for r in states} | {r.parent for r in states if r.parent})
    return dict(counts)


def _elements(graph: GraphConnection) -> dict[str, int]:
    vertices = graph.ask(lambda g: g.V().group_count().by(T.label))
    edges = graph.ask(lambda g: g.E().group_count().by(T.label))
    return {**vertices[0], **edges[0]}
