"""What a worker counts, for Prometheus."""

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from .pipeline import Outcome
from .waiting import Waiting

EVENT_OUTCOMES = (
    "first",
    "duplicate",
    "redelivered",
    "profile",
    "session_close",
    "dead_letter",
    "resolved_again",
    "recalled",
)


class Metrics:
    """Counters of one worker since it started.

    Attributes:
        ready: 1 once partitions are assigned.
        retries: Batches that had to be sent again.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.ready = Gauge("headwater_ready", "Whether events are taken.", registry=self._registry)
        self.retries = Counter(
            "headwater_send_retries", "Batches sent again.", registry=self._registry
        )
        self._events = Counter(
            "headwater_events",
            "Events by what became of them.",
            ["outcome"],
            registry=self._registry,
        )
        self._records = Counter(
            "headwater_records", "Records sent, by kind.", ["kind"], registry=self._registry
        )
        self._unresolved = Counter(
            "headwater_unresolved",
            "What SQL could not be resolved, by reason.",
            ["reason"],
            registry=self._registry,
        )
        self._waiting = Gauge(
            "headwater_waiting",
            "Events whose SQL is read again once another schema becomes known.",
            registry=self._registry,
        )
        self._evicted = Gauge(
            "headwater_waiting_evicted",
            "Events that no longer wait, by reason; a replay settles what they mean.",
            ["reason"],
            registry=self._registry,
        )
        for outcome in EVENT_OUTCOMES:
            self._events.labels(outcome)

    def watch(self, waiting: Waiting) -> None:
        """Show how many events wait."""
        self._waiting.set_function(lambda: len(waiting))
        for reason in waiting.evicted:
            self._evicted.labels(reason).set_function(partial(waiting.evicted.__getitem__, reason))

    def count(self, outcome: Outcome) -> None:
        """Add what a batch came to."""
        for reason, number in outcome.unresolved.items():
            self._unresolved.labels(reason).inc(number)
        for name, number in outcome.counts.items():
            if name in EVENT_OUTCOMES:
                self._events.labels(name).inc(number)
            else:
                self._records.labels(name).inc(number)

    def text(self) -> bytes:
        """Return the counters as Prometheus reads them."""
        return generate_latest(self._registry)

    def working(self) -> bool:
        """Whether events are taken."""
        return self._registry.get_sample_value("headwater_ready") == 1.0
