"""What the graph sink counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

REGISTRY = CollectorRegistry()

RECEIVED = Counter(
    "headwater_records_received", "Records read by the graph sink.", registry=REGISTRY
)
RECORDS = Counter(
    "headwater_records",
    "What became of the records that were read: written or dead_letter.",
    ["outcome"],
    registry=REGISTRY,
)
DEAD_LETTERS = Counter(
    "headwater_dead_letters",
    "Records refused by the graph sink, by reason.",
    ["reason"],
    registry=REGISTRY,
)
ELEMENTS = Counter(
    "headwater_elements", "Vertices and edges merged into the graph.", ["kind"], registry=REGISTRY
)
COMMITS_FAILED = Counter(
    "headwater_commits_failed",
    "Offset commits that Kafka refused; the records come again.",
    registry=REGISTRY,
)
READY = Gauge(
    "headwater_ready", "1 while the sink reads records and the graph answers.", registry=REGISTRY
)
DEGRADED = Gauge(
    "headwater_degraded", "1 while the sink waits for a graph or a Kafka.", registry=REGISTRY
)


def text() -> bytes:
    """Return what was counted as Prometheus reads it."""
    return generate_latest(REGISTRY)


def working() -> bool:
    """Whether records are being taken."""
    return REGISTRY.get_sample_value("headwater_ready") == 1.0
