"""What the ledger counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

REGISTRY = CollectorRegistry()

LEAVES = Counter(
    "headwater_ledger_leaves", "Messages that the trees took.", ["topic"], registry=REGISTRY
)
LOG_GAP = Counter(
    "headwater_ledger_log_gap",
    "Offsets that held no message when the ledger came by.",
    ["topic"],
    registry=REGISTRY,
)
HEADS = Counter("headwater_ledger_heads", "Heads that were signed.", registry=REGISTRY)
READY = Gauge("headwater_ready", "1 while the ledger reads the log.", registry=REGISTRY)


def text() -> bytes:
    """Return what was counted as Prometheus reads it."""
    return generate_latest(REGISTRY)


def working() -> bool:
    """Whether records are being taken."""
    return REGISTRY.get_sample_value("headwater_ready") == 1.0
