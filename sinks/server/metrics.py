"""What the server counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()
RECORDS = Counter(
    "headwater_index_records",
    "Records read into the index, by what became of them.",
    ["outcome"],
    registry=REGISTRY,
)
KAFKA = Gauge("headwater_kafka_reachable", "1 while Kafka answers the server.", registry=REGISTRY)
KAFKA.set(1)
LAG = Gauge(
    "headwater_index_lag_records", "Records that the index has not read yet.", registry=REGISTRY
)
READY = Gauge(
    "headwater_ready", "1 while the index has caught up with its topic.", registry=REGISTRY
)
SIZE = Gauge("headwater_index_size", "How much the index holds.", ["kind"], registry=REGISTRY)
REQUESTS = Counter(
    "headwater_http_requests", "Requests by path and status.", ["path", "status"], registry=REGISTRY
)
DURATION = Histogram(
    "headwater_http_request_seconds",
    "Time to answer a request.",
    ["path"],
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
    registry=REGISTRY,
)
ACCESS = Counter(
    "headwater_access_events",
    "Events of the access log, by what became of them.",
    ["outcome"],
    registry=REGISTRY,
)
SNAPSHOTS = Counter(
    "headwater_index_snapshots",
    "Snapshots of the index, by whether they could be written.",
    ["outcome"],
    registry=REGISTRY,
)
CLIENTS = Gauge("headwater_live_clients", "Clients of the live feed.", registry=REGISTRY)
MISSED = Counter(
    "headwater_live_missed", "Events that slow clients were not sent.", registry=REGISTRY
)
