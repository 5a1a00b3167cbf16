"""What the ledger counts, for Prometheus."""

from prometheus_client import Counter, Gauge

LEAVES = Counter("headwater_ledger_leaves", "Messages that the trees took.", ["topic"])
LOG_GAP = Counter(
    "headwater_ledger_log_gap", "Offsets that held no message when the ledger came by.", ["topic"]
)
HEADS = Counter("headwater_ledger_heads", "Heads that were signed.")
READY = Gauge("headwater_ready", "1 while the ledger reads the log.")
