"""The environment variables that several parts share, by name."""

KAFKA_BOOTSTRAP = "HEADWATER_KAFKA_BOOTSTRAP"
"""Kafka's `host:port[,host:port]`. Default `127.0.0.1:9092`."""

KAFKA_SETTING_PREFIX = "HEADWATER_KAFKA_"
"""Before any further setting of librdkafka, dots written as underscores. No default. Example:
`HEADWATER_KAFKA_SASL_MECHANISM` for `sasl.mechanism`. A secret may lie in a file:
`HEADWATER_KAFKA_SASL_PASSWORD_FILE`."""

GREMLIN_URL = "HEADWATER_GREMLIN_URL"
"""The Gremlin server's WebSocket address, such as `ws://127.0.0.1:8182/gremlin`."""

HOME = "HEADWATER_HOME"
"""The data directory of the embedded stack. Default `~/.headwater`."""

API_PORT = "HEADWATER_API_PORT"
"""The port on which `headwater serve` answers. Default: any free one."""

API_TOKEN = "HEADWATER_API_TOKEN"  # noqa: S105 - a name, no token
"""The token that commands ask the API with. Default: none."""

API_URL = "HEADWATER_API_URL"
"""The API that commands ask, such as `http://127.0.0.1:8090`. Default: the stack's."""

GATEWAY_PORT = "HEADWATER_GATEWAY_PORT"
"""The loopback port on which the gateway takes OpenLineage events. Default `8091`."""

VAULT = "HEADWATER_VAULT"
"""Where the keys lie under which personal values are sealed. Default `vault.sqlite` in the
home; the worker, replays and whatever shows names must have the same. A gateway seals too
where this is set, and leaves it to the worker elsewhere."""

INSTANCE = "HEADWATER_INSTANCE"
"""A name that a service keeps over restarts, such as `worker-1`: Kafka gives it back its
partitions at once instead of waiting for the session of the one before to end (static
membership). Default: none."""

METRICS_PORT = "HEADWATER_METRICS_PORT"
"""The port on which the worker, the graph sink and the ledger answer `/healthz`, `/readyz` and
`/metrics`. Default: none."""

METRICS_HOST = "HEADWATER_METRICS_HOST"
"""The address of that port. Default `127.0.0.1`; beyond loopback `/metrics` demands a token."""

METRICS_TOKEN = "HEADWATER_METRICS_TOKEN"  # noqa: S105 - a name, no token
"""What Prometheus has to send as its bearer token, or `HEADWATER_METRICS_TOKEN_FILE` with its
file. Default: none, and then nobody beyond loopback gets the metrics."""
