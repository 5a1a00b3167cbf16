"""What the ledger counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge

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
