"""The Kafka topics, their settings, and the headers that are Headwater's own."""

from dataclasses import dataclass

_DAY_MS = 86_400_000
_FOR_EVER_MS = -1


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and how it is kept.

    Attributes:
        retention_ms: Age at which Kafka may delete a message; -1 keeps it for ever.
        compacted: Whether Kafka keeps only the newest message of each key.
    """

    name: str
    retention_ms: int = _FOR_EVER_MS
    compacted: bool = False
    partitions: int = 4
    message_bytes_max: int = 10 * 1024 * 1024

    def config(self) -> dict[str, str]:
        """Return the settings as Kafka's admin API takes them."""
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.message_bytes_max),
        }


EVENTS = Topic("lineage.events")
"""OpenLineage events as clients wrote them: the log that a replay starts from."""

PROFILES = Topic("training.profiles", retention_ms=7 * _DAY_MS)
"""Training-profile events, keyed by run."""

RECORDS = Topic("lineage.records")
"""Immutable records in canonical JSON, keyed by their subject."""

SCHEMAS = Topic("lineage.schemas", compacted=True)
"""From when a dataset's schema holds, keyed by dataset, version and that time."""

DEAD_LETTERS = Topic("lineage.dead-letters", retention_ms=90 * _DAY_MS)
"""Refused messages, byte for byte, with the reason in their headers."""

HEADS = Topic("lineage.heads", partitions=1)
"""Signed tree heads of the ledger."""

ACCESS = Topic("lineage.access", retention_ms=400 * _DAY_MS, partitions=1)
"""Who asked the API what, and what was decided."""

ALL = (EVENTS, PROFILES, RECORDS, SCHEMAS, DEAD_LETTERS, HEADS, ACCESS)

WORKER_GROUP = "headwater-worker"
"""The consumer group that the stream workers share."""

GRAPH_SINK_GROUP = "headwater-graph"
"""The consumer group of the graph sinks."""

READER = "headwater-reader"
"""The group that whoever reads a log by itself names and never joins: the library wants a name,
and Kafka wants to know whether it may be described."""

# Headers that an emitter of ours adds to an event. A plain OpenLineage client needs none.
SESSION_HEADER = "headwater-session"
SEQUENCE_HEADER = "headwater-seq"

# Headers of a dead letter, in the manner of Kafka Connect's `__connect.errors.*` (KIP-298).
REASON_HEADER = "headwater-reason"
STAGE_HEADER = "headwater-stage"
ERROR_HEADER = "headwater-error"
SOURCE_TOPIC_HEADER = "headwater-source-topic"
SOURCE_PARTITION_HEADER = "headwater-source-partition"
SOURCE_OFFSET_HEADER = "headwater-source-offset"
